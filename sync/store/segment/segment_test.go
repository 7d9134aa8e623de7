package segment_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/sync/store/segment"
)

// kept is a segment as a database would have it.
type kept struct {
	segment.Segment
	segment.Summary

	blocks [][]byte
	all    []segment.Entry
}

func build(t interface{ Fatal(...any) }, entries []segment.Entry) *kept {
	sorted := slices.SortedFunc(slices.Values(entries), segment.Compare)
	k := &kept{all: entries}
	b := segment.NewBuilder(k.take)
	for _, e := range sorted {
		if err := b.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if k.Summary, err = b.Close(); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *kept) take(g segment.Group) error {
	if g.First != len(k.blocks) {
		return fmt.Errorf("a group begins with block %d, want %d", g.First, len(k.blocks))
	}
	k.blocks = append(k.blocks, g.Blocks...)
	return k.Add(g.Digest)
}

// find is everything that is found by a key, in the order in which it is visited.
func (k *kept) find(t interface{ Fatal(...any) }, key int64) (found []segment.Entry) {
	from, to := k.Find(key)
	for _, block := range k.blocks[from:to] {
		err := segment.Search(block, key, func(at int64, ref []byte) bool {
			found = append(found, segment.Entry{Key: key, At: at, Ref: string(ref)})
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func (k *kept) source() segment.Source {
	next := 0
	return func() ([]byte, error) {
		if next == len(k.blocks) {
			return nil, nil
		}
		next++
		return k.blocks[next-1], nil
	}
}

// some are entries of which many share a key, a time or a reference.
func some(t *rapid.T, most int) []segment.Entry {
	entry := rapid.Custom(func(t *rapid.T) segment.Entry {
		return segment.Entry{
			Key: rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64()).Draw(t, "key"),
			At:  rapid.OneOf(rapid.Int64Range(0, 3), rapid.Int64()).Draw(t, "at"),
			Ref: rapid.OneOf(rapid.StringMatching(`SP-[0-9A-Z]{15}`), rapid.String(), rapid.SampledFrom([]string{"SP-A", "SP-Z"})).Draw(t, "ref"),
		}
	})
	return rapid.SliceOfN(entry, 0, most).Draw(t, "entries")
}

// sorted are entries as an index has them.
func sorted(entries []segment.Entry) []segment.Entry {
	return slices.Compact(slices.SortedFunc(slices.Values(entries), segment.Compare))
}

func TestWhateverWasAddedIsFoundFromTheNewestToTheOldest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := some(t, 400)
		k := build(t, entries)
		byKey := map[int64][]segment.Entry{}
		for _, e := range sorted(entries) {
			byKey[e.Key] = append(byKey[e.Key], e)
		}
		for key, want := range byKey {
			if diff := cmp.Diff(want, k.find(t, key)); diff != "" {
				t.Fatalf("by key %d (-want +got):\n%s", key, diff)
			}
		}
		key := rapid.Int64().Draw(t, "another key")
		if got := k.find(t, key); len(got) != len(byKey[key]) {
			t.Fatalf("by key %d: %v, want %v", key, got, byKey[key])
		}
	})
}

func TestMergedSegmentsHaveEachEntryOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []segment.Entry
		entries := 0
		var sources []segment.Source
		for range rapid.IntRange(0, 5).Draw(t, "segments") {
			k := build(t, some(t, 100))
			entries += k.Entries
			all = append(all, k.all...)
			sources = append(sources, k.source())
		}
		expired := rapid.SampledFrom([]string{"", "SP-M"}).Draw(t, "expired")
		merged := &kept{}
		b := segment.NewBuilder(merged.take)
		if read, err := segment.Merge(b, func(ref []byte) bool { return string(ref) >= expired }, sources...); err != nil || read != entries {
			t.Fatalf("%d of %d entries were read, %v", read, entries, err)
		}
		summary, err := b.Close()
		if err != nil {
			t.Fatal(err)
		}
		want := build(t, slices.DeleteFunc(sorted(all), func(e segment.Entry) bool { return e.Ref < expired }))
		if diff := cmp.Diff(want.blocks, merged.blocks); diff != "" {
			t.Fatalf("blocks (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want.Summary, summary); diff != "" {
			t.Fatalf("summary (-want +got):\n%s", diff)
		}
	})
}

