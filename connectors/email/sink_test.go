package email

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// sink is a mail server that keeps what it is sent.
type sink struct {
	mu       sync.Mutex
	address  string
	sent     []sentMail
	refuse   *smtp.SMTPError // at the recipient
	signOff  *smtp.SMTPError // at signing in
	deafness bool            // breaks the connection when a letter ends
}

type sentMail struct {
	from, to string
	raw      []byte
	header   header
}

func startSink(t testing.TB) *sink {
	t.Helper()
	s := &sink{}
	server := smtp.NewServer(s)
	server.AllowInsecureAuth, server.Domain = true, "surat.natuna.example"
	server.ErrorLog = silent{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s.address = listener.Addr().String()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // ends by Close
	}()
	t.Cleanup(func() {
		_ = server.Close()
		_ = listener.Close() // when the server has not come to know of it yet
		<-ended
	})
	return s
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

func (s *sink) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &dialogue{sink: s, conn: c}, nil
}

func (s *sink) all() []sentMail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]sentMail{}, s.sent...)
}

// told lists the letters by Message-ID, each once.
func (s *sink) told() []string {
	var ids []string
	seen := map[string]bool{}
	for _, one := range s.all() {
		if id := one.header.raw("Message-ID"); !seen[id] {
			seen[id], ids = true, append(ids, id)
		}
	}
	return ids
}

func (s *sink) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

type dialogue struct {
	sink *sink
	conn *smtp.Conn
	mail sentMail
}

func (*dialogue) AuthMechanisms() []string { return []string{sasl.Plain} }

func (d *dialogue) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, given string) error {
		d.sink.mu.Lock()
		defer d.sink.mu.Unlock()
		if d.sink.signOff != nil {
			return d.sink.signOff
		}
		if given != password {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (d *dialogue) Mail(from string, _ *smtp.MailOptions) error {
	d.mail = sentMail{from: from}
	return nil
}

func (d *dialogue) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.sink.mu.Lock()
	defer d.sink.mu.Unlock()
	if d.sink.refuse != nil {
		return d.sink.refuse
	}
	d.mail.to = strings.TrimSpace(d.mail.to + " " + to)
	return nil
}

func (d *dialogue) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	d.sink.mu.Lock()
	defer d.sink.mu.Unlock()
	if d.sink.deafness {
		return d.conn.Conn().Close()
	}
	head, _ := cutHeader(raw)
	d.mail.raw, d.mail.header = bytes.Clone(raw), readHeader(head)
	d.sink.sent = append(d.sink.sent, d.mail)
	return nil
}

func (*dialogue) Reset()        {}
func (*dialogue) Logout() error { return nil }
