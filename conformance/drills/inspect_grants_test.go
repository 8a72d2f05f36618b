package drills

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/jedan-auth/jedan-auth/storage"
)

// grant checks the row and its events as they stand, and then what its code and tokens do.
func (in *inspection) grant(i int) {
	in.Helper()
	g, c := in.l.grant(i)
	id, ok := in.db.tokens.ParseCode(g.code)
	if !ok {
		in.Fatalf("grant %d has a code that is not ours", i)
	}
	row, err := in.db.DB.GrantByID(context.Background(), in.db.Tenant, id)
	if err != nil {
		in.Errorf("grant %d: %v", i, err)
		return
	}
	in.rowAgrees(i, g, c, row)
	if g.redeem == asked {
		in.lostRedemption(i, g, c, row)
	}
	switch must, may := in.l.dead(&in.l.grants[i]); {
	case must:
		in.isDead(i, row)
	case may:
		in.mayBeDead(i, row)
	default:
		in.isAlive(i)
	}
	in.denial(i)
	in.found["grants"]++
}

// rowAgrees: what was answered is in the row and has its event, once; what was not asked for is not.
func (in *inspection) rowAgrees(i int, g grant, c client, row *storage.Grant) {
	in.Helper()
	target := "grant:" + row.ID.String()
	in.once("grant.create", target)
	spent := row.Code == storage.CodeRedeemed
	if n := in.events("grant.redeem", target); g.redeem == answered && !spent || g.redeem == never && spent || (n == 1) != spent || n > 1 {
		in.Errorf("grant %d: redeemed is %d, the row says %v and there are %d events", i, g.redeem, spent, n)
	}
	if c.rotates && g.redeem == answered && !g.lost {
		most := len(g.tokens)
		if g.renewing {
			most++
		}
		if int(row.Generation) < len(g.tokens) || int(row.Generation) > most {
			in.Errorf("grant %d: %d refresh tokens were answered, but the generation is %d", i, len(g.tokens), row.Generation)
		}
		if n := in.events("grant.refresh", target); c.audited && n != int(row.Generation)-1 {
			in.Errorf("grant %d: %d events of %d rotations", i, n, row.Generation-1)
		}
	}
	if c.audited && g.renewals > 0 {
		in.once("token.issue", "token:"+in.jti(g.access))
	}
	in.found["codes"] += int(min(g.redeem, 1))
	in.found["successors"] += max(0, len(g.tokens)-1)
}

// jti reads a JWT without judging it: it may have expired since.
func (in *inspection) jti(access string) string {
	in.Helper()
	var claims struct{ JTI string }
	parts := strings.Split(access, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[min(1, len(parts)-1)])
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil || claims.JTI == "" {
		in.Fatalf("an access token without jti: %v", err)
	}
	return claims.JTI
}

// lostRedemption: the answer to a redemption was lost. Either it was not done, and the code works, or it was, and the code is used.
func (in *inspection) lostRedemption(i int, g grant, c client, row *storage.Grant) {
	in.Helper()
	a, err := in.sendCode(g, c)
	switch {
	case err != nil:
		in.Fatal(err)
	case a.status == http.StatusOK && row.Code == storage.CodeIssued:
		in.redeemed(i, a)
	case a.refused("invalid_grant") && row.Code == storage.CodeRedeemed:
		in.l.grants[i].redeem, in.l.grants[i].lost, in.l.grants[i].reuse = answered, true, answered
	case a.refused("invalid_grant") && row.RevokedAt != nil:
		in.l.grants[i].redeem = never // its session ended
	default:
		in.Errorf("grant %d: a code in state %d, after a lost answer: %v", i, row.Code, a)
	}
}

