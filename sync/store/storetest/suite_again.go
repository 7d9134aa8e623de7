package storetest

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
)

func rereadings() []promise {
	return []promise{
		{"what was refused and fits now is kept once and refused no more", againOnce},
		{"what was refused and is kept is one transaction", againIsAtomic},
		{"what a dry run says becomes so, and it changes nothing", againDryRun},
		{"what was refused for a known id stays so where it is another", againSameID},
		{"refusals of one source and reason are listed once each, page after page", refusalsInPages},
		{"what was refused is given as it came, sealed or not", refusalRaw},
		{"two that read the same refusals again keep each once", againConcurrently},
	}
}

func sameIDRefusal(c complaint.Complaint) store.Refusal {
	return store.Refusal{SourceID: c.SourceID, Reason: "same_id", Detail: "another is here under " + c.SourceID}
}

// refuse sets so many rows aside and returns them in the order of their ids.
func (w world) refuse(n int) []store.RefusalSeen {
	w.Helper()
	var all []store.Refusal
	for i := range n {
		all = append(all, store.Refusal{SourceID: fmt.Sprint(i), Where: fmt.Sprintf("row %d", i), Reason: "bad_field", Detail: "text: is missing", Raw: []byte(fmt.Sprintf("raw %d", i))})
	}
	_, err := w.Keep(w.Context(), store.Page{Source: "kantor", Refusals: all})
	w.must(err)
	seen, err := w.RefusalsOf(w.Context(), "kantor", []string{"bad_field"}, "", n)
	w.must(err)
	return seen
}

// asReports are refusals that are complaints now, each under the source id it had.
func asReports(w world, seen []store.RefusalSeen) store.Again {
	again := store.Again{Source: "kantor", SameID: sameIDRefusal}
	for _, r := range seen {
		var n int
		_, err := fmt.Sscan(r.SourceID, &n)
		w.must(err)
		c := report(n)
		again.Rows = append(again.Rows, store.Reread{ID: r.ID, Reason: r.Reason, Complaint: &c})
	}
	return again
}

func againOnce(t *testing.T, h Harness) {
	w := begin(t, h)
	again := asReports(w, w.refuse(4))
	again.Rows[3].Complaint, again.Rows[3].Still = nil, store.Refusal{SourceID: "x", Reason: "bad_field", Detail: "isi (text): is missing"}
	kept, err := w.KeepAgain(t.Context(), again)
	w.must(err)
	if len(kept) != 3 || slices.ContainsFunc(kept, func(k store.Kept) bool { return k.Known || k.Ref == "" }) {
		t.Errorf("kept %+v", kept)
	}
	w.ledger(store.Ledger{Accepted: 3, Waiting: 3, Refused: 1})
	left, err := w.Refusals(t.Context(), 10)
	w.must(err)
	if len(left) != 1 || left[0].ID != again.Rows[3].ID || left[0].Detail != "isi (text): is missing" || left[0].SourceID != "x" || left[0].Where == "" {
		t.Errorf("still refused: %+v", left)
	}
	if kept, err = w.KeepAgain(t.Context(), again); err != nil || slices.ContainsFunc(kept, func(k store.Kept) bool { return !k.Known || k.Revised }) {
		t.Errorf("a second time: %+v, %v", kept, err)
	}
	if polled, err := w.Keep(t.Context(), store.Page{Source: "kantor", Complaints: []complaint.Complaint{*again.Rows[0].Complaint}}); err != nil || !polled[0].Known || polled[0].Revised {
		t.Errorf("polled once more: %+v, %v", polled, err)
	}
	w.ledger(store.Ledger{Accepted: 3, Waiting: 3, Refused: 1})
}

// againIsAtomic has the database fail where the refusals are taken away: then nothing is kept either.
func againIsAtomic(t *testing.T, h Harness) {
	w := begin(t, h)
	again := asReports(w, w.refuse(2))
	stuck, mended := []string{"CREATE TRIGGER stuck BEFORE DELETE ON refusal BEGIN SELECT RAISE(ABORT, 'stuck'); END"}, "DROP TRIGGER stuck"
	if w.Kind() == "postgres" {
		stuck = []string{
			"CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'stuck'; END $$",
			"CREATE TRIGGER stuck BEFORE DELETE ON refusal FOR EACH ROW EXECUTE FUNCTION stuck()",
		}
		mended += " ON refusal"
	}
	for _, statement := range stuck {
		w.must(Sabotage(t, w.Store, statement))
	}
	if kept, err := w.KeepAgain(t.Context(), again); err == nil {
		t.Fatalf("the refusals cannot be taken away, and %+v is kept", kept)
	}
	w.ledger(store.Ledger{Refused: 2})
	w.must(Sabotage(t, w.Store, mended))
	_, err := w.KeepAgain(t.Context(), again)
	w.must(err)
	w.ledger(store.Ledger{Accepted: 2, Waiting: 2})
}

