package email

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

var update = flag.Bool("update", false, "write the golden files anew")

func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func wib() *time.Location { return time.FixedZone("WIB", 7*3600) }

// shelf is a file store that keeps what it is given.
type shelf map[string][]byte

func (s shelf) Put(_ context.Context, name string, r io.Reader) (complaint.Attachment, error) {
	body, err := io.ReadAll(r)
	sum := sha256.Sum256(body)
	s[name] = body
	return complaint.Attachment{Name: name, Type: http.DetectContentType(body), Size: int64(len(body)), SHA256: hex.EncodeToString(sum[:])}, err
}

func office() *Settings {
	s := defaults()
	s.Address, s.Name = "aduan@natuna.example", "Aduan Natuna"
	s.IMAP.Server, s.IMAP.Password = "imap.natuna.example:993", config.NewSecret("KATASANDI")
	s.Groups = []string{"aduan.natuna.example"}
	return s
}

func connectorOf(t testing.TB, s *Settings, log io.Writer) *connector {
	t.Helper()
	c, err := newConnector(connectors.Env{Name: "surat", Zone: wib(), Files: shelf{}, Log: slog.New(slog.NewTextHandler(log, nil))}, s)
	must(t, err)
	return c
}

// arrived is a mail as the server would give it.
func arrived(raw []byte) letter {
	head, body := cutHeader(raw)
	return letter{uid: 7, header: head, body: body, received: time.Date(2026, 1, 3, 15, 0, 0, 0, wib())}
}

func admitted(t testing.TB, s *Settings, found letter) (connectors.Page, string) {
	t.Helper()
	var log, page = bytes.Buffer{}, connectors.Page{}
	must(t, (&poll{connector: connectorOf(t, s, &log)}).admit(t.Context(), &page, found))
	return page, log.String()
}

// described is what became of a mail, in words.
func described(page connectors.Page, log string) string {
	var out strings.Builder
	if _, reason, left := strings.Cut(log, "reason="); left {
		fmt.Fprintf(&out, "left alone: %s", reason)
	}
	for _, aside := range page.SetAside {
		fmt.Fprintf(&out, "set aside: %s\nid: %s\nwhere: %s\n%s\n", aside.Reason, aside.SourceID, aside.Where, aside.Detail)
	}
	for _, c := range page.Complaints {
		fmt.Fprintf(&out, "id: %s\ntitle: %s\nfrom: %s <%s>\nat: %s\n", c.SourceID, c.Title, c.Reporter.Name, c.Reporter.Email, c.ReportedAt.In(wib()).Format(time.RFC3339))
		for _, a := range c.Attachments {
			fmt.Fprintf(&out, "file: %s, %s, %d bytes\n", a.Name, a.Type, a.Size)
		}
		fmt.Fprintf(&out, "\n%s\n", c.Text)
	}
	return out.String()
}

func TestUglyMailBecomesWhatItsReaderWouldSee(t *testing.T) {
	mails, err := filepath.Glob("testdata/mails/*.eml")
	must(t, err)
	if len(mails) < 20 {
		t.Fatalf("%d mails", len(mails))
	}
	for _, file := range mails {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".eml"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			must(t, err)
			s := office()
			s.MaxFiles, s.MaxFile = 4, 20_000
			got := described(admitted(t, s, arrived(raw)))
			golden := strings.TrimSuffix(file, ".eml") + ".golden"
			if *update {
				must(t, os.WriteFile(golden, []byte(got), 0o644))
			}
			want, err := os.ReadFile(golden)
			must(t, err)
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// What a wrong map had set aside becomes, when map is corrected, what the mailbox would give, with its files.
func TestMailThatWasSetAsideBecomesWhatTheMailboxWould(t *testing.T) {
	mails, err := filepath.Glob("testdata/mails/*.eml")
	must(t, err)
	again := 0
	for _, file := range mails {
		raw, err := os.ReadFile(file)
		must(t, err)
		wrong := office()
		wrong.Map = maps.Clone(wrong.Map)
		wrong.Map["class"] = connectors.Value{From: "date"}
		before, _ := admitted(t, wrong, arrived(raw))
		want, _ := admitted(t, office(), arrived(raw))
		for _, aside := range before.SetAside {
			page, err := connectorOf(t, office(), io.Discard).Reread(t.Context(), connectors.NewPatience(0), aside)
			if err != nil || len(page.Complaints) != len(want.Complaints) {
				t.Errorf("%s: %+v, %v", file, page, err)
				continue
			}
			for i, one := range want.Complaints {
				got := page.Complaints[i]
				if !got.ReportedAt.Equal(one.ReportedAt) && got.ReportedAt.IsZero() {
					got.ReportedAt = one.ReportedAt // it has no date of its own
				}
				if got.SourceID != one.SourceID || got.ContentHash() != one.ContentHash() {
					t.Errorf("%s: got %+v, want %+v", file, got, one)
				}
				again++
			}
		}
	}
	if again < 20 {
		t.Errorf("%d mails were set aside and are complaints now", again)
	}
}

// Of a large mail only the beginning is kept: it is not taken for the whole.
func TestALargeMailIsNotReadAgain(t *testing.T) {
	raw := []byte("From: Warga <warga@natuna.example>\r\nSubject: Lampu\r\n\r\n" + strings.Repeat("lampu mati\r\n", mostLetter/10))
	for _, kept := range [][]byte{nil, rawOf(arrived(raw))} {
		page, err := connectorOf(t, office(), io.Discard).Reread(t.Context(), connectors.NewPatience(0), connectors.SetAside{Raw: kept})
		if !errors.Is(err, connectors.ErrNotKept) || len(page.Complaints) > 0 {
			t.Errorf("%d bytes: %+v, %v", len(kept), page, err)
		}
	}
}