// isDead: neither code nor tokens of a grant that was ended work, and the end has its event.
func (in *inspection) isDead(i int, row *storage.Grant) {
	in.Helper()
	g, c := in.l.grant(i)
	for what, send := range map[string]func() (answer, error){
		"refresh token": func() (answer, error) { return in.sendRefresh(g.last(), c) },
		"code":          func() (answer, error) { return in.sendCode(g, c) },
	} {
		if what == "refresh token" && g.last() == "" {
			continue
		}
		if a, err := send(); err != nil || !a.refused("invalid_grant") {
			in.Errorf("grant %d: the %s of an ended grant: %v %v", i, what, a, err)
		}
	}
	if a := in.userinfo(g.access); g.access != "" && a.status != http.StatusUnauthorized {
		in.Errorf("grant %d: the access token of an ended grant: %v", i, a)
	}
	target := "grant:" + row.ID.String()
	if g.revoke == answered && in.events("grant.revoke", target)+in.events("grant.reuse", target) == 0 {
		in.Errorf("grant %d: there is no event of its end", i)
	}
	if g.reuse == answered && in.events("grant.reuse", target)+in.events("grant.revoke", target) == 0 && in.l.visits[g.visit].logout == never {
		in.Errorf("grant %d: there is no event of the reuse that ended it", i)
	}
	in.found["ended"]++
}

// mayBeDead: the answer to what would end the grant was lost. The row says which way it went, and the tokens agree.
func (in *inspection) mayBeDead(i int, row *storage.Grant) {
	in.Helper()
	g, c := in.l.grant(i)
	ended := row.RevokedAt != nil
	if g.last() != "" {
		a, err := in.sendRefresh(g.last(), c)
		if err != nil || ended != a.refused("invalid_grant") || ended == (a.status == http.StatusOK) {
			in.Errorf("grant %d: ended is %v, but its refresh token: %v %v", i, ended, a, err)
			return
		}
		if !ended {
			in.renewed(i, a)
		}
	}
	for _, f := range []*fact{&in.l.grants[i].revoke, &in.l.grants[i].reuse} {
		if *f == asked {
			*f = settle(ended)
		}
	}
}

// isAlive: the successor works exactly once, a retry gets the same one, and a code stays redeemed.
func (in *inspection) isAlive(i int) {
	in.Helper()
	g, c := in.l.grant(i)
	var err error
	switch {
	case g.redeem == answered:
		if err = in.renew(i); err == nil {
			err = in.repeat(i)
		}
	case g.redeem == never && i >= in.fresh.grants && in.rnd.IntN(2) == 0:
		err = in.redeem(i)
	}
	if err != nil {
		in.Errorf("grant %d: %v", i, err)
		return
	}
	g, _ = in.l.grant(i)
	if a := in.userinfo(g.access); g.access != "" && i >= in.fresh.grants && a.status != http.StatusOK {
		in.Errorf("grant %d: its access token does not work: %v", i, a)
	}
	in.end(i, g, c)
}

// end shows a used code or an old refresh token of some grants, which are to stay ended from then on.
func (in *inspection) end(i int, g grant, c client) {
	in.Helper()
	var send func() (answer, error)
	switch {
	case g.redeem == answered && in.rnd.IntN(4) == 0:
		send = func() (answer, error) { return in.sendCode(g, c) }
	case c.rotates && len(g.tokens) > 2 && in.rnd.IntN(4) == 0:
		send = func() (answer, error) { return in.sendRefresh(g.tokens[len(g.tokens)-3], c) }
	default:
		return
	}
	err := in.reuse(i, send)
	if err == nil {
		var a answer
		if a, err = in.sendRefresh(g.last(), c); err == nil && !a.refused("invalid_grant") {
			err = unexpected("a refresh token after reuse", a)
		}
	}
	if err != nil {
		in.Errorf("grant %d: %v", i, err)
	}
}

func (in *inspection) userinfo(access string) answer {
	in.Helper()
	a, err := in.on(nil).post("/oauth2/userinfo", url.Values{"access_token": {access}})
	if err != nil {
		in.Fatal(err)
	}
	return a
}

// denial: a revoked access token stays revoked, with its event.
func (in *inspection) denial(i int) {
	in.Helper()
	g, _ := in.l.grant(i)
	if g.deny != answered {
		return
	}
	if a := in.userinfo(g.denied); a.status != http.StatusUnauthorized {
		in.Errorf("grant %d: a revoked access token: %v", i, a)
	}
	in.once("token.revoke", "token:"+in.jti(g.denied))
	in.found["denials"]++
}
