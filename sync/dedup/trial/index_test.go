package trial

import (
	"fmt"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// printsOf are prints of one person's complaint, told again every so often.
func printsOf(n int, every time.Duration) []dedup.Print {
	e := dedup.NewEngine(Ready(dedup.Options{}))
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	prints := make([]dedup.Print, n)
	for i := range prints {
		prints[i] = e.Print(complaint.Complaint{
			Text: "Lampu jalan mati di Jl. Cempaka No. 5 Ranai sudah tiga minggu", ReportedAt: at.Add(time.Duration(i) * every),
			Reporter: complaint.Reporter{Phone: "081270004411"},
		})
	}
	return prints
}

func TestALookupIsBoundedAndTakesTheNewest(t *testing.T) {
	x := NewIndex(90 * 24 * time.Hour)
	prints := printsOf(200, time.Minute)
	for i, p := range prints[:199] {
		x.Add(complaint.Ref(fmt.Sprint(i)), p)
	}
	found := x.Find(prints[199])
	if len(found) != dedup.MostCandidates || found[0].Ref != "198" || found[len(found)-1].Ref != "183" {
		t.Errorf("%d found, first %s, last %s", len(found), found[0].Ref, found[len(found)-1].Ref)
	}
	for hash, list := range x.keys {
		if len(list) > dedup.MostPerKey {
			t.Errorf("key %d has %d complaints", hash, len(list))
		}
	}
}

func TestWhatIsOlderThanTheWindowIsNotFound(t *testing.T) {
	x := NewIndex(time.Hour)
	prints := printsOf(3, 45*time.Minute)
	x.Add("old", prints[0])
	x.Add("young", prints[1])
	if found := x.Find(prints[2]); len(found) != 1 || found[0].Ref != "young" {
		t.Errorf("%+v", found)
	}
}

func TestTwoMeetWhereTheyShareAKey(t *testing.T) {
	prints := printsOf(2, time.Minute)
	e := dedup.NewEngine(Ready(dedup.Options{}))
	other := e.Print(complaint.Complaint{Text: "Sapi masuk kebun warga Kelarik", ReportedAt: prints[0].At, Reporter: complaint.Reporter{Phone: "085264007722"}})
	if !meet(prints[1], prints[0]) || meet(other, prints[0]) {
		t.Errorf("%v, %v", meet(prints[1], prints[0]), meet(other, prints[0]))
	}
}

const stream = "id,text,reported_at,reporter\n" +
	"3,Lampu jalan mati di Jl. Cempaka No. 5 Ranai sudah tiga minggu,2026-03-02 09:20,P1\n" +
	"2,Sampah menumpuk di dermaga Sedanau dan baunya masuk ke rumah,2026-03-02 09:10,P2\n" +
	"4,Sapi masuk ke kebun warga di Kelarik setiap malam,2026-03-02 09:40,P3\n" +
	"1,Lampu jalan mati di Jl. Cempaka No. 5 Ranai sudah tiga minggu,2026-03-02 09:00,P1\n"

func TestAReplayGoesInTimeOrderAndNamesLines(t *testing.T) {
	r := ReplayStream(dedup.Options{}, readSheet(t, stream))
	if r.Complaints != 4 || r.Count[Linked] != 1 || r.Count[Alone] != 3 || r.PerThousand(Linked) != 250 {
		t.Errorf("%+v", r)
	}
	if len(r.Decisions) != 1 || r.Decisions[0].Row != 2 || r.Decisions[0].Earlier != 5 || r.Decisions[0].At != 0 || r.Decisions[0].EarlierAt != 3 {
		t.Errorf("%+v", r.Decisions)
	}
	if r.Kinds["link resubmission"] != 1 || r.Keys == 0 || r.PrintBytes == 0 {
		t.Errorf("%+v", r)
	}
}

func TestASampleIsDrawnFromEachOutcomeAndRepeats(t *testing.T) {
	draw := func(n int, seed uint64) Replay {
		r := Replay{Samples: map[Outcome][]Decision{}}
		for i := range 100 {
			r.Decisions = append(r.Decisions, Decision{Row: i, Outcome: Outcomes()[i%3]})
		}
		r.Sample(n, seed)
		return r
	}
	a, again, other := draw(5, 1), draw(5, 1), draw(5, 2)
	for _, o := range Outcomes()[:3] {
		if len(a.Samples[o]) != 5 || fmt.Sprint(a.Samples[o]) != fmt.Sprint(again.Samples[o]) {
			t.Errorf("%s: %v, then %v", o, a.Samples[o], again.Samples[o])
		}
	}
	if fmt.Sprint(a.Samples) == fmt.Sprint(other.Samples) {
		t.Error("another seed draws the same")
	}
	if all := draw(1000, 1); len(all.Samples[Linked]) != 34 {
		t.Errorf("%d of 34 links", len(all.Samples[Linked]))
	}
}
