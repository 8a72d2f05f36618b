package policy

import (
	"errors"
	"fmt"
)

// Config is the rules, with tables of what is expected of them. Without rules nothing is decided.
type Config struct {
	Rules []Rule `config:"rules" doc:"Rules, as a list of {name, when, then}: when is a CEL expression, then what follows. See the guide."`
	Tests []Test `config:"tests" doc:"What the rules are expected to decide, as a list of {name, given, want}. The server does not start when one of them fails."`
}

// Rule is one rule: where When holds, Then follows.
type Rule struct {
	Name string `config:"name" json:"name" doc:"Name."`
	When string `config:"when" json:"when" doc:"A CEL expression that is true or false. Empty: always."`
	Then Then   `config:"then" json:"then" doc:"What follows."`
}

// Then is what follows from a rule. What is not set, the rule does not ask for.
type Then struct {
	Deny     bool     `config:"deny" json:"deny,omitempty" doc:"Nothing is allowed."`
	ACR      string   `config:"acr" json:"acr,omitempty" doc:"Class of authentication."`
	Methods  []string `config:"methods" json:"methods,omitempty" doc:"Methods of RFC 8176: only these count."`
	MaxAge   Duration `config:"max_age" json:"max_age,omitzero" doc:"How long ago the sign-in may be, such as 15m."`
	Remember Duration `config:"remember" json:"remember,omitzero" doc:"For how long a person may have a browser trusted, so that it stands in for a second factor; 0s: not at all."`
	Idle     Duration `config:"idle" json:"idle,omitzero" doc:"A session ends when unused for so long."`
	Absolute Duration `config:"absolute" json:"absolute,omitzero" doc:"A session ends so long after its sign-in."`
}

// Test is a line of a table: with Given, the rules decide Want. What Given leaves out has its zero value.
type Test struct {
	Name  string `config:"name" json:"name" doc:"Name."`
	Given Given  `config:"given" json:"given" doc:"What the rules see. What is left out is empty."`
	Want  Want   `config:"want" json:"want" doc:"What they decide, whole: what is not named must not be asked for."`
}

// Want is a decision, whole: what is not named must not be asked for. Rules, if named, are those that must apply.
type Want struct {
	Then
	Rules []string `config:"rules" json:"rules,omitempty" doc:"The rules that must apply, in order. Empty: any."`
}

// Validate compiles the rules and runs the tests.
func (c Config) Validate() error {
	p, err := New(c)
	if err != nil {
		return err
	}
	var failed []error
	for _, r := range p.Test() {
		if r.Problem != "" {
			failed = append(failed, fmt.Errorf("policy: the test %q: %s", r.Name, r.Problem))
		}
	}
	return errors.Join(failed...)
}
