package store

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// boundUnanswered bounds how long what was sent may stay unanswered by the other machine.
func boundUnanswered(network, _ string, conn syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var failed error
	err := conn.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(goneAfter.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return failed
}
