package core

import (
	"encoding/json"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Waiting is what a client asked of a person who answers elsewhere (RFC 8628, OpenID CIBA), with what the person is shown. The pending row keeps it
// sealed.
type Waiting struct {
	Scopes    []string `json:"scopes,omitempty"`
	Resources []string `json:"resources,omitempty"`
	IP        string   `json:"ip,omitempty"`        // who asked; empty: unknown
	UserCode  string   `json:"user_code,omitempty"` // as the device shows it
	Message   string   `json:"message,omitempty"`   // binding_message
	ACR       []string `json:"acr,omitempty"`       // acr_values, the preferred first
	Notify    string   `json:"notify,omitempty"`    // client_notification_token; with one the client is told when there is an answer
}

// Decision is a person's yes. The pending row keeps it sealed.
type Decision struct {
	Scopes   []string `json:"scopes,omitempty"`
	ACR      string   `json:"acr,omitempty"`
	AMR      []string `json:"amr,omitempty"`
	AuthTime int64    `json:"auth_time"` // seconds since 1970
}

// DecisionIn is a yes to scopes in a session.
func DecisionIn(s *storage.Session, scopes []string) Decision {
	return Decision{Scopes: scopes, ACR: s.ACR, AMR: s.AMR, AuthTime: s.AuthTime.Unix()}
}

func pendingAt(tenant, id storage.ID, column string) seal.Location {
	return seal.Location{Table: "pending", Column: column, Tenant: tenant, Row: id}
}

// SealWaiting seals for the row of that id.
func SealWaiting(v Vault, tenant, id storage.ID, w *Waiting) (seal.Text, error) {
	return sealJSON(v, pendingAt(tenant, id, "request"), w)
}

// OpenWaiting undoes SealWaiting.
func OpenWaiting(v Vault, p *storage.Pending) (*Waiting, error) {
	w := &Waiting{}
	return w, openJSON(v, pendingAt(p.Tenant, p.ID, "request"), p.Request, w)
}

// SealDecision seals for the row of that id.
func SealDecision(v Vault, tenant, id storage.ID, d Decision) (seal.Text, error) {
	return sealJSON(v, pendingAt(tenant, id, "decision"), d)
}

// OpenDecision undoes SealDecision.
func OpenDecision(v Vault, p *storage.Pending) (Decision, error) {
	var d Decision
	err := openJSON(v, pendingAt(p.Tenant, p.ID, "decision"), p.Decision, &d)
	return d, err
}

func sealJSON(v Vault, at seal.Location, x any) (seal.Text, error) {
	raw, err := json.Marshal(x)
	if err != nil {
		return seal.Text{}, err
	}
	return v.Seal(at, raw), nil
}

func openJSON(v Vault, at seal.Location, t seal.Text, x any) error {
	raw, err := v.Open(at, t)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, x)
}

// At is when the person was authenticated.
func (d Decision) At() time.Time { return time.Unix(d.AuthTime, 0).UTC() }
