package email

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/email/postoffice"
	"github.com/satupintu/satupintu/sync/complaint"
)

// scripted is an IMAP server that says what a test wants, for what no real one does on request: answers are by the first
// words of a command, the first that fits.
type scripted struct {
	address string
	answers []scriptedAnswer
}

type scriptedAnswer struct{ command, untagged, result string }

// hangUp is a result without an answer.
const hangUp = "hangs up"

func startScripted(t testing.TB, answers ...scriptedAnswer) *scripted {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := &scripted{address: listener.Addr().String()}
	s.answers = append(answers,
		scriptedAnswer{"EXAMINE", "* 3 EXISTS\r\n* OK [UIDVALIDITY 5] x\r\n", "OK [READ-ONLY] x"},
		scriptedAnswer{"LOGOUT", "* BYE x\r\n", "OK x"},
		scriptedAnswer{"", "", "OK x"},
	)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	return s
}

func (s *scripted) serve(conn net.Conn) {
	defer conn.Close()
	_, _ = fmt.Fprint(conn, "* OK [CAPABILITY IMAP4rev1] x\r\n")
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		tag, command, _ := strings.Cut(lines.Text(), " ")
		for _, answer := range s.answers {
			if strings.HasPrefix(command, answer.command) {
				if answer.result == hangUp {
					return
				}
				_, _ = fmt.Fprintf(conn, "%s%s %s\r\n", answer.untagged, tag, answer.result)
				break
			}
		}
	}
}

func (s *scripted) settings() *Settings {
	settings := office()
	settings.IMAP = Server{Server: s.address, Security: noSecurity, User: "aduan", Password: config.NewSecret(postoffice.Password)}
	return settings
}

// given is a server's answer to a request for a mail.
func given(uid int, raw string) string {
	head, body, _ := strings.Cut(raw, "\n\n")
	head = strings.ReplaceAll(head+"\n\n", "\n", "\r\n")
	return fmt.Sprintf("* %d FETCH (UID %[1]d INTERNALDATE \"03-Jan-2026 15:00:00 +0700\" BODY[HEADER]<0> {%d}\r\n%s BODY[TEXT]<0> {%d}\r\n%s)\r\n", uid, len(head), head, len(body), body)
}

func TestAMailTheServerCannotGiveOutHoldsNobodyUp(t *testing.T) {
	server := startScripted(t,
		scriptedAnswer{"UID SEARCH UID 1:*", "* SEARCH 1 2 3\r\n", "OK x"},
		scriptedAnswer{"UID SEARCH UID 2:*", "* SEARCH 2 3\r\n", "OK x"},
		scriptedAnswer{"UID SEARCH UID 4:*", "* SEARCH 3\r\n", "OK x"},
		scriptedAnswer{"UID FETCH 1 ", given(1, letterOf("1@x", "satu")), "OK x"},
		scriptedAnswer{"UID FETCH 2 ", "", "NO [SERVERBUG] cannot read it"},
		scriptedAnswer{"UID FETCH 3 ", given(3, letterOf("3@x", "tiga")), "OK x"},
	)
	c := connectorOf(t, server.settings(), io.Discard)
	page, err := c.Poll(t.Context(), "")
	if err != nil || len(page.Complaints) != 1 || !page.More {
		t.Fatalf("what stands before it is held up: %d complaints, more: %v, %v", len(page.Complaints), page.More, err)
	}
	from, failures := page.Next, 0
	for range 10 {
		if page, err = c.Poll(t.Context(), from); err == nil {
			break
		}
		failures++
	}
	if err != nil || failures == 0 || len(page.Complaints) != 1 || len(page.SetAside) != 1 {
		t.Fatalf("after %d failures: %d complaints, %d set aside, %v", failures, len(page.Complaints), len(page.SetAside), err)
	}
	if aside := page.SetAside[0]; aside.Reason != connectors.Unreadable || aside.Where != "INBOX, UID 2" {
		t.Errorf("set aside: %+v", aside)
	}
	if last, err := c.Poll(t.Context(), page.Next); err != nil || last.Next != page.Next {
		t.Errorf("it does not end: %v, %v", last.Next, err)
	}
}

// A satellite line breaks at each large mail; some servers break at one mail whatever is asked of it.
func TestAMailAtWhichTheConnectionBreaksHoldsNobodyUp(t *testing.T) {
	for name, c := range map[string]struct {
		beginning scriptedAnswer
		complaint int // how many of two
	}{
		"one that is too large for the line": {scriptedAnswer{
			"UID FETCH 2 (UID INTERNALDATE BODY.PEEK[HEADER]<0.262144> BODY.PEEK[TEXT]<0.65536>)", given(2, letterOf("2@x", "jalan rusak")), "OK x"}, 2},
		"one that breaks in any case": {scriptedAnswer{"UID FETCH 2 ", "", hangUp}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := startScripted(t,
				scriptedAnswer{"UID SEARCH UID 1:*", "* SEARCH 2 3\r\n", "OK x"},
				c.beginning,
				scriptedAnswer{"UID FETCH 2 ", "", hangUp},
				scriptedAnswer{"UID FETCH 3 ", given(3, letterOf("3@x", "tiga")), "OK x"},
			)
			connector := connectorOf(t, server.settings(), io.Discard)
			var page connectors.Page
			var err error
			failures := 0
			for range 20 {
				if page, err = connector.Poll(t.Context(), ""); err == nil {
					break
				}
				if failures++; !strings.Contains(err.Error(), "INBOX, UID 2") {
					t.Errorf("which mail it is is not said: %v", err)
				}
			}
			if err != nil || failures == 0 || len(page.Complaints) != c.complaint || len(page.SetAside) != 2-c.complaint {
				t.Fatalf("after %d failures: %d complaints, %d set aside, %v", failures, len(page.Complaints), len(page.SetAside), err)
			}
			if c.complaint == 1 && (page.SetAside[0].Where != "INBOX, UID 2" || !strings.Contains(page.SetAside[0].Detail, "breaks")) {
				t.Errorf("set aside: %+v", page.SetAside[0])
			}
		})
	}
}

