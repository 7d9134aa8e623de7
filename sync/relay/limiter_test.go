package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/satupintu/satupintu/sync/pace"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// counted is a keeper that counts how often it is asked, and can be away.
type counted struct {
	paceKeeper
	asked atomic.Int64
	away  atomic.Bool
}

func (c *counted) Change(ctx context.Context, change func(time.Time, *pace.State)) error {
	c.asked.Add(1)
	if c.away.Load() {
		return errors.New("the database is away")
	}
	return c.paceKeeper.Change(ctx, change)
}

// limited is a limiter whose keeper is counted and whose reports can be read.
func limited(rate float64) (*Limiter, *counted, *bytes.Buffer) {
	l := NewLimiter(rate)
	keeper := &counted{paceKeeper: l.keeper}
	l.keeper = keeper
	var log bytes.Buffer
	l.report.to(prometheus.NewGauge(prometheus.GaugeOpts{}), slog.New(slog.NewTextHandler(&log, nil)), rate)
	return l, keeper, &log
}

// ask lets many workers make requests until the time is over, and counts them.
func ask(t *testing.T, l *Limiter, workers int, d time.Duration) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var (
		made atomic.Int64
		all  sync.WaitGroup
	)
	for range workers {
		all.Go(func() {
			for l.Wait(ctx) == nil {
				made.Add(1)
				l.answered.Store(true)
			}
		})
	}
	all.Wait()
	return int(made.Load())
}

func TestManyWorkersTogetherKeepTheRateAndReachIt(t *testing.T) {
	for _, c := range []struct {
		rate    float64
		workers int
	}{{0.5, 4}, {5, 4}, {100, 16}, {10_000, 64}} {
		synctest.Test(t, func(t *testing.T) {
			l, keeper, _ := limited(c.rate)
			const seconds = 10
			made := ask(t, l, c.workers, seconds*time.Second)
			most := int(c.rate*(seconds+0.2)) + 1
			if made > most || made < int(c.rate*seconds*0.99) {
				t.Errorf("%v/s: %d requests in %d s, want at most %d", c.rate, made, seconds, most)
			}
			if asked := keeper.asked.Load(); asked > seconds*12+int64(c.workers) {
				t.Errorf("%v/s: the keeper was asked %d times in %d s", c.rate, asked, seconds)
			}
		})
	}
}

func TestAnIdleLimiterAsksForNothingAndALoneRequestForLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, keeper, _ := limited(10_000)
		pass := func(d time.Duration) { <-time.After(d) }
		pass(time.Hour)
		if keeper.asked.Load() != 0 {
			t.Error("an idle limiter asked for turns")
		}
		var turns []int
		for range 5 {
			if err := l.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			turns = append(turns, l.turns.Count)
			pass(time.Second)
		}
		for _, n := range turns {
			if n > 2 {
				t.Errorf("a lone request took turns of others: %v are left", turns)
				break
			}
		}
	})
}

func TestAThrottledPlatformIsHeldForEverybodyThenAskedHalfAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, keeper, log := limited(160)
		ask(t, l, 8, 5*time.Second)
		before := keeper.asked.Load()
		for range 8 { // every worker hears of it
			l.Hold(time.Hour)
		}
		if n := ask(t, l, 8, 59*time.Minute); n != 0 {
			t.Errorf("%d requests were made while the platform wanted time", n)
		}
		if asked := keeper.asked.Load() - before; asked > 2 {
			t.Errorf("waiting for an hour asked the keeper %d times", asked)
		}
		<-time.After(time.Minute + time.Second)
		if got := testutil.ToFloat64(l.report.gauge); got != 80 {
			t.Errorf("the gauge says %v, want half of 160", got)
		}
		if n := ask(t, l, 8, time.Second); n < 70 || n > 100 { // a worker that gives up leaves its turn unused
			t.Errorf("%d requests in the first second", n)
		}
		ask(t, l, 8, time.Minute)
		if n := ask(t, l, 8, time.Second); n < 150 || n > 180 {
			t.Errorf("%d requests a second after a minute of answers", n)
		}
		if lines := strings.Count(log.String(), "\n"); lines != 2 || !strings.Contains(log.String(), "less often") || !strings.Contains(log.String(), "configured rate again") {
			t.Errorf("%d lines:\n%s", lines, log.String())
		}
		if got := testutil.ToFloat64(l.report.gauge); got != 160 {
			t.Errorf("the gauge says %v after it recovered", got)
		}
	})
}

func TestAReloadForgetsNothingThatThePlatformAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		NewLimiter(160).Succeed(nil)
		before := NewLimiter(160)
		ask(t, before, 8, time.Second)
		before.Hold(time.Hour)
		after := NewLimiter(160).Succeed(before)
		if n := ask(t, after, 8, 59*time.Minute); n != 0 {
			t.Errorf("%d requests were made while the platform wanted time", n)
		}
		<-time.After(time.Minute + time.Second)
		if n := ask(t, after, 8, time.Second); n < 70 || n > 100 {
			t.Errorf("%d requests in the first second, want about half of 160", n)
		}
	})
}

