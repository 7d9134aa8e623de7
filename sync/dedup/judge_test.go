package dedup

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/sync/complaint"
)

// told is one side of a pair in testdata/pairs.json.
type toldSide struct {
	Text, Address, Region, Phone, Email, Name string
	Lat, Long                                 *float64
	Files                                     []string
}

type toldPair struct {
	Teaches, Expect      string
	Earlier, Later       toldSide
	Apart, Closed, Track string
}

var noon = time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)

func (s toldSide) complaint(at time.Time) complaint.Complaint {
	c := complaint.Complaint{
		Text: s.Text, Reporter: complaint.Reporter{Phone: s.Phone, Email: s.Email, Name: s.Name}, ReceivedAt: at,
		Place: complaint.Place{Address: s.Address, Region: s.Region, Lat: s.Lat, Long: s.Long},
	}
	for _, f := range s.Files {
		c.Attachments = append(c.Attachments, complaint.Attachment{SHA256: strings.Repeat(f, 32)})
	}
	return c
}

func toldPairs(t *testing.T) []toldPair {
	t.Helper()
	content, err := os.ReadFile("testdata/pairs.json")
	if err != nil {
		t.Fatal(err)
	}
	var pairs []toldPair
	if err := json.Unmarshal(content, &pairs); err != nil {
		t.Fatal(err)
	}
	return pairs
}

func (p toldPair) judged(t *testing.T, e *Engine) (Verdict, Print, Earlier) {
	t.Helper()
	apart, err := time.ParseDuration(p.Apart)
	if err != nil {
		t.Fatal(err)
	}
	first := p.Earlier.complaint(noon)
	first.Ref = "SP-1KAZ5T8M3Q0X4RD"
	earlier := Earlier{Ref: first.Ref, Print: new(kept(t, e.Print(first))), Track: p.Track}
	if p.Closed != "" {
		closed, err := time.ParseDuration(p.Closed)
		if err != nil {
			t.Fatal(err)
		}
		earlier.Closed = noon.Add(closed)
	}
	later := kept(t, e.Print(p.Later.complaint(noon.Add(apart))))
	return e.Judge(later, []Earlier{earlier}), later, earlier
}