func againDryRun(t *testing.T, h Harness) {
	w := begin(t, h)
	again := asReports(w, w.refuse(3))
	_, err := w.Keep(t.Context(), store.Page{Source: "kantor", Complaints: []complaint.Complaint{report(1)}})
	w.must(err)
	again.DryRun = true
	would, err := w.KeepAgain(t.Context(), again)
	w.must(err)
	w.ledger(store.Ledger{Accepted: 1, Waiting: 1, Refused: 3})
	again.DryRun = false
	kept, err := w.KeepAgain(t.Context(), again)
	w.must(err)
	for i := range kept {
		if kept[i].Known != would[i].Known || kept[i].Known != (again.Rows[i].Complaint.SourceID == "1") {
			t.Errorf("would be %+v, is %+v", would[i], kept[i])
		}
	}
	w.ledger(store.Ledger{Accepted: 3, Waiting: 3})
}

func againSameID(t *testing.T, h Harness) {
	w := begin(t, h)
	known := report(7)
	_, err := w.Keep(t.Context(), store.Page{Source: "kantor", Complaints: []complaint.Complaint{known}})
	w.must(err)
	edited, other, apart := known, known, known
	edited.Text, apart.Text = known.Text+" lagi", known.Text+" lagi"
	other.Text = "Sampah menumpuk sejak kemarin di pasar Sedanau"
	again := store.Again{Source: "kantor", SameID: sameIDRefusal}
	for i, c := range []complaint.Complaint{edited, other, apart} {
		again.Rows = append(again.Rows, store.Reread{ID: w.refuse(3)[i].ID, Reason: []string{"bad_field", "bad_field", "same_id"}[i], Complaint: &c})
	}
	kept, err := w.KeepAgain(t.Context(), again)
	w.must(err)
	if !kept[0].Revised || kept[0].SameID || !kept[1].SameID || !kept[2].SameID || kept[2].Revised {
		t.Errorf("an edit, another and one that was told apart: %+v", kept)
	}
	left, err := w.Refusals(t.Context(), 10)
	w.must(err)
	if len(left) != 2 || left[0].Reason != "same_id" || left[1].Detail != "another is here under 7" {
		t.Errorf("still refused: %+v", left)
	}
	w.ledger(store.Ledger{Accepted: 1, Waiting: 1, Refused: 2})
}

func refusalsInPages(t *testing.T, h Harness) {
	w := begin(t, h)
	_, err := w.Keep(t.Context(), store.Page{Source: "lain", Refusals: []store.Refusal{{Where: "row 1", Reason: "bad_field"}}})
	w.must(err)
	_, err = w.Keep(t.Context(), store.Page{Source: "kantor", Refusals: []store.Refusal{{Where: "file", Reason: "unreadable"}, {Where: "row x", Reason: "same_id"}}})
	w.must(err)
	w.refuse(7)
	wheres, after := map[string]int{}, ""
	for range 5 {
		page, err := w.RefusalsOf(t.Context(), "kantor", []string{"bad_field", "same_id"}, after, 3)
		w.must(err)
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			wheres[r.Where]++
		}
		after = page[len(page)-1].ID
	}
	if len(wheres) != 8 || wheres["row x"] != 1 || slices.ContainsFunc(slices.Collect(maps.Values(wheres)), func(n int) bool { return n != 1 }) {
		t.Errorf("listed: %v", wheres)
	}
}

func refusalRaw(t *testing.T, h Harness) {
	raws := []string{"rahasia warga é", `{"isi":"rahasia warga"}`, ""}
	for _, seal := range []store.Sealer{sealer{}, nil} {
		w := world{t, h.Open(t, store.Options{Sealer: seal}), NewClock()}
		for i, raw := range raws {
			source := fmt.Sprintf("kantor %d, sealed %v", i, seal != nil)
			_, err := w.Keep(t.Context(), store.Page{Source: source, Refusals: []store.Refusal{{Where: "row", Reason: "bad_field", Raw: []byte(raw)}}})
			w.must(err)
			seen, err := w.RefusalsOf(t.Context(), source, []string{"bad_field"}, "", 1)
			w.must(err)
			if got, err := w.RefusalRaw(t.Context(), seen[0].ID); err != nil || string(got) != raw {
				t.Errorf("%s: %q came, and %q is given, %v", source, raw, got, err)
			}
		}
	}
}

func againConcurrently(t *testing.T, h Harness) {
	w := begin(t, h)
	again := asReports(w, w.refuse(20))
	var wg sync.WaitGroup
	var mu sync.Mutex
	fresh := 0
	for range 4 {
		wg.Go(func() {
			kept, err := w.KeepAgain(t.Context(), again)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			for _, k := range kept {
				if !k.Known {
					fresh++
				}
			}
		})
	}
	wg.Wait()
	if fresh != 20 {
		t.Errorf("of 20 complaints %d are said to have come in", fresh)
	}
	w.ledger(store.Ledger{Accepted: 20, Waiting: 20})
}
