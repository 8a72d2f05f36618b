package drills

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// reportVariable names the report that a run writes its figures into; a relative path is one in the repository.
const reportVariable = "JEDAN_DRILLS_REPORT"

const reportHead = `# Drills

Written by the tests of conformance/drills (` + "`make races`" + `); each row is the last run of its drill that passed. JEDAN_SEED
repeats a run's choices, though not the machine's.

- **Races.** Sixteen requests wait in the middle of their bodies and are let go together; over PostgreSQL, eight at each of two processes. For one
  code exactly one gets tokens and fifteen get ` + "`invalid_grant`" + `. Those fifteen are reuse (RFC 6749 section 4.1.2): when the last answer is out, the
  grant is ended, with one event of the redemption and one of the reuse, and the winner's access and refresh token are refused by every process.
  For one refresh token that rotates, all sixteen get one and the same successor; an older token, or the predecessor after the grace, ends the
  grant. A client that keeps its refresh token gets it back sixteen times.
- **Races for what works once.** Sixteen at once, as above, with one and the same client assertion, assertion of another issuer (RFC 7523), DPoP proof,
  approved device_code or auth_req_id: one is served, fifteen get the protocol's refusal. For one request_uri sixteen signed-in people open it at
  once in browsers of their own, eight at each process: one carries a code away. A stranger's browser opened it before, which uses nothing up.
- **Races for second factors.** One person is half signed in in sixteen browsers, which send one and the same code at the same moment: one is signed in,
  with an authenticator app's code as with a backup code. Of sixteen wrong ones exactly five are judged, and the others told to wait.
- **Races for sign-in by mail.** Sixteen clicks on one mailed link, and one mailed code typed sixteen times, from copies of the browser that asked: one signs in. Of
  sixteen wrong codes exactly five are judged.
- **Kill.** A server under load is killed (SIGKILL) at a random moment and started again. Everything that its clients were fully answered (people,
  clients, consents, codes, refresh successors, revocations, logouts, audit events) is there: each successor works once, whatever was spent, revoked
  or ended stays so, and each change has its event exactly once. What was asked and not answered is whole or absent. SQLite passes its integrity check.
- **Kill of what waits.** The same while requests are pushed, devices connected, people asked elsewhere (CIBA), assertions and proofs used and sessions
  ended. After each kill whatever was answered still waits or stays spent, each of it can be had once, and what was asked and not answered is either.
  At the end the client has heard by back-channel of every logout that was answered, and of no other.
- **Copy.** Database and log are copied while the server is stopped in the middle of whatever it did, the copy's log gets the torn frames of one more
  commit, and a new server on the copy passes the same check.
- **First start.** A server that was killed during its first start leaves something that the next start completes.
- **Crowd.** Five hundred browsers sign in by password in a closed loop, honouring Retry-After, against a server with one core and the memory limit that it gives
  itself in a container of 256 MiB; argon2id at its default cost. Successes a second are compared with the argon2id rate of the same run, alone on a core;
  nobody waits over ten seconds for an answer, whoever is too many gets 503 with Retry-After, and a client's token requests are timed meanwhile.
- **Providers that hang.** Mail server, gateway for text messages, AbuseIPDB, VirusTotal, OTX, the list of Tor's exits and Pwned Passwords hang together, in every
  other of ten windows, and once more for long while the server is killed and started again (` + "`make hung`" + `): they accept and are silent, or every packet between
  them and the server is lost. Requests come at a steady rate: sign-ins in new browsers from new addresses, mailed links, codes by text message, refreshes, client
  credentials and UserInfo. Ratios are medians of neighbouring windows. Every message that was promised arrives afterwards and none that was not asked for; each
  verdict names exactly the feeds that did not answer.
- **Broken connections.** Those between two servers and PostgreSQL are ended by an administrator or cut. Clients are told to try again (503 with
  Retry-After) and do; no refresh token, revocation or logout is lost, and no honest retry refused. Only a code whose answer was lost may be spent.

| drill | database | size | figures | took | seed | when | machine |
| --- | --- | --- | --- | --- | --- | --- | --- |
`

// run is one drill's line in the report.
type run struct {
	drill, database, size, figures string
	begun                          time.Time
}

// report logs the figures and, if it is asked for and the drill passed, writes them down.
func (s settings) report(t *testing.T, r run) {
	t.Helper()
	took := time.Since(r.begun).Round(100 * time.Millisecond)
	t.Logf("%s on %s: %s, %s, %v", r.drill, r.database, r.size, r.figures, took)
	path := os.Getenv(reportVariable)
	if path == "" || t.Failed() {
		return
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join("..", "..", path)
	}
	line := fmt.Sprintf("| %s | %s | %s | %s | %v | %d | %s | %d cores, %s |\n", r.drill, r.database, r.size, r.figures, took, s.seed,
		r.begun.UTC().Format(time.DateOnly), runtime.NumCPU(), runtime.Version())
	if err := writeLine(path, r.drill+" | "+r.database, line); err != nil {
		t.Error(err)
	}
}

// writeLine puts the line in the place of the one with the same key, or at the end.
func writeLine(path, key, line string) error {
	old, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	var lines []string
	_, table, _ := strings.Cut(string(old), "| --- |")
	for l := range strings.Lines(table) {
		if strings.HasPrefix(l, "| ") && !strings.HasPrefix(l, "| ---") && !strings.HasPrefix(l, "| "+key+" |") {
			lines = append(lines, l)
		}
	}
	lines = append(lines, line)
	slices.Sort(lines)
	return os.WriteFile(path, []byte(reportHead+strings.Join(lines, "")), 0o644) //nolint:gosec // a document
}

// figures writes counts by name.
func figures(counts map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[name], name))
	}
	return strings.Join(parts, ", ")
}
