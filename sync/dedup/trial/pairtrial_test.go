package trial

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/sync/dedup"
)

func TestPairsThatShareAComplaintAreInOneFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "pairs")
		pairs := make([]Pair, n)
		for i := range pairs {
			pairs[i] = Pair{Earlier: rapid.IntRange(0, 40).Draw(t, "a"), Later: rapid.IntRange(0, 40).Draw(t, "b"),
				Label: rapid.SampledFrom(Labels()).Draw(t, "label")}
		}
		folds := rapid.IntRange(2, 5).Draw(t, "folds")
		of := map[int]int{}
		for i, f := range foldOf(pairs, folds) {
			if f < 0 || f >= folds {
				t.Fatalf("fold %d of %d", f, folds)
			}
			for _, c := range []int{pairs[i].Earlier, pairs[i].Later} {
				if other, seen := of[c]; seen && other != f {
					t.Fatalf("complaint %d is in fold %d and in fold %d", c, other, f)
				}
				of[c] = f
			}
		}
		for _, p := range parts(pairs, folds) {
			if len(p.learnt)+len(p.judged) != n {
				t.Fatalf("%d learnt from, %d judged, of %d", len(p.learnt), len(p.judged), n)
			}
		}
	})
}

func TestEachFoldHasItsShareOfEachLabel(t *testing.T) {
	var pairs []Pair
	for i := range 40 {
		pairs = append(pairs, Pair{Earlier: 2 * i, Later: 2*i + 1, Label: Labels()[i%4]})
	}
	for _, p := range parts(pairs, 5) {
		count := map[Label]int{}
		for _, j := range p.judged {
			count[j.Label]++
		}
		for _, l := range Labels()[:4] {
			if count[l] != 2 {
				t.Errorf("a fold has %d pairs of %s, want 2", count[l], l)
			}
		}
	}
}

// judged makes judgements out of labels and answers.
func judged(said ...any) (all []Judgement) {
	for i := 0; i < len(said); i += 2 {
		all = append(all, Judgement{Label: said[i].(Label), Answer: said[i+1].(dedup.Answer), Score: float64(i) / 10})
	}
	return all
}

func TestPrecisionAndRecallAreOfTheSurePairs(t *testing.T) {
	all := judged(Resubmission, dedup.Link, SameIncident, dedup.Review, SameIncident, dedup.New, Recurrence, dedup.New,
		Different, dedup.Link, Different, dedup.Review, Unsure, dedup.Link)
	m := method("x", all, func(j Judgement) dedup.Answer { return j.Answer })
	for name, c := range map[string]struct{ got, want Share }{
		"link precision":           {m.Link.Precision, Share{1, 2}},
		"link recall":              {m.Link.Recall, Share{1, 3}},
		"link or review precision": {m.Together.Precision, Share{2, 4}},
		"link or review recall":    {m.Together.Recall, Share{2, 3}},
		"unsure linked":            {m.Labels[4].Linked, Share{1, 1}},
		"same incident together":   {m.Labels[1].Together, Share{1, 2}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d of %d, want %d of %d", name, c.got.Hits, c.got.Of, c.want.Hits, c.want.Of)
		}
	}
	var wrong []string
	for _, j := range all {
		if j.wrong() {
			wrong = append(wrong, fmt.Sprint(j.Label, " ", j.Answer))
		}
	}
	if got := strings.Join(wrong, ", "); got != "same-incident new, different link" {
		t.Errorf("wrong: %s", got)
	}
}

func TestCalibrationSetsScoreBesideTruth(t *testing.T) {
	p := Pairs{Judgements: []Judgement{
		{Label: Resubmission, Score: 1}, {Label: Resubmission, Score: 0.96}, {Label: Different, Score: 0.98},
		{Label: Different, Score: 0}, {Label: SameIncident, Score: 0.5}, {Label: Unsure, Score: 0.5},
	}}
	p.calibrate()
	last, middle := p.Calibration[len(p.Calibration)-1], p.Calibration[3]
	if last.Same != (Share{2, 3}) || math.Abs(last.Mean-0.98) > 1e-9 || middle.Same != (Share{1, 1}) {
		t.Errorf("%+v, %+v", last, middle)
	}
	if want := (0.04*0.04 + 0.98*0.98 + 0.25) / 5; math.Abs(p.Brier-want) > 1e-9 {
		t.Errorf("Brier %v, want %v", p.Brier, want)
	}
}

func TestBaselinesDecideAsTheyAreCalled(t *testing.T) {
	s := readSheet(t, "id,text,kelurahan,reported_at\n"+
		"1,Lampu jalan di depan masjid raya mati sudah tiga minggu,Ranai,2026-03-02 09:00\n"+
		"2,LAMPU jalan di depan masjid raya mati sudah tiga minggu!,Ranai,2026-03-05 09:00\n"+ // the same words
		"3,Lampu jalan di depan masjid raya mati sudah empat minggu,Ranai,2026-03-06 09:00\n"+ // alike
		"4,Lampu jalan di depan masjid raya mati sudah empat minggu,Midai,2026-03-06 09:00\n"+ // elsewhere
		"5,Lampu jalan di depan masjid raya mati sudah empat minggu,Ranai,2026-04-06 09:00\n"+ // later
		"6,Sampah menumpuk di dermaga Sedanau,Ranai,2026-03-02 09:00\n")
	for i, want := range map[int]string{1: "0111", 2: "0011", 3: "0010", 4: "0010", 5: "0000"} {
		var got string
		for _, b := range baselines() {
			got += map[bool]string{true: "1", false: "0"}[b.link(s.Rows[i], s.Rows[0])]
		}
		if got != want {
			t.Errorf("row %d: %s, want %s", i+1, got, want)
		}
	}
}

func TestCosine(t *testing.T) {
	if c := Cosine("Lampu mati", "lampu, mati"); math.Abs(c-1) > 1e-9 {
		t.Error(c)
	}
	if c := Cosine("lampu", "sampah"); c != 0 {
		t.Error(c)
	}
	// " abcd " has " abc", "abcd", "bcd "; " abce " shares the first.
	if c := Cosine("abcd", "abce"); math.Abs(c-1.0/3) > 1e-9 {
		t.Error(c)
	}
	if c := Cosine("", "x"); c != 0 {
		t.Error(c)
	}
}
