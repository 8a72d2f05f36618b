package audit

import (
	"context"
	"net/netip"
)

// Origin is where a request came from.
type Origin struct {
	RequestID string
	IP        netip.Addr
	Device    string // user agent
}

type originKey struct{}

// WithOrigin lets events made under ctx carry o.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf is the origin in ctx; zero outside a request.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}
