package relay_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// outageLasts is how long the platform is away: an hour, eight when everything is run, and what SATUPINTU_OUTAGE says:
// `make bench` lets it be a week, which takes some minutes.
func outageLasts(t *testing.T) time.Duration {
	t.Helper()
	if said := os.Getenv("SATUPINTU_OUTAGE"); said != "" {
		d, err := time.ParseDuration(said)
		if err != nil {
			t.Fatalf("SATUPINTU_OUTAGE: %v", err)
		}
		return d
	}
	if os.Getenv(storetest.Everything) == "all" {
		return 8 * time.Hour
	}
	return time.Hour
}

// A platform that is away: first nobody listens, then it answers 503. It costs next to nothing, nothing is given up, and
// when the platform is back its backlog drains by itself, with newcomers all the while.
func TestALongOutageCostsNothingAndItsBacklogDrainsOldestAndMostUrgentFirst(t *testing.T) {
	total := outageLasts(t)
	outage{refused: total * 4 / 7, unavailable: total * 3 / 7}.test(t)
}

type outage struct{ refused, unavailable time.Duration }

const (
	knownBefore = 40  // complaints whose status is asked for
	backlog     = 300 // complaints that wait
	newcomers   = 20  // complaints that come in while it drains, one in two seconds
)

func (o outage) test(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.National.Rate = 5
		if os.Getenv("SATUPINTU_OUTAGE") != "" {
			r.sweep = 0 // its processor time is what is asked for
		}
		r.start()
		w := &waiting{rig: r, class: map[complaint.Ref]complaint.Class{}}
		for range knownBefore {
			r.until(w.comesIn(complaint.Ordinary), store.Done)
		}
		w.refs = nil

		calls, lines, cpu := r.calls(), r.lines(), cpuTime()
		r.faults(simulator.Rule{Fault: simulator.Refused})
		w.comeIn(o.refused)
		refused := r.sim.Stats().Faults[simulator.Refused]
		r.faults(simulator.Rule{Fault: simulator.Unavailable})
		w.comeIn(o.unavailable)
		calls, lines, cpu = r.calls()-calls+refused, r.lines()-lines, cpuTime()-cpu

		total := o.refused + o.unavailable
		hours := max(1, int(total.Hours()))
		fmt.Fprintf(t.Output(), "%s without the platform: %d requests (%d an hour), %d log lines, %s of processor time\n",
			total, calls, calls/hours, lines, cpu.Round(time.Millisecond))
		// A delivery and a question, each a minute and with its quick repetition; before that what was under way.
		if most := 250*hours + 4*knownBefore; calls > most {
			t.Errorf("a dead platform was tried %d times, want at most %d", calls, most)
		}
		if lines > 10 {
			t.Errorf("%d log lines about one outage:\n%s", lines, r.log.String())
		}
		if ledger := r.balanced(); ledger.Waiting != backlog || ledger.Dead+ledger.Held != 0 {
			t.Errorf("ledger after the outage: %+v", ledger)
		}
		r.faults()
		w.drains()
	})
}

// waiting is a backlog in the order in which it came.
type waiting struct {
	*rig
	refs  []complaint.Ref
	class map[complaint.Ref]complaint.Class
}

func (w *waiting) comesIn(class complaint.Class) complaint.Ref {
	w.Helper()
	c := report(len(w.class))
	c.Class = class
	ref := w.takeIn(c)[0]
	w.refs, w.class[ref] = append(w.refs, ref), class
	return ref
}

// comeIn lets half of the backlog come in over a time, in several classes.
func (w *waiting) comeIn(over time.Duration) {
	w.Helper()
	classes := []complaint.Class{complaint.Information, complaint.Ordinary, complaint.Supervised}
	for n := range backlog / 2 {
		w.comesIn(classes[n%len(classes)])
		pass(over * 2 / backlog)
	}
}

// drains watches the platform come back, with newcomers all the while.
func (w *waiting) drains() {
	w.Helper()
	old := slices.Clone(w.refs)
	before, began := len(w.sim.Complaints()), time.Now()
	for n := 0; len(w.sim.Complaints())-before < len(w.refs); n++ {
		if time.Since(began) > 20*time.Minute {
			w.Fatalf("after 20 minutes only %d of %d are at the platform", len(w.sim.Complaints())-before, len(w.refs))
		}
		if n < newcomers {
			w.comesIn(complaint.Ordinary)
		}
		pass(2 * time.Second)
	}
	created := w.sim.Complaints()[before:]
	if back := created[0].CreatedAt.Sub(began); back > 2*time.Minute {
		w.Errorf("it was noticed after %s that the platform is back", back)
	}
	took := created[len(created)-1].CreatedAt.Sub(created[0].CreatedAt)
	if at := float64(len(created)-1) / took.Seconds(); at > 5.1 || at < 4 {
		w.Errorf("%d complaints were sent within %s: %.1f/s, want 5", len(created), took, at)
	}
	fmt.Fprintf(w.Output(), "%d drained in %s\n", len(created), took.Round(time.Second))
	w.inOrder(created, old)
	for _, ref := range w.refs {
		w.until(ref, store.Done)
		if n := w.atPlatform(ref); n != 1 {
			w.Errorf("%s is %d times at the platform", ref, n)
		}
	}
	w.balanced()
}

// inOrder checks that the old ones were sent the most urgent class first and in each the oldest, as far as workers beside
// each other keep an order; and that no newcomer waited behind a less urgent one.
func (w *waiting) inOrder(created []simulator.Complaint, old []complaint.Ref) {
	w.Helper()
	want := slices.Clone(w.refs)
	rank := func(ref complaint.Ref) int { return slices.Index(complaint.Classes(), w.class[ref]) }
	slices.SortStableFunc(want, func(a, b complaint.Ref) int { return cmp.Compare(rank(a), rank(b)) })
	isOld := func(ref complaint.Ref) bool { return slices.Contains(old, ref) }
	want = slices.DeleteFunc(want, func(ref complaint.Ref) bool { return !isOld(ref) })
	var sent []complaint.Ref
	for _, c := range created[1:] { // the first was the try
		_, rest, _ := strings.Cut(c.Content, "[Ref ")
		ref, _, _ := strings.Cut(rest, "]")
		sent = append(sent, complaint.Ref(ref))
	}
	place := 0
	for i, ref := range sent {
		if !isOld(ref) {
			if after := len(sent) - i; after < backlog/len(complaint.Classes()) {
				w.Errorf("a newcomer was sent as number %d of %d, after less urgent ones", i, len(sent))
			}
			continue
		}
		if off := slices.Index(want, ref) - place; off > 10 || off < -10 {
			w.Errorf("complaint %d of the order came as number %d", slices.Index(want, ref), place)
			return
		}
		place++
	}
}

func (r *rig) calls() int {
	total := 0
	for _, n := range r.sim.Stats().Calls {
		total += n
	}
	return total
}

func (r *rig) lines() int { return strings.Count(r.log.String(), "\n") }

// cpuTime is this process's: of the tests beside this one too.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
