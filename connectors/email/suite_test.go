package email

import (
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2"
	"go.uber.org/goleak"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/connectors/email/postoffice"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := stopDovecot(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping Dovecot:", err)
		code = 1
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// The promises of every connector, over a real IMAP server and each way of speaking to it.
func TestItKeepsWhatEveryConnectorPromises(t *testing.T) {
	for _, security := range []string{noSecurity, starttlsSecurity, tlsSecurity} {
		t.Run(security, func(t *testing.T) {
			connectortest.Run(t, connectortest.Harness{New: func(t testing.TB) connectortest.Channel { return channel(t, security) }})
		})
	}
}

func channel(t testing.TB, security string) connectortest.Channel {
	server, out := startDovecot(t), postoffice.StartSink(t)
	box := server.Account(t)
	port := server.Plain
	if security == tlsSecurity {
		port = server.TLS
	}
	way, complaints := startWay(t, postoffice.Address(port)), 0
	settings := settingsOf(box, out)
	settings.Page = 2
	settings.IMAP.Server, settings.IMAP.Security = way.address, security
	return connectortest.Channel{
		Open:    func(env connectors.Env) (connectors.Connector, error) { return Definition().Open(env, settings) },
		Secrets: []string{postoffice.Password, "warga.ranai@surat.example", "Contoh Warga", "lampu mati di Sungai Ulu"},
		Break:   way.stop,
		Stall:   way.stall,
		Add: func(t testing.TB, n int) {
			for range n {
				complaints++
				box.Deliver(t, "INBOX", letterOf(fmt.Sprint(complaints), fmt.Sprintf("lampu mati di Sungai Ulu nomor %d", complaints)))
			}
		},
		Marked: func() int {
			seen := 0
			for _, flags := range box.Flags(t, "INBOX") {
				if slices.Contains(flags, imap.FlagSeen) {
					seen++
				}
			}
			return seen
		},
		Told: func() []string { return told(out) },
	}
}

// settings are those of an office whose mailbox this is.
func settingsOf(a postoffice.Account, out *postoffice.Sink) *Settings {
	s := office()
	s.IMAP = Server{Server: postoffice.Address(a.Plain), Security: noSecurity, User: a.Name, Password: config.NewSecret(postoffice.Password)}
	s.SMTP = Server{Server: out.Address, Security: noSecurity}
	s.CA = config.Path(a.Certificate)
	return s
}

func letterOf(id, text string) string {
	return "From: Contoh Warga <warga.ranai@surat.example>\nTo: aduan@natuna.example\nSubject: Aduan nomor " + id +
		"\nDate: Sat, 03 Jan 2026 14:05:00 +0700\nMessage-ID: <" + id + ">\n\n" + text + "\n"
}

// way is the network between us and a server.
type way struct {
	address string
	server  string
	mu      sync.Mutex
	stalled bool
	listen  net.Listener
	open    []net.Conn
	running sync.WaitGroup
	wanted  string
	seen    chan struct{}
}

// watch returns a channel that is closed when a client has said something.
func (w *way) watch(said string) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted, w.seen = said, make(chan struct{})
	return w.seen
}

func (w *way) listenTo(said []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wanted != "" && strings.Contains(string(said), w.wanted) {
		w.wanted = ""
		close(w.seen)
	}
}

func startWay(t testing.TB, server string) *way {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w := &way{address: listener.Addr().String(), server: server, listen: listener}
	w.running.Go(w.serve)
	t.Cleanup(func() {
		w.stop()
		w.running.Wait()
	})
	return w
}

func (w *way) serve() {
	for {
		conn, err := w.listen.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		w.open = append(w.open, conn)
		stalled := w.stalled
		w.mu.Unlock()
		if !stalled {
			w.running.Go(func() { w.join(conn) })
		}
	}
}

// join carries what is said, both ways, until one of them goes.
func (w *way) join(conn net.Conn) {
	defer conn.Close()
	far, err := net.Dial("tcp", w.server)
	if err != nil {
		return
	}
	w.running.Go(func() {
		defer conn.Close()
		_, _ = io.Copy(conn, far) // ends with either side
	})
	defer far.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := conn.Read(buffer)
		if _, broken := far.Write(buffer[:n]); err != nil || broken != nil {
			return
		}
		w.listenTo(buffer[:n])
	}
}

func (w *way) stall() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stalled = true
}

func (w *way) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.listen.Close()
	for _, conn := range w.open {
		_ = conn.Close()
	}
}
