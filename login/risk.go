package login

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Arrival is somebody whose first factor is proved, in a browser.
type Arrival struct {
	Person *storage.Person
	Device [16]byte // the browser's id, from its signed cookie
	Agent  string   // User-Agent
	Known  bool     // the browser remembers that the person signed in there
	Client string   // client_id; "": no application asked
	Proof  Proof

	Score   float64 // what risk made of it
	Doubted bool    // from the threshold of a second factor on
}

// Risk judges arrivals.
type Risk interface {
	// Judge weighs an arrival and refuses by an error of errs.Forbidden. What a first factor alone may not open, others ask for.
	Judge(c *gin.Context, a Arrival) (Weight, error)
	// Learn takes in an arrival that became a session. It never keeps anybody out.
	Learn(c *gin.Context, a Arrival)
	// Trusts reports whether a session is used by whom it was made for, as far as can be said.
	Trusts(r *http.Request, cur *session.Current) bool
}

// Weight is what risk makes of an arrival.
type Weight struct {
	Score  float64
	StepUp bool // a second factor is asked for
}

var errDenied = errors.New("denied for the risk")

// Denied reports whether Finish refused somebody for the risk: the answer must be that of a wrong password.
func Denied(err error) bool { return errors.Is(err, errDenied) }

func (m *Module) arrival(c *gin.Context, st *Step, person *storage.Person, p Proof) Arrival {
	return Arrival{Person: person, Device: st.Flow.Browser, Agent: c.Request.UserAgent(), Known: m.d.Browsers.Knows(c.Request, person.ID), Client: st.Flow.Client, Proof: p}
}

// weigh lets risk judge somebody whose first factor is proved.
func (m *Module) weigh(c *gin.Context, a *Arrival) error {
	if m.d.Risk == nil {
		return nil
	}
	w, err := m.d.Risk.Judge(c, *a)
	a.Score, a.Doubted = w.Score, w.StepUp
	if errs.Is(err, errs.Forbidden) {
		return errs.Wrap(errs.Forbidden, "This sign-in is not allowed.", errDenied)
	}
	return err
}

// learn tells risk of a new session.
func (m *Module) learn(c *gin.Context, a Arrival) {
	if m.d.Risk != nil {
		m.d.Risk.Learn(c, a)
	}
}

// aged makes a session that is not trusted one that was proved long ago: the acts that want a fresh proof want a new one then.
func (m *Module) aged(r *http.Request, cur *session.Current) *session.Current {
	if cur != nil && m.d.Risk != nil && !m.d.Risk.Trusts(r, cur) {
		session.Distrust(cur.Session)
	}
	return cur
}
