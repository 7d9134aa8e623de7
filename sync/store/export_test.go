package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// KeepTogether keeps pages as those that arrive together are kept, and returns how many messages of each are new.
func (s *Store) KeepTogether(ctx context.Context, pages ...Page) ([]int, error) {
	jobs, heard := make([]*keepJob, len(pages)), make([]int, len(pages))
	for i, page := range pages {
		jobs[i] = &keepJob{page: page}
	}
	err := s.inWriter(ctx, func(w *writer) error { return applyKeeps(ctx, w, jobs) })
	for i, job := range jobs {
		heard[i] = job.heard
	}
	return heard, err
}

// WaitFor has answers of PostgreSQL waited for so long.
func (s *Store) WaitFor(t time.Duration) { s.patience.Store(int64(t)) }

// ErrUnderWay is errUnderWay.
var ErrUnderWay = errUnderWay

// Queries are the texts of all queries by their names, as this database is asked them.
func (s *Store) Queries() map[string]string {
	texts := map[string]string{}
	s.q.each(func(q *query) { texts[q.name] = q.text() })
	return texts
}

// SettleTogether settles claims as those that end together are settled, and returns what each came to.
func (s *Store) SettleTogether(claims []Claim, to []Settlement) []error {
	group := make([]waiting[*stepJob], len(claims))
	for i := range claims {
		group[i] = waiting[*stepJob]{&stepJob{claim: claims[i], settle: &to[i]}, make(chan error, 1)}
	}
	s.steps.commit(group)
	errs := make([]error, len(group))
	for i, w := range group {
		if errs[i] = <-w.reply; errs[i] == nil {
			errs[i] = w.job.err
		}
	}
	return errs
}

// StopKeeping has every transaction that keeps something fail.
func (s *Store) StopKeeping() { s.keeps.close() }

// AgePlans makes the plans of a connection to PostgreSQL as old as they may become.
func AgePlans(conn *sql.Conn) error {
	return conn.Raw(func(c any) error {
		c.(*replanning).since = time.Now().Add(-plansLive)
		return nil
	})
}

// SortKeys makes one segment of the rows of a table print_key, as the migration does, and removes it.
var SortKeys = sortKeyRows

// FoundBy are the newest complaints that are found by a key.
func (s *Store) FoundBy(ctx context.Context, key int64, most int) (refs []complaint.Ref, err error) {
	w := wanted{key: key, before: 1 << 62, most: most}
	err = looker{s.look, s}.search(ctx, []*wanted{&w})
	for _, h := range w.found {
		refs = append(refs, h.ref)
	}
	return refs, err
}
