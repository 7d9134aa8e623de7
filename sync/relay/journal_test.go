package relay

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// A delivery that was claimed when the platform could not be asked just then, or the gateway stopped, is not overtaken by those
// that came after it.
func TestWhatWasNotTriedKeepsItsPlace(t *testing.T) {
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	r := &Relay{now: func() time.Time { return now }}
	accepted := now.Add(-5 * time.Hour)
	for _, err := range []error{errNotTried, errStopping} {
		to := r.verdict(&attempt{r: r, claim: store.Claim{AcceptedAt: accepted}}, err)
		if to.State != store.Ready || !to.Uncounted || !to.Due.Equal(accepted) {
			t.Errorf("%v: %+v, want it ready, uncounted and due since %s", err, to, accepted)
		}
	}
	ahead := &attempt{r: r, claim: store.Claim{AcceptedAt: now.Add(time.Hour)}} // by a clock that was ahead
	if to := r.verdict(ahead, errNotTried); !to.Due.Equal(now) {
		t.Errorf("accepted ahead of now it is due at %s, want %s", to.Due, now)
	}
}

// What a step that may be done without is given up for: only for what the platform, or the way to it, makes of this one.
func TestWhatAHarmlessStepIsGivenUpFor(t *testing.T) {
	const halfOver = 16 * 24 * time.Hour
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	failed := errors.New("the upload failed")
	for name, c := range map[string]struct {
		err     error
		taken   bool // others, between each two attempts
		age     time.Duration
		last    bool // of the attempts
		needed  bool // the step is not harmless
		givenUp bool
	}{
		"500, others are taken":             {err: retry.FromStatus(500, nil, retry.Application, failed), taken: true, givenUp: true},
		"500, nobody is taken":              {err: retry.FromStatus(500, nil, retry.Application, failed)},
		"500, half of the time is over":     {err: retry.FromStatus(500, nil, retry.Application, failed), age: halfOver, givenUp: true},
		"500, the last attempt":             {err: retry.FromStatus(500, nil, retry.Application, failed), last: true, givenUp: true},
		"500 of a create":                   {err: retry.FromStatus(500, nil, retry.Application, failed), taken: true, age: halfOver, needed: true},
		"no id, others are taken":           {err: retry.UnreadableAnswer(failed), taken: true, givenUp: true},
		"no such path, others are taken":    {err: retry.Because(failed, retry.Rejected), taken: true, givenUp: true},
		"502, others are taken":             {err: retry.FromStatus(502, nil, retry.Proxy, failed), taken: true},
		"502, half of the time is over":     {err: retry.FromStatus(502, nil, retry.Proxy, failed), age: halfOver, givenUp: true},
		"time-out, others are taken":        {err: retry.FromTransport(context.DeadlineExceeded, true), taken: true},
		"time-out, half of the time over":   {err: retry.FromTransport(context.DeadlineExceeded, true), age: halfOver, givenUp: true},
		"503, half of the time is over":     {err: retry.FromStatus(503, nil, retry.Proxy, failed), taken: true, age: halfOver},
		"429, half of the time is over":     {err: retry.FromStatus(429, nil, retry.Proxy, failed), taken: true, age: halfOver},
		"401, half of the time is over":     {err: retry.FromStatus(401, nil, retry.Proxy, failed), taken: true, age: halfOver},
		"nobody listens":                    {err: retry.FromTransport(syscall.ECONNREFUSED, false), taken: true, age: halfOver},
		"we stopped, half of the time over": {err: retry.FromTransport(context.Canceled, true), taken: true, age: halfOver},
		"our own files cannot be read":      {err: failed, taken: true, age: halfOver},
	} {
		cfg, err := config.Default()
		if err != nil {
			t.Fatal(err)
		}
		r := &Relay{cfg: cfg, now: func() time.Time { return now }}
		a := &attempt{r: r, claim: store.Claim{Ref: "SP-1KAZ5T8M3Q0X4RD", TriedAt: now.Add(-c.age), Attempts: 1}}
		if c.last {
			cfg.Delivery.MaxAttempts = 1
		}
		step := national.Step{Name: "upload ab", Harmless: !c.needed}
		for range mostRefusals {
			if c.taken {
				r.spoilt.ended(tried{"SP-1KAZ5T8M3Q0X4RE", "upload cd"}, true)
			}
			err = a.giveUp(step, a.failed(step, c.err))
		}
		if got := retry.Of(err).Verdict == retry.Permanent; got != c.givenUp {
			t.Errorf("%s: given up %t (%v), want %t", name, got, err, c.givenUp)
		}
	}
}
