package store_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// outcome is what is left of a delivery that ended.
type outcome struct {
	Ref      string
	National string `db:"national_id"`
	Tracking string `db:"tracking_id"`
	Route    string
	SyncAt   int64 `db:"sync_at"`
	News     int64
	Open     int64
}

const outcomes = `SELECT t.ref, t.national_id, t.tracking_id, t.agency || '/' || t.category || '/' || t.location || '/' || t.hand_over || '/' ||
	CAST(t.rule AS text) || '/' || t.why || '/' || CAST(t.attempts AS text) AS route, t.sync_at,
	(SELECT count(*) FROM writeback w WHERE w.ref = t.ref AND w.event_ref = t.ref AND w.seq = 1) AS news,
	(SELECT count(*) FROM delivery d WHERE d.ref = t.ref) AS open FROM ticket t ORDER BY t.ref`

// claimAll keeps so many complaints of a channel that listens, and claims them.
func claimAll(t *testing.T, s *store.Store, n int) []store.Claim {
	t.Helper()
	must(t, s.Listen(t.Context(), []string{"portal"}, nil))
	for i := range n {
		_, err := s.Keep(t.Context(), lamp(strconv.Itoa(i)))
		must(t, err)
	}
	appetite := hungry()
	appetite.Most = n
	decided, err := s.Decide(t.Context(), n, func(c complaint.Complaint) store.Decision {
		return store.Decision{Agency: "21030", Category: "Jalan", Location: c.SourceID, HandOver: "pemkab", Rule: 3, Why: "rules[3]"}
	}, appetite)
	must(t, err)
	claims := make([]store.Claim, len(decided))
	for i, d := range decided {
		claims[i] = d.Work.Claim
	}
	return claims
}

func done(n int) store.Settlement {
	id := strconv.Itoa(1000 + n)
	return store.Settlement{State: store.Done, Ticket: national.Ticket{ID: id, TrackingID: "T" + id}, News: store.Forwarded{SyncAt: time.UnixMilli(int64(1_800_000_000_000 + n))}}
}

func readOutcomes(t *testing.T, s *store.Store) (all []outcome) {
	t.Helper()
	must(t, sqlx.SelectContext(t.Context(), s.Handle(), &all, outcomes))
	return all
}

// Deliveries that end together have what each would have that ended alone.
func TestDeliveriesThatEndTogetherEndAsIfAlone(t *testing.T) {
	overStores(t, func(t *testing.T, dsn string) {
		s := opener(dsn)(t, store.Options{Owner: "natuna/1"})
		claims := claimAll(t, s, 5)
		to := make([]store.Settlement, len(claims))
		want := make([]outcome, len(claims))
		for i, c := range claims {
			to[i] = done(i)
			want[i] = outcome{
				Ref: string(c.Ref), National: to[i].Ticket.ID, Tracking: to[i].Ticket.TrackingID,
				Route: "21030/Jalan/" + strconv.Itoa(i) + "/pemkab/3/rules[3]/1", SyncAt: to[i].News.SyncAt.UnixMilli(), News: 1,
			}
		}
		must(t, s.Settle(t.Context(), claims[0], to[0]))
		for i, err := range s.SettleTogether(claims[1:], to[1:]) {
			if err != nil {
				t.Errorf("%d: %v", i+1, err)
			}
		}
		if diff := cmp.Diff(want, readOutcomes(t, s)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// One that another gateway holds by now, one that this gateway holds under a later claim, and one whose number another complaint has
// change nothing, and keep nobody else from ending.
func TestWhatIsNotOursEndsNothingAndStopsNobody(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile string // what became of the second
		number    int    // of the second's ticket
		want      error
	}{
		"another gateway's":   {"UPDATE delivery SET owner = 'natuna/2', fence = 2 WHERE ref = ?", 1, store.ErrLost},
		"under a later claim": {"UPDATE delivery SET fence = 2 WHERE ref = ?", 1, store.ErrLost},
		"gone":                {"DELETE FROM delivery WHERE ref = ?", 1, store.ErrLost},
		"another's number":    {"", 0, store.ErrTaken},
	} {
		t.Run(name, func(t *testing.T) {
			overStores(t, func(t *testing.T, dsn string) {
				s := opener(dsn)(t, store.Options{Owner: "natuna/1"})
				claims := claimAll(t, s, 3)
				if c.meanwhile != "" {
					_, err := s.Handle().ExecContext(t.Context(), s.Handle().Rebind(c.meanwhile), claims[1].Ref)
					must(t, err)
				}
				errs := s.SettleTogether(claims, []store.Settlement{done(0), done(c.number), done(2)})
				if errs[0] != nil || !errors.Is(errs[1], c.want) || errs[2] != nil {
					t.Errorf("they came to %v; want that the second is %v", errs, c.want)
				}
				var ended []string
				for _, o := range readOutcomes(t, s) {
					if o.News != 1 || o.Open != 0 {
						t.Errorf("%+v", o)
					}
					ended = append(ended, o.Ref)
				}
				if diff := cmp.Diff([]string{string(claims[0].Ref), string(claims[2].Ref)}, ended); diff != "" {
					t.Errorf("tickets (-want +got):\n%s", diff)
				}
				news := 0
				must(t, s.Handle().GetContext(t.Context(), &news, "SELECT count(*) FROM writeback"))
				if news != 2 {
					t.Errorf("%d are told, want 2", news)
				}
			})
		})
	}
}

// Whoever is linked to a complaint while that one ends, and is committed first, is told of its ticket all the same.
func TestWhoIsLinkedMeanwhileIsTold(t *testing.T) {
	dsn := storetest.StartPostgres(t).Database(t)
	s, other := opener(dsn)(t, store.Options{Owner: "natuna/1"}), opener(dsn)(t, store.Options{Owner: "natuna/2"})
	claims := claimAll(t, s, 2)
	kept, err := s.Keep(t.Context(), lamp("later"))
	must(t, err)
	release := slowlyAfter(t, s, "INSERT ON link", "")
	linked, ended := make(chan error, 1), make(chan []error, 1)
	go func() {
		_, err := other.Link(t.Context(), kept[0].Ref, claims[0].Ref, store.Order{By: "petugas", Why: "sama"})
		linked <- err
	}()
	waitUntilBlocked(t, s, 1)
	go func() { ended <- s.SettleTogether(claims, []store.Settlement{done(0), done(1)}) }()
	waitUntilBlocked(t, s, 2)
	release()
	must(t, <-linked)
	must(t, errors.Join(<-ended...))
	news := 0
	must(t, s.Handle().GetContext(t.Context(), &news, "SELECT count(*) FROM writeback WHERE ref = $1 AND event_ref = $2", kept[0].Ref, claims[0].Ref))
	if news != 1 {
		t.Errorf("%d are told, want 1", news)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
