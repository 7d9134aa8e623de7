package store

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A machine that vanished answers nothing, and no test can pull its cable: what is held here is what Linux is told to do then.
func TestAServerThatVanishedIsWaitedForSecondsAndNotForAQuarterOfAnHour(t *testing.T) {
	listening, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listening.Close()
	d := newDialer(&patience{})
	for name, dial := range map[string]func() (net.Conn, error){
		"dialled": func() (net.Conn, error) { return d.DialContext(t.Context(), "tcp", listening.Addr().String()) },
		"dialled with connect_timeout": func() (net.Conn, error) {
			return d.DialTimeout("tcp", listening.Addr().String(), 2*time.Second)
		},
	} {
		conn, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		on, ok := conn.(*wire)
		if !ok {
			t.Fatalf("a %T", conn)
		}
		tcp, ok := on.Conn.(*net.TCPConn)
		if !ok {
			t.Fatalf("a %T", on.Conn)
		}
		raw, err := tcp.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		for option, want := range map[int]int{
			unix.TCP_USER_TIMEOUT: 20_000, unix.TCP_KEEPIDLE: 5, unix.TCP_KEEPINTVL: 5, unix.TCP_KEEPCNT: 3,
		} {
			var got int
			if failed := raw.Control(func(fd uintptr) { got, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, option) }); failed != nil || err != nil {
				t.Fatal(failed, err)
			}
			if got != want {
				t.Errorf("%s: option %d is %d, want %d", name, option, got, want)
			}
		}
	}
}
