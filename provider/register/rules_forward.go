package register

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/groups"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

const memberForward = "jedan_forward_auth"

// completeForward adds what follows from the hosts of an application behind a proxy: the server itself is its client there.
func completeForward(m *storage.ClientMetadata) {
	if m.Forward == nil {
		return
	}
	set(&m.TokenEndpointAuthMethod, core.AuthNone)
	for _, host := range m.Forward.Hosts {
		if uri := core.ForwardCallback(host); !slices.Contains(m.RedirectURIs, uri) {
			m.RedirectURIs = append(m.RedirectURIs, uri)
		}
	}
}

// checkForward: what a proxy asks for is narrow, because it is answered for whatever its host serves.
func checkForward(ctx context.Context, c candidate) error {
	f := c.Forward
	if f == nil {
		return nil
	}
	if c.TokenEndpointAuthMethod != core.AuthNone {
		return refuse("token_endpoint_auth_method", "must be none with "+memberForward+": this server is the client itself")
	}
	if len(f.Hosts) == 0 {
		return refuse(memberForward+".hosts", "must name a host")
	}
	if err := eachOf(CodeMetadata, memberForward+".hosts", f.Hosts, judgeForwardHost); err != nil {
		return err
	}
	if err := oneOf(memberForward+".source", f.Source, []string{"", core.ForwardedHeaders, core.OriginalURL}); err != nil {
		return err
	}
	return checkForwardParts(ctx, f)
}

func judgeForwardHost(host string) string {
	const want = "must be host or host:port in small letters, without a wildcard"
	name := host
	if n, port, err := net.SplitHostPort(host); err == nil {
		if p, err := strconv.ParseUint(port, 10, 16); err != nil || p == 0 {
			return want
		}
		name = n
	}
	if u, err := url.Parse("https://" + host + "/"); err != nil || u.Host != host || name == "" || name != strings.ToLower(name) || strings.ContainsAny(name, "*@/?#%\\ ") {
		return want
	}
	return ""
}

func checkForwardParts(_ context.Context, f *storage.ForwardAuth) error {
	if len(f.Rules) > maxURIs || len(f.Headers) > maxURIs {
		return refuse(memberForward, fmt.Sprintf("must not have more than %d rules or headers", maxURIs))
	}
	for i, r := range f.Rules {
		member := fmt.Sprintf("%s.rules[%d]", memberForward, i)
		if !strings.HasPrefix(r.Path, "/") || !core.PlainPath(r.Path) {
			return refuse(member+".path", "must be a path of plain characters from /, without . and .. and without %")
		}
		if r.Public && len(r.Groups) > 0 {
			return refuse(member, "must not be public and for groups")
		}
		if slices.ContainsFunc(r.Groups, func(g string) bool { return !groups.ValidName(g) }) {
			return refuse(member+".groups", "must be names of groups")
		}
	}
	for header, claim := range f.Headers {
		if !core.ForwardHeader(header) || !printable(claim, 64) {
			return refuse(memberForward+".headers", "must map names of headers from Remote- or X- to claims")
		}
	}
	return nil
}
