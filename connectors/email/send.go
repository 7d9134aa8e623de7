package email

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

// WriteStatus implements connectors.StatusWriter. The mail about one change has the same Message-ID each time, so that a
// repeat is recognised where mail is sorted by it.
func (c *connector) WriteStatus(ctx context.Context, change connectors.StatusChange) error {
	old, err := c.original(ctx, change)
	if err != nil {
		return fmt.Errorf("find the mail of %s: %w", change.Ref, err)
	}
	to := c.own.writer(old)
	if !plainAddress(to.address) || plainRun.FindString(to.address) != to.address || strings.EqualFold(to.address, c.settings.Address) {
		return retry.Never(fmt.Errorf("the mail of %s says no address that can be answered", change.Ref))
	}
	letter, err := c.compose(change, old, to)
	if err != nil {
		return retry.Never(err)
	}
	if err := c.send(ctx, to.address, letter); err != nil {
		return fmt.Errorf("send the reply about %s: %w", change.Ref, err)
	}
	return nil
}

// outgoing is one SMTP connection, signed in.
type outgoing struct {
	*smtp.Client
	ctx   context.Context
	loose func() bool
}

// end closes the connection; a goodbye is not waited for.
func (o *outgoing) end() {
	o.loose()
	_ = o.Close()
}

func (c *connector) signIn(ctx context.Context) (*outgoing, error) {
	server := c.settings.sender()
	conn, err := c.call(ctx, server, patience)
	if err != nil {
		return nil, err
	}
	o := &outgoing{ctx: ctx, loose: context.AfterFunc(ctx, func() { _ = conn.Close() })}
	if server.Security == starttlsSecurity {
		host, _, _ := net.SplitHostPort(server.Server)
		if o.Client, err = smtp.NewClientStartTLS(conn, c.tlsConfig(host)); err != nil {
			o.loose()
			return nil, errors.Join(o.fault("greeting of "+server.Server, err, notSent), ignoreClosed(conn.Close()))
		}
	} else {
		o.Client = smtp.NewClient(conn)
	}
	if err := o.Hello(c.own.domain); err != nil {
		defer o.end()
		return nil, o.fault("greeting of "+server.Server, err, notSent)
	}
	if able, _ := o.Extension("AUTH"); !able {
		return o, nil // a relay that knows us by our place in the network
	}
	user := accountName(server, c.settings.Address)
	credentials := sasl.NewPlainClient("", user, server.Password.Reveal())
	if !o.SupportsAuth(sasl.Plain) {
		credentials = sasl.NewLoginClient(user, server.Password.Reveal())
	}
	if err := o.Auth(credentials); err != nil {
		defer o.end()
		return nil, o.fault("sign in to "+server.Server, err, notSent)
	}
	return o, nil
}

func (c *connector) send(ctx context.Context, to string, letter []byte) error {
	o, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer o.end()
	if err := o.Mail(c.settings.Address, nil); err != nil {
		return o.fault("name the sender", err, aboutUs)
	}
	if err := o.Rcpt(to, nil); err != nil {
		return o.fault("name the recipient", err, notSent)
	}
	body, err := o.Data()
	if err != nil {
		return o.fault("begin the letter", err, notSent)
	}
	if _, err := body.Write(letter); err != nil {
		return o.fault("hand over the letter", err, notSent) // without the line that ends it, it counts for nothing
	}
	if err := body.Close(); err != nil {
		return o.fault("hand over the letter", err, perhapsSent)
	}
	_ = o.Quit() // it is sent, whatever the server says to a goodbye
	return nil
}

// moment is when in a conversation something failed.
type moment int

const (
	notSent     moment = iota
	aboutUs            // a refusal is of our address, not of the letter
	perhapsSent        // without an answer it may have been taken
)

// fault is the verdict of a failure: of an answer by its code, of a broken connection by whether the letter had left. The
// server's words are not repeated, for they quote addresses.
func (o *outgoing) fault(what string, err error, at moment) error {
	var answer *smtp.SMTPError
	if errors.As(err, &answer) {
		return answered(fmt.Errorf("%s: the server answers %d %s", what, answer.Code, enhanced(answer.EnhancedCode)), answer.Code, at)
	}
	if o.ctx.Err() != nil {
		err = o.ctx.Err()
	}
	return retry.FromTransport(fmt.Errorf("%s: %w", what, err), at == perhapsSent)
}

func enhanced(code smtp.EnhancedCode) string {
	if code[0] <= 0 {
		return ""
	}
	return fmt.Sprintf("(%d.%d.%d)", code[0], code[1], code[2])
}

// answered is what an answer's code means. 552 at the recipient is a full mailbox (RFC 5321, 4.5.3.1.10).
func answered(err error, code int, at moment) error {
	switch {
	case code == 530 || code == 534 || code == 535 || code == 538:
		return retry.Denied(err)
	case code == 421 || code == 450 || code == 451 || code == 452 || code == 552:
		return retry.Because(err, retry.Unavailable)
	case code >= 500 && at == aboutUs:
		return retry.Because(err, retry.Rejected)
	case code >= 500:
		return retry.Never(err)
	}
	return retry.Because(err, retry.Unavailable)
}
