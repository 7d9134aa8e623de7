package store

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
)

// stepJob is a change of a delivery this gateway holds, or of something about a ticket. Exactly one of begin, done,
// settle and change is set. What went wrong with this job alone is in err.
type stepJob struct {
	claim  Claim
	begin  *national.Step
	done   *Succeeded
	settle *Settlement
	change func(ctx context.Context, w *writer) error
	err    error
}

// applySteps writes a group of changes in one transaction, those of one kind in one statement.
func applySteps(ctx context.Context, w *writer, jobs []*stepJob) error {
	slices.SortStableFunc(jobs, func(a, b *stepJob) int { return cmp.Compare(a.claim.Ref, b.claim.Ref) })
	if err := w.beginAll(ctx, pick(jobs, func(j *stepJob) bool { return j.begin != nil })); err != nil {
		return err
	}
	if err := w.endAll(ctx, pick(jobs, func(j *stepJob) bool { return j.done != nil })); err != nil {
		return err
	}
	if err := w.settleAll(ctx, pick(jobs, func(j *stepJob) bool { return j.settle != nil })); err != nil {
		return err
	}
	for _, job := range pick(jobs, func(j *stepJob) bool { return j.change != nil }) {
		if job.err = job.change(ctx, w); job.err != nil && !errors.Is(job.err, ErrLost) {
			return job.err
		}
	}
	return nil
}

func pick(jobs []*stepJob, wanted func(*stepJob) bool) []*stepJob {
	var some []*stepJob
	for _, job := range jobs {
		if wanted(job) {
			some = append(some, job)
		}
	}
	return some
}

// step runs one change in the next group.
func (s *Store) step(ctx context.Context, job *stepJob) error {
	if err := s.steps.do(ctx, job); err != nil {
		return err
	}
	return job.err
}

// change runs a change that is no delivery's own in the next group. ErrLost fails it and nobody else.
func (s *Store) change(ctx context.Context, ref complaint.Ref, f func(context.Context, *writer) error) error {
	return s.step(ctx, &stepJob{claim: Claim{Ref: ref}, change: f})
}

// beginAll records that the steps' requests are about to go out, those of one step together.
func (w *writer) beginAll(ctx context.Context, jobs []*stepJob) error {
	groups := map[national.Step][]*stepJob{}
	for _, job := range jobs {
		groups[*job.begin] = append(groups[*job.begin], job)
	}
	for step, group := range groups {
		if _, _, err := w.mine(ctx, w.s.q.BeginSteps, group, args{"step": step.Name, "harmless": bit(step.Harmless)}); err != nil {
			return err
		}
	}
	return nil
}

// endAll records steps that succeeded: the create step by its ticket, any other by its result.
func (w *writer) endAll(ctx context.Context, jobs []*stepJob) error {
	if len(jobs) == 0 {
		return nil
	}
	ours, routes, err := w.mine(ctx, w.s.q.EndSteps, jobs, args{})
	if err != nil {
		return err
	}
	var (
		rows  []*stepRow
		named []naming
	)
	for i, job := range ours {
		done := job.done
		if done.Ticket != (national.Ticket{}) {
			named = append(named, naming{routes[i], done.Ticket, done.News})
			continue
		}
		rows = append(rows, &stepRow{string(job.claim.Ref), done.Name, milli(done.Began), done.Result})
	}
	if err := insertSet(ctx, w, w.s.q.InsertSteps, rows); err != nil {
		return err
	}
	return w.nameAll(ctx, named)
}

// stepRow is a step that is done.
type stepRow struct {
	Ref       string `db:"ref"`
	Name      string `db:"name"`
	StartedAt int64  `db:"started_at"`
	Result    string `db:"result"`
}

// insertSet runs an insert over rows given one by one.
func insertSet[T any](ctx context.Context, w *writer, q *query, rows []*T) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := runSet(ctx, w.tx, q, args{"now": w.now, "owner": w.s.owner}, columnsOf(q, rows))
	return err
}
