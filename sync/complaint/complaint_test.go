package complaint

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestRefsRiseEvenWhenTheClockStepsBack(t *testing.T) {
	clock := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	minter := NewMinter(func() time.Time { return clock })
	last := Ref("")
	for i := range 10_000 {
		switch i % 100 {
		case 0:
			clock = clock.Add(time.Millisecond)
		case 50:
			clock = clock.Add(-2 * time.Millisecond)
		}
		next := minter.Mint()
		if next <= last {
			t.Fatalf("mint %d: %s does not sort after %s", i, next, last)
		}
		if parsed, err := ParseRef(string(next)); err != nil || parsed != next {
			t.Fatalf("ParseRef(%s) = %s, %v", next, parsed, err)
		}
		last = next
	}
	if len(last) > 18 {
		t.Errorf("a reference of %d characters is too long for an SMS", len(last))
	}
}

func TestRefAsPeopleTypeIt(t *testing.T) {
	const want = Ref("SP-1KAZ5T8M3Q0X4RD")
	for _, typed := range []string{"SP-1KAZ5T8M3Q0X4RD", " sp-1kaz5t8m3q0x4rd\n", "SP1KAZ5T8M3Q0X4RD", "sp-lkaz5t8m3qOx4rd"} {
		if got, err := ParseRef(typed); err != nil || got != want {
			t.Errorf("ParseRef(%q) = %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"", "SP-", "1KAZ5T8M3Q0X4RD", "SP-1KAZ5T8M3Q0X4R", "SP-1KAZ5T8M3Q0X4RDD", "SP-1KAZ5T8M3Q0X4R!", "SP-UKAZ5T8M3Q0X4RD"} {
		if got, err := ParseRef(typed); err == nil {
			t.Errorf("ParseRef(%q) = %q, want an error", typed, got)
		}
	}
}

func TestStatusMoves(t *testing.T) {
	for _, from := range Statuses() {
		for _, to := range Statuses() {
			can := from.CanBecome(to)
			switch {
			case from == to && can:
				t.Errorf("%s may become itself", from)
			case from.Final() && can:
				t.Errorf("%s is final and may become %s", from, to)
			case to == Received && can:
				t.Errorf("%s may become received again", from)
			case !from.Final() && to.Final() && from != to && !can:
				t.Errorf("%s may not become %s", from, to)
			}
		}
	}
	for _, legal := range [][2]Status{{Received, Forwarded}, {Forwarded, Disposed}, {Disposed, InProgress}, {InProgress, Disposed}, {Postponed, InProgress}, {Other, InProgress}} {
		if !legal[0].CanBecome(legal[1]) {
			t.Errorf("%s may not become %s", legal[0], legal[1])
		}
	}
	if InProgress.CanBecome(Forwarded) {
		t.Error("in_progress may fall back to forwarded")
	}
}

// Hashes lie in databases since the first release: a new field of ours must not make every complaint a revision.
func TestTheHashOfAComplaintWithAPictureIsWhatItAlwaysWas(t *testing.T) {
	const want = "3c00fca64f2baeb82dde07507bc0984bdb88d9358b205c7e68e7a0694c5a8bcb"
	c := Complaint{
		Source: "portal", SourceID: "N-7", Title: "Lampu jalan", Text: "Lampu di simpang Sungai Ulu mati", Class: Ordinary,
		ReportedAt: time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC),
		Attachments: []Attachment{{
			Name: "lampu.jpg", Type: "image/jpeg", Size: 52_431,
			SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		}},
	}
	if got := c.ContentHash(); got != want {
		t.Errorf("without a look it is %s", got)
	}
	c.Attachments[0].Look = "eeeddddbbb7776ee"
	if got := c.ContentHash(); got != want {
		t.Errorf("with a look it is %s", got)
	}
	if c.Attachments[0].Look == "" {
		t.Error("hashing took the look away")
	}
}

func TestContentHashIsOfTheContentAlone(t *testing.T) {
	at := time.Date(2026, 1, 3, 9, 0, 0, 0, time.FixedZone("WIB", 7*3600))
	c := Complaint{Ref: "SP-1", Source: "portal", SourceID: "7", Text: "lampu mati", ReportedAt: at, ReceivedAt: at}
	again := c
	again.Ref, again.ReceivedAt, again.ReportedAt, again.Raw = "SP-2", at.Add(time.Hour), at.UTC(), Payload{Body: []byte("x")}
	if c.ContentHash() != again.ContentHash() {
		t.Error("the same content, received again, has another hash")
	}
	for name, edit := range map[string]func(*Complaint){
		"text":     func(c *Complaint) { c.Text += "." },
		"secret":   func(c *Complaint) { c.Secret = true },
		"reporter": func(c *Complaint) { c.Reporter.Phone = "0812" },
		"reported": func(c *Complaint) { c.ReportedAt = at.Add(time.Second) },
		"file":     func(c *Complaint) { c.Attachments = []Attachment{{Name: "a.jpg"}} },
	} {
		edited := c
		edit(&edited)
		if edited.ContentHash() == c.ContentHash() {
			t.Errorf("an edited %s has the same hash", name)
		}
	}
}

func TestCheckNamesEveryField(t *testing.T) {
	lat := 91.0
	c := Complaint{Title: strings.Repeat("x", MaxTitle+1), Class: "urgent", Place: Place{Lat: &lat}, Attachments: make([]Attachment, MaxAttachments+1)}
	err := c.Check()
	for _, field := range []string{"id", "text", "title", "class", "place", "place.lat", "attachments"} {
		if !strings.Contains("\n"+err.Error(), "\n"+field+": ") {
			t.Errorf("no word about %s in:\n%v", field, err)
		}
	}
	var one *FieldError
	if !errors.As(err, &one) {
		t.Error("the error carries no FieldError")
	}
	fit := Complaint{SourceID: "1", Text: "lampu mati", Class: Ordinary}
	if err := fit.Check(); err != nil {
		t.Errorf("a fit complaint is refused: %v", err)
	}
}

func TestCleanTextIsCarriedByAnyReceiver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := string(rapid.SliceOf(rapid.Byte()).Draw(t, "raw"))
		clean := CleanText(raw)
		if !utf8.ValidString(clean) || strings.ContainsAny(clean, "\x00\r\x1b\uFFFE\uFFFF") || clean != CleanText(clean) {
			t.Fatalf("CleanText(%q) = %q", raw, clean)
		}
	})
	for _, alone := range []string{"\x7f", "\v", "\x1f", "\u0085"} { // in text that is otherwise plain
		if got := CleanText("Jalan" + alone + " rusak\tparah\n"); got != "Jalan rusak\tparah" {
			t.Errorf("with %q: %q", alone, got)
		}
	}
	if got := CleanText("\uFEFF Jalan\x00 rusak\r\ndi Ranai \n"); got != "Jalan rusak\ndi Ranai" {
		t.Errorf("got %q", got)
	}
}

func TestTitleFrom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		title := TitleFrom(text)
		if utf8.RuneCountInString(title) > 81 || strings.ContainsAny(title, "\n\t") {
			t.Fatalf("TitleFrom(%q) = %q", text, title)
		}
	})
	long := "Lampu jalan di depan kantor desa Sungai Ulu sudah tiga minggu mati dan warga takut lewat malam hari"
	if got := TitleFrom(long); got != "Lampu jalan di depan kantor desa Sungai Ulu sudah tiga minggu mati dan warga…" {
		t.Errorf("got %q", got)
	}
	if got := TitleFrom("Lampu\n mati"); got != "Lampu mati" {
		t.Errorf("got %q", got)
	}
}
