package open311_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/connectors/open311"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

func TestTheClientKeepsEveryPromise(t *testing.T) {
	for _, format := range []string{"xml", "json"} {
		t.Run(format, func(t *testing.T) {
			connectortest.Run(t, connectortest.Harness{New: func(t testing.TB) connectortest.Channel {
				g := &geoserver{}
				added, began := 0, time.Now().Add(-time.Hour)
				return connectortest.Channel{
					Open: func(env connectors.Env) (connectors.Connector, error) {
						env.Transport = g
						return open311.Definition().Open(env, clientSettings(t, func(s *open311.Settings) { s.Format = format }))
					},
					Secrets: []string{clientKey, "Lampu nomor"},
					Break:   func() { g.mu.Lock(); g.broken = true; g.mu.Unlock() },
					Stall: func() {
						g.mu.Lock()
						defer g.mu.Unlock()
						g.stalls = make(chan struct{})
						t.Cleanup(func() { close(g.stalls) })
					},
					Add: func(_ testing.TB, n int) {
						for range n {
							added++
							g.add(added, began.Add(time.Duration(added)*time.Second))
						}
					},
					Answer: func(status int) { g.mu.Lock(); g.answer = status; g.mu.Unlock() },
					Told:   g.told,
				}
			}})
		})
	}
}

func TestAllComesWhateverTheServersLimit(t *testing.T) {
	for _, c := range []struct {
		name string
		g    *geoserver
		gap  time.Duration
	}{
		{"1000, newest first", &geoserver{cap: 1000}, time.Minute},
		{"1000, oldest first", &geoserver{cap: 1000, oldestFirst: true}, time.Minute},
		{"50, newest first", &geoserver{cap: 50}, time.Minute},
		{"20, no two far apart", &geoserver{cap: 20, oldestFirst: true}, time.Second},
		{"pages, many in a second", &geoserver{cap: 100, pages: true}, time.Millisecond},
		{"pages, the last is repeated", &geoserver{cap: 100, pages: true, repeatsLast: true}, time.Millisecond},
		{"no dates but pages", &geoserver{cap: 100, pages: true, noDates: true}, time.Minute},
		{"no limit, no dates", &geoserver{noDates: true}, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := c.g
				n := 1300
				if g.cap < 1000 {
					n = 430
				}
				for i := 1; i <= n; i++ {
					g.add(i, time.Now().Add(-2*24*time.Hour+time.Duration(i)*c.gap))
				}
				r := newReader(t, g)
				r.drain()
				r.wantOnce(1, n)
				before := len(g.asked)
				r.drain()
				if r.wantOnce(1, n); len(g.asked)-before > 300 {
					t.Errorf("%d questions to find nothing new", len(g.asked)-before)
				}
			})
		})
	}
}

func TestAServerThatHidesRequestsIsNamedAndHoldsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &geoserver{cap: 50}
		for i := 1; i <= 80; i++ {
			g.add(i, time.Now().Add(-time.Hour)) // all in one second
		}
		g.add(81, time.Now().Add(-time.Minute))
		r := newReader(t, g)
		r.drain()
		if len(r.came) != 51 || r.came["81"] != 1 {
			t.Errorf("%d requests came, want the 50 of one second and the later one", len(r.came))
		}
		if !strings.Contains(r.log.String(), "may hide others") {
			t.Errorf("nobody is told: %s", r.log)
		}
	})
}

func TestNothingIsLostToLateRequestsOddClocksAndOutages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &geoserver{}
		r := newReader(t, g)
		pass := func(d time.Duration) { <-time.After(d) }
		r.drain() // nothing is there yet
		g.add(1, time.Now())
		pass(time.Minute)
		r.drain()
		g.add(2, time.Now().Add(-20*time.Hour))                                                                             // published late
		g.add(3, time.Now().Add(-20*time.Hour))                                                                             // at the same time
		g.add(4, time.Now().Add(4*365*24*time.Hour))                                                                        // by a clock that is wrong
		g.add(5, time.Now(), func(q *geoRequest) { q.Requested = "" })                                                      // by none
		g.add(6, time.Now(), func(q *geoRequest) { q.Requested = "entah" })                                                 // by one nobody can read
		g.add(7, time.Now(), func(q *geoRequest) { q.Requested = time.Now().UTC().Format("2006-01-02T15:04:05.000-0700") }) // by a fine one
		r.drain()
		r.drain()
		r.wantOnce(1, 7)
		g.broken = true
		for range 20 { // an outage that is longer than the overlap and than what the first poll looks back
			g.add(len(g.held)+1, time.Now())
			pass(12 * time.Hour)
			if _, err := r.c.Poll.Poll(t.Context(), r.cursor); err == nil {
				t.Fatal("a broken server is polled without error")
			}
		}
		g.broken = false
		r.drain()
		r.wantOnce(1, 27)
		for i := range 50 { // weeks in which something comes each day
			g.add(28+i, time.Now())
			pass(24 * time.Hour)
			r.drain()
		}
		r.wantOnce(1, 77)
	})
}

