package risk

import (
	"context"
	"encoding/json"
	"math"
	"net/netip"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Detail is what of a verdict is stored sealed.
type Detail struct {
	Factors []Factor   `json:"factors"`
	IP      netip.Addr `json:"ip,omitzero"`
	Country string     `json:"country,omitempty"`
	Browser string     `json:"browser,omitempty"` // kind, without version
	Missed  []string   `json:"missed,omitempty"`
	Mode    Mode       `json:"mode,omitempty"` // of a use of a session: whether anything followed
}

func detailAt(v *storage.RiskVerdict) seal.Location {
	return seal.Location{Table: v.TableName(), Column: "detail", Tenant: v.Tenant, Row: v.ID}
}

// verdict is the row of a verdict.
func (m *Module) verdict(row *storage.RiskBaseline, o Moment, v Verdict) *storage.RiskVerdict {
	now := m.d.Now()
	out := &storage.RiskVerdict{
		Tenant: row.Tenant, ID: storage.NewID(now), Person: row.Person, At: now, Act: o.Act, Action: string(v.Action), Score: int(math.Round(v.Score * 1000)),
		Reason: v.Reason(),
	}
	text, err := json.Marshal(Detail{Factors: v.Factors, IP: o.IP, Country: m.d.Places(o.IP).Country, Browser: Platform(o.Agent), Missed: v.Missed, Mode: o.Mode})
	if err != nil {
		text = []byte("{}") // cannot happen: numbers and words
	}
	out.Detail = m.d.Ring.Seal(detailAt(out), text)
	return out
}

// Reason is the factor that weighs most against the attempt, "" if none does.
func (v Verdict) Reason() string {
	worst, most := "", 0.0
	for _, f := range v.Factors {
		if p := f.Points(); p > most {
			worst, most = f.Reason, p
		}
	}
	return worst
}

// OpenVerdict reads what is sealed in a stored verdict.
func OpenVerdict(ring Sealer, v *storage.RiskVerdict) (Detail, error) {
	var d Detail
	text, err := ring.Open(detailAt(v), v.Detail)
	if err != nil {
		return d, err
	}
	return d, json.Unmarshal(text, &d)
}

// mostNews bounds what waits for the crowd to be stored.
const mostNews = 10_000

// Flush stores what everybody together taught since the last time, on top of what other nodes have stored, and takes that over.
func (m *Module) Flush(ctx context.Context) error {
	if err := m.store(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	news := m.news
	m.news = nil
	m.mu.Unlock()
	if m.c.Off || len(news) == 0 {
		return nil
	}
	err := m.merge(ctx, news)
	for try := 1; errs.Is(err, errs.Conflict) && try < learnTries; try++ {
		err = m.merge(ctx, news)
	}
	if err != nil {
		m.mu.Lock()
		m.news = append(news, m.news...)[:min(mostNews, len(news)+len(m.news))]
		m.mu.Unlock()
	}
	return err
}

func (m *Module) merge(ctx context.Context, news []Sight) error {
	row, c, err := m.storedCrowd(ctx)
	if err != nil {
		return err
	}
	for _, o := range news {
		c.Learn(o)
	}
	if row.Data, err = m.seal(row, c); err != nil {
		return err
	}
	row.UpdatedAt = m.d.Now()
	if err := m.d.Store.SaveRisk(ctx, row, nil, 0); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range m.news { // what came meanwhile
		c.Learn(o)
	}
	m.crowd = c
	return nil
}

// storedCrowd is the row under the tenant's own id.
func (m *Module) storedCrowd(ctx context.Context) (*storage.RiskBaseline, *Crowd, error) {
	row, err := m.d.Store.RiskBaselineOf(ctx, m.d.Tenant, m.d.Tenant)
	if errs.Is(err, errs.NotFound) {
		return &storage.RiskBaseline{Tenant: m.d.Tenant, Person: m.d.Tenant}, &Crowd{}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	c := &Crowd{}
	if m.open(row, c) != nil {
		c = &Crowd{}
	}
	return row, c, nil
}

// Load takes over what is stored of everybody together, at the start.
func (m *Module) Load(ctx context.Context) error {
	_, c, err := m.storedCrowd(ctx)
	if err != nil {
		return err
	}
	m.mu.Lock()
	m.crowd = c
	m.mu.Unlock()
	return m.restore(ctx)
}
