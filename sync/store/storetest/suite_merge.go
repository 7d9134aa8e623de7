package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// mergings are the promises about the index of keys.
func mergings() []promise {
	return []promise{
		{"what is found is found after its keys were merged", foundAfterMerging},
		{"what is found is found after many keys were merged piece by piece", foundAfterMergingMany},
		{"what was merged is soon gone", mergedIsGone},
		{"what somebody else merges is left alone", mergedByOne},
		{"a merge that was never finished is removed", unfinishedMerge},
		{"old prints leave the index with their keys", printsExpire},
		{"who expired takes nobody's place", expiredTakesNoPlace},
		{"a clock that is ahead makes no more forgotten than it is asked for", keysFollowPrints},
		{"a segment is written without what expired long ago", segmentExpires},
	}
}

// batches has complaints decided that are numbered from one on, each batch by itself, each complaint found by so many keys of its own and by one that all share.
func (w world) batches(from, batches, each, keys int) *asking {
	w.Helper()
	a := &asking{keys: func(c complaint.Complaint) []string {
		words := []string{"desa sungai ulu"}
		for i := range keys {
			words = append(words, fmt.Sprint(i, " ", c.Text))
		}
		return words
	}}
	for batch := range batches {
		var all []complaint.Complaint
		for n := range each {
			all = append(all, report(from+batch*each+n))
		}
		w.keep(all...)
		w.decideAll(a.judge)
		w.clock.Advance(time.Second)
	}
	return a
}

func (w world) mergeAll() (merges int) {
	w.Helper()
	for {
		merged, err := w.MergeKeys(w.Context())
		w.must(err)
		if !merged {
			return merges
		}
		merges++
	}
}

func (w world) count(query string) (n int) {
	w.Helper()
	w.must(w.Handle().Get(&n, query))
	return n
}

func (w world) entries() int {
	w.Helper()
	n, err := w.KeyEntries(w.Context())
	w.must(err)
	return n
}

func (w world) prints() []dedup.Print {
	w.Helper()
	prints, err := w.Prints(w.Context(), 10_000)
	w.must(err)
	return prints
}

func keysOf(prints []dedup.Print) (n int) {
	for _, p := range prints {
		n += len(p.Keys())
	}
	return n
}

func foundAfterMerging(t *testing.T, h Harness) { foundAfter(t, h, 20, 3, 2) }

func foundAfterMergingMany(t *testing.T, h Harness) { foundAfter(t, h, 10, 100, 12) }

// foundAfter asks for the same complaints before and after their keys are merged, through the gateway that has everything in memory
// and through one that has not.
func foundAfter(t *testing.T, h Harness, batches, each, keys int) {
	w := begin(t, h)
	a := w.batches(0, batches, each, keys)
	before := w.entries()
	if want := keysOf(w.prints()); before != want || want < batches*each*keys {
		t.Errorf("%d keys, want %d", before, want)
	}
	asked := []int{0, each + 1, batches*each - 1}
	w.lookFor(a, "before", asked)
	if merges := w.mergeAll(); merges == 0 {
		t.Error("nothing was merged")
	}
	if live := w.count("SELECT count(*) FROM key_segment WHERE state = 'live'"); live >= 16 {
		t.Errorf("%d segments are left", live)
	}
	if got := w.entries() - keysOf(w.prints()[:len(asked)]); got != before {
		t.Errorf("%d keys after merging, want %d", got, before)
	}
	w.lookFor(a, "after", asked)
	w.must(w.Store.Close())
	another := open(t, h, w.clock, "natuna/2")
	another.lookFor(a, "another", asked)
	w.clock.Advance(time.Minute)
	_, err := another.ExpirePrints(t.Context(), w.clock.Now().Add(-24*time.Hour), 1)
	w.must(err)
	live := another.count("SELECT CAST(sum(blocks) AS int) FROM key_segment WHERE state = 'live'")
	if blocks, gone := another.count("SELECT count(*) FROM key_block"), another.count("SELECT count(*) FROM key_segment WHERE state <> 'live'"); blocks != live || gone != 0 {
		t.Errorf("%d blocks lie there of %d, and %d segments that nobody reads", blocks, live, gone)
	}
}

// lookFor has copies of complaints compared: the complaint is among those that its copy is compared with.
func (w world) lookFor(a *asking, mark string, asked []int) {
	w.Helper()
	for _, n := range asked {
		w.keep(copyOf(n, fmt.Sprint(mark, " ", n)))
		w.decideAll(a.judge)
		var ref complaint.Ref
		w.must(w.Handle().Get(&ref, fmt.Sprintf("SELECT ref FROM complaint WHERE source_id = '%d'", n)))
		if !slices.Contains(a.among, ref) {
			w.Errorf("%s: the copy of %d is compared with %v, want %s too", mark, n, a.among, ref)
		}
	}
}

func mergedIsGone(t *testing.T, h Harness) {
	w := begin(t, h)
	for n := range 60 {
		w.batches(n, 1, 1, 2)
		w.mergeAll()
	}
	if n := w.count("SELECT count(*) FROM key_segment"); n > 40 { // of the last ten seconds, and of each size
		t.Errorf("%d segments lie there", n)
	}
}