func TestWhoWaitsForATurnHearsThatThePlatformWantsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _, _ := limited(1)
		var passed atomic.Int64
		var all sync.WaitGroup
		for range 4 { // one at once, the others have turns in the seconds to come
			all.Go(func() {
				if err := l.Wait(t.Context()); err != nil {
					t.Error(err)
				}
				passed.Add(1)
			})
		}
		synctest.Wait()
		l.Hold(time.Minute)
		<-time.After(59 * time.Second)
		if n := passed.Load(); n != 1 {
			t.Errorf("%d requests were made, want the one that went before", n)
		}
		all.Wait()
	})
}

func TestWithoutItsDatabaseNobodyGetsATurnAndWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, keeper, _ := limited(100)
		keeper.away.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute+time.Second/2)
		defer cancel()
		if err := l.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "database is away") {
			t.Errorf("it ended with %v", err)
		}
		if asked := keeper.asked.Load(); asked > 61 {
			t.Errorf("a database that is away was asked %d times in a minute", asked)
		}
		keeper.away.Store(false)
		if n := ask(t, l, 4, time.Second); n < 99 {
			t.Errorf("%d requests in a second once it was back", n)
		}
	})
}

func TestOnlyAnswersCountAsAnswers(t *testing.T) {
	for status, want := range map[int]bool{200: true, 404: true, 429: false, 500: false, 503: false} {
		l := NewLimiter(100)
		base := answering(status)
		request := httptest.NewRequest(http.MethodGet, "https://lapor.example/", nil)
		response, err := l.Transport(base, time.Second).RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if l.answered.Load() != want {
			t.Errorf("%d counts as an answer: %t", status, !want)
		}
	}
}

type answering int

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.WriteHeader(int(a))
	return w.Result(), nil
}

// trickle is a body that gives what it has and then nothing, and knows nothing of contexts: it ends when it is closed.
type trickle struct {
	*io.PipeReader
	closed atomic.Int64
}

func (b *trickle) Close() error {
	b.closed.Add(1)
	return b.PipeReader.Close()
}

// once is a peer that answers like this.
type once struct{ *http.Response }

func (o once) RoundTrip(*http.Request) (*http.Response, error) { return o.Response, nil }

func TestABodyEndsWithItsRequestsTime(t *testing.T) {
	for name, c := range map[string]struct {
		stop, wants time.Duration
		says        error
	}{
		"time-out": {time.Hour, time.Second, context.DeadlineExceeded},
		"we stop":  {time.Millisecond, time.Millisecond, context.Canceled},
	} {
		synctest.Test(t, func(t *testing.T) {
			from, to := io.Pipe()
			body := &trickle{PipeReader: from}
			go func() { _, _ = io.WriteString(to, "lampu") }()
			base := once{&http.Response{StatusCode: http.StatusOK, Body: body}}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			time.AfterFunc(c.stop, cancel)
			r := httptest.NewRequestWithContext(ctx, http.MethodGet, "https://lapor.example", nil)
			began := time.Now()
			answer, err := NewLimiter(100).Transport(base, time.Second).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			said, err := io.ReadAll(answer.Body)
			if string(said) != "lampu" || !errors.Is(err, c.says) || time.Since(began) != c.wants {
				t.Errorf("%s: %q and %v after %s, want %v after %s", name, said, err, time.Since(began), c.says, c.wants)
			}
			if err := answer.Body.Close(); err != nil || body.closed.Load() != 1 {
				t.Errorf("%s: closed %d times, %v", name, body.closed.Load(), err)
			}
		})
	}
}

// Two gateways on one PostgreSQL: the rate is one, whoever is told to wait tells the other, and neither depends on its own
// clock.
func TestGatewaysOnOneDatabaseShareTheRateAndTheHold(t *testing.T) {
	server := storetest.StartPostgres(t)
	dsn := server.Database(t)
	open := func(platform string, rate float64) *Limiter {
		s, err := store.Open(t.Context(), store.Options{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return NewLimiter(rate).Share(s.Pace(platform))
	}
	both := func(rate float64, d time.Duration) int {
		platform := fmt.Sprint(rate)
		a, b := open(platform, rate), open(platform, rate)
		var n [2]int
		var all sync.WaitGroup
		all.Go(func() { n[0] = ask(t, a, 16, d) })
		all.Go(func() { n[1] = ask(t, b, 16, d) })
		all.Wait()
		t.Logf("%v/s: %d and %d in %s", rate, n[0], n[1], d)
		return n[0] + n[1]
	}
	for _, rate := range []float64{20, 400, 10_000} {
		least := min(rate, 1000) * 3 * 0.8 // a machine with much else to do reaches no more
		if n := both(rate, 3*time.Second); n > int(rate*3.4)+2 || n < int(least) {
			t.Errorf("two gateways made %d requests in 3 s at %v/s", n, rate)
		}
	}
	a, b := open("lapor", 100), open("lapor", 100)
	a.Hold(2 * time.Second)
	if n := ask(t, b, 4, time.Second); n != 0 {
		t.Errorf("a gateway made %d requests though the other one was told to wait", n)
	}
	ask(t, b, 4, 1200*time.Millisecond)
	if n := ask(t, b, 4, time.Second); n < 40 || n > 65 {
		t.Errorf("%d requests in a second after the other gateway was throttled at 100/s", n)
	}
	server.Kill()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for err := error(nil); err == nil; { // what was reserved already may be used
		if err = a.Wait(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without its database: %v", err)
		}
	}
	server.Start(t)
	if n := ask(t, b, 4, 3*time.Second); n < 50 {
		t.Errorf("%d requests once the database was back", n)
	}
}
