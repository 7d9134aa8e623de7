package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/satupintu/satupintu/sync/retry"
)

// patience is how long a server may be silent in the middle of something.
const patience = time.Minute

// line is a connection that breaks when its peer is silent for too long, whatever the libraries above set, and when its
// context ends.
type line struct {
	net.Conn
	patience time.Duration
}

func (l line) Read(p []byte) (int, error) {
	if err := l.Conn.SetReadDeadline(time.Now().Add(l.patience)); err != nil {
		return 0, err
	}
	return l.Conn.Read(p)
}

func (l line) Write(p []byte) (int, error) {
	if err := l.Conn.SetWriteDeadline(time.Now().Add(l.patience)); err != nil {
		return 0, err
	}
	return l.Conn.Write(p)
}

func (line) SetDeadline(time.Time) error      { return nil }
func (line) SetReadDeadline(time.Time) error  { return nil }
func (line) SetWriteDeadline(time.Time) error { return nil }

// call connects to a server, encrypted where its setting is tls. Its error carries the verdict of a connection that
// never came about.
func (c *connector) call(ctx context.Context, server Server, patience time.Duration) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 30 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", server.Server)
	if err != nil {
		return nil, unreached(ctx, server, err)
	}
	conn = line{conn, patience}
	if server.Security != tlsSecurity {
		return conn, nil
	}
	host, _, _ := net.SplitHostPort(server.Server) // Validate has seen that it is one
	secured := tls.Client(conn, c.tlsConfig(host))
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(unreached(ctx, server, err), ignoreClosed(conn.Close()))
	}
	return secured, nil
}

func unreached(ctx context.Context, server Server, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("connect to %s: %w", server.Server, ctx.Err())
	}
	return retry.FromTransport(fmt.Errorf("connect to %s: %w", server.Server, err), false)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// session is one IMAP connection, signed in. It ends with its context, or with end.
type session struct {
	ctx    context.Context
	client *imapclient.Client
	loose  func() bool
	news   chan struct{} // the server said that the mailbox has grown
	zone   *time.Location
}

func (c *connector) login(ctx context.Context) (*session, error) {
	server := c.settings.IMAP
	conn, err := c.call(ctx, server, patience+c.settings.Idle.D())
	if err != nil {
		return nil, err
	}
	s := &session{ctx: ctx, news: make(chan struct{}, 1), zone: c.env.Zone}
	s.loose = context.AfterFunc(ctx, func() { _ = conn.Close() }) // whoever waits for an answer gets the error
	options := &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: s.told}}
	if server.Security == starttlsSecurity {
		host, _, _ := net.SplitHostPort(server.Server)
		options.TLSConfig = c.tlsConfig(host)
		if s.client, err = imapclient.NewStartTLS(conn, options); err != nil {
			s.loose()
			return nil, unreached(ctx, server, err)
		}
	} else {
		s.client = imapclient.New(conn, options)
	}
	if err := s.client.WaitGreeting(); err != nil {
		defer s.end()
		return nil, s.fault("greeting of "+server.Server, err)
	}
	if err := s.client.Login(accountName(server, c.settings.Address), server.Password.Reveal()).Wait(); err != nil {
		defer s.end()
		return nil, s.unknown(server, err)
	}
	return s, nil
}

// unknown is a failed sign-in. The server's words are told, for they say what the account lacks; a refusal without a code
// is one of the account.
func (s *session) unknown(server Server, err error) error {
	var refused *imap.Error
	if s.ctx.Err() != nil || !errors.As(err, &refused) || refused.Type != imap.StatusResponseTypeNo {
		return s.fault("sign in to "+server.Server, err)
	}
	said := strings.ReplaceAll(refused.Text, server.Password.Reveal(), "…")
	fault := fmt.Errorf("sign in to %s: %w: %s %.200q", server.Server, errRefused, refused.Code, said)
	if refused.Code == imap.ResponseCodeUnavailable || refused.Code == imap.ResponseCodeInUse || refused.Code == imap.ResponseCodeLimit {
		return retry.Because(fault, retry.Unavailable)
	}
	return retry.Denied(fault)
}

func accountName(server Server, address string) string {
	if server.User == "" {
		return address
	}
	return server.User
}

func (s *session) told(data *imapclient.UnilateralDataMailbox) {
	if data.NumMessages == nil {
		return
	}
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// end says goodbye when there is still somebody to say it to, and frees the connection.
func (s *session) end() {
	if s.ctx.Err() == nil && s.client.State() != imap.ConnStateLogout {
		_ = s.client.Logout().Wait() // everything worth knowing was answered before
	}
	s.loose()
	_ = s.client.Close()
}

// fault is what became of a command. A server's words are not repeated: they may quote what was searched for.
func (s *session) fault(what string, err error) error {
	var refused *imap.Error
	switch {
	case err == nil:
		return nil
	case s.ctx.Err() != nil:
		return fmt.Errorf("%s: %w", what, s.ctx.Err())
	case !errors.As(err, &refused):
		return retry.Because(fmt.Errorf("%s: %w", what, err), retry.Unreachable)
	}
	return retry.Because(fmt.Errorf("%s: %w: %s %s", what, errRefused, refused.Type, refused.Code), retry.Unavailable)
}

var errRefused = errors.New("the server refuses")
