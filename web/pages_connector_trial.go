package web

// What a test of a connector would have come to.
const (
	TestKnown   = "connector_test.would.known"   // somebody who is linked would be signed in
	TestCreate  = "connector_test.would.create"  // an account would be made
	TestLink    = "connector_test.would.link"    // linked by its verified address
	TestAsk     = "connector_test.would.ask"     // asked to link
	TestNobody  = "connector_test.would.nobody"  // refused: there is no account
	TestTaken   = "connector_test.would.taken"   // refused: the address is somebody's
	TestRefused = "connector_test.would.refused" // refused by a check
)

// Labels of a test's facts.
const (
	TestFactKey    = "connector_test.key"
	TestFactACR    = "connector_test.acr"
	TestFactAMR    = "connector_test.amr"
	TestFactAt     = "connector_test.at"
	TestFactUntil  = "connector_test.until"
	TestFactGroups = "connector_test.groups"
)

// ConnectorTestPage shows an operator what one sign-in by an upstream comes to. It signs in nobody.
type ConnectorTestPage struct {
	Lang      string
	Connector string // its title
	Name      string
	Ticket    string // with Form: POST {base}/federation/{name}/test with ticket, username and password
	Form      bool   // a name and a password are asked for
	Outcome   string // key; empty before the test
	// Check, Expected and Received are of the check that refused.
	Check, Expected, Received string

	Facts   [][2]string // key of a label, and value
	Strong  bool        // its second factor counts here
	Claims  [][2]string // as it said them, values as JSON
	Profile [][2]string // as an account here would have them
	Joins   []string    // groups
	Leaves  []string
}

func (p ConnectorTestPage) spec() spec {
	return spec{template: "connector_test", lang: p.Lang, title: msg("connector_test.title", "connector", p.Connector)}
}
