//go:build !linux

package store

import "syscall"

// boundUnanswered is Linux's alone; elsewhere the system's own bound holds.
func boundUnanswered(string, string, syscall.RawConn) error { return nil }
