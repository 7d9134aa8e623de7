package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store/segment"
)

// indexed is a store in whose index each of some complaints lies by itself, each found by a key that all have and one of its own.
func indexed(t *testing.T, complaints int) (*Store, []complaint.Ref) {
	t.Helper()
	s, err := Open(t.Context(), Options{DSN: "sqlite:" + filepath.Join(t.TempDir(), "natuna.db"), Owner: "natuna/1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	refs := make([]complaint.Ref, complaints)
	for n := range refs {
		refs[n] = complaint.Ref(fmt.Sprintf("SP-%015d", n))
		err := s.inWriter(t.Context(), func(w *writer) error {
			_, err := w.insertKeys(t.Context(), []segment.Entry{{Key: 7, At: int64(n), Ref: string(refs[n])}, {Key: 1000 + int64(n), At: int64(n), Ref: string(refs[n])}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return s, refs
}

// everybody asks for the most of those who are found by the key that all have, and for one by its own.
func everybody(most, one int) []*wanted {
	return []*wanted{{key: 7, before: 1 << 40, most: most}, {key: 1000 + int64(one), before: 1 << 40, most: most}, {key: 3, before: 1 << 40, most: most}}
}

func whoOf(w *wanted) (refs []complaint.Ref) {
	for _, h := range w.found {
		refs = append(refs, h.ref)
	}
	return refs
}

func newestFirst(refs []complaint.Ref) []complaint.Ref {
	refs = slices.Clone(refs)
	slices.Reverse(refs)
	return refs
}

// meanwhile does something before the first time that blocks are read.
type meanwhile struct {
	sqlx.ExtContext

	do func()
}

func (m *meanwhile) QueryxContext(ctx context.Context, text string, values ...any) (*sqlx.Rows, error) {
	if do := m.do; do != nil && strings.Contains(text, "key_block") {
		m.do = nil
		do()
	}
	return m.ExtContext.QueryxContext(ctx, text, values...)
}

func TestWhoSearchesWhileSegmentsAreMergedFindsEverybody(t *testing.T) {
	s, refs := indexed(t, 20)
	merged := false
	db := &meanwhile{s.read, func() {
		var err error
		if merged, err = s.MergeKeys(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := s.write.Exec("DELETE FROM key_block WHERE id >> 20 IN (SELECT id FROM key_segment WHERE state = 'gone')"); err != nil {
			t.Error(err)
		}
	}}
	questions := everybody(64, 2)
	if err := (looker{db, s}).search(t.Context(), questions); err != nil {
		t.Fatal(err)
	}
	if !merged || !slices.Equal(whoOf(questions[0]), newestFirst(refs)) || !slices.Equal(whoOf(questions[1]), refs[2:3]) || len(questions[2].found) != 0 {
		t.Errorf("merged %t; found %v and %v and %v", merged, whoOf(questions[0]), whoOf(questions[1]), questions[2].found)
	}
}

// However many are wanted, and between whatever times: they are the newest of all segments, before merges and between them.
func TestTheNewestAreFoundInHoweverManySegments(t *testing.T) {
	s, refs := indexed(t, 60)
	for _, most := range []int{1, 16, 64} {
		questions := everybody(most, 59)
		if err := (looker{s.look, s}).search(t.Context(), questions); err != nil {
			t.Fatal(err)
		}
		if want := newestFirst(refs)[:min(most, len(refs))]; !slices.Equal(whoOf(questions[0]), want) {
			t.Errorf("the newest %d are %v, want %v", most, whoOf(questions[0]), want)
		}
		if !slices.Equal(whoOf(questions[1]), refs[59:]) {
			t.Errorf("found by its own key: %v", whoOf(questions[1]))
		}
		if _, err := s.MergeKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	span := everybody(64, 0)
	span[0].after, span[0].before = 10, 19
	if err := (looker{s.look, s}).search(t.Context(), span); err != nil {
		t.Fatal(err)
	}
	if want := newestFirst(refs[10:20]); !slices.Equal(whoOf(span[0]), want) {
		t.Errorf("told between two times: %v, want %v", whoOf(span[0]), want)
	}
}

// A number that the database gives twice, as one that was put back from a copy does, is not taken for what it was before.
func TestASegmentIsNotTakenForAnotherOfTheSameNumber(t *testing.T) {
	s, _ := indexed(t, 1)
	look := looker{s.look, s}
	if err := look.search(t.Context(), everybody(64, 0)); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"DELETE FROM key_segment", "DELETE FROM key_block", "DELETE FROM key_digest", "DELETE FROM sqlite_sequence"} {
		if _, err := s.write.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	err := s.inWriter(t.Context(), func(w *writer) error {
		_, err := w.insertKeys(t.Context(), []segment.Entry{{Key: 7, At: 1, Ref: "SP-ANOTHER"}})
		return err
	})
	questions := everybody(64, 0)
	if err == nil {
		err = look.search(t.Context(), questions)
	}
	if err != nil || !slices.Equal(whoOf(questions[0]), []complaint.Ref{"SP-ANOTHER"}) || len(questions[1].found) != 0 {
		t.Errorf("found %v and %v, %v", whoOf(questions[0]), whoOf(questions[1]), err)
	}
}

func TestTheSmallestSegmentsAreMergedFirstTheOldestOfThemBeforeTheNewest(t *testing.T) {
	live := func(entries ...int) (all []keySegment) {
		for i, n := range entries {
			all = append(all, keySegment{ID: int64(100 - i), Entries: n, OldestRef: "SP-5"})
		}
		return all
	}
	merging := live(slices.Repeat([]int{20}, 8)...)
	for i := range merging {
		merging[i].Merging = true
		merging[i].ID -= 50
	}
	huge := live(slices.Repeat([]int{200}, 8)...)
	for i := range huge {
		huge[i].Blocks = segment.MostBlocks/3 + i
	}
	full := slices.Clone(huge)
	for i := range full {
		full[i].Blocks *= 2
	}
	many := live(slices.Repeat([]int{20}, 30)...)
	for name, c := range map[string]struct {
		live    []keySegment
		expired complaint.Ref
		want    []int64
	}{
		"nothing":                      {nil, "SP-1", nil},
		"few of each size":             {live(20, 20, 20, 200, 200, 200, 200, 2000, 2000, 2000), "SP-1", nil},
		"many of a larger size":        {live(append(slices.Repeat([]int{20}, 7), slices.Repeat([]int{200}, 8)...)...), "SP-1", []int64{86, 87, 88, 89, 90, 91, 92, 93}},
		"more than are merged at once": {many, "SP-1", []int64{71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86}},
		"those that somebody merges":   {slices.Concat(merging, live(slices.Repeat([]int{20}, 8)...)), "SP-1", []int64{93, 94, 95, 96, 97, 98, 99, 100}},
		"as many as fit into one":      {huge, "SP-1", []int64{93, 94}},
		"none that fit into one":       {full, "SP-1", nil},
		"expired":                      {live(20, 200), "SP-6", []int64{100}},
	} {
		var got []int64
		for _, k := range toMerge(c.live, c.expired) {
			got = append(got, k.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: merges %v, want %v", name, got, c.want)
		}
	}
}

// An index of which a piece is damaged is an error: its complaints go on alone, and nobody is found who is not there.
func TestADamagedIndexIsAnError(t *testing.T) {
	for _, table := range []string{"key_block", "key_digest"} {
		s, _ := indexed(t, 1)
		if _, err := s.write.Exec("UPDATE " + table + " SET data = substr(data, 1, 3)"); err != nil {
			t.Fatal(err)
		}
		if err := (looker{s.look, s}).search(t.Context(), everybody(64, 0)); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", table, err)
		}
	}
}

// How the index looks is measured by `make bench-large`; here it is only bounded.
func TestABatchAsksTheDatabaseForEachBlockOnce(t *testing.T) {
	s, _ := indexed(t, 20)
	asked := 0
	db := &counted{s.read, &asked}
	for range 2 {
		if err := (looker{db, s}).search(t.Context(), append(everybody(64, 2), everybody(16, 2)...)); err != nil {
			t.Fatal(err)
		}
	}
	if asked > 20 {
		t.Errorf("the database was asked %d times for the blocks of 20 segments", asked)
	}
}

type counted struct {
	sqlx.ExtContext

	blocks *int
}

func (c *counted) QueryxContext(ctx context.Context, text string, values ...any) (*sqlx.Rows, error) {
	if strings.Contains(text, "key_block") {
		*c.blocks++
	}
	return c.ExtContext.QueryxContext(ctx, text, values...)
}

// Of those who were told at the same time the greatest references are the newest, in whatever segment they are; and one of a segment
// whose newest is older may be newer than one of another.
func TestTheNewestMayBeInTheOlderSegment(t *testing.T) {
	s, _ := indexed(t, 0)
	for _, entries := range [][]segment.Entry{
		{{Key: 1, At: 5, Ref: "SP-B"}, {Key: 2, At: 1, Ref: "SP-C"}, {Key: 9, At: 100, Ref: "SP-Z"}},
		{{Key: 1, At: 5, Ref: "SP-A"}, {Key: 2, At: 40, Ref: "SP-D"}, {Key: 9, At: 50, Ref: "SP-Y"}},
		{{Key: 1, At: 5, Ref: "SP-E"}, {Key: 9, At: 5, Ref: "SP-X"}},
	} {
		if err := s.inWriter(t.Context(), func(w *writer) error { _, err := w.insertKeys(t.Context(), entries); return err }); err != nil {
			t.Fatal(err)
		}
	}
	same, newer := &wanted{key: 1, before: 1000, most: 2}, &wanted{key: 2, before: 1000, most: 1}
	if err := (looker{s.look, s}).search(t.Context(), []*wanted{same, newer}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(whoOf(same), []complaint.Ref{"SP-E", "SP-B"}) || !slices.Equal(whoOf(newer), []complaint.Ref{"SP-D"}) {
		t.Errorf("found %v and %v", whoOf(same), whoOf(newer))
	}
}

// Filters that would take too much memory are done without, those of the largest segments first, and what is found is the same.
func TestFiltersTakeTheirBytesAndNoMore(t *testing.T) {
	s, refs := indexed(t, 20)
	if merged, err := s.MergeKeys(t.Context()); err != nil || !merged {
		t.Fatalf("merged %t, %v", merged, err)
	}
	for _, most := range []int{1000, 20, 0} {
		s.index.mostFilterBytes = most
		questions := everybody(64, 2)
		if err := (looker{s.look, s}).search(t.Context(), questions); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(whoOf(questions[0]), newestFirst(refs)) || !slices.Equal(whoOf(questions[1]), refs[2:3]) || len(questions[2].found) != 0 {
			t.Errorf("with %d bytes: found %v and %v and %v", most, whoOf(questions[0]), whoOf(questions[1]), questions[2].found)
		}
		size, thin := 0, 0
		for _, k := range s.index.segments {
			size += k.digest.FilterBytes()
			if k.digest.FilterBytes() == 0 {
				thin++
			} else if most == 20 && k.Entries > 10 {
				t.Errorf("a segment of %d keys has its filter, and smaller ones have not", k.Entries)
			}
		}
		if size > most || thin != map[int]int{1000: 0, 20: 1, 0: 5}[most] {
			t.Errorf("the filters take %d bytes, want %d at most; %d segments do without", size, most, thin)
		}
	}
}

// A merge that somebody took for abandoned while it went on does nothing.
func TestAMergeThatWasTakenForAbandonedChangesNothing(t *testing.T) {
	s, refs := indexed(t, 20)
	live, err := s.liveSegments(t.Context(), s.look)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.Exec("CREATE TRIGGER meanwhile AFTER INSERT ON key_digest BEGIN UPDATE key_segment SET state = 'gone' WHERE state = 'made'; END"); err != nil {
		t.Fatal(err)
	}
	if err := (&merge{s: s, inputs: live}).pieceByPiece(t.Context()); !errors.Is(err, errMergedElsewhere) {
		t.Errorf("it ends with %v", err)
	}
	if _, err := s.write.Exec("UPDATE key_segment SET merging_until = unixepoch() * 1000 + 60000"); err != nil {
		t.Fatal(err)
	}
	if err := (&merge{s: s, inputs: live}).atOnce(t.Context()); !errors.Is(err, errMergedElsewhere) {
		t.Errorf("another that begins meanwhile ends with %v", err)
	}
	questions := everybody(64, 2)
	if err := (looker{s.look, s}).search(t.Context(), questions); err != nil || !slices.Equal(whoOf(questions[0]), newestFirst(refs)) {
		t.Errorf("found %v, %v", whoOf(questions[0]), err)
	}
}

// merging are the segments of a store that are merged, and what they have.
func merging(t *testing.T, segments int) (*merge, []complaint.Ref) {
	t.Helper()
	s, refs := indexed(t, segments)
	live, err := s.liveSegments(t.Context(), s.look)
	if err != nil {
		t.Fatal(err)
	}
	return &merge{s: s, inputs: live}, refs
}

func (m *merge) exec(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if _, err := m.s.write.Exec(text); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
	}
}

// stillFound says that everybody is found whom there was, and that what was begun is left to be swept and the rest to be merged.
func (m *merge) stillFound(t *testing.T, refs []complaint.Ref) {
	t.Helper()
	questions := everybody(64, 2)
	if err := (looker{m.s.look, m.s}).search(t.Context(), questions); err != nil || !slices.Equal(whoOf(questions[0]), newestFirst(refs)) {
		t.Errorf("found %v, %v", whoOf(questions[0]), err)
	}
	var states []string
	if err := m.s.write.Select(&states, "SELECT DISTINCT state || CASE WHEN merging_until > unixepoch() * 1000 + 5000 THEN ' merging' ELSE '' END FROM key_segment ORDER BY 1"); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(states, []string{"gone", "live"}) {
		t.Errorf("segments are %v", states)
	}
}

// A segment of which a piece was lost with a server, or that has the number of one that was, is not found.
func TestASegmentThatIsNotAllThereIsNotPublished(t *testing.T) {
	for name, trigger := range map[string]string{
		"a block":           "DELETE FROM key_block WHERE id = (SELECT max(id) FROM key_block)",
		"a digest":          "DELETE FROM key_digest WHERE id = NEW.id",
		"another's number":  "UPDATE key_segment SET mark = 5 WHERE state = 'made'",
		"taken for garbage": "UPDATE key_segment SET state = 'gone' WHERE state = 'made'",
	} {
		t.Run(name, func(t *testing.T) {
			m, refs := merging(t, 20)
			m.exec(t, "CREATE TRIGGER meanwhile AFTER INSERT ON key_digest BEGIN "+trigger+"; END")
			if err := m.pieceByPiece(t.Context()); !errors.Is(err, errMergedElsewhere) {
				t.Errorf("it ends with %v", err)
			}
			m.exec(t, "UPDATE key_segment SET state = 'gone' WHERE mark = 5")
			m.stillFound(t, refs)
		})
	}
}

// What is written of a segment goes on only while it is ours.
func TestASegmentIsNotWrittenOnceItIsAnothers(t *testing.T) {
	m, refs := merging(t, 20)
	m.exec(t, "CREATE TRIGGER meanwhile AFTER INSERT ON key_segment BEGIN UPDATE key_segment SET mark = 5, state = 'gone' WHERE id = NEW.id; END")
	if err := m.pieceByPiece(t.Context()); !errors.Is(err, errMergedElsewhere) {
		t.Errorf("it ends with %v", err)
	}
	var blocks int
	if err := m.s.write.Get(&blocks, "SELECT count(*) FROM key_block"); err != nil || blocks != 20 {
		t.Errorf("%d blocks, %v; want none but the 20 there were", blocks, err)
	}
	m.stillFound(t, refs)
}

// Times that a clock wrote that was ahead stop nothing once it is right.
func TestAMergeOfAClockThatWasAheadIsNotWaitedFor(t *testing.T) {
	m, _ := merging(t, 20)
	m.exec(t, "UPDATE key_segment SET merging_until = unixepoch() * 1000 + 365 * 86400000, made_at = merging_until")
	if merged, err := m.s.MergeKeys(t.Context()); !merged || err != nil {
		t.Errorf("merged %t, %v", merged, err)
	}
	m.exec(t, "UPDATE key_segment SET gone_at = unixepoch() * 1000 + 365 * 86400000 WHERE state = 'gone'")
	if err := m.s.expireKeys(t.Context(), time.UnixMilli(0)); err != nil {
		t.Fatal(err)
	}
	var gone int
	if err := m.s.write.Get(&gone, "SELECT count(*) FROM key_segment WHERE state = 'gone'"); err != nil || gone != 0 {
		t.Errorf("%d segments are left, %v", gone, err)
	}
}

// A segment is swept to its end, also behind a gap.
func TestASegmentWithAGapIsSweptToItsEnd(t *testing.T) {
	m, _ := merging(t, 1)
	m.exec(t, "INSERT INTO key_block (id, data) SELECT id + 2000, data FROM key_block", "UPDATE key_segment SET state = 'gone', gone_at = 1")
	for range 2 {
		if err := m.s.expireKeys(t.Context(), time.UnixMilli(0)); err != nil {
			t.Fatal(err)
		}
	}
	var left int
	if err := m.s.write.Get(&left, "SELECT (SELECT count(*) FROM key_block) + (SELECT count(*) FROM key_segment)"); err != nil || left != 0 {
		t.Errorf("%d rows are left, %v", left, err)
	}
}
