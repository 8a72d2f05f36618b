package cli

import (
	"context"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/risk"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) security() *cobra.Command {
	return group("security", "Risk and firewall: report, scan, block, unblock, policy, replay, generate",
		c.securityReport(), c.securityScan(), c.securityBlock(), c.securityUnblock(), c.securityPolicy(), c.securityReplay(), c.securityGenerate())
}

// verdictView is a verdict as it is printed.
type verdictView struct {
	ID      storage.ID    `json:"id"`
	At      time.Time     `json:"at"`
	Person  storage.ID    `json:"person"`
	Act     string        `json:"act"`
	Action  string        `json:"action"`
	Percent int           `json:"percent"` // 50: the threshold of a second factor
	Score   float64       `json:"score"`
	Reason  string        `json:"reason,omitempty"`
	Words   string        `json:"words,omitempty"`
	Factors []risk.Factor `json:"factors"`
	Missed  []string      `json:"missed,omitempty"`
	// SecurityScore is how well the person's account is protected now, from 0 to 100.
	SecurityScore *int        `json:"security_score,omitempty"`
	Country       string      `json:"country,omitempty"`
	Browser       string      `json:"browser,omitempty"`
	Mode          risk.Mode   `json:"mode,omitempty"` // of a use of a session: observe says that nothing followed
	IP            *netip.Addr `json:"ip,omitempty"`   // only if asked for
}

func (c *cli) securityReport() *cobra.Command {
	var (
		user, action string
		limit        int
		address      bool
	)
	cmd := c.verb("report [flags]", "How sign-ins were judged, the newest first, with every factor and its weight", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		if limit < 1 {
			return usagef("--limit must be 1 or more")
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			f := storage.RiskFilter{Action: action, Limit: limit}
			if user != "" {
				p, err := findPerson(ctx, a, user)
				if err != nil {
					return err
				}
				f.Person = p.ID
			}
			rows, err := a.DB.RiskVerdicts(ctx, a.Tenant, f)
			if err != nil {
				return err
			}
			out := make([]verdictView, len(rows))
			scores := map[storage.ID]*int{}
			for i := range rows {
				if out[i], err = verdictOf(a, &rows[i], address); err != nil {
					return err
				}
				if out[i].SecurityScore, err = scoreOf(ctx, a, scores, rows[i].Person); err != nil {
					return err
				}
			}
			return c.list(out, "at", "person", "security_score", "act", "action", "percent", "reason", "words")
		})
	})
	cmd.Flags().StringVar(&user, "user", "", "of this `person`: id, mail address, user name or subject")
	cmd.Flags().StringVar(&action, "action", "", "only those that ended in allow, step_up or deny")
	cmd.Flags().IntVar(&limit, "limit", 100, "print at most so many")
	cmd.Flags().BoolVar(&address, "addresses", false, "print network addresses: personal data")
	return cmd
}

// scoreOf looks a person's score up once; nil for one who is gone.
func scoreOf(ctx context.Context, a *app.App, known map[storage.ID]*int, person storage.ID) (*int, error) {
	if s, ok := known[person]; ok {
		return s, nil
	}
	p, err := a.DB.PersonByID(ctx, a.Tenant, person)
	if errs.Is(err, errs.NotFound) {
		known[person] = nil
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s, err := a.SecurityScore(ctx, p)
	if err != nil {
		return nil, err
	}
	known[person] = &s.Score
	return &s.Score, nil
}

func verdictOf(a *app.App, row *storage.RiskVerdict, address bool) (verdictView, error) {
	d, err := risk.OpenVerdict(a.Ring, row)
	score := float64(row.Score) / 1000
	v := verdictView{
		ID: row.ID, At: moment(row.At), Person: row.Person, Act: row.Act, Action: row.Action, Score: score, Percent: a.Config.Risk.Thresholds().Percent(score), Reason: row.Reason,
		Words: risk.Words(row.Reason, ""), Factors: d.Factors, Missed: d.Missed, Country: d.Country, Browser: d.Browser, Mode: d.Mode,
	}
	if address && d.IP.IsValid() {
		v.IP = &d.IP
	}
	return v, err
}

func denyWord(x float64) string {
	if x >= risk.Never {
		return "never"
	}
	return number(x)
}

func ruleView(r *storage.FirewallRule) policyView {
	v := policyView{Rule: "firewall." + r.Effect + "." + r.Kind, Value: r.Value, Note: r.Note}
	if r.ExpiresAt != nil {
		v.Note += " (until " + moment(*r.ExpiresAt).Format(time.RFC3339) + ")"
	}
	return v
}
