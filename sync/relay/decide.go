package relay

import (
	"context"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/route"
	"github.com/satupintu/satupintu/sync/store"
)

const (
	decideBatch = 200
	// aloneAfter is how long decisions may fail, and a complaint wait for one, before it goes on without a look for duplicates: a miss
	// is better than a citizen who waits for our database.
	aloneAfter = 30 * time.Second
	// decidePatience is how long a decision waits for room to forward what it decides: what is claimed as it is decided need not be
	// claimed and read once more, and at a platform that is fast there is room in no time.
	decidePatience = 50 * time.Millisecond
	// idleLook is how often a loop looks for work nobody here woke it for: of another gateway, or of a command.
	idleLook = 5 * time.Second
)

// decideLoop decides what was kept: duplicate of what, routed where.
func (r *Relay) decideLoop(ctx context.Context, d *dispatcher) {
	var (
		down trouble
		p    patience
	)
	for ctx.Err() == nil {
		more, err := r.decideOnce(ctx, d, &p)
		down.watch(ctx, r.log, "deciding", err)
		switch {
		case err != nil:
			sleep(ctx, time.Second, nil)
		case !more:
			sleep(ctx, idleLook, r.decidable)
		}
	}
}

// decideOnce decides one batch. While nothing older waits and the gate is open, what is ready is claimed in the same
// transaction and forwarded at once, without asking the store for it again. It says whether more may wait.
func (r *Relay) decideOnce(ctx context.Context, d *dispatcher, p *patience) (more bool, err error) {
	room := 0
	if !r.gate.isDenied() && d.await(ctx, d.decides, decidePatience) { // the forwarder probes
		room, _ = d.reserve(ctx, d.decides)
	}
	appetite := r.appetite(d, room)
	most := decideBatch
	if appetite.Most > 0 { // what finds no room now finds it soon
		most = min(decideBatch, appetite.Most)
	}
	unused := room
	defer func() { d.release(unused) }() // after a panic
	r.at(BeforeDecide)
	began := time.Now()
	decided, err := r.store.Decide(ctx, most, r.judge, appetite)
	switch {
	case err == nil:
		p.rests(len(decided) > 0)
	case p.ends(func() (time.Duration, error) { return r.longestUndecided(ctx) }):
		began = time.Now()
		if p.alone.begins() {
			r.log.Error("complaints go on without a look for duplicates until that works again", "error", err)
		}
		decided, err = r.store.Decide(ctx, decideBatch, r.judgeAlone, appetite)
	}
	unused = 0
	r.handOut(d, decided, appetite, began)
	if len(decided) > 0 {
		r.wakeWriters() // what is linked may be told already
	}
	if len(decided) > 0 || err != nil { // what it is compared by may have to be mended
		r.mergeable.send()
	}
	return len(decided) >= most, err
}

// appetite is what may be claimed where room was reserved.
func (r *Relay) appetite(d *dispatcher, room int) store.Appetite {
	return store.Appetite{Most: room, Begin: d.soon(), Lease: r.lease(), First: r.firstStep}
}

// handOut forwards what was claimed as it was decided, and gives back the rest of what was reserved for it.
func (r *Relay) handOut(d *dispatcher, decided []store.Decided, reserved store.Appetite, claiming time.Time) {
	unused := reserved.Most
	defer func() { d.release(unused) }() // after a panic too: who was claimed is found again when the lease has run out
	works, ready := r.sortOut(decided)
	if len(decided) > 0 {
		r.at(AfterDecide)
	}
	if len(works) > 0 {
		r.at(AfterClaim)
	}
	unused -= len(works)
	d.start(works, claiming)
	if ready {
		r.forwardable.send()
	}
}

// sortOut counts what was decided, and returns what is to be forwarded now and whether anything waits for its claim.
func (r *Relay) sortOut(decided []store.Decided) (works []store.Work, ready bool) {
	for _, d := range decided {
		if d.Held != nil {
			r.log.Error("a complaint cannot be decided and waits for a person: see satupintu queue show", "ref", d.Ref)
			continue
		}
		r.metrics.routed.WithLabelValues(routedBy(d.Rule)).Inc()
		r.compared(d)
		switch {
		case d.Primary != "":
		case d.Answer == dedup.Review:
		case d.Work != nil:
			works = append(works, *d.Work)
		default:
			ready = true
		}
	}
	return works, ready
}

// What routed a complaint. Much by the fallback means that rules are missing.
const (
	byRule     = "rule"
	byFallback = "fallback"
)

func routedBy(rule int) string {
	if rule == route.Fallback {
		return byFallback
	}
	return byRule
}

// patience is what is had with decisions that fail.
type patience struct {
	since    time.Time // by a clock that is never set; zero: the last did not fail
	answered bool      // the database, to the last question after a failure
	alone    trouble   // complaints go on alone
}

// rests has the next failure be the first: a decision works, or nobody waits for one.
func (p *patience) rests(works bool) {
	if works {
		p.alone.ends()
	}
	p.since, p.answered = time.Time{}, false
}

// ends says, of one failure after the other, whether it was the last that is waited for: decisions have failed for long, once more
// after a database that was away had answered again, and somebody waits for long.
func (p *patience) ends(waits func() (time.Duration, error)) bool {
	if p.since.IsZero() {
		p.since = time.Now()
	}
	before := p.answered
	age, failed := waits()
	p.answered = failed == nil
	return before && p.answered && age > aloneAfter && time.Since(p.since) > aloneAfter
}

// longestUndecided is how long the oldest undecided complaint has waited; 0: none does. A clock that was set makes nobody wait.
func (r *Relay) longestUndecided(ctx context.Context) (time.Duration, error) {
	oldest, err := r.store.OldestUndecided(ctx)
	if err != nil || oldest.IsZero() {
		return 0, err
	}
	return r.leaps.age(r.now(), oldest), nil
}

// judge routes a complaint and says what it is compared by.
func (r *Relay) judge(c complaint.Complaint) store.Decision {
	d := r.judgeAlone(c)
	if r.comparison != nil {
		print := r.engine.Print(c)
		d.Print, d.By = &print, r.comparison
	}
	return d
}

func (r *Relay) judgeAlone(c complaint.Complaint) store.Decision {
	to := r.table.Decide(c)
	return store.Decision{
		Agency: to.Agency, Category: to.Category, Location: to.Location, HandOver: to.HandOver, Rule: to.Rule, Why: to.Why,
	}
}

// firstStep is the step with which the submission of a complaint begins, where that is sure.
func (r *Relay) firstStep(c complaint.Complaint) string {
	if len(c.Attachments) > 0 {
		return ""
	}
	return national.StepCreate
}