// A mail whose file cannot be kept just now waits until it can, whole: nothing is wrong with it, nor with the line.
func TestAMailWaitsForOurOwnStoreOfFiles(t *testing.T) {
	const withFile = "From: warga.ranai@surat.example\nSubject: Lampu\nMessage-ID: <2@x>\nContent-Type: multipart/mixed; boundary=b\n\n" +
		"--b\nContent-Type: text/plain\n\nlampu mati\n--b\nContent-Type: image/jpeg\nContent-Disposition: attachment; filename=a.jpg\n\n\xff\xd8\xffgelap\n--b--\n"
	server := startScripted(t, scriptedAnswer{"UID SEARCH UID 1:*", "* SEARCH 2\r\n", "OK x"}, scriptedAnswer{"UID FETCH 2 ", given(2, withFile), "OK x"})
	c := connectorOf(t, server.settings(), io.Discard)
	c.env.Files = away{}
	for range 20 {
		if page, err := c.Poll(t.Context(), ""); err == nil {
			t.Fatalf("without its file it is %d complaints, %d set aside", len(page.Complaints), len(page.SetAside))
		}
	}
	c.env.Files = shelf{}
	if page, err := c.Poll(t.Context(), ""); err != nil || len(page.Complaints) != 1 || len(page.Complaints[0].Attachments) != 1 {
		t.Errorf("with it: %+v, %v", page.Complaints, err)
	}
}

// away is a file store that keeps nothing just now.
type away struct{ connectors.FileStore }

func (away) Put(context.Context, string, io.Reader) (complaint.Attachment, error) {
	return complaint.Attachment{}, errors.New("the bucket is away")
}

func TestAServerThatGivesMoreThanWasAskedForIsNotBelieved(t *testing.T) {
	long := letterOf("1@x", strings.Repeat("jalan rusak ", 200_000)) // 2.4 MB, and it was asked for 1
	server := startScripted(t,
		scriptedAnswer{"UID SEARCH UID 1:*", "* SEARCH 1\r\n", "OK x"},
		scriptedAnswer{"UID FETCH 1 (UID BODYSTRUCTURE", "* 1 FETCH (UID 1 BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 2400000 1 NIL NIL NIL NIL))\r\n", "OK x"},
		scriptedAnswer{"UID FETCH 1 ", given(1, long), "OK x"},
	)
	s := server.settings()
	s.MaxMail, s.MaxFile = 1<<20, 1<<20
	page, err := connectorOf(t, s, io.Discard).Poll(t.Context(), "")
	if err != nil || len(page.Complaints) != 1 {
		t.Fatalf("%v, %+v", err, page.SetAside)
	}
	if files := page.Complaints[0].Attachments; len(files) != 1 || files[0].Size > 1<<20 {
		t.Errorf("kept %+v", files)
	}
}

func TestAMailThatVanishesIsPassedOver(t *testing.T) {
	server := startScripted(t, scriptedAnswer{"UID SEARCH UID 1:*", "* SEARCH 1 3\r\n", "OK x"},
		scriptedAnswer{"UID FETCH 3 ", given(3, letterOf("3@x", "tiga")), "OK x"})
	page, err := connectorOf(t, server.settings(), io.Discard).Poll(t.Context(), "")
	if err != nil || len(page.Complaints) != 1 || len(page.SetAside) != 0 {
		t.Errorf("%d complaints, %d set aside, %v", len(page.Complaints), len(page.SetAside), err)
	}
}

func TestMailIsNotMovedByDeletingIt(t *testing.T) {
	server := startScripted(t)
	s := server.settings()
	s.MoveTo, s.Mark = "Selesai", markNothing
	server.answers = append([]scriptedAnswer{{"SELECT", "* OK [UIDVALIDITY 5] x\r\n", "OK [READ-WRITE] x"}}, server.answers...)
	c := connectorOf(t, s, io.Discard)
	err := c.Acknowledge(t.Context(), connectors.Page{Next: position{validity: 5, last: 3, taken: uids(3)}.cursor()})
	if err == nil || !strings.Contains(err.Error(), "no MOVE") {
		t.Errorf("got %v", err)
	}
	if err := c.Acknowledge(t.Context(), connectors.Page{Next: position{validity: 4, last: 3, taken: uids(3)}.cursor()}); err != nil {
		t.Errorf("a page of a mailbox that was rebuilt since is acknowledged: %v", err)
	}
}

func uids(list ...imap.UID) []imap.UID { return list }
