package spreadsheet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/satupintu/satupintu/sync/retry"
)

// mostIdle is how old a connection may be that is used again. Satellite modems and firewalls forget one without a word.
const mostIdle = 20 * time.Second

// session is a connection to an SFTP server.
type session struct {
	settings SFTP
	line     net.Conn
	ssh      *ssh.Client
	*sftp.Client
	used   time.Time
	heard  func() // puts off the end of the silence
	broken atomic.Bool
}

// dial connects and signs in. A server that shows another key than the one expected is told nothing.
func dial(ctx context.Context, settings SFTP) (*session, error) {
	kinds, check, err := settings.hostKeys()
	if err != nil {
		return nil, err
	}
	refused := error(nil)
	sign := &ssh.ClientConfig{
		User: settings.User, Auth: settings.auth(), HostKeyAlgorithms: kinds, Timeout: settings.Timeout.D(),
		HostKeyCallback: func(host string, from net.Addr, key ssh.PublicKey) error {
			if err := check(settings.address(), from, key); err != nil {
				refused = anotherKey(settings, key)
				return refused
			}
			return nil
		},
	}
	line, err := (&net.Dialer{Timeout: settings.Timeout.D(), KeepAlive: 15 * time.Second}).DialContext(ctx, "tcp", settings.address())
	if err != nil {
		return nil, retry.FromTransport(fmt.Errorf("the SFTP server cannot be reached: %w", err), false)
	}
	s := &session{settings: settings, line: line}
	end := s.watch(ctx)
	connection, channels, requests, err := ssh.NewClientConn(line, settings.address(), sign)
	if err == nil {
		s.ssh = ssh.NewClient(connection, channels, requests)
		s.Client, err = sftp.NewClient(s.ssh, sftp.UseConcurrentReads(true), sftp.UseConcurrentWrites(false))
	}
	if err = end(err); err != nil {
		_ = s.Close()
		return nil, signInFault(settings, refused, err)
	}
	return s, nil
}

func (s SFTP) auth() []ssh.AuthMethod {
	var ways []ssh.AuthMethod
	if signer, err := s.signer(); s.Key.Set() && err == nil {
		ways = append(ways, ssh.PublicKeys(signer))
	}
	if s.Password.Set() {
		password := s.Password.Reveal()
		ways = append(ways, ssh.Password(password), ssh.KeyboardInteractive(func(_, _ string, questions []string, echo []bool) ([]string, error) {
			if len(questions) == 0 {
				return nil, nil
			}
			if len(questions) > 1 || echo[0] {
				return nil, errors.New("the server asks for more than a password")
			}
			return []string{password}, nil
		}))
	}
	return ways
}

func anotherKey(settings SFTP, key ssh.PublicKey) error {
	return fmt.Errorf("%s shows the host key %s %s, which is not the one in host_key or known_hosts, so nothing was sent to it: either the server "+
		"has a new key, or somebody stands in between. Ask the server's keeper, and correct the setting only when they confirm the new key",
		settings.address(), key.Type(), ssh.FingerprintSHA256(key))
}

func signInFault(settings SFTP, refused, err error) error {
	var slow *silentError
	switch {
	case refused != nil:
		return retry.Because(refused, retry.TLS)
	case errors.As(err, &slow), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fault(err)
	case strings.Contains(err.Error(), "unable to authenticate"): // the library has no type for it
		return retry.Denied(fmt.Errorf("%s does not let %s in: see user, key and password", settings.address(), settings.User))
	}
	return retry.Because(fmt.Errorf("sign in to %s as %s: %w", settings.address(), settings.User, err), retry.TLS)
}

// silentError says that the server has not said anything for too long.
type silentError struct{ after time.Duration }

func (e *silentError) Error() string {
	return fmt.Sprintf("the SFTP server was silent for %s (setting timeout)", e.after)
}

// watch cuts the line when the context ends, or when nothing is heard for as long as timeout. What it returns ends the
// watch and gives an error its cause.
func (s *session) watch(ctx context.Context) func(error) error {
	var late atomic.Bool
	timeout := s.settings.Timeout.D()
	alarm := time.AfterFunc(timeout, func() {
		late.Store(true)
		_ = s.line.Close()
	})
	s.heard = func() { alarm.Reset(timeout) }
	stop := context.AfterFunc(ctx, func() { _ = s.line.Close() })
	return func(err error) error {
		alarm.Stop()
		stop()
		s.heard = nil
		s.used = time.Now()
		var status *sftp.StatusError
		if err != nil && !errors.As(err, &status) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) &&
			!errors.Is(err, errBusy) && !errors.Is(err, errChanged) {
			s.broken.Store(true)
		}
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return errors.Join(ctx.Err(), err)
		case late.Load():
			return &silentError{timeout}
		}
		return err
	}
}

// usable says whether a connection can be used again.
func (s *session) usable() bool { return s != nil && !s.broken.Load() && time.Since(s.used) < mostIdle }

// Close ends the connection and waits until nothing of it runs any more.
func (s *session) Close() error {
	_ = s.line.Close() // it may be dead: a polite goodbye could take for ever
	if s.Client != nil {
		_ = s.Client.Close()
		_ = s.Client.Wait()
	}
	if s.ssh != nil {
		_ = s.ssh.Close()
		_ = s.ssh.Wait()
	}
	return nil
}

// fault gives an error of a session its verdict. Nothing is lost by trying again.
func fault(err error) error {
	var slow *silentError
	var marked *retry.Error
	switch {
	case err == nil, errors.As(err, &marked), errors.Is(err, errChanged), errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist),
		errors.Is(err, errBusy):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &slow):
		return retry.Because(err, retry.Timeout)
	case errors.Is(err, sftp.ErrSSHFxConnectionLost), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return retry.Because(fmt.Errorf("the line to the SFTP server broke: %w", err), retry.Reset)
	}
	return retry.Because(err, retry.Failed)
}
