package dedup

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Most words are taken as they stand; those are not in which something is to be left out, or to be read as something else.
func TestWordsThatAreNotTakenAsTheyStand(t *testing.T) {
	for said, want := range map[string][]string{
		"parahhh sekali":   {"parah", "sekali"},
		"jum'at lampu":     {"jumat", "lampu"},
		"rt05 anak2 mati2": {"rt", "5", "anak", "mati"},
		"pohon2nya a1":     {"pohon", "a1"},
		"gang xi, gang ix": {"gang", "11", "gang", "9"},
		"gang vi":          {"gang", "6"},
		"lampu_mati":       {"lampu", "mati"},
	} {
		var words []string
		for _, token := range tokens(said) {
			words = append(words, token.word)
		}
		if diff := cmp.Diff(want, words); diff != "" {
			t.Errorf("%q (-want +got):\n%s", said, diff)
		}
	}
}

// What is read for one complaint is not kept with the next one's.
func TestTokensAreForgottenWhenTheyWereUsed(t *testing.T) {
	var used []token
	withTokens("lampu mati", func(said []token) { used = said })
	if len(used) != 2 || used[0].word != "" || used[1].word != "" {
		t.Errorf("%d tokens are kept, the first is %q", len(used), used[0].word)
	}
}

func TestRarityIsTheSameByTableAndByFormula(t *testing.T) {
	w := NewWords()
	w.total = 50_000
	total := float64(w.total) + assumed
	for _, seen := range []uint32{0, 1, 2, 60, fewSeen - 1, fewSeen, fewSeen + 1, 30_000} {
		for of, before := range map[sense]float64{0: assumedOther, isCommon: assumedCommon} {
			want := max(0, min(1, math.Log(total/(before+float64(seen)))/math.Log(total/assumedOther)))
			if got := w.scale().rarity(seen, of); math.Abs(got-want) > 1e-12 {
				t.Errorf("a word of sense %d in %d complaints: %v, want %v", of, seen, got, want)
			}
		}
	}
}

// A number behind a street's name may be the house's; where both say both, each is compared with its like.
func TestStreetNumbersAndHouseNumbers(t *testing.T) {
	number := func(n string) Fact { return Fact{PlaceNumber, n} }
	house := func(n string) Fact { return Fact{House, n} }
	for _, c := range []struct {
		name         string
		a, b         []Fact
		agree, other kinds
	}{
		{"one says which", []Fact{number("14")}, []Fact{house("14")}, set(House), 0},
		{"one says which, and another", []Fact{number("14")}, []Fact{house("15")}, 0, set(House)},
		{"both say both", []Fact{number("14"), house("5")}, []Fact{number("14"), house("6")}, set(PlaceNumber), set(House)},
	} {
		p := comparePlaces(&Print{Facts: c.a}, &Print{Facts: c.b}, false)
		if p.agree != c.agree || p.differ != c.other {
			t.Errorf("%s: agrees %b, differs %b; want %b, %b", c.name, p.agree, p.differ, c.agree, c.other)
		}
	}
}
