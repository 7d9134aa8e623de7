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
func (s *Store) applySteps(ctx context.Context, jobs []*stepJob) error {
	slices.SortStableFunc(jobs, func(a, b *stepJob) int { return cmp.Compare(a.claim.Ref, b.claim.Ref) })
	return s.inWriter(ctx, func(w *writer) error {
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
	})
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

// held are the columns of the claims of some jobs.
func held(jobs []*stepJob) set {
	refs, fences := make([]string, len(jobs)), make([]int64, len(jobs))
	for i, job := range jobs {
		refs[i], fences[i] = string(job.claim.Ref), job.claim.Fence
	}
	return set{"ref": refs, "fence": fences}
}

// stillOurs runs a query over the claims of some jobs that returns those it found to be ours; the others are lost.
func (w *writer) stillOurs(ctx context.Context, q *query, jobs []*stepJob, rows set) ([]*stepJob, error) {
	refs, err := allSet[string](ctx, w.tx, q, args{"owner": w.s.owner, "now": w.now}, rows)
	if err != nil {
		return nil, err
	}
	found := make(map[string]bool, len(refs))
	for _, ref := range refs {
		found[ref] = true
	}
	return pick(jobs, func(j *stepJob) bool {
		j.err = nil
		if !found[string(j.claim.Ref)] {
			j.err = ErrLost
		}
		return j.err == nil
	}), nil
}

// beginAll records that the steps' requests are about to go out.
func (w *writer) beginAll(ctx context.Context, jobs []*stepJob) error {
	if len(jobs) == 0 {
		return nil
	}
	steps, harmless := make([]string, len(jobs)), make([]int64, len(jobs))
	for i, job := range jobs {
		steps[i], harmless[i] = job.begin.Name, bit(job.begin.Harmless)
	}
	rows := held(jobs)
	rows["step"], rows["harmless"] = steps, harmless
	_, err := w.stillOurs(ctx, w.s.q.BeginSteps, jobs, rows)
	return err
}

// endAll records steps that succeeded: the create step by its ticket, any other by its result.
func (w *writer) endAll(ctx context.Context, jobs []*stepJob) error {
	if len(jobs) == 0 {
		return nil
	}
	ours, err := w.stillOurs(ctx, w.s.q.EndSteps, jobs, held(jobs))
	if err != nil {
		return err
	}
	var rows []args
	for _, job := range ours {
		if job.done.Ticket == (national.Ticket{}) {
			rows = append(rows, args{
				"ref": string(job.claim.Ref), "name": job.done.Name, "started_at": milli(job.done.Began), "result": job.done.Result,
			})
		}
	}
	if err := w.insertSet(ctx, w.s.q.InsertSteps, rows); err != nil {
		return err
	}
	return w.nameAll(ctx, pick(ours, func(j *stepJob) bool { return j.done.Ticket != (national.Ticket{}) }), func(j *stepJob) naming {
		return naming{j.done.Ticket, j.done.News}
	})
}

// insertSet runs an insert over rows given one by one.
func (w *writer) insertSet(ctx context.Context, q *query, rows []args) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := runSet(ctx, w.tx, q, args{"now": w.now, "owner": w.s.owner}, columnsOf(q, rows))
	return err
}

func columnsOf(q *query, rows []args) set {
	columns := set{}
	for _, name := range q.rows {
		if _, number := rows[0][name].(int64); number {
			column := make([]int64, len(rows))
			for i, row := range rows {
				column[i], _ = row[name].(int64)
			}
			columns[name] = column
			continue
		}
		column := make([]string, len(rows))
		for i, row := range rows {
			column[i], _ = row[name].(string)
		}
		columns[name] = column
	}
	return columns
}