// kept is a print as it comes back from where it is kept.
func kept(t *testing.T, p Print) Print {
	t.Helper()
	again, err := DecodePrint(p.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func TestEachPairTeachesItsRule(t *testing.T) {
	e := NewEngine(Options{Hasher: openHash{}})
	pairs := toldPairs(t)
	if len(pairs) < 60 {
		t.Fatalf("only %d pairs", len(pairs))
	}
	for _, p := range pairs {
		t.Run(strings.ReplaceAll(p.Teaches, " ", "_"), func(t *testing.T) {
			v, _, _ := p.judged(t, e)
			want, kind, _ := strings.Cut(p.Expect, " ")
			ok := string(v.Answer) == want && (kind == "" || string(v.Kind) == kind)
			if p.Expect == "not link" {
				ok = v.Answer != Link
			}
			if !ok {
				t.Errorf("%s %s, want %s: %s", v.Answer, v.Kind, p.Expect, v.Why("en"))
			}
		})
	}
}

// Whatever links is found: the later one has a probe that is a key of the earlier.
func TestWhatLinksIsFoundByItsKeys(t *testing.T) {
	e := NewEngine(Options{Hasher: openHash{}})
	for _, p := range toldPairs(t) {
		v, later, earlier := p.judged(t, e)
		if v.Answer == New && v.Kind == "" || p.Track != "" {
			continue
		}
		hashes := map[int64]bool{}
		for _, k := range earlier.Print.Keys() {
			hashes[k.Hash] = true
		}
		if !slices.ContainsFunc(later.Probes(), func(k Key) bool { return hashes[k.Hash] }) {
			t.Errorf("%s: no probe finds it", p.Teaches)
		}
	}
}

func TestAReasonNamesNoWordOfTheTexts(t *testing.T) {
	e := NewEngine(Options{Hasher: openHash{}})
	for _, p := range toldPairs(t) {
		v, _, _ := p.judged(t, e)
		for _, language := range []string{"id", "en"} {
			why := v.Why(language)
			if why == "" {
				t.Errorf("%s: no reason", p.Teaches)
			}
			for _, personal := range []string{"Datuk", "Pramuka", "Cempaka", "Rahmat", "Hasan", "0812", "12", "21.03"} {
				if strings.Contains(why, " "+personal) {
					t.Errorf("%s: %q tells %s", p.Teaches, why, personal)
				}
			}
		}
		for _, said := range append(v.For, v.Against...) {
			if !slices.Contains(Codes(), said.Code) {
				t.Errorf("%s: code %q is of no closed set", p.Teaches, said.Code)
			}
		}
	}
}

func TestReasonsReadAsSentences(t *testing.T) {
	v := Verdict{
		Answer: Review,
		For:    []Evidence{{"reporter", 0}, {"words", 0.84}, {"near", 12}, {"time", 720}},
		Against: []Evidence{
			{"far", 1240}, {"late", 40 * 24 * 3600}, {"other_house", 0}, {"of a newer version", 0},
		},
	}
	for language, want := range map[string]string{
		"en": "same reporter, 84% of the words the same, 12 m between the points, 12 minutes apart; against it: 1.2 km between the points, 40 days apart: the same trouble again, other house numbers",
		"id": "pelapor yang sama, 84% kata-katanya sama, jarak titik 12 m, selisih waktu 12 menit; yang menyangkal: jarak titik 1,2 km, selisih waktu 40 hari: masalah yang sama terulang, nomor rumah berbeda",
	} {
		if got := v.Why(language); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", language, got, want)
		}
	}
	if got := (Verdict{}).Why("id"); got != "tidak ada yang sama" {
		t.Errorf("nothing: %q", got)
	}
}

func TestTheVerdictIsTheSameInAnyOrder(t *testing.T) {
	e := NewEngine(Options{Hasher: openHash{}})
	var among []Earlier
	for i, p := range toldPairs(t) {
		c := p.Earlier.complaint(noon)
		among = append(among, Earlier{Ref: complaint.Ref([]string{"SP-A", "SP-B"}[i%2]) + complaint.Ref(rune('A'+i/26)) + complaint.Ref(rune('A'+i%26)), Print: new(e.Print(c))})
	}
	for _, p := range toldPairs(t)[:20] {
		later := e.Print(p.Later.complaint(noon.Add(time.Hour)))
		one := e.Judge(later, among)
		slices.Reverse(among)
		if other := e.Judge(later, among); other.Earlier != one.Earlier || other.Answer != one.Answer {
			t.Errorf("%s: %s of %s, the other way round %s of %s", p.Teaches, one.Answer, one.Earlier, other.Answer, other.Earlier)
		}
	}
}

// What is not measured because nothing could come of it would have changed no answer.
func TestWhatIsHopelessIsTheSameMeasuredWhole(t *testing.T) {
	model := *ShippedModel()
	model.Weights = maps.Clone(model.Weights)
	model.Weights["other_words"], model.Weights["rare_words"] = 2, -1 // a model that takes both the other way round
	for _, o := range []Options{{}, {ReviewAbove: 0.02}, {ReviewAbove: 1}, {Model: &model, ReviewAbove: 0.2}} {
		o.Hasher = openHash{}
		e, skipped := NewEngine(o), 0
		whole := *e
		whole.thorough = true
		pairs := toldPairs(t)
		for _, p := range pairs {
			later := e.Print(p.Later.complaint(noon.Add(time.Hour)))
			a := e.bag(&later)
			for _, q := range pairs {
				among := []Earlier{{Ref: "SP-1KAZ5T8M3Q0X4RD", Print: new(e.Print(q.Earlier.complaint(noon))), Track: q.Track}}
				b := e.bag(among[0].Print)
				if c := e.contrast(&a, &b, nil); c.hopeless {
					skipped++
				}
				if got, want := e.Judge(later, among), whole.Judge(later, among); !cmp.Equal(got, want) {
					t.Errorf("%s against %s: %+v, measured whole %+v", p.Teaches, q.Teaches, got, want)
				}
			}
		}
		if all := len(pairs) * len(pairs); skipped < all/20 {
			t.Errorf("of %d comparisons %d were given up early; they are not worth the code", all, skipped)
		}
	}
}

// A word that is another misspelt is never taken for one that is far from it.
func TestNearWordsAreNotFarApart(t *testing.T) {
	words := slices.Collect(maps.Keys(lexicon()))
	slices.Sort(words)
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom(words).Draw(t, "word")
		letters := []byte(word)
		for range rapid.IntRange(0, 3).Draw(t, "slips") {
			at := rapid.IntRange(0, len(letters)-1).Draw(t, "at")
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				letters[at] = rapid.ByteRange('a', 'z').Draw(t, "letter")
			case 1:
				letters = slices.Insert(letters, at, rapid.ByteRange('a', 'z').Draw(t, "letter"))
			default:
				if len(letters) > 1 {
					letters = slices.Delete(letters, at, at+1)
				}
			}
		}
		a, b := term{word: word, sounds: sounds(word)}, term{word: string(letters), sounds: sounds(string(letters))}
		loose := rapid.Bool().Draw(t, "loose")
		if near(a.word, b.word, loose) && farApart(&a, &b) {
			t.Fatalf("%q and %q", a.word, b.word)
		}
	})
}

