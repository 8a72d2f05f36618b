package seal

// Location is where a sealed value lives. It is authenticated with the value.
type Location struct {
	Table, Column string
	Tenant, Row   [16]byte
}

const (
	formatXAES = 0x01
	overhead   = 1 + 2 + 24 + 16 // format, key version, nonce, tag
)
