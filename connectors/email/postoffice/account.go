package postoffice

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Account is one mailbox on the server.
type Account struct {
	*Dovecot
	Name string
}

// Account is one that nobody has used.
func (d *Dovecot) Account(t testing.TB) Account {
	t.Helper()
	n := d.users.Add(1)
	if n >= mostUsers {
		t.Fatal("no account is left; raise mostUsers")
	}
	return Account{d, fmt.Sprintf("u%d", n)}
}

// Client is a second client of the mailbox, as a person would use it.
func (a Account) Client(t testing.TB) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(Address(a.Plain), nil)
	must(t, err, c.Login(a.Name, Password).Wait())
	return c
}

// Deliver puts mails into a folder.
func (a Account) Deliver(t testing.TB, folder string, mails ...string) {
	t.Helper()
	a.DeliverAt(t, folder, time.Time{}, mails...)
}

// DeliverAt is Deliver of mails that the server got at a time; zero: now.
func (a Account) DeliverAt(t testing.TB, folder string, at time.Time, mails ...string) {
	t.Helper()
	c := a.Client(t)
	defer c.Close()
	for _, raw := range mails {
		raw = strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n", "\n"), "\n", "\r\n")
		command := c.Append(folder, int64(len(raw)), &imap.AppendOptions{Time: at})
		_, err := command.Write([]byte(raw))
		must(t, err, command.Close())
		_, err = command.Wait()
		must(t, err)
	}
}

// Create makes a folder.
func (a Account) Create(t testing.TB, folder string) {
	t.Helper()
	c := a.Client(t)
	defer c.Close()
	must(t, c.Create(folder, nil).Wait())
}

// Flags lists the flags of each mail of a folder, by its UID.
func (a Account) Flags(t testing.TB, folder string) map[imap.UID][]imap.Flag {
	t.Helper()
	c := a.Client(t)
	defer c.Close()
	_, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	must(t, err)
	list, err := c.Fetch(imap.UIDSet{imap.UIDRange{Start: 1}}, &imap.FetchOptions{UID: true, Flags: true}).Collect()
	must(t, err)
	all := map[imap.UID][]imap.Flag{}
	for _, one := range list {
		all[one.UID] = one.Flags
	}
	return all
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}
