package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/store"
)

func untellableSource(t *testing.T, h Harness) {
	w := begin(t, h)
	first := w.keep(report(1))[0].Ref
	w.decideAll(judgeByText)
	w.deliver(first, "700")
	kept, err := w.Keep(t.Context(), store.Page{Source: "kantor", Complaints: []complaint.Complaint{report(1)}})
	w.must(err)
	w.decideAll(judgeByText)
	w.state(kept[0].Ref, store.Linked)
	w.observe(first, national.State{Status: complaint.Done, Raw: "Selesai"})
	w.tellAll()
	if untold, err := w.NotTold(t.Context(), 10); err != nil || len(untold) != 0 {
		t.Errorf("news waits for a channel that cannot be told: %+v, %v", untold, err)
	}
}

func keptForTheAbsent(t *testing.T, h Harness) {
	w := begin(t, h)
	first := w.keep(report(1))[0].Ref
	w.must(w.Listen(t.Context(), []string{"kantor"}, []string{"loket"})) // another configuration, which knows no portal
	w.decideAll(judge)
	w.deliver(first, "700")
	w.observe(first, national.State{Status: complaint.Done, Raw: "Selesai"})
	if told := w.tellAll(); len(told) != 2 || told[0].Status != complaint.Forwarded || told[1].Status != complaint.Done {
		t.Errorf("once it is there the channel is told %+v", told)
	}
	w.must(w.Listen(t.Context(), nil, []string{"portal"})) // it is there, and is told nothing from now on
	second := w.keep(report(2))[0].Ref
	w.decideAll(judge)
	w.deliver(second, "701")
	if untold, err := w.NotTold(t.Context(), 10); err != nil || len(untold) != 0 {
		t.Errorf("news waits for a channel that is told nothing: %+v, %v", untold, err)
	}
}

func retired(t *testing.T, h Harness) {
	w := begin(t, h)
	ref := w.keep(report(1))[0].Ref
	w.decideAll(judge)
	w.deliver(ref, "700")
	held, err := w.ClaimNews(t.Context(), "portal", 1, time.Minute)
	w.must(err)
	w.observe(ref, national.State{Status: complaint.InProgress, Raw: "Dalam Proses"})
	if untold, err := w.Retire(t.Context(), "portal", "budi"); err != nil || untold != 2 {
		t.Errorf("retired with %d untold, %v", untold, err)
	}
	if _, err := w.Retire(t.Context(), "portall", "budi"); !errors.Is(err, store.ErrNoListener) {
		t.Errorf("a name that no channel has is retired with %v, want ErrNoListener", err)
	}
	if err := w.SettleNews(t.Context(), held[0], store.Settlement{State: store.Ready, Due: w.clock.Now()}); !errors.Is(err, store.ErrLost) {
		t.Errorf("news that was under way is settled with %v, want ErrLost", err)
	}
	w.observe(ref, national.State{Status: complaint.Done, Raw: "Selesai"})
	if told := w.tellAll(); len(told) != 0 {
		t.Errorf("a channel that is gone is told %+v", told)
	}
	if untold, err := w.NotTold(t.Context(), 10); err != nil || len(untold) != 0 {
		t.Errorf("news waits for a channel that is gone: %+v, %v", untold, err)
	}
}
