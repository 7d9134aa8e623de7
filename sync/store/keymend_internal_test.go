package store

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// printed is a store with the prints of some complaints, so many in a segment, and what it logs. Each complaint is found by a key that
// all have and by one of its own: what they quote.
func printed(t *testing.T, complaints, each int) (*Store, []complaint.Ref, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	s, err := Open(t.Context(), Options{
		DSN: "sqlite:" + filepath.Join(t.TempDir(), "natuna.db"), Owner: "natuna/1", Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	refs := make([]complaint.Ref, complaints)
	var cases []*undecided
	for n := range refs {
		refs[n] = complaint.Ref(fmt.Sprintf("SP-%015d", n))
		p := &dedup.Print{At: time.UnixMilli(int64(n)), Quoted: []complaint.Ref{"all", complaint.Ref(fmt.Sprint("own ", n))}}
		u := &undecided{Complaint: complaint.Complaint{Ref: refs[n]}, decision: Decision{Print: p}, keys: p.Keys()}
		if cases = append(cases, u); len(cases) == each {
			if err := s.inWriter(t.Context(), func(w *writer) error { _, err := w.insertPrints(t.Context(), cases); return err }); err != nil {
				t.Fatal(err)
			}
			cases = nil
		}
	}
	return s, refs, log
}

// foundBy are those who are found by what they quote, the newest first.
func (s *Store) foundBy(t *testing.T, quoted complaint.Ref) ([]complaint.Ref, error) {
	t.Helper()
	keys := dedup.Print{Quoted: []complaint.Ref{quoted}}.Keys()
	w := &wanted{key: keys[0].Hash, before: 1 << 40, most: 1000}
	err := (looker{s.look, s}).search(t.Context(), []*wanted{w})
	return whoOf(w), err
}

func (s *Store) mustFind(t *testing.T, refs []complaint.Ref) {
	t.Helper()
	all, err := s.foundBy(t, "all")
	if err != nil || !slices.Equal(all, newestFirst(refs)) {
		t.Errorf("found %d of %d: %v", len(all), len(refs), err)
	}
	if one, err := s.foundBy(t, "own 3"); err != nil || !slices.Equal(one, refs[3:4]) {
		t.Errorf("found by its own key: %v, %v", one, err)
	}
}

func (s *Store) damage(t *testing.T, text string) {
	t.Helper()
	if _, err := s.write.Exec(text); err != nil {
		t.Fatal(err)
	}
	s.index.segments, s.index.blocks = nil, lately[blockKey, []byte]{most: mostYoungBlocks} // as after a start
}

// damages are of the first segment.
func damages() map[string]string {
	const first = " WHERE id = (SELECT min(id) FROM key_block)"
	return map[string]string{
		"a block cut off":              "UPDATE key_block SET data = substr(data, 1, length(data) - 1)" + first,
		"a block cut off at its entry": "UPDATE key_block SET data = substr(data, 1, 22)" + first,
		"an empty block":               "UPDATE key_block SET data = x''" + first,
		"a missing block":              "DELETE FROM key_block" + first,
		"a digest cut off":             "UPDATE key_digest SET data = substr(data, 1, 12)" + first,
		"a missing digest":             "DELETE FROM key_digest" + first,
	}
}

func TestWhatCannotBeSearchedIsWrittenAnew(t *testing.T) {
	for name, text := range damages() {
		t.Run(name, func(t *testing.T) {
			s, refs, log := printed(t, 75, 25)
			s.index.mendPage = 10
			s.damage(t, text)
			failed := 0
			for n := range 25 { // whoever is found by what lies before the damage is found
				if _, err := s.foundBy(t, complaint.Ref(fmt.Sprint("own ", n))); err != nil {
					failed++
				}
			}
			if failed == 0 {
				t.Fatal("everybody is found")
			}
			if merged, err := s.MergeKeys(t.Context()); merged || err != nil {
				t.Errorf("merged %t, %v", merged, err)
			}
			s.mustFind(t, refs)
			if n, err := s.KeyEntries(t.Context()); n != 2*75 || err != nil {
				t.Errorf("%d keys, %v", n, err)
			}
			if !strings.Contains(log.String(), "was written anew") || !strings.Contains(log.String(), "complaints=25") {
				t.Errorf("the log says %q", log)
			}
		})
	}
}

func TestWhatCannotBeMergedIsWrittenAnew(t *testing.T) {
	for name, text := range damages() {
		t.Run(name, func(t *testing.T) {
			s, refs, _ := printed(t, 40, 1)
			s.damage(t, text)
			for range 5 {
				if _, err := s.MergeKeys(t.Context()); err != nil {
					t.Error(err)
				}
			}
			s.mustFind(t, refs)
			if n := liveOf(t, s); n > 8 {
				t.Errorf("%d segments are left", n)
			}
		})
	}
}

func liveOf(t *testing.T, s *Store) int {
	t.Helper()
	live, err := s.liveSegments(t.Context(), s.look)
	if err != nil {
		t.Fatal(err)
	}
	return len(live)
}

// Entries that were changed and can be read are noticed by their digest.
func TestASegmentThatIsNotWhatItsDigestSaysIsNotWhole(t *testing.T) {
	s, _, _ := printed(t, 40, 40)
	live, err := s.liveSegments(t.Context(), s.look)
	if err != nil {
		t.Fatal(err)
	}
	m := &merge{s: s, inputs: live}
	if whole, err := m.isWhole(t.Context()); !whole || err != nil {
		t.Fatalf("whole %t, %v", whole, err)
	}
	s.damage(t, "UPDATE key_digest SET data = substr(data, 1, length(data) - 1) || x'55'")
	if whole, err := m.isWhole(t.Context()); whole || err != nil {
		t.Errorf("whole %t, %v", whole, err)
	}
}

// Whoever dies in the middle has lost nothing: the old segment is there until all is in new ones.
func TestMendingCanBeDoneAgainFromTheMiddle(t *testing.T) {
	s, refs, _ := printed(t, 50, 25)
	s.index.mendPage = 10
	s.damage(t, "DELETE FROM key_digest WHERE id = (SELECT min(id) FROM key_digest)")
	if _, err := s.foundBy(t, "own 3"); err == nil {
		t.Fatal("found")
	}
	if _, err := s.write.Exec("CREATE TRIGGER full BEFORE INSERT ON key_segment WHEN (SELECT count(*) FROM key_segment) = 3 BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"); err != nil {
		t.Fatal(err)
	}
	if merged, err := s.MergeKeys(t.Context()); merged || err == nil || !strings.Contains(err.Error(), "cannot be written anew") {
		t.Errorf("merged %t, %v", merged, err)
	}
	if n := liveOf(t, s); n != 3 {
		t.Errorf("%d segments", n)
	}
	if _, err := s.write.Exec("DROP TRIGGER full; UPDATE key_segment SET merging_until = 0"); err != nil { // its lease has run out
		t.Fatal(err)
	}
	if merged, err := s.MergeKeys(t.Context()); merged || err != nil || liveOf(t, s) != 3 {
		t.Errorf("merged %t, %v: want it left alone for a while", merged, err)
	}
	s.index.aside = nil
	if merged, err := s.MergeKeys(t.Context()); merged || err != nil {
		t.Errorf("merged %t, %v", merged, err)
	}
	s.mustFind(t, refs)
}

// What cannot be mended stops no merge of what is whole.
func TestWhatCannotBeMendedIsLeftAsItIs(t *testing.T) {
	s, _, _ := printed(t, 40, 1)
	s.damage(t, "DELETE FROM key_block WHERE id = (SELECT min(id) FROM key_block)")
	if _, err := s.write.Exec("ALTER TABLE print RENAME TO elsewhere"); err != nil {
		t.Fatal(err)
	}
	if merged, err := s.MergeKeys(t.Context()); merged || err == nil || !strings.Contains(err.Error(), "stays so for 1h0m0s") {
		t.Errorf("merged %t, %v", merged, err)
	}
	if merged, err := s.MergeKeys(t.Context()); !merged || err != nil {
		t.Errorf("the others: merged %t, %v", merged, err)
	}
}

// A segment that somebody else merges, or that was merged, is not mended.
func TestWhatSomebodyElseMergesIsNotMended(t *testing.T) {
	s, _, _ := printed(t, 50, 25)
	live, err := s.liveSegments(t.Context(), s.look)
	if err != nil {
		t.Fatal(err)
	}
	s.damage(t, "DELETE FROM key_block WHERE id = (SELECT min(id) FROM key_block)")
	s.damage(t, "UPDATE key_segment SET merging_until = unixepoch() * 1000 + 60000")
	if mended, err := s.mend(t.Context(), live); mended != 0 || err != nil || liveOf(t, s) != 2 {
		t.Errorf("mended %d, %v", mended, err)
	}
	s.damage(t, "UPDATE key_segment SET merging_until = 0, state = 'gone'")
	if mended, err := s.mend(t.Context(), live); mended != 0 || err != nil || liveOf(t, s) != 0 {
		t.Errorf("mended %d, %v", mended, err)
	}
}

// Who has the number of a segment that was lost with a server is not merged in its place.
func TestASegmentOfTheSameNumberIsNotMergedInItsPlace(t *testing.T) {
	s, refs, _ := printed(t, 50, 25)
	live, err := s.liveSegments(t.Context(), s.look)
	if err != nil {
		t.Fatal(err)
	}
	s.damage(t, "UPDATE key_segment SET mark = mark + 1")
	if err := (&merge{s: s, inputs: live}).atOnce(t.Context()); !errors.Is(err, errMergedElsewhere) {
		t.Errorf("it ends with %v", err)
	}
	s.mustFind(t, refs)
}

// Whoever is decided after a clock was ahead, and had everything forgotten, is found at once.
func TestWhoIsDecidedAfterTheClockWasAheadIsFound(t *testing.T) {
	s, _, _ := printed(t, 0, 1)
	s.index.expire("SP-9", "SP-9")
	p := &dedup.Print{At: time.UnixMilli(5), Quoted: []complaint.Ref{"own 3"}}
	u := &undecided{Complaint: complaint.Complaint{Ref: "SP-5"}, decision: Decision{Print: p}, keys: p.Keys()}
	var made *madeKeys
	err := s.inWriter(t.Context(), func(w *writer) (err error) { made, err = w.insertPrints(t.Context(), []*undecided{u}); return err })
	if err != nil {
		t.Fatal(err)
	}
	s.index.make(made.segment, made.groups)
	if found, err := s.foundBy(t, "own 3"); err != nil || !slices.Equal(found, []complaint.Ref{"SP-5"}) {
		t.Errorf("found %v, %v", found, err)
	}
	if expired, long := s.index.expiry(); expired != "SP-5" || long != "SP-5" {
		t.Errorf("%s has expired, and is written no more from %s on", expired, long)
	}
}

// A search that fails for another reason makes nobody suspect.
func TestOnlyWhatCannotBeReadIsSuspect(t *testing.T) {
	s, _, _ := printed(t, 2, 1)
	live, err := s.liveSegments(t.Context(), s.look)
	if err != nil {
		t.Fatal(err)
	}
	s.index.suspect(&inSegment{errors.New("the database is locked"), live[0].Mark})
	s.index.suspect(errMissing)
	if got := s.index.suspected(live); len(got) != 0 {
		t.Errorf("suspected: %v", got)
	}
	s.index.suspect(fmt.Errorf("search: %w", &inSegment{errMissing, live[0].Mark}))
	if got := s.index.suspected(live); len(got) != 1 || got[0].Mark != live[0].Mark {
		t.Errorf("suspected: %v", got)
	}
}
