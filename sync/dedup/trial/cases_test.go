package trial

import (
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/sync/complaint"
)

// drawn is a maker on invented complaints with a seed that rapid chooses.
func drawn(t *rapid.T) *Maker {
	seed := rapid.Uint64().Draw(t, "seed")
	m, err := NewMaker(Invented(40, seed), seed)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func sameChange(t interface{ Fatalf(string, ...any) }, kind string) change {
	i := slices.IndexFunc(sameChanges(), func(c change) bool { return c.kind == kind })
	if i < 0 {
		t.Fatalf("no change is called %s", kind)
	}
	return sameChanges()[i]
}

func TestAnotherTellingKeepsWhatTellsMattersApart(t *testing.T) {
	digits := regexp.MustCompile(`\d+`)
	for _, c := range sameChanges() {
		t.Run(c.kind, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				made, ok := drawn(t).same(c, rapid.SampledFrom([]float64{1, 3}).Draw(t, "rate"), SameReporter)
				if !ok {
					t.Fatal("no base can be changed so")
				}
				a, b := made.Earlier, made.Later
				if a.Text == b.Text {
					t.Fatal("nothing changed")
				}
				if !utf8.ValidString(b.Text) {
					t.Fatalf("%q is no UTF-8", b.Text)
				}
				if a.Place != b.Place || a.Reporter != b.Reporter || a.Category != b.Category {
					t.Fatal("more than the text changed")
				}
				for _, n := range digits.FindAllString(b.Text, -1) {
					known := slices.ContainsFunc(digits.FindAllString(a.Text, -1), func(m string) bool {
						return strings.TrimLeft(m, "0") == strings.TrimLeft(n, "0")
					})
					if !known && c.kind != "channel head" && c.kind != "number and phone formats" && c.kind != "all at once" && c.kind != "cut to 160 characters" {
						t.Fatalf("the number %s is new in %q", n, b.Text)
					}
				}
			})
		})
	}
}

func TestEachChangeDoesWhatItIsCalled(t *testing.T) {
	r := func() *rand.Rand { return rand.New(rand.NewPCG(7, 7)) }
	const text = "Lampu jalan mati di Jl. Cempaka No. 5 RT 02, sudah lama sekali. Warga takut lewat kalau malam. Mohon segera diperbaiki."
	for kind, check := range map[string]func(string) bool{
		"typos":                    func(s string) bool { return differing(text, s) == 1 },
		"vowels dropped":           func(s string) bool { return differing(text, s) == 1 && len(s) < len(text) },
		"slang and abbreviations":  func(s string) bool { return differing(text, s) >= 1 },
		"word order":               func(s string) bool { return sorted(s) == sorted(text) },
		"greeting and thanks":      func(s string) bool { return strings.Contains(s, text) && !strings.HasPrefix(s, text) },
		"channel head":             func(s string) bool { return strings.HasSuffix(s, text) },
		"mojibake":                 func(s string) bool { return strings.Contains(s, "â€") && strings.Contains(s, `\n`) },
		"number and phone formats": func(s string) bool { return s != text && letters(s) == letters(text) },
	} {
		if got, ok := sameChange(t, kind).apply(r(), 1, text); !ok || !check(got) {
			t.Errorf("%s: %q", kind, got)
		}
	}
	long := strings.Repeat("Air keruh di Sedanau. ", 20)
	got, ok := sameChange(t, "cut to 160 characters").apply(r(), 1, long)
	if !ok || !strings.HasPrefix(long, got) || utf8.RuneCountInString(got) > 160 || utf8.RuneCountInString(got) < 155 {
		t.Errorf("cut: %q", got)
	}
	if _, ok := sameChange(t, "cut to 160 characters").apply(r(), 1, text[:100]); ok {
		t.Error("a text that fits is cut")
	}
}

// differing is how many words are not the same.
func differing(a, b string) (n int) {
	x, y := strings.Fields(a), strings.Fields(b)
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			n++
		}
	}
	return n + max(len(x), len(y)) - min(len(x), len(y))
}

func sorted(s string) string {
	words := strings.Fields(s)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// letters is a text without what formats may change.
func letters(s string) string {
	s = strings.NewReplacer("jalan", "jl", "jln", "jl", "nomor", "no", "nmr", "no", ".", "", " ", "", "0", "").Replace(strings.ToLower(s))
	return s
}

func TestThreeTimesTheRateChangesMore(t *testing.T) {
	for _, kind := range []string{"typos", "vowels dropped", "slang and abbreviations"} {
		var natural, triple int
		for i, base := range Invented(300, 5) {
			for rate, into := range map[float64]*int{1: &natural, 3: &triple} {
				changed, _ := sameChange(t, kind).apply(rand.New(rand.NewPCG(9, uint64(i))), rate, base.Text)
				*into += differing(base.Text, changed)
			}
		}
		if triple < natural*15/10 {
			t.Errorf("%s: %d words at the natural rate, %d at three times that", kind, natural, triple)
		}
	}
}

func TestAnotherMatterDiffersInItsMarkAlone(t *testing.T) {
	for _, k := range otherMarks() {
		t.Run(k.kind, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				made, ok := drawn(t).other(k, UnknownReporter)
				if !ok {
					t.Fatal("no base can be changed so")
				}
				a, b := made.Earlier, made.Later
				if a.Text == b.Text {
					t.Fatalf("nothing changed in %q", a.Text)
				}
				was, is := k.value(a.Text), k.value(b.Text)
				if was == "" || k.some != nil && (is == "" || strings.EqualFold(was, is)) {
					t.Fatalf("the mark is %q, then %q:\n%s\n%s", was, is, a.Text, b.Text)
				}
				for _, s := range []struct{ a, b string }{{a.Text, b.Text}, {a.Place.Address, b.Place.Address}} {
					if k.some != nil && !only(s.a, s.b, was, is, k.name) {
						t.Fatalf("more than the mark changed:\n%s\n%s", s.a, s.b)
					}
					if k.replaced(s.b, was, "…") != s.b {
						t.Fatalf("the old value %s stays in %q", was, s.b)
					}
				}
			})
		})
	}
}

