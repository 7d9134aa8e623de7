package connectors_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

func texts(t *testing.T, language, file string) *connectors.Texts {
	t.Helper()
	found, err := connectors.ReadTexts(language, file)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func allTexts() []connectors.Text {
	return []connectors.Text{
		connectors.Receipt, connectors.Addition, connectors.Question, connectors.Standing, connectors.News, connectors.Short, connectors.Mail,
		connectors.SecretSubject, connectors.Wordless,
	}
}

func TestEveryStatusHasAWordOfItsOwnInEveryLanguage(t *testing.T) {
	for _, language := range connectors.TextLanguages() {
		in, seen := texts(t, language, ""), map[string]complaint.Status{}
		for _, s := range complaint.Statuses() {
			word := in.Status(s, "")
			if other, twice := seen[word]; twice || word == "" || word == string(s) {
				t.Errorf("%s: %s is %q, as %q is", language, s, word, other)
			}
			seen[word] = s
		}
		if got := in.Status(complaint.Other, "Menunggu\x00 Anggaran"); got != "Menunggu Anggaran" {
			t.Errorf("a status that no mapping knows is told as %q", got)
		}
	}
}

func TestEveryTextIsSaidInEveryLanguageAndByNobodysTexts(t *testing.T) {
	for _, language := range connectors.TextLanguages() {
		for _, name := range allTexts() {
			said, err := texts(t, language, "").Say(name, connectors.Words{Ref: "SP-1KAZ5T8M3Q0X4RD", About: "SP-1KAZ5T8M3Q0X4RE", Status: "selesai", Files: 2})
			if err != nil || said == "" || said != strings.TrimSpace(said) || strings.Contains(said, "{{") {
				t.Errorf("%s %s: %q, %v", language, name, said, err)
			}
		}
	}
	var nobodys *connectors.Texts
	want, _ := texts(t, "id", "").Say(connectors.Question, connectors.Words{})
	if got, err := nobodys.Say(connectors.Question, connectors.Words{}); err != nil || got != want || nobodys.Status(complaint.Done, "") != "selesai" {
		t.Errorf("without texts it says %q, %v", got, err)
	}
	if _, err := nobodys.Say("farewell", connectors.Words{}); err == nil {
		t.Error("a text that there is not was said")
	}
}

// Of a secret complaint nothing is said but its numbers and where it stands, whichever text says it.
func TestNoTextTellsWhatASecretComplaintIsAbout(t *testing.T) {
	change := connectors.StatusChange{
		Ref: "SP-1KAZ5T8M3Q0X4RD", Status: complaint.InProgress, Note: "Kepala desa kami periksa", Agency: "Inspektorat", TrackingID: "7212345",
		At: time.Date(2026, 1, 3, 7, 5, 0, 0, time.UTC), Secret: true,
	}
	for _, language := range connectors.TextLanguages() {
		in := texts(t, language, "")
		for _, name := range allTexts() {
			said, err := in.Say(name, in.Words(change, time.FixedZone("WIB", 7*3600)))
			if err != nil || strings.Contains(said, "desa") || strings.Contains(said, "Inspektorat") {
				t.Errorf("%s %s: %q, %v", language, name, said, err)
			}
		}
	}
	change.Secret = false
	said, err := texts(t, "id", "").Say(connectors.News, (*connectors.Texts)(nil).Words(change, time.FixedZone("WIB", 7*3600)))
	want := "Laporan Anda SP-1KAZ5T8M3Q0X4RD (nomor SP4N-LAPOR!: 7212345) sedang diproses.\nInstansi: Inspektorat\nKeterangan: Kepala desa kami periksa"
	if err != nil || said != want {
		t.Errorf("of an open one it says %q, %v", said, err)
	}
}

func TestARegionReplacesWhatItSaysOtherwise(t *testing.T) {
	file := filepath.Join(t.TempDir(), "texts.yaml")
	write := func(content string) {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("statuses: { done: tuntas }\nquestion: Apa yang hendak dilaporkan?\n")
	in := texts(t, "id", file)
	if said, _ := in.Say(connectors.Question, connectors.Words{}); said != "Apa yang hendak dilaporkan?" || in.Status(complaint.Done, "") != "tuntas" {
		t.Errorf("it says %q and %q", said, in.Status(complaint.Done, ""))
	}
	if in.Status(complaint.Rejected, "") != "tidak dapat diproses" {
		t.Error("what it does not replace is gone")
	}
	write("statuses:\n  done: ''\nquestion: '{{.Nama}}'\nrecept: Terima kasih\n")
	_, err := connectors.ReadTexts("id", file)
	var problems config.Problems
	if !errors.As(err, &problems) || len(problems) != 3 {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{":2:9: statuses.done: is empty", ":3:11: question: is no text", `:4:1: unknown key "recept"; did you mean "receipt"?`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
	if _, err := connectors.ReadTexts("jv", ""); err == nil {
		t.Error("there are no texts in Javanese")
	}
}

// The page's example is read as a region's own file.
func TestTheTextsOfThePageAreRead(t *testing.T) {
	page, err := os.ReadFile("../docs/conversations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(page), "```yaml\n")
	example, _, found := strings.Cut(after, "```")
	file := filepath.Join(t.TempDir(), "texts.yaml")
	if err := os.WriteFile(file, []byte(example), 0o600); err != nil || !found {
		t.Fatal(err)
	}
	said, err := texts(t, "id", file).Say(connectors.Question, connectors.Words{})
	if err != nil || !strings.HasPrefix(said, "Salam dari Kabupaten Natuna") {
		t.Errorf("it says %q, %v", said, err)
	}
	for _, name := range allTexts() {
		shipped, err := os.ReadFile("texts/id.yaml")
		if err != nil || !strings.Contains(string(shipped), "\n"+string(name)+":") {
			t.Errorf("id.yaml has no %s: %v", name, err)
		}
	}
}

func TestAConnectorWithMessagesMustAnswerThem(t *testing.T) {
	var (
		say   connectors.Speaker
		fetch connectors.Fetcher
		poll  connectors.Poller
		check connectors.Checker
	)
	all := struct {
		connectors.Speaker
		connectors.Fetcher
		connectors.Poller
		connectors.Checker
	}{say, fetch, poll, check}
	for name, c := range map[string]struct {
		connectors.Connector
		fit bool
	}{
		"a poll alone":        {connectors.Connector{Poll: all, Check: all}, true},
		"a conversation":      {connectors.Connector{Poll: all, Check: all, Say: all, Fetch: all, JoinWithin: time.Minute}, true},
		"nothing":             {connectors.Connector{Check: all}, false},
		"no check":            {connectors.Connector{Poll: all}, false},
		"no silence":          {connectors.Connector{Poll: all, Check: all, Say: all}, false},
		"no answer":           {connectors.Connector{Poll: all, Check: all, JoinWithin: time.Minute}, false},
		"files of no message": {connectors.Connector{Poll: all, Check: all, Fetch: all}, false},
	} {
		if err := c.Fit(); (err == nil) != c.fit {
			t.Errorf("%s: %v", name, err)
		}
		if c.fit && c.Talks() != (c.Say != nil) {
			t.Errorf("%s: talks is %v", name, c.Talks())
		}
	}
}

func TestAMessageClosesTheGapsOfWhatIsEmpty(t *testing.T) {
	change := connectors.StatusChange{Ref: "SP-1KAZ5T8M3Q0X4RD", Status: complaint.Done, At: time.Date(2026, 1, 3, 14, 5, 0, 0, time.UTC)}
	var texts *connectors.Texts
	wib := time.FixedZone("WIB", 7*3600)
	if got, want := texts.Message("Laporan {ref} ({time}): {status}. {note}", change, wib), "Laporan SP-1KAZ5T8M3Q0X4RD (03-01-2026 21.05): selesai."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := texts.Message("", change, wib); !strings.Contains(got, "SP-1KAZ5T8M3Q0X4RD") || !strings.Contains(got, "selesai") {
		t.Errorf("without a template: %q", got)
	}
}
