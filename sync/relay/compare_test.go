package relay_test

import (
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/segment"
)

// twice is a complaint of one person, and the same sent again.
func twice() (first, second complaint.Complaint) {
	first = complaint.Complaint{
		SourceID: "pertama", Title: "Lampu jalan", Text: "Lampu jalan di depan Masjid Al Ikhlas Sungai Ulu mati sejak tiga malam",
		Reporter: complaint.Reporter{Phone: "081277700011"}, Place: complaint.Place{Address: "Jl. Pramuka No. 7, Sungai Ulu"},
	}
	second = first
	second.SourceID = "kedua"
	return first, second
}

func TestDuplicatesAreTreatedAsTheModeSays(t *testing.T) {
	for mode, want := range map[string]store.State{"link": store.Linked, "review": store.Held, "off": store.Done} {
		t.Run(mode, func(t *testing.T) {
			bubble(t, func(r *rig) {
				r.cfg.Dedup.Mode = mode
				r.start()
				first, second := twice()
				r.until(r.takeIn(first)[0], store.Done)
				story := r.until(r.takeIn(second)[0], store.Linked, store.Held, store.Done)
				if story.State != want {
					t.Errorf("the second is %s (%s), want %s", story.State, story.Reason, want)
				}
				prints, err := r.store.Prints(r.Context(), 10)
				if err != nil || (len(prints) == 0) != (mode == "off") {
					t.Errorf("%d prints are kept, %v", len(prints), err)
				}
			})
		})
	}
}

func TestAReviewNobodyDecidesGoesOnInTime(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Dedup.Mode, r.cfg.Dedup.ReviewWait = "review", config.Duration(15*time.Minute)
		r.start()
		first, second := twice()
		r.until(r.takeIn(first)[0], store.Done)
		ref := r.takeIn(second)[0]
		if story := r.until(ref, store.Held); story.Reason != string(retry.Review) {
			t.Errorf("held because of %s", story.Reason)
		}
		asked := time.Now()
		r.metric(`duplicate_reviews_total{result="asked"}`, 1)
		r.until(ref, store.Done)
		if waited, promised := time.Since(asked), r.cfg.Dedup.ReviewWait.D(); waited < promised-time.Minute || waited > promised+time.Minute {
			t.Errorf("it went on after %s, want %s", waited, promised)
		}
		r.metric(`duplicate_reviews_total{result="undecided"}`, 1)
		pass(time.Minute)
		r.metric("duplicate_reviews_waiting{}", 0)
	})
}

// An index that fails holds nobody up: a miss is better than a citizen who waits for our database.
func TestAComplaintThatCannotBeComparedGoesOnAlone(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		if _, err := r.store.Handle().Exec("ALTER TABLE key_segment RENAME TO gone"); err != nil {
			t.Fatal(err)
		}
		first, _ := twice()
		began := time.Now()
		ref := r.takeIn(first)[0]
		pass(20 * time.Second)
		if state := r.story(ref).State; state != store.New {
			t.Errorf("it is %s while the index is waited for", state)
		}
		r.until(ref, store.Done)
		if waited := time.Since(began); waited > time.Minute {
			t.Errorf("it waited %s for an index that fails", waited)
		}
		r.until(r.takeIn(report(1))[0], store.Done)
		if n := strings.Count(r.log.String(), "without a look for duplicates"); n != 1 {
			t.Errorf("the log says %d times that complaints go on alone", n)
		}
	})
}

// What waited while the gateway was off, or its clock wrong, did not wait for a look that fails.
func TestAComplaintThatIsOldIsComparedAllTheSame(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		first, second := twice()
		r.until(r.takeIn(first)[0], store.Done)
		exec := func(sql string) {
			_, err := r.store.Handle().Exec(sql)
			r.must(err)
		}
		exec("CREATE TRIGGER full BEFORE INSERT ON print BEGIN SELECT RAISE(ABORT, 'no room'); END")
		ref := r.takeIn(second)[0]
		r.off(49 * time.Hour)
		pass(10 * time.Second)
		exec("DROP TRIGGER full")
		r.until(ref, store.Linked)
	})
}

// However many complaints are decided one by one, the index of their keys stays in few pieces.
func TestTheIndexOfKeysStaysInFewPieces(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		for n := range 60 {
			r.until(r.takeIn(report(n))[0], store.Done)
			pass(time.Second)
		}
		var pieces int
		r.must(r.store.Handle().Get(&pieces, "SELECT count(*) FROM key_segment WHERE state = 'live'"))
		if pieces == 0 || pieces > 20 {
			t.Errorf("%d pieces of the keys of 60 complaints", pieces)
		}
	})
}

// Where nothing is compared any more, what was kept to compare with is put in order and forgotten all the same.
func TestKeysAreMergedAlsoWhereNothingIsCompared(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Dedup.Mode = "off"
		r.start()
		for n := range 8 {
			tx, err := r.store.Handle().BeginTx(r.Context(), nil)
			r.must(err)
			r.must(store.AddSegment(r.Context(), tx, func(yield func(segment.Entry, error) bool) {
				yield(segment.Entry{Key: int64(n), At: 1, Ref: string(complaint.FirstRef(time.Now()))}, nil)
			}))
			r.must(tx.Commit())
		}
		pass(11 * time.Minute)
		var pieces int
		r.must(r.store.Handle().Get(&pieces, "SELECT count(*) FROM key_segment WHERE state = 'live'"))
		entries, err := r.store.KeyEntries(r.Context())
		r.must(err)
		if pieces != 1 || entries != 8 {
			t.Errorf("%d pieces of %d keys, want one of 8", pieces, entries)
		}
	})
}
