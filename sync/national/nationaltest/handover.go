package nationaltest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
)

// The institution a complaint goes to, and the one it is handed over to from there.
const (
	receiver = "21032"
	owner    = "21031"
)

// settled is longer than any fault of these tests keeps a request under way: the gateway's delivery.settle.
const settled = 5 * time.Minute

func handedOver(h Harness) national.Submission {
	s := submission(h)
	s.Agency, s.HandOver = receiver, owner
	return s
}

func handingOver(t *testing.T, h Harness) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Harness)
	}{
		{"it is done once and a replay changes nothing", handOverOnce},
		{"a crash around it repeats nothing that is done", handOverCrashes},
		{"it is done when the platform says so, whoever did it", handOverAlready},
		{"not knowing who has it hands nothing over", handOverUnasked},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { needsHandOver(t, h); c.test(t, h) })
		})
	}
	for _, f := range faults(h.Refusal) {
		t.Run(f.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { needsHandOver(t, h); handOverFails(t, h, f) })
		})
	}
}

func needsHandOver(t *testing.T, h Harness) {
	t.Helper()
	if h.New(t).HandsOver == nil {
		t.Skip("this kind hands nothing over")
	}
}

// handed asserts that the one ticket was handed over this often, to its owner.
func handed(t *testing.T, side Side, ticket national.Ticket, j *Journal, times int) {
	t.Helper()
	if got := one(t, side, ticket, j).HandedTo; !slices.Equal(got, slices.Repeat([]string{owner}, times)) {
		t.Errorf("handed over to %v, want %d times to %s", got, times, owner)
	}
}

func handOverOnce(t *testing.T, h Harness) {
	side, j, s := h.New(t), NewJournal(), handedOver(h)
	ticket := submit(t, side.Open(t, side.Transport), s, j)
	j.Restart()
	if again := submit(t, side.Open(t, side.Transport), s, j); again != ticket {
		t.Errorf("the replay says %v, the first said %v", again, ticket)
	}
	handed(t, side, ticket, j, 1)
	if want := []string{national.StepCreate, national.StepHandOver}; !slices.Equal(j.order[len(j.order)-2:], want) {
		t.Errorf("the steps are %v, want %v at the end", j.order, want)
	}
}

func handOverCrashes(t *testing.T, h Harness) {
	for _, step := range []string{national.StepCreate, national.StepHandOver} {
		for _, when := range []moment{beforeRun, beforeDone, afterDone} {
			if step == national.StepCreate && when == beforeDone {
				continue // that leaves an unknown outcome: see lostRecord
			}
			side, j, s := h.New(t), NewJournal(), handedOver(h)
			j.dieAt(step, when)
			if _, err := side.Open(t, side.Transport).Submit.Submit(t.Context(), s, j); !errors.Is(err, ErrDied) {
				t.Fatalf("dying at %q: %v", step, err)
			}
			j.Restart()
			<-time.After(settled)
			handed(t, side, submit(t, side.Open(t, side.Transport), s, j), j, 1)
		}
	}
}

func handOverAlready(t *testing.T, h Harness) {
	side, j, s := h.New(t), NewJournal(), handedOver(h)
	j.dieAt(national.StepHandOver, beforeRun)
	p := side.Open(t, side.Transport)
	if _, err := p.Submit.Submit(t.Context(), s, j); !errors.Is(err, ErrDied) {
		t.Fatalf("got %v", err)
	}
	side.Give(t, side.Tickets()[0].ID, owner)
	j.Restart()
	handed(t, side, submit(t, p, s, j), j, 0)
}

// handOverUnasked has every question fail that comes after the ticket is there.
func handOverUnasked(t *testing.T, h Harness) {
	for _, f := range faults(h.Refusal) {
		side, j, s := h.New(t), NewJournal(), handedOver(h)
		j.dieAt(national.StepCreate, afterDone)
		if _, err := side.Open(t, side.Transport).Submit.Submit(t.Context(), s, j); !errors.Is(err, ErrDied) {
			t.Fatalf("got %v", err)
		}
		j.Restart()
		p := side.Open(t, &faulty{base: side.Transport, fault: f, meant: everything})
		_, err := p.Submit.Submit(t.Context(), s, j)
		if got := retry.Of(err).Verdict; err == nil || got == retry.Uncertain {
			t.Errorf("%s: got %v (%s): nothing was handed over, and that is certain", f.name, err, got)
		}
		if n := len(side.Tickets()[0].HandedTo); n != 0 {
			t.Errorf("%s: handed over %d times", f.name, n)
		}
		leaksNothing(t, h, s, err)
	}
}

// handOverFails meets the hand-over with a fault, once, and goes on by its verdict. Whatever it was, the one ticket is
// known, and unless the platform refused for good it was handed over once in the end.
func handOverFails(t *testing.T, h Harness, f fault) {
	if strings.HasSuffix(f.name, "no id") {
		t.Skip("a hand-over has no id to bring")
	}
	side, j, s := h.New(t), NewJournal(), handedOver(h)
	wire := &faulty{base: side.Transport, fault: f, meant: side.HandsOver}
	_, err := side.Open(t, wire).Submit.Submit(t.Context(), s, j)
	got := retry.Of(err)
	if err == nil || got.Verdict != f.verdict || got.Reason != f.reason || got.After != f.after {
		t.Errorf("got %v\n%s (%s), after %s; want %s (%s), after %s", err, got.Verdict, got.Reason, got.After, f.verdict, f.reason, f.after)
	}
	if n := len(side.Tickets()[0].HandedTo); (n == 1) != f.carried || n > 1 {
		t.Errorf("handed over %d times; carried out: %t", n, f.carried)
	}
	leaksNothing(t, h, s, err)
	if _, known := j.done[national.StepCreate]; !known {
		t.Error("the ticket is forgotten")
	}
	if got.Verdict == retry.Permanent {
		return
	}
	j.Restart()
	<-time.After(settled)
	handed(t, side, submit(t, side.Open(t, side.Transport), s, j), j, 1)
}
