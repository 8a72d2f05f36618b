package seal

import (
	"crypto/hmac"
	"crypto/sha256"
)

// Index is a keyed hash (32-byte HMAC-SHA256) by which a sealed column is found without being opened. It is bound to table, column and tenant, so
// that equal values elsewhere have other hashes. The caller brings value into its canonical form first.
func Index(key []byte, table, column string, tenant [16]byte, value []byte) []byte {
	b := make([]byte, 0, 3*4+len(table)+len(column)+len(tenant)+len(value))
	b = appendField(b, []byte(table))
	b = appendField(b, []byte(column))
	b = append(b, tenant[:]...)
	b = appendField(b, value)
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write(b) // a hash never fails
	return mac.Sum(nil)
}