// numbered are complaints with random keys and one that all of them share.
func numbered(complaints int) (entries []segment.Entry) {
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range complaints {
		e := segment.Entry{At: int64(i), Ref: fmt.Sprintf("SP-%015d", i)}
		entries = append(entries, e)
		for range 12 {
			e.Key = chance.Int64()
			entries = append(entries, e)
		}
	}
	return entries
}

func TestALargeSegmentIsFoundInByItsDigests(t *testing.T) {
	entries := numbered(20_000)
	k := build(t, entries)
	if k.Entries != len(entries) || k.Summary.Blocks != len(k.blocks) || k.Segment.Blocks() != len(k.blocks) || k.NewestAt != 19_999 ||
		k.OldestRef != "SP-000000000000000" || k.NewestRef != "SP-000000000019999" {
		t.Errorf("%+v of %d blocks", k.Summary, len(k.blocks))
	}
	size := 0
	for i, block := range k.blocks {
		size += len(block)
		if len(block) > segment.BlockSize {
			t.Errorf("block %d has %d bytes", i, len(block))
		}
	}
	if each := float64(size) / float64(len(entries)); each > 24 {
		t.Errorf("%.1f bytes for each entry", each)
	}
	for i, e := range entries {
		if e.Key == 0 {
			continue
		}
		if from, to := k.Find(e.Key); from == to || to-from > 2 {
			t.Fatalf("key %d is looked for in blocks %d to %d", e.Key, from, to)
		}
		if i%50 > 0 {
			continue
		}
		if found := k.find(t, e.Key); len(found) != 1 || found[0] != e {
			t.Fatalf("by key %d: %v, want %v", e.Key, found, e)
		}
	}
	if found := k.find(t, 0); len(found) != 20_000 || found[0].At != 19_999 {
		t.Errorf("%d are found by what all share", len(found))
	}
	again := &kept{}
	b := segment.NewBuilder(again.take)
	if _, err := segment.Merge(b, nil, k.source(), k.source()); err != nil {
		t.Fatal(err)
	}
	if summary, err := b.Close(); err != nil || summary != k.Summary || !slices.EqualFunc(again.blocks, k.blocks, slices.Equal) {
		t.Errorf("merged with itself it has %+v, %v; want %+v", summary, err, k.Summary)
	}
	if size := float64(k.FilterBytes()) / float64(len(entries)); size < 1 || size > 1.7 {
		t.Errorf("the filters take %.2f bytes for each entry", size)
	}
	thin := &kept{}
	thin.Thin()
	b = segment.NewBuilder(thin.take)
	if _, err := segment.Merge(b, nil, k.source()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries[:1000] {
		if from, to := thin.Find(e.Key); from == to || thin.FilterBytes() > 0 {
			t.Fatalf("without filters key %d is not found in %d bytes", e.Key, thin.FilterBytes())
		}
	}
	in, chance := 0, rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		if from, to := k.Find(chance.Int64()); from < to {
			in++
		}
	}
	if in > 80 {
		t.Errorf("%d of 10,000 keys that are not there seem to be", in)
	}
}

func TestEntriesOutOfOrderAreRefused(t *testing.T) {
	b := segment.NewBuilder(func(segment.Group) error { return nil })
	if err := b.Add(segment.Entry{Key: 1, At: 1}); err != nil {
		t.Fatal(err)
	}
	if err := b.Add(segment.Entry{Key: 1, At: 2}); err == nil || !strings.Contains(err.Error(), "order") {
		t.Errorf("a newer one after an older: %v", err)
	}
}

// What is damaged is an error, or has other entries: it never stops the program.
func TestWhatIsDamagedIsAnError(t *testing.T) {
	k := build(t, numbered(100))
	visit := func(int64, []byte) bool { return true }
	for at := range k.blocks[0] {
		flipped := slices.Clone(k.blocks[0])
		flipped[at] ^= 0x80
		if err := segment.Search(flipped, 1<<62, visit); err != nil && !strings.Contains(err.Error(), "damaged") {
			t.Errorf("byte %d: %v", at, err)
		}
	}
	if err := segment.Search(nil, 1, visit); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("an empty block: %v", err)
	}
	if err := segment.Search(k.blocks[0][:len(k.blocks[0])-1], 1<<62, visit); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a block that is cut off: %v", err)
	}
	for _, digest := range [][]byte{nil, {1}, {2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1}} {
		var s segment.Segment
		if err := s.Add(digest); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("a digest of %v: %v", digest, err)
		}
	}
}