// only says that b is a with another value and nothing else.
func only(a, b, was, is string, name bool) bool {
	a, b, was, is = strings.ToLower(a), strings.ToLower(b), strings.ToLower(was), strings.ToLower(is)
	if name {
		return strings.Contains(a, is) || strings.ReplaceAll(a, was, "…") == strings.ReplaceAll(b, is, "…")
	}
	x, y := strings.Fields(a), strings.Fields(b)
	for i := range x {
		if len(x) != len(y) || x[i] != y[i] && strings.Replace(x[i], was, is, 1) != y[i] {
			return false
		}
	}
	return true
}

func TestTheOldStateIsOver(t *testing.T) {
	i := slices.IndexFunc(otherMarks(), func(m mark) bool { return m.kind == "polarity" })
	base := complaint.Complaint{Text: "Lampu jalan mati dekat dermaga Midai. Aspal juga rusak."}
	_, b, _ := otherMarks()[i].two(rand.New(rand.NewPCG(1, 1)), base)
	if b.Text != "Lampu jalan sudah menyala lagi dekat dermaga Midai. Aspal juga rusak." {
		t.Error(b.Text)
	}
}

func TestAClauseStandsBeforeTheThanks(t *testing.T) {
	for text, want := range map[string]string{
		"Lampu mati": "Lampu mati. X.",
		"Yth. Dinas Perhubungan,\nlampu mati di Midai. Mohon ditindaklanjuti, terima kasih": "Yth. Dinas Perhubungan,\nlampu mati di Midai. X. Mohon ditindaklanjuti, terima kasih",
		"lampu mati terima kasih":                     "X. lampu mati terima kasih",
		`air mati di rumah kami.\nmohon dibantu, tks`: `air mati di rumah kami.\n X. mohon dibantu, tks`,
	} {
		if got := inside(text, "X."); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestANameEndsWhereTheAddressGoesOn(t *testing.T) {
	street, village := otherMarks()[4], otherMarks()[5]
	for text, want := range map[string]string{
		"di Jl. Hang Tuah No. 92 RT 01": "Hang Tuah", "jln Cempaka, Ranai": "Cempaka", "jalan rusak": "", "lubang di jalan. Lokasinya di Jl. Mutiara": "Mutiara", "JL.Pramuka": "Pramuka",
	} {
		if got := street.value(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := village.value("Dinas Pemberdayaan Desa Kab. Natuna, Desa Sungai Ulu Kecamatan Bunguran Timur"); got != "Sungai Ulu" {
		t.Error(got)
	}
}

func TestAGangInRomanNumeralsIsNeverTheSameNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if got := gang(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)), "iv"); got == "4" {
			t.Fatal("gang IV became gang 4")
		}
	})
}

func TestARealNumberIsChangedWhereverItStands(t *testing.T) {
	base := complaint.Complaint{Text: "got mampet depan rumah no 31 (nomor 31), bukan no 7", Place: complaint.Place{Address: "Jl. Cempaka No.31, Kelurahan Ranai"}}
	_, b, _ := otherMarks()[0].two(rand.New(rand.NewPCG(1, 1)), base)
	both := b.Text + b.Place.Address
	if strings.Contains(both, "31") || !strings.Contains(both, "bukan no 7") {
		t.Error(both)
	}
}

func TestReportersAreWhatTheSuiteSays(t *testing.T) {
	m, err := NewMaker(Invented(5, 1), 1)
	if err != nil {
		t.Fatal(err)
	}
	for who, want := range map[Who]func(a, b complaint.Reporter) bool{
		SameReporter:    func(a, b complaint.Reporter) bool { return a.Phone != "" && a == b },
		AnotherReporter: func(a, b complaint.Reporter) bool { return a.Phone != "" && b.Phone != "" && a.Phone != b.Phone },
		UnknownReporter: func(a, b complaint.Reporter) bool { return a == b && a == complaint.Reporter{} },
	} {
		c, _ := m.other(otherMarks()[0], who)
		if !want(c.Earlier.Reporter, c.Later.Reporter) || c.Later.Place.Address == "" {
			t.Errorf("%s: %+v, %+v", who, c.Earlier.Reporter, c.Later.Reporter)
		}
	}
}

func TestSecondCopiesComeWhenRealOnesDo(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var hour, late Share
	for range 20_000 {
		g := gap(r)
		if g < 10*time.Second || g > 28*24*time.Hour {
			t.Fatal(g)
		}
		hour.Count(g <= time.Hour)
		late.Count(g > 4*24*time.Hour)
	}
	if math.Abs(hour.Rate()-0.78) > 0.01 || math.Abs(late.Rate()-0.04) > 0.01 {
		t.Errorf("within the hour %v, after four days %v", hour, late)
	}
}

func TestOneSeedMakesTheSameCases(t *testing.T) {
	make := func() (cases []Case) {
		m, err := NewMaker(Invented(30, 4), 4)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range sameChanges() {
			made, _ := m.same(c, 1, SameReporter)
			cases = append(cases, made)
		}
		for _, k := range otherMarks() {
			made, _ := m.other(k, SameReporter)
			cases = append(cases, made)
		}
		return cases
	}
	if diff := cmp.Diff(make(), make()); diff != "" {
		t.Error(diff)
	}
}
