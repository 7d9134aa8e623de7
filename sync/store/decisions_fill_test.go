package store_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/segment"
)

// The index is filled from the prints of some thousand complaints, again and again: a key that two of them share is shared
// by all its repetitions too, any other is made another each time.
const sample = 5000

func (d *decisions) fill(open int) (size int64) {
	d.Helper()
	if d.store.Kind() == "sqlite" {
		d.exec("PRAGMA temp_store = FILE") // what is sorted here is not the gateway's memory
		defer d.exec("PRAGMA temp_store = MEMORY")
	}
	keys := d.fillSample()
	before := d.size()
	now, window := time.Now().UnixMilli(), int64(80*24*time.Hour/time.Millisecond)
	d.exec(`INSERT INTO print (ref, at, print) WITH RECURSIVE r(rep) AS (SELECT 0 UNION ALL SELECT rep + 1 FROM r WHERE rep + 1 < $1)
		SELECT 'SP-' || substr(CAST(1000000000000000 + rep * 5000 + s.n AS text), 2), $2 - $3 + (rep * 5000 + s.n) * ($3 / $4), s.print
		FROM r CROSS JOIN sample_print s ORDER BY 1`, open/sample, now, window, open)
	d.fillKeys(keys, open, now, window)
	size = d.size() - before
	d.exec(`INSERT INTO ticket (ref, agency, category, location, rule, why, decided_at, national_id, tracking_id, forwarded_at, status, status_raw,
		held_by, last_seq, changed_at, sync_at, synced_at)
		SELECT ref, '21030', '15', '', -1, 'fallback', at, ref, ref, at, 'forwarded', '', '', 1, at, 0, 0 FROM print ORDER BY ref`)
	if d.store.Kind() == "postgres" {
		d.exec("VACUUM ANALYZE print")
		d.exec("VACUUM ANALYZE key_block")
		d.exec("VACUUM ANALYZE key_digest")
		d.exec("VACUUM ANALYZE ticket")
		d.exec("CHECKPOINT") // a window of complaints is on disk but for the newest: what was filled in just now is, too
	}
	return size
}

// sampleKey is by what one complaint of the sample is found.
type sampleKey struct {
	n      int
	key    int64
	shared bool // by another of the sample
}

// fillSample makes the prints that the index is filled from, and returns their keys.
func (d *decisions) fillSample() (keys []sampleKey) {
	d.Helper()
	d.exec("CREATE TABLE sample_print (n BIGINT PRIMARY KEY, print TEXT NOT NULL)")
	seen := map[int64]int{}
	prints := make([]dedup.Print, sample)
	for i, c := range d.invented(sample, 1) {
		c.ReceivedAt = time.Now().Add(-time.Hour)
		prints[i] = d.engine.Print(c)
		for _, k := range prints[i].Keys() {
			seen[k.Hash]++
		}
	}
	tx, err := d.store.Handle().Beginx()
	if err != nil {
		d.Fatal(err)
	}
	size := 0
	for i, p := range prints {
		print := p.Encode()
		size += len(print)
		if _, err := tx.Exec("INSERT INTO sample_print VALUES ($1, $2)", i, print); err != nil {
			d.Fatal(err)
		}
		for _, k := range p.Keys() {
			keys = append(keys, sampleKey{i, k.Hash, seen[k.Hash] > 1})
		}
	}
	if err := tx.Commit(); err != nil {
		d.Fatal(err)
	}
	d.Logf("%.1f keys and %d bytes a print", float64(len(keys))/sample, size/sample)
	return keys
}

// fillKeys puts by what they are found into the index, some repetitions of the sample at once, and merges that as a gateway does.
func (d *decisions) fillKeys(keys []sampleKey, open int, now, window int64) {
	d.Helper()
	const atOnce = 4
	for from := 0; from < open/sample; from += atOnce {
		var entries []segment.Entry
		for rep := from; rep < min(from+atOnce, open/sample); rep++ {
			for _, k := range keys {
				n := int64(rep*sample + k.n)
				e := segment.Entry{Key: k.key, At: now - window + n*(window/int64(open)), Ref: fmt.Sprintf("SP-%015d", n)}
				if !k.shared {
					e.Key = k.key/4 + int64(rep)*1000003
				}
				entries = append(entries, e)
			}
		}
		slices.SortFunc(entries, segment.Compare)
		tx, err := d.store.Handle().Begin()
		if err != nil {
			d.Fatal(err)
		}
		if err := errors.Join(store.AddSegment(d.Context(), tx, inTurn(entries)), tx.Commit()); err != nil {
			d.Fatal(err)
		}
	}
	d.merge()
}

func inTurn(entries []segment.Entry) iter.Seq2[segment.Entry, error] {
	return func(yield func(segment.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (d *decisions) merge() {
	for more := true; more; {
		var err error
		if more, err = d.store.MergeKeys(d.Context()); err != nil {
			d.Error(err)
		}
	}
}
