package trial

import (
	"cmp"
	"slices"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// Index finds earlier complaints by their keys, in memory, with the store's bounds. It is for one goroutine.
type Index struct {
	window  time.Duration
	entries []dedup.Earlier
	keys    map[int64][]int32 // numbers of entries, the newest last
}

// NewIndex makes an index of complaints that are no older than the window.
func NewIndex(window time.Duration) *Index {
	return &Index{window: window, keys: map[int64][]int32{}}
}

// Add puts a complaint where later ones find it. Complaints are added in time order.
func (x *Index) Add(ref complaint.Ref, p dedup.Print) {
	n := int32(len(x.entries)) //nolint:gosec // a table of two thousand million rows does not fit in memory
	x.entries = append(x.entries, dedup.Earlier{Ref: ref, Print: &p})
	for _, k := range p.Keys() {
		list := x.keys[k.Hash]
		if len(list) == dedup.MostPerKey {
			list = append(list[:0], list[1:]...)
		}
		x.keys[k.Hash] = append(list, n)
	}
}

// Find returns the earlier complaints that a complaint is compared with, the likeliest first.
func (x *Index) Find(p dedup.Print) []dedup.Earlier {
	shared := map[int32]float64{}
	since := p.At.Add(-x.window)
	for _, k := range p.Probes() {
		list := x.keys[k.Hash]
		for _, n := range list[max(0, len(list)-k.Most()):] {
			if !x.entries[n].Print.At.Before(since) {
				shared[n] += k.Weight
			}
		}
	}
	found := make([]int32, 0, len(shared))
	for n := range shared {
		found = append(found, n)
	}
	slices.SortFunc(found, func(a, b int32) int {
		return cmp.Or(cmp.Compare(shared[b], shared[a]), cmp.Compare(b, a))
	})
	earlier := make([]dedup.Earlier, 0, min(len(found), dedup.MostCandidates))
	for _, n := range found[:min(len(found), dedup.MostCandidates)] {
		earlier = append(earlier, x.entries[n])
	}
	return earlier
}

// meet says whether the later of two complaints is looked up by a key that the earlier has.
func meet(later, earlier dedup.Print) bool {
	probes := map[int64]bool{}
	for _, k := range later.Probes() {
		probes[k.Hash] = true
	}
	return slices.ContainsFunc(earlier.Keys(), func(k dedup.Key) bool { return probes[k.Hash] })
}
