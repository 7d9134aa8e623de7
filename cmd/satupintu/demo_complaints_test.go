package main

import (
	"bytes"
	"encoding/csv"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/connectors"
)

var someDay = time.Date(2026, time.March, 3, 14, 5, 9, 0, time.FixedZone("WIB", 7*60*60))

func TestASeedAlwaysTellsTheSame(t *testing.T) {
	all := cmp.AllowUnexported(regency{}, told{})
	for _, seed := range []uint64{0, 1, 2103} {
		if diff := cmp.Diff(newRegency(seed, someDay, demoCrowd()), newRegency(seed, someDay, demoCrowd()), all); diff != "" {
			t.Errorf("seed %d tells two stories:\n%s", seed, diff)
		}
	}
	if cmp.Equal(newRegency(1, someDay, demoCrowd()), newRegency(2, someDay, demoCrowd()), all) {
		t.Error("two seeds tell the same story")
	}
}

func TestWhatIsToldIsInventedAndTellsApart(t *testing.T) {
	invented := regexp.MustCompile(`^0812-0000-0\d{3}$`)
	rapid.Check(t, func(t *rapid.T) {
		n := demoCrowd()
		r := newRegency(rapid.Uint64().Draw(t, "seed"), someDay, n)
		if len(r.portal) != n.portal || len(r.counter) != n.counter || len(r.twice) != n.twice {
			t.Fatalf("%d, %d and %d twice, want %+v", len(r.portal), len(r.counter), len(r.twice), n)
		}
		ids, words := map[string]told{}, map[string]string{}
		photos := map[string]bool{}
		for _, c := range append(r.portal, r.counter...) {
			if _, taken := ids[c.id]; taken {
				t.Fatalf("two complaints have the id %s", c.id)
			}
			ids[c.id] = c
			if !invented.MatchString(c.phone) || !strings.HasSuffix(c.name, " Contoh") {
				t.Fatalf("%s could be a real person, with the number %s", c.name, c.phone)
			}
			if c.at.After(someDay) || c.at.Second() != 0 || !strings.Contains(c.text, c.place) {
				t.Fatalf("%+v is not told at a whole minute before now, or names no place", c)
			}
			if other, taken := words[c.text]; taken != (c.repeats != "") || taken && other != c.repeats {
				t.Fatalf("%s tells the same as %s and says it repeats %q", c.id, other, c.repeats)
			}
			if c.repeats == "" {
				words[c.text] = c.id
			}
			if c.photo != nil {
				photos[string(c.photo)] = true
			}
		}
		if len(photos) != n.photos {
			t.Fatalf("%d different photos, want %d", len(photos), n.photos)
		}
	})
}

func TestWhatIsToldAgainIsTheSamePersonWithinTheHour(t *testing.T) {
	r := newRegency(7, someDay, demoCrowd())
	first := map[string]told{}
	for _, c := range r.portal {
		first[c.id] = c
	}
	again := 0
	for _, c := range append(r.portal, r.counter...) {
		if c.repeats == "" {
			continue
		}
		again++
		f := first[c.repeats]
		if apart := c.at.Sub(f.at); f.phone != c.phone || f.text != c.text || apart <= 0 || apart >= time.Hour || c.photo != nil {
			t.Errorf("%s is no repetition of %s: %s apart, %s and %s", c.id, f.id, apart, c.phone, f.phone)
		}
		if f.repeats != "" {
			t.Errorf("%s repeats a repetition", c.id)
		}
	}
	if n := demoCrowd(); again != n.again+n.acrossAgain {
		t.Errorf("%d complaints are told again, want %d", again, n.again+n.acrossAgain)
	}
	for _, id := range r.twice {
		if c, ok := first[id]; !ok || c.repeats != "" {
			t.Errorf("%s is sent twice and should be a complaint of its own", id)
		}
	}
}

func TestAPhotoIsAPicture(t *testing.T) {
	for n := range 300 {
		if _, err := png.Decode(bytes.NewReader(photo(n))); err != nil {
			t.Fatalf("photo %d: %v", n, err)
		}
	}
}

func TestTheCountersFileLooksLikeOneKeptByHand(t *testing.T) {
	r := newRegency(7, someDay, demoCrowd())
	content, err := counterFile(r.counter)
	if err != nil {
		t.Fatal(err)
	}
	reader := csv.NewReader(bytes.NewReader(content))
	reader.Comma = ';'
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := 3 + len(r.counter) + counterBad; len(rows) != want || rows[2][0] != "No" {
		t.Fatalf("%d rows, want a banner, a blank row, the header and the complaints: %d", len(rows), want)
	}
	numbers, unread, silent := map[string]bool{}, 0, 0
	for _, row := range rows[3:] {
		if numbers[row[0]] {
			t.Errorf("number %s is there twice", row[0])
		}
		numbers[row[0]] = true
		if _, err := connectors.ParseTime(row[1], nil, someDay.Location()); err != nil {
			unread++
		}
		if row[6] == "" {
			silent++
		}
	}
	if unread != 1 || silent != 1 {
		t.Errorf("%d dates nobody can read and %d rows without words, want one of each", unread, silent)
	}
}

func TestAnIndonesianTimeIsReadAsItWasMeant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "at"), 0).In(someDay.Location()).Truncate(time.Minute)
		got, err := connectors.ParseTime(indonesianTime(want), nil, someDay.Location())
		if err != nil || !got.Equal(want) {
			t.Fatalf("%s: got %s, %v", indonesianTime(want), got, err)
		}
	})
	if got := indonesianTime(someDay); got != "3 Maret 2026 pukul 14.05" {
		t.Errorf("got %s", got)
	}
}

func TestAFileAppearsInTheInboxWhole(t *testing.T) {
	inbox := t.TempDir()
	if err := putIntoInbox(inbox, "aduan.csv", []byte("No;Isi\n")); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(inbox)
	if err != nil || len(entries) != 1 || entries[0].Name() != "aduan.csv" {
		t.Fatalf("the inbox holds %v, %v", entries, err)
	}
	if content, err := os.ReadFile(filepath.Join(inbox, "aduan.csv")); string(content) != "No;Isi\n" || err != nil {
		t.Errorf("got %q, %v", content, err)
	}
	if err := putIntoInbox(filepath.Join(inbox, "none"), "aduan.csv", nil); err == nil {
		t.Error("a file was put into an inbox that is not there")
	}
}