func mergedByOne(t *testing.T, h Harness) {
	w := begin(t, h)
	w.batches(0, 10, 2, 2)
	w.exec("UPDATE key_segment SET merging_until = " + fmt.Sprint(w.clock.Now().Add(time.Minute).UnixMilli()))
	if merges := w.mergeAll(); merges != 0 {
		t.Errorf("%d merges of what somebody else merges", merges)
	}
	w.clock.Advance(2 * time.Minute) // he is gone
	if merges := w.mergeAll(); merges != 1 {
		t.Errorf("%d merges of what nobody merges any more", merges)
	}
}

func unfinishedMerge(t *testing.T, h Harness) {
	w := begin(t, h)
	w.batches(0, 1, 5, 2)
	before := w.entries()
	w.exec(`INSERT INTO key_segment (mark, state, entries, blocks, newest_at, oldest_ref, newest_ref, made_at, gone_at, merging_until)
		SELECT 1, 'made', 0, 0, 0, '', '', made_at, 0, 0 FROM key_segment`)
	w.exec("INSERT INTO key_block (id, data) SELECT s.id * 1048576 + 7, b.data FROM key_segment s, key_block b WHERE s.state = 'made'")
	sweep := func() {
		_, err := w.ExpirePrints(t.Context(), w.clock.Now().Add(-24*time.Hour), 1)
		w.must(err)
	}
	sweep()
	if n := w.count("SELECT count(*) FROM key_segment"); n != 2 {
		t.Errorf("%d segments while it may still be finished", n)
	}
	w.clock.Advance(2 * time.Hour)
	sweep()
	w.clock.Advance(time.Minute)
	sweep()
	if segments, blocks := w.count("SELECT count(*) FROM key_segment"), w.count("SELECT count(*) FROM key_block"); segments != 1 || blocks != 1 {
		t.Errorf("%d segments and %d blocks are left", segments, blocks)
	}
	if n := w.entries(); n != before {
		t.Errorf("%d keys, want %d", n, before)
	}
}

func printsExpire(t *testing.T, h Harness) {
	w := begin(t, h)
	for n := range 5 {
		w.keep(report(n))
	}
	w.decideAll(judgeByText)
	w.clock.Advance(time.Hour)
	w.keep(report(10))
	w.decideAll(judgeByText)
	if n, err := w.ExpirePrints(t.Context(), w.clock.Now().Add(-time.Minute), 3); err != nil || n != 3 {
		t.Errorf("%d expired, %v; want no more than was asked for", n, err)
	}
	if n, err := w.ExpirePrints(t.Context(), w.clock.Now().Add(-time.Minute), 100); err != nil || n != 2 {
		t.Errorf("%d expired, %v; want the rest of the old", n, err)
	}
	if prints, keys := w.prints(), w.entries(); len(prints) != 1 || keys != keysOf(prints) {
		t.Errorf("%d prints and %d keys are left; want the new one's", len(prints), keys)
	}
}

func segmentExpires(t *testing.T, h Harness) {
	w := begin(t, h)
	w.batches(0, 4, 5, 2)
	w.clock.Advance(72 * time.Hour)
	w.batches(20, 4, 5, 2)
	if merges := w.mergeAll(); merges != 1 {
		t.Errorf("%d merges", merges)
	}
	all := w.entries()
	_, err := w.ExpirePrints(t.Context(), w.clock.Now().Add(-time.Hour), 1000)
	w.must(err)
	if n := w.entries(); n != all {
		t.Errorf("%d keys in the segment, want %d until it is written anew", n, all)
	}
	if merges := w.mergeAll(); merges != 1 {
		t.Errorf("the segment was written anew %d times", merges)
	}
	if prints, keys := w.prints(), w.entries(); len(prints) != 20 || keys != keysOf(prints) {
		t.Errorf("%d prints and %d keys are left", len(prints), keys)
	}
}

// Complaints that expired lie in one segment with one that did not, and share more with whoever comes.
func expiredTakesNoPlace(t *testing.T, h Harness) {
	w := begin(t, h)
	a := &asking{keys: func(c complaint.Complaint) []string {
		if c.SourceID == "50" {
			return []string{"desa"}
		}
		return []string{"desa", "jalan", "rumah"}
	}}
	for n := range dedup.MostCandidates + 1 {
		w.keep(report(n))
	}
	w.clock.Advance(2 * time.Hour)
	occurred := w.clock.Now()
	live := w.keep(report(50))[0].Ref
	w.decideAll(a.judge)
	w.clock.Advance(23 * time.Hour)
	_, err := w.ExpirePrints(t.Context(), w.clock.Now().Add(-24*time.Hour), 1000)
	w.must(err)
	late := report(51)
	late.ReportedAt = occurred
	w.keep(late)
	w.decideAll(a.judge)
	if !slices.Contains(a.among, live) {
		t.Errorf("compared with %v, want %s", a.among, live)
	}
}

func keysFollowPrints(t *testing.T, h Harness) {
	w := begin(t, h)
	a := w.batches(0, 10, 2, 2)
	if n, err := w.ExpirePrints(t.Context(), w.clock.Now().Add(1000*time.Hour), 3); err != nil || n != 3 {
		t.Errorf("%d expired, %v", n, err)
	}
	w.mergeAll()
	if prints, keys := w.prints(), w.entries(); len(prints) != 17 || keys != keysOf(prints) {
		t.Errorf("%d keys of %d prints are left", keys, len(prints))
	}
	w.lookFor(a, "after", []int{3, 10, 19})
}
