package trial

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// decisions are made cases with the answers a person would give, and the stream in which they came.
func decisions(t *testing.T, n int) (labels []Decided, stream []Printed) {
	t.Helper()
	e := dedup.NewEngine(Ready(dedup.Options{}))
	m, err := NewMaker(Invented(200, 1), 1)
	if err != nil {
		t.Fatal(err)
	}
	add := func(c Case, ok, same bool) {
		if !ok {
			t.Fatal("no case was made")
		}
		d := Decided{Earlier: e.Print(c.Earlier), Later: e.Print(c.Later), Same: same}
		labels = append(labels, d)
		stream = append(stream, Printed{"E" + refOf(len(labels)), d.Earlier}, Printed{"L" + refOf(len(labels)), d.Later})
	}
	for range n {
		c, ok := m.same(sameChange(t, "all at once"), 3, UnknownReporter)
		add(c, ok, true)
		c, ok = m.other(otherMarks()[0], UnknownReporter)
		add(c, ok, false)
	}
	return labels, stream
}

func TestDecidedReviewsMakeAModel(t *testing.T) {
	labels, _ := decisions(t, 20)
	m, err := Refit(dedup.Options{}, labels)
	if err != nil || m.Note != "fitted on 40 decided reviews beside the shipped model" {
		t.Fatalf("%+v, %v", m, err)
	}
	e, shipped := dedup.NewEngine(Ready(dedup.Options{})), dedup.ShippedModel()
	var before, after float64 // squared distances of score and truth
	for _, l := range labels {
		truth := map[bool]float64{true: 1}[l.Same]
		was, is := shipped.Score(e.Features(l.Later, l.Earlier))-truth, m.Score(e.Features(l.Later, l.Earlier))-truth
		before, after = before+was*was, after+is*is
	}
	if after >= before {
		t.Errorf("the scores lie %.2f from what was decided, and lay %.2f before it was learnt", after, before)
	}
	if _, err := Refit(dedup.Options{}, labels[:1]); err == nil || !strings.Contains(err.Error(), "decide more reviews") {
		t.Errorf("one decision makes a model: %v", err)
	}
}

func TestOnlyAnotherModelChangesWhatIsDecided(t *testing.T) {
	_, stream := decisions(t, 20)
	shipped := dedup.ShippedModel()
	if changed := WhatChanges(dedup.Options{}, stream, shipped, shipped); len(changed) > 0 {
		t.Errorf("the same model changes %+v", changed)
	}
	blind := *shipped
	blind.ReviewAbove = 1
	changed := WhatChanges(dedup.Options{}, stream, shipped, &blind)
	if len(changed) == 0 {
		t.Fatal("a model that shows nothing to anybody changes nothing")
	}
	for _, c := range changed {
		if c.Was != Reviewed || c.Now == Linked || c.Earlier == "" || c.Ref == "" || c.At.IsZero() {
			t.Errorf("%+v: a score never links, and a person looks at less", c)
		}
	}
}

const told = "id,text,address,reported_at\n" +
	"1,Lampu jalan mati di depan masjid raya Ranai sudah tiga minggu,Jl. Cempaka No. 5,2026-03-02 09:00\n" +
	"2,Lampu jln mati dpn masjid raya Ranai sdh tiga minggu,Jl. Cempaka No. 5,2026-03-02 09:20\n" +
	"3,Lampu jalan mati di depan masjid raya Ranai sudah tiga minggu,Jl. Cempaka No. 15,2026-03-02 09:30\n" +
	"4,Sampah menumpuk di dermaga lama Sedanau dan bau,Dermaga lama,2026-03-02 10:00\n" +
	"5,Sampah menumpuk di dermaga lama Sedanau dan bau sekali,Dermaga lama,2026-03-02 10:05\n" +
	"6,Sapi masuk kebun warga di Kelarik setiap malam,Kelarik,2026-03-02 11:00\n" +
	"7,Air PDAM mati di RT 02 Cemaga sejak Senin,RT 02,2026-03-03 11:00\n" +
	"8,Air PDAM mati di RT 02 Cemaga sejak hari Senin,RT 02,2026-03-03 11:10\n"

func TestFoldsJudgeEachPairOnceByAModelOfTheOthers(t *testing.T) {
	s := readSheet(t, told)
	pairs, err := ReadPairs(strings.NewReader("a,b,label\n1,2,resubmission\n1,3,different\n4,5,resubmission\n4,6,different\n7,8,resubmission\n6,7,different\n"), "p.csv", s)
	if err != nil {
		t.Fatal(err)
	}
	for folds, models := range map[int]int{0: 1, 2: 2} {
		p, err := MeasurePairs(dedup.Options{}, s, pairs, folds)
		if err != nil || len(p.Judgements) != len(pairs) || len(p.Reviews) != models || len(p.Methods) != 5 {
			t.Errorf("%d folds: %+v, %v", folds, p, err)
		}
	}
	if _, err := MeasurePairs(dedup.Options{}, s, pairs, 1); err == nil {
		t.Error("one fold judges by nothing")
	}
	p, err := MeasurePairs(dedup.Options{ReviewAbove: 0.37}, s, pairs, 0)
	if err != nil || p.Reviews[0] != 0.37 {
		t.Errorf("%v, %v: the threshold that was asked for is not used", p.Reviews, err)
	}
	own, err := MeasurePairs(dedup.Options{}, s, pairs, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, asked := range []float64{0.01, 1} {
		if p, err = MeasurePairs(dedup.Options{ReviewAbove: asked}, s, pairs, 2); err != nil || cmp.Diff(own, p) != "" {
			t.Errorf("%v: a fold has not its own threshold:\n%s", err, cmp.Diff(own, p))
		}
	}
	if own.Methods[0].Together == (PrecisionRecall{}) {
		t.Error("nothing was decided")
	}
}

func TestAMadeUpLinkIsNeverOfTwoHouses(t *testing.T) {
	e := dedup.NewEngine(Ready(dedup.Options{}))
	s := readSheet(t, told)
	a, b := s.Rows[0].Complaint, s.Rows[2].Complaint
	if answer, found := decide(e, Case{Earlier: a, Later: b}); answer == dedup.Link || !found {
		t.Errorf("%s, found %v", answer, found)
	}
	if answer, _ := decide(e, Case{Earlier: a, Later: complaint.Complaint{Text: "Sapi", ReportedAt: b.ReportedAt}}); answer != dedup.New {
		t.Errorf("%s without a key in common", answer)
	}
}
