package route

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
)

func natuna() *Table {
	return New(config.Routing{
		Fallback: config.Target{Agency: "21030", Category: "15", Location: "2103"},
		Rules: []config.Rule{
			{When: config.When{Category: []string{"jalan", "Jembatan  Rusak"}}, To: config.Target{Agency: "21031", Category: "436"}},
			{When: config.When{Text: []string{"lampu jalan", "PJU"}}, To: config.Target{Agency: "21032"}},
			{When: config.When{Region: []string{"21.03.01", "21.03.07."}, Class: []string{"supervised"}}, To: config.Target{Agency: "21033", Category: "9", Location: "210301"}},
			{When: config.When{Source: []string{"kantor-camat"}, Text: []string{"air", "pdam"}}, To: config.Target{Agency: "21034", Category: "7"}},
			{To: config.Target{Agency: "nobody"}},
			{When: config.When{Text: []string{"!!", ""}}, To: config.Target{Agency: "nobody"}},
		},
	})
}

func TestFirstMatchingRuleDecides(t *testing.T) {
	for name, tt := range map[string]struct {
		in   complaint.Complaint
		rule int
		why  string
	}{
		"nothing matches":              {complaint.Complaint{Text: "sampah menumpuk di Ranai"}, Fallback, "fallback: no rule matched"},
		"an empty complaint":           {complaint.Complaint{}, Fallback, "fallback: no rule matched"},
		"category in other case":       {complaint.Complaint{Category: " JALAN "}, 0, `rule 1: category is "jalan"`},
		"category with more blanks":    {complaint.Complaint{Category: "jembatan rusak"}, 0, `rule 1: category is "Jembatan  Rusak"`},
		"category must be whole":       {complaint.Complaint{Category: "jalan desa"}, Fallback, "fallback: no rule matched"},
		"the first of two rules":       {complaint.Complaint{Category: "jalan", Text: "pju mati"}, 0, `rule 1: category is "jalan"`},
		"word in text":                 {complaint.Complaint{Text: "Tolong, PJU mati"}, 1, `rule 2: text has "PJU"`},
		"word in title":                {complaint.Complaint{Title: "pju", Text: "mati"}, 1, `rule 2: text has "PJU"`},
		"phrase over a line end":       {complaint.Complaint{Text: "Lampu\n  Jalan padam"}, 1, `rule 2: text has "lampu jalan"`},
		"phrase over punctuation":      {complaint.Complaint{Text: "lampu-jalan/padam"}, 1, `rule 2: text has "lampu jalan"`},
		"punctuation ends a word":      {complaint.Complaint{Text: "(pju)nya mati"}, 1, `rule 2: text has "PJU"`},
		"a word only begins so":        {complaint.Complaint{Text: "pjuta lampu jalanan"}, Fallback, "fallback: no rule matched"},
		"a word only ends so":          {complaint.Complaint{Text: "xpju"}, Fallback, "fallback: no rule matched"},
		"digits belong to words":       {complaint.Complaint{Text: "pju2 mati"}, Fallback, "fallback: no rule matched"},
		"no phrase from title to text": {complaint.Complaint{Title: "lampu", Text: "jalan"}, Fallback, "fallback: no rule matched"},
		"wide letters":                 {complaint.Complaint{Text: "ＰＪＵ mati"}, 1, `rule 2: text has "PJU"`},
		"two conditions":               {complaint.Complaint{Class: complaint.Supervised, Place: complaint.Place{Region: "21.03.01.2001"}}, 2, "rule 3: region is in 21.03.01 and class is supervised"},
		"region given with a dot":      {complaint.Complaint{Class: complaint.Supervised, Place: complaint.Place{Region: "21.03.07"}}, 2, "rule 3: region is in 21.03.07. and class is supervised"},
		"one of two conditions":        {complaint.Complaint{Class: complaint.Ordinary, Place: complaint.Place{Region: "21.03.01.2001"}}, Fallback, "fallback: no rule matched"},
		"region cut inside a part":     {complaint.Complaint{Class: complaint.Supervised, Place: complaint.Place{Region: "21.03.011"}}, Fallback, "fallback: no rule matched"},
		"region wider than the rule":   {complaint.Complaint{Class: complaint.Supervised, Place: complaint.Place{Region: "21.03"}}, Fallback, "fallback: no rule matched"},
		"source and text":              {complaint.Complaint{Source: "kantor-camat", Text: "air mati"}, 3, `rule 4: text has "air" and source is kantor-camat`},
		"source is exact":              {complaint.Complaint{Source: "Kantor-Camat", Text: "air mati"}, Fallback, "fallback: no rule matched"},
	} {
		t.Run(name, func(t *testing.T) {
			got := natuna().Decide(tt.in)
			if got.Rule != tt.rule || got.Why != tt.why {
				t.Errorf("rule %d, %q; want %d, %q", got.Rule, got.Why, tt.rule, tt.why)
			}
		})
	}
}