// A clock that is two days ahead, for a week and in a poll long ago.
func TestAClockThatIsAheadPassesOverNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ahead = 48 * time.Hour
		g := &geoserver{behind: ahead}
		r := newReader(t, g, func(s *open311.Settings) { s.Since = config.Duration(30 * 24 * time.Hour) })
		for n := range 14 {
			r.drain()
			g.add(n+1, time.Now().Add(-ahead))
			<-time.After(12 * time.Hour)
		}
		r.drain()
		r.wantOnce(1, 14)
	})
	synctest.Test(t, func(t *testing.T) {
		g := &geoserver{}
		r := newReader(t, g)
		r.cursor = connectors.Cursor(fmt.Sprintf(`{"low":%d}`, time.Now().Add(30*time.Hour).Unix()))
		r.drain() // nothing is there yet, and where it reads on is kept
		r.drain()
		g.add(1, time.Now().Add(-time.Hour))
		r.drain()
		g.add(2, time.Now())
		<-time.After(time.Minute)
		r.drain()
		r.wantOnce(1, 2)
		if n := strings.Count(r.log.String(), "clock was ahead"); n != 1 {
			t.Errorf("%d lines say that the clock was ahead, want one:\n%s", n, r.log)
		}
	})
}

func TestAQuietServerIsNotReadAgainFromTheBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &geoserver{}
		g.add(1, time.Now().Add(-time.Hour))
		r := newReader(t, g)
		for range 200 {
			r.drain()
			<-time.After(24 * time.Hour)
		}
		r.wantOnce(1, 1)
		last := g.asked[len(g.asked)-1]
		if oldest := time.Now().Add(-5 * 24 * time.Hour).UTC().Format("start_date=2006-01-02"); last < oldest {
			t.Errorf("after 200 days it asks %s, want no earlier than %s", last, oldest)
		}
		for _, query := range g.asked {
			if strings.Contains(query, "end_date") {
				t.Errorf("a quiet server is asked in pieces: %s", query)
			}
		}
	})
}

func TestOnlyAnEditHandsARequestOutAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &geoserver{}
		g.add(1, time.Now().Add(-time.Hour))
		r := newReader(t, g)
		r.drain()
		g.held[0].Status, g.held[0].Updated = "closed", time.Now().UTC().Format(time.RFC3339)
		r.drain()
		if r.came["1"] != 1 {
			t.Error("a status that changed brings the request again")
		}
		g.held[0].Status, g.held[0].Description = "open", "Lampu nomor 1 di Sedanau mati"
		r.drain()
		if r.came["1"] != 2 || !strings.Contains(r.latest["1"].Text, "Sedanau") {
			t.Errorf("it was edited, and came %d times: %q", r.came["1"], r.latest["1"].Text)
		}
	})
}

func TestClosedRequestsAndThoseOfBeforeAreLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &geoserver{noDates: true}
		g.add(1, time.Now().Add(-300*24*time.Hour)) // switching a channel on must not send a year's requests
		g.add(2, time.Now().Add(-time.Hour), func(q *geoRequest) { q.Status = "closed" })
		g.add(3, time.Now().Add(-time.Hour))
		r := newReader(t, g)
		r.drain()
		r.wantOnce(3, 3)
		all := newReader(t, g, func(s *open311.Settings) { s.Closed, s.Since = true, config.Duration(365*24*time.Hour) })
		all.drain()
		all.wantOnce(1, 3)
	})
}

func TestAStatusIsToldInTheExtensionsWords(t *testing.T) {
	g := &geoserver{}
	r := newReader(t, g)
	at := time.Date(2026, 1, 3, 7, 5, 9, 999, time.UTC)
	change := connectors.StatusChange{Ref: "SP-1KAZ5T8M3Q0X4RD", SourceID: "7", Seq: 2, Status: complaint.InProgress, Agency: "Dinas PU", Note: "Kami periksa", At: at}
	for range 2 {
		if err := r.c.WriteStatus.WriteStatus(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"SP-1KAZ5T8M3Q0X4RD-2 7 IN_PROGRESS 2026-01-03T14:05:09+07:00 Sedang diproses (Dinas PU).\n\nKami periksa"}
	if got := g.told(); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	if !r.c.Public {
		t.Error("the gateway is not told that anybody may read it")
	}
	silent := newReader(t, g, func(s *open311.Settings) { s.Updates = false })
	if silent.c.WriteStatus != nil {
		t.Error("without updates there is somebody to tell")
	}
	said, err := silent.c.Check.Check(t.Context())
	if err != nil || said != "1 services at kota.example; statuses are not told there (updates: false)" {
		t.Errorf("check says %q, %v", said, err)
	}
}

func TestAServerThatAsksForTimeIsGivenIt(t *testing.T) {
	g := &geoserver{answer: 503}
	r := newReader(t, g)
	_, err := r.c.Poll.Poll(t.Context(), "")
	var marked *retry.Error
	if !errors.As(err, &marked) || marked.Reason != retry.Unavailable || strings.Contains(fmt.Sprint(err), "start_date") {
		t.Errorf("%v", err)
	}
}