func TestASharedPhoneLosesItsWeight(t *testing.T) {
	e := NewEngine(Options{Hasher: openHash{}})
	head := func(name, text string) Print {
		return e.Print(complaint.Complaint{Text: text, ReceivedAt: noon, Reporter: complaint.Reporter{Phone: "081270004411", Name: name}})
	}
	const asked = "Mohon bantuan sembako untuk keluarga kami di Sungai Ulu, belum pernah terdata"
	among := []Earlier{{Ref: "SP-1", Print: new(head("", asked))}}
	if v := e.Judge(head("", asked), among); v.Answer != Link {
		t.Fatalf("one person twice: %s, %s", v.Answer, v.Why("en"))
	}
	for i, name := range []string{"Hasan", "Nurul", "Dewi"} {
		among = append(among, Earlier{Ref: complaint.Ref(rune('A' + i)), Print: new(head(name, "Lampu mati di Midai, laporan lain"))})
	}
	later := head("", asked)
	later.At = noon.Add(2 * time.Hour)
	if v := e.Judge(later, among); v.Answer == Link || !slices.ContainsFunc(v.Against, func(s Evidence) bool { return s.Code == "shared_contact" }) {
		t.Errorf("a phone of many people: %s %s, %s", v.Answer, v.Kind, v.Why("en"))
	}
}

func TestATemplateIsNobodysResubmission(t *testing.T) {
	e := NewEngine(Options{Hasher: openHash{}})
	form := e.Print(complaint.Complaint{Text: "Informasi tentang cara perpindahan faskes tingkat pertama peserta mandiri Natuna", ReceivedAt: noon})
	one := []Earlier{{Ref: "SP-1", Print: &form}}
	if v := e.Judge(form, one); v.Answer != Link {
		t.Fatalf("sent twice: %s", v.Answer)
	}
	if v := e.Judge(form, append(one, Earlier{Ref: "SP-2", Print: &form})); v.Answer == Link {
		t.Error("the third in the same words is linked")
	}
}

func TestAWrongTapIsDoubtWhereTheRegionSaysSo(t *testing.T) {
	at := func(region string) complaint.Complaint {
		return complaint.Complaint{
			Text: "Lampu jalan di Jl. Pramuka No 9 mati sejak Senin, gelap sekali", ReceivedAt: noon,
			Reporter: complaint.Reporter{Phone: "081270004411"}, Place: complaint.Place{Region: region},
		}
	}
	for taps, want := range map[bool]Answer{false: Review, true: Link} {
		e := NewEngine(Options{Hasher: openHash{}, WrongTaps: taps})
		if v := e.Judge(e.Print(at("21.03.07.2004")), []Earlier{{Ref: "SP-1", Print: new(e.Print(at("21.03.07.2002")))}}); v.Answer != want {
			t.Errorf("wrong taps %v: %s, want %s: %s", taps, v.Answer, want, v.Why("en"))
		}
	}
}
