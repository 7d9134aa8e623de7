package email

import (
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// Settings configure one mailbox.
type Settings struct {
	Address  string             `yaml:"address" doc:"the office's mail address: replies come from it, and mail from it is our own" required:"true"`
	Name     string             `yaml:"name" doc:"the name beside the address in replies"`
	IMAP     Server             `yaml:"imap" doc:"where mail is read"`
	SMTP     Server             `yaml:"smtp" doc:"where replies are sent; without its server none are; user and password are those of imap unless given"`
	CA       config.Path        `yaml:"ca" doc:"PEM file of the authorities that vouch for both servers; without one, the system's"`
	Mailbox  string             `yaml:"mailbox" doc:"the folder that is read"`
	Since    connectors.Reach   `yaml:"since" doc:"how far back the first poll looks, by the day the server got a mail, read or not: 7d, a date or all"`
	Mark     string             `yaml:"mark" doc:"what is done with a mail that was taken in" enum:"seen,nothing"`
	MoveTo   string             `yaml:"move_to" doc:"folder that a mail is moved to when it was taken in; it must exist; without one, mail stays"`
	Groups   []string           `yaml:"groups" doc:"mailing lists whose mail is taken all the same, by List-Id: groups that the office's address belongs to"`
	Page     int                `yaml:"page" doc:"mails taken in at a time"`
	MaxMail  config.Size        `yaml:"max_mail" doc:"what is read of one mail; of a larger one the text is taken, and its text names the files left out"`
	MaxFile  config.Size        `yaml:"max_file" doc:"the largest file that is kept"`
	MaxFiles int                `yaml:"max_files" doc:"the most files that are kept of one mail"`
	Idle     config.Duration    `yaml:"idle" doc:"how long a poll that found nothing waits for new mail, where the server offers IDLE; 0: not at all"`
	Reply    string             `yaml:"reply" doc:"text of a reply, as a Go template over .Ref, .Status, .Agency, .Note, .TrackingID and .At; without one, the text mail of the configuration's texts"`
	Map      connectors.Mapping `yaml:"map" doc:"more fields, or other sources for those known: id, title, text, name, address, subject, to and date are a mail's"`
}

// Server is one server and the account there.
type Server struct {
	Server   string        `yaml:"server" doc:"host and port"`
	Security string        `yaml:"security" doc:"tls from the first byte, or starttls; none is for a server on the same machine" enum:"tls,starttls,none"`
	User     string        `yaml:"user" doc:"the account's name; without one, the address"`
	Password config.Secret `yaml:"password" doc:"the account's password"`
}

// The words of settings.
const (
	tlsSecurity      = "tls"
	starttlsSecurity = "starttls"
	noSecurity       = "none"
	markSeen         = "seen"
	markNothing      = "nothing"
)

const (
	mostPage     = 1000
	leastMaxMail = 1 << 20
	mostMaxMail  = 100 << 20
	mostIdle     = 10 * time.Minute
)

// Definition declares the kind email.
func Definition() connectors.Definition {
	return connectors.Definition{
		Kind:     "email",
		Summary:  "Mail in a mailbox, read by IMAP; statuses are sent back by SMTP as replies in the mail's own thread.",
		Defaults: func() config.Settings { return defaults() },
		Open:     open,
	}
}

func defaults() *Settings {
	return &Settings{
		IMAP: Server{Security: tlsSecurity}, SMTP: Server{Security: starttlsSecurity},
		Mailbox: "INBOX", Since: connectors.UsualReach(), Mark: markSeen, Page: 50,
		MaxMail: 25 << 20, MaxFile: 10 << 20, MaxFiles: 10,
		Map: connectors.Mapping{
			"id": {From: idKey}, "title": {From: titleKey}, "text": {From: textKey}, "reported_at": {From: dateKey},
			"reporter.name": {From: nameKey}, "reporter.email": {From: addressKey},
		},
	}
}

// Validate reports impossible values.
func (s *Settings) Validate() error {
	var wrong config.Faults
	wrong.When(!plainAddress(s.Address), "address", "is not a mail address such as aduan@natuna.example")
	wrong.When(s.IMAP.Server == "", "imap.server", "is missing: give host and port, such as imap.natuna.example:993")
	wrong.When(!s.IMAP.Password.Set(), "imap.password", "is missing")
	for _, one := range []struct {
		name string
		Server
	}{{"imap", s.IMAP}, {"smtp", s.SMTP}} {
		_, _, err := net.SplitHostPort(one.Server.Server)
		wrong.When(one.Server.Server != "" && err != nil, one.name+".server", "is not host:port")
		wrong.When(!slices.Contains([]string{tlsSecurity, starttlsSecurity, noSecurity}, one.Security), one.name+".security", "is not one of tls, starttls, none")
	}
	wrong.When(strings.TrimSpace(s.Mailbox) == "", "mailbox", "is blank: the usual one is INBOX")
	wrong.When(s.MoveTo != "" && s.MoveTo == s.Mailbox, "move_to", "is the folder that is read")
	wrong.When(!slices.Contains([]string{markSeen, markNothing}, s.Mark), "mark", "is not one of seen, nothing")
	wrong.When(s.Page < 1 || s.Page > mostPage, "page", "is not between 1 and 1000")
	wrong.When(s.MaxMail < leastMaxMail || s.MaxMail > mostMaxMail, "max_mail", "is not between 1MiB and 100MiB")
	wrong.When(s.MaxFile < 1 || s.MaxFile > s.MaxMail, "max_file", "is not between 1 byte and max_mail")
	wrong.When(s.MaxFiles < 0 || s.MaxFiles > mostFiles, "max_files", "is not between 0 and 40")
	wrong.When(s.Idle < 0 || s.Idle.D() > mostIdle, "idle", "is not between 0 and 10m")
	if _, err := parseReply(s.Reply); err != nil {
		wrong.When(true, "reply", "is no template: "+err.Error())
	}
	return errors.Join(append(wrong, s.Map.Validate())...)
}

// sender is the account replies are sent through: what smtp leaves out is imap's.
func (s *Settings) sender() Server {
	account := s.SMTP
	if account.User == "" && !account.Password.Set() {
		account.User = s.IMAP.User
	}
	if !account.Password.Set() {
		account.Password = s.IMAP.Password
	}
	return account
}
