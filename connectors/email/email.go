// Package email is the connector kind email: it reads a mailbox by IMAP and answers by SMTP.
//
// What it promises:
//
//   - A mailbox is opened read-only while it is polled. After the commit a mail is marked as seen, or moved to a folder
//     where one is configured. Nothing is ever deleted.
//   - The cursor is UIDVALIDITY and UID. When the server has rebuilt the mailbox all of it is read again, and a mail's id
//     makes that harmless: its Message-ID with a hash of sender, date, subject and the text's first 64 KiB. The same mail
//     in two copies has one id; another mail under a Message-ID used before has another.
//   - Mails that the server got before Since are left alone by the first poll, read or not, and it says how many; when Since
//     reaches further back later, they are taken in. Mail that is moved into the mailbox later is new, whatever its age.
//   - One mail at a time is in memory, and of that no more than max_mail; of a page's mails, what is kept as they came.
//   - Left alone are automatic answers, bounces, mailing lists and our own mail; each is named in the log with its UID
//     and the reason. Mail of our own address that a form sends with a Reply-To is not our own.
//   - A mail with broken MIME is taken for what can be read of it. What has neither text, subject nor file is set aside.
//   - In an answer to a mail of ours, the text begins with a line that names the complaint: "Menanggapi SP-…".
//   - A status becomes one mail to the person who wrote, in their thread, with a Message-ID made of the reference and the
//     number of the change. It goes to whom the mail names that was kept with the complaint; only where none is kept any more
//     it is looked up in the mailbox, and not answered where copies of it name different people.
//   - A mail that the server does not give out, or at which the connection breaks every time, holds up no other for long.
package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"text/template"

	"github.com/emersion/go-imap/v2"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// mostRaw bounds, in bytes, what a page keeps of its mails as they came. The page ends with the mail that passes it.
const mostRaw = 16 << 20

type connector struct {
	settings *Settings
	env      connectors.Env
	mapper   *connectors.Mapper
	roots    *x509.CertPool // nil: the system's
	reply    *template.Template
	own      ourMail

	tries, breaks map[imap.UID]int // how often a mail could not be read, and the connection broke at it; Poll's alone
}

func open(env connectors.Env, settings config.Settings) (connectors.Connector, error) {
	s, ok := settings.(*Settings)
	if !ok {
		return connectors.Connector{}, fmt.Errorf("email: opened with settings of %T", settings)
	}
	c, err := newConnector(env, s)
	if err != nil {
		return connectors.Connector{}, err
	}
	connector := connectors.Connector{Poll: c, Check: c, Reread: c}
	if s.MoveTo != "" || s.Mark == markSeen {
		connector.Acknowledge = c
	}
	if s.SMTP.Server != "" {
		connector.WriteStatus = c
	}
	return connector, nil
}

func newConnector(env connectors.Env, s *Settings) (*connector, error) {
	mapper, err := s.Map.Compile(env.Zone)
	if err != nil {
		return nil, err
	}
	reply, err := parseReply(s.Reply)
	if err != nil {
		return nil, &config.FieldError{Field: "reply", Reason: err.Error()}
	}
	c := &connector{settings: s, env: env, mapper: mapper, reply: reply, own: newOurMail(s.Address), tries: map[imap.UID]int{}, breaks: map[imap.UID]int{}}
	if s.CA != "" {
		if c.roots, err = readRoots(string(s.CA)); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func readRoots(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the authorities: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("the file of ca holds no certificate in PEM")
	}
	return roots, nil
}

func (c *connector) tlsConfig(host string) *tls.Config {
	return &tls.Config{RootCAs: c.roots, ServerName: host, MinVersion: tls.VersionTLS12}
}

// Poll implements connectors.Poller.
func (c *connector) Poll(ctx context.Context, from connectors.Cursor) (connectors.Page, error) {
	at, err := readCursor(from)
	if err != nil {
		return connectors.Page{}, err
	}
	s, err := c.login(ctx)
	if err != nil {
		return connectors.Page{}, err
	}
	defer s.end()
	validity, err := s.open(c.settings.Mailbox, readOnly)
	if err != nil {
		return connectors.Page{}, err
	}
	if at.validity != validity && at.last == 0 && at.begun == nil { // another mailbox, perhaps: the one before was empty
		from, at = "", position{}
	}
	if at.validity != 0 && at.validity != validity {
		c.env.Log.Warn("the server has rebuilt the mailbox; all of it is read again, and what is known is known")
		at = position{begun: at.begun}
		from = position{validity: validity}.cursor()
		if at.begun != nil {
			_, at.until, err = s.older(at.start(s.zone))
			from = position{validity: validity, begun: at.begun, until: at.until}.cursor()
		}
	} else {
		from, at, err = c.begin(s, from, at, validity)
	}
	if err != nil {
		return connectors.Page{}, err
	}
	p := &poll{connector: c, session: s, validity: validity}
	return p.page(ctx, from, at)
}

// poll is one poll's work.
type poll struct {
	*connector
	session  *session
	validity uint32
}

func (p *poll) page(ctx context.Context, from connectors.Cursor, at position) (connectors.Page, error) {
	uids, err := p.session.beyond(at, p.settings.Page+1)
	if err == nil && len(uids) == 0 && p.settings.Idle > 0 {
		uids, err = p.session.waitAfter(at, p.settings.Page+1, p.settings.Idle.D())
	}
	if err != nil || len(uids) == 0 {
		return connectors.Page{Next: from}, err
	}
	var page connectors.Page
	next, kept := position{validity: p.validity, begun: at.begun, until: at.until}, 0
	for i, uid := range uids {
		if i == p.settings.Page || kept >= mostRaw {
			page.More = true
			break
		}
		if err := ctx.Err(); err != nil {
			return connectors.Page{}, err
		}
		before := len(page.Complaints)
		err := p.take(ctx, &page, uid)
		if err != nil && (ctx.Err() != nil || next.last == 0) {
			return connectors.Page{}, err
		}
		if err != nil { // what was read before it goes on
			page.More = true
			break
		}
		for _, one := range page.Complaints[before:] {
			next.taken = append(next.taken, uid)
			kept += len(one.Raw.Body)
		}
		next.last = uid
	}
	page.Next = next.cursor()
	return page, nil
}
