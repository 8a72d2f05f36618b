package authorize

import (
	"context"
	"strings"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Required says what a person must do before any client gets an answer about them; none: nothing.
type Required interface {
	Open(p *storage.Person) ([]string, error)
}

// needRequired stops every request of somebody who must do something first. It stands before the chooser and consent, whose steps would be lost on the way.
func needRequired(_ context.Context, v *visit) error {
	open, err := v.e.Required.Open(v.who.Person)
	if err != nil || len(open) == 0 {
		return err
	}
	return v.need(flow.StepRequired, fosite.ErrInteractionRequired, "The person must do something first.", "no required action", strings.Join(open, " "))
}