func TestTargetTakesWhatItLeavesOutFromTheFallback(t *testing.T) {
	for _, tt := range []struct {
		in   complaint.Complaint
		want Route
	}{
		{complaint.Complaint{}, Route{Agency: "21030", Category: "15", Location: "2103", Rule: Fallback, Why: "fallback: no rule matched"}},
		{complaint.Complaint{Text: "pju"}, Route{Agency: "21032", Category: "15", Location: "2103", Rule: 1, Why: `rule 2: text has "PJU"`}},
		{complaint.Complaint{Category: "jalan"}, Route{Agency: "21031", Category: "436", Location: "2103", Rule: 0, Why: `rule 1: category is "jalan"`}},
		{
			complaint.Complaint{Class: complaint.Supervised, Place: complaint.Place{Region: "21.03.01"}},
			Route{Agency: "21033", Category: "9", Location: "210301", Rule: 2, Why: "rule 3: region is in 21.03.01 and class is supervised"},
		},
	} {
		if got := natuna().Decide(tt.in); got != tt.want {
			t.Errorf("got %+v\nwant %+v", got, tt.want)
		}
	}
}

func TestRegionRuleOfARegencyTakesItsVillages(t *testing.T) {
	table := New(config.Routing{Rules: []config.Rule{{When: config.When{Region: []string{"21.03"}}}}})
	for code, rule := range map[string]int{"21.03": 0, "21.03.01": 0, "21.03.01.2001": 0, "21.031": Fallback, "121.03": Fallback, "": Fallback} {
		if got := table.Decide(complaint.Complaint{Place: complaint.Place{Region: code}}); got.Rule != rule {
			t.Errorf("region %q: rule %d, want %d", code, got.Rule, rule)
		}
	}
}

func TestWhyNeverHasTheComplaintsOwnWords(t *testing.T) {
	secret := "Zulaikha"
	in := complaint.Complaint{
		Title: secret, Text: secret + " pju", Category: secret, Source: "portal", Class: complaint.Ordinary,
		Place: complaint.Place{Region: "21.03", Address: secret}, Reporter: complaint.Reporter{Name: secret},
	}
	for _, in := range []complaint.Complaint{in, {Category: secret, Title: secret}} {
		if got := natuna().Decide(in); strings.Contains(strings.ToLower(got.Why), strings.ToLower(secret)) {
			t.Errorf("%q repeats the complaint", got.Why)
		}
	}
}

func TestAWordIsFoundWhereverItStandsAndOnlyWhole(t *testing.T) {
	table := New(config.Routing{Rules: []config.Rule{{When: config.When{Text: []string{"pju"}}}}})
	word := rapid.StringMatching(`[a-z0-9]{1,8}`).Filter(func(s string) bool { return s != "pju" })
	between := rapid.SampledFrom([]string{" ", "  ", "\n", ", ", ". ", " - ", "/", "\u00a0"})
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(word, 0, 8).Draw(t, "words")
		join := between.Draw(t, "between")
		without := strings.Join(parts, join)
		if got := table.Decide(complaint.Complaint{Text: without}); got.Rule != Fallback {
			t.Fatalf("%q: rule %d", without, got.Rule)
		}
		at := rapid.IntRange(0, len(parts)).Draw(t, "at")
		with := append(append(append([]string{}, parts[:at]...), "PJU"), parts[at:]...)
		if got := table.Decide(complaint.Complaint{Text: strings.Join(with, join)}); got.Rule != 0 {
			t.Fatalf("%q: rule %d", strings.Join(with, join), got.Rule)
		}
	})
}

func TestTheTableIsItsOwn(t *testing.T) {
	cfg := config.Routing{Rules: []config.Rule{{When: config.When{Text: []string{"pju"}}, To: config.Target{Agency: "1"}}}}
	table := New(cfg)
	cfg.Rules[0].When.Text[0], cfg.Rules[0].To.Agency = "air", "2"
	if got := table.Decide(complaint.Complaint{Text: "pju"}); got.Agency != "1" {
		t.Errorf("the table changed with the configuration it was made from: %+v", got)
	}
}

// Whoever hands over says so in its own rule: the fallback's hand-over is for what falls there.
func TestAHandOverIsTheRulesOwn(t *testing.T) {
	table := New(config.Routing{
		Fallback: config.Target{Agency: "21030", HandOver: "21"},
		Rules: []config.Rule{
			{When: config.When{Text: []string{"jalan provinsi"}}, To: config.Target{Agency: "21030", HandOver: "21999"}},
			{When: config.When{Text: []string{"pju"}}, To: config.Target{Agency: "21032"}},
		},
	})
	for text, want := range map[string]string{"jalan provinsi rusak": "21999", "pju mati": "", "sampah": "21"} {
		if got := table.Decide(complaint.Complaint{Text: text}).HandOver; got != want {
			t.Errorf("%s: handed over to %q, want %q", text, got, want)
		}
	}
}
