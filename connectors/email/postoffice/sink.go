package postoffice

import (
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Sink is a mail server that keeps what it is sent.
type Sink struct {
	Address string

	mu   sync.Mutex
	sent []Mail
	trouble
}

// trouble is what a Sink does instead.
type trouble struct {
	refuse   *smtp.SMTPError
	signOff  *smtp.SMTPError
	deafness bool
}

// Mail is one that was sent.
type Mail struct {
	From, To string // of the envelope; several recipients with a blank between
	Raw      []byte
}

// StartSink starts a server that ends with the test.
func StartSink(t testing.TB) *Sink {
	t.Helper()
	s := &Sink{}
	server := smtp.NewServer(s)
	server.AllowInsecureAuth, server.Domain = true, "surat.natuna.example"
	server.ErrorLog = silent{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s.Address = listener.Addr().String()
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

// NewSession implements smtp.Backend.
func (s *Sink) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &dialogue{sink: s, conn: c}, nil
}

// Sent lists the mails in the order in which they came.
func (s *Sink) Sent() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// RefuseRecipients has every recipient refused.
func (s *Sink) RefuseRecipients(with *smtp.SMTPError) { s.set(trouble{refuse: with}) }

// RefuseSignIn has every sign-in refused.
func (s *Sink) RefuseSignIn(with *smtp.SMTPError) { s.set(trouble{signOff: with}) }

// GoDeaf has the connection break when a letter ends.
func (s *Sink) GoDeaf() { s.set(trouble{deafness: true}) }

func (s *Sink) set(t trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = t
}

type dialogue struct {
	sink *Sink
	conn *smtp.Conn
	mail Mail
}

func (*dialogue) AuthMechanisms() []string { return []string{sasl.Plain} }

func (d *dialogue) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, given string) error {
		d.sink.mu.Lock()
		defer d.sink.mu.Unlock()
		if d.sink.signOff != nil {
			return d.sink.signOff
		}
		if given != Password {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (d *dialogue) Mail(from string, _ *smtp.MailOptions) error {
	d.mail = Mail{From: from}
	return nil
}

func (d *dialogue) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.sink.mu.Lock()
	defer d.sink.mu.Unlock()
	if d.sink.refuse != nil {
		return d.sink.refuse
	}
	d.mail.To = strings.TrimSpace(d.mail.To + " " + to)
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
	d.mail.Raw = raw
	d.sink.sent = append(d.sink.sent, d.mail)
	return nil
}

func (*dialogue) Reset()        {}
func (*dialogue) Logout() error { return nil }
