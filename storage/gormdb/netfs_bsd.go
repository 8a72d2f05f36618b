//go:build darwin || freebsd

package gormdb

import "golang.org/x/sys/unix"

// networkFS names the file system behind st if the kernel does not call it local; empty for a local one.
func networkFS(st *unix.Statfs_t) string {
	if st.Flags&unix.MNT_LOCAL != 0 {
		return ""
	}
	return unix.ByteSliceToString(st.Fstypename[:])
}
