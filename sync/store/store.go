// Package store keeps complaints and everything that happens to them, in SQLite or PostgreSQL, behind one text of SQL.
//
// Promises:
//
//   - what Keep returns without error is durable; a page and its cursor are one transaction
//   - a (source, source id) pair is stored once; the same pair with other content is a revision, kept beside it
//   - a step's start is durable before Begin returns, or a claim that has Claim.Begun; its outcome and history are one transaction
//   - a settlement with a lost lease changes nothing (ErrLost)
//   - who was decided is found by each of its keys for as long as its print is kept, also while keys are merged
//   - a link has one primary, which is linked to nothing; a link that is undone is never made again but by an order
//   - no transaction is open across a network call, because no function here takes a callback that makes one
//
// A delivery goes through these states, which the CHECK in migrations/00002_hot_delivery.sql repeats:
//
//	new ──▶ ready ──▶ leased ──▶ done (the delivery is gone, its ticket stays)
//	 │        ▲         ├──▶ unknown (a request may have been carried out) ──▶ leased, to look it up
//	 │        └─────────┤
//	 │                  ├──▶ held (a person must decide)
//	 └──▶ linked        └──▶ dead (refused for good)
//
// What is compared with nothing may begin as ready, or leased (DecideAtBirth); and a request's start may be recorded with the
// claim (Appetite.Begin). A new complaint that may repeat another is held with the reason review. When a primary dies, or is
// closed unheard, the oldest that is linked to it becomes ready and stands for the others; what was added to it by name goes on
// by itself.
// Package complaint's words and units hold; times in the database are unix milliseconds, 0 for none.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/satupintu/satupintu/sync/complaint"
)

// State is where a delivery stands; the package comment draws them.
type State string

// The states.
const (
	New     State = "new"
	Ready   State = "ready"
	Leased  State = "leased"
	Unknown State = "unknown"
	Held    State = "held"
	Done    State = "done"
	Linked  State = "linked"
	Dead    State = "dead"
)

// States lists every state in the order of the package comment.
func States() []State { return []State{New, Ready, Leased, Unknown, Held, Done, Linked, Dead} }

// Errors of the store.
var (
	// ErrLost means that somebody else holds what we thought was ours: nothing was changed.
	ErrLost = errors.New("the lease was lost")
	// ErrNotFound means that there is no complaint with the reference.
	ErrNotFound = errors.New("no such complaint")
	// ErrNoListener means that no channel of that name is told anything, and that nothing waits for one.
	ErrNoListener = errors.New("no channel of this name is told anything, and nothing waits for one: check the name")
	// ErrInUse means that another gateway runs on the same SQLite file.
	ErrInUse = errors.New("another gateway runs on this database; several gateways share PostgreSQL, not SQLite")
)

// Sealer hides personal data at rest; where binds the sealed text to its row.
type Sealer interface {
	Seal(plain []byte, where string) (string, error)
	Open(sealed, where string) ([]byte, error)
	// Hash is a keyed hash: what is found again without being readable.
	Hash(domain, value string) string
}

// Options are how a store is opened.
type Options struct {
	DSN    string           // sqlite:FILE or postgres://…
	Owner  string           // this gateway's name and this run's mark, "name/mark"; empty for a command
	Sealer Sealer           // nil: nothing is sealed
	Now    func() time.Time // nil: time.Now
	// LeasesByNow has leases run by Now on PostgreSQL too, where they otherwise run by the database's own clock, which all
	// gateways share. For tests that turn the clock.
	LeasesByNow bool
	Log         *slog.Logger // nil: none
}

// Store is an open database.
type Store struct {
	write   *sqlx.DB
	read    *sqlx.DB // for people and for counting
	look    prepared // for what is looked up all day outside of transactions
	dialect dialect
	file    string // of SQLite
	q       queries
	owner   string
	seal    Sealer
	now     func() time.Time
	// databaseTime: leases run by no clock of this machine that jumps.
	databaseTime bool
	log          *slog.Logger
	minter       *complaint.Minter

	recent             recent
	keys               recentKeys
	prints             recentPrints
	index              keyIndex
	deciding, claiming claims
	births             births

	keeps *batcher[*keepJob]
	steps *batcher[*stepJob]
	lock  *fileLock

	patience    patience      // with PostgreSQL
	checkpoints *checkpointer // of a gateway on SQLite
}

// Open connects, brings the schema up to date under a lock, checks every query, and takes the SQLite file for this
// gateway when Options.Owner is set. Close it.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{owner: o.Owner, seal: o.Sealer, now: o.Now, log: o.Log}
	s.keys.at.most, s.prints.at.most = mostYoungKeys, mostYoung
	s.index.blocks.most, s.index.mostFilterBytes, s.index.mendPage = mostYoungBlocks, filterBytes, mendPage
	s.databaseTime = !o.LeasesByNow
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.minter = complaint.NewMinter(s.now)
	if err := s.connect(ctx, o.DSN); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.closeDatabases())
	}
	if s.dialect == sqlite && s.owner != "" {
		s.checkpoints = newCheckpointer(s.read)
	}
	s.patience.Store(int64(answerTimeout))
	s.keeps = newBatcher(s.inBirth, applyKeeps, 256, false)
	s.steps = newBatcher(s.inWriter, applySteps, 512, true)
	return s, nil
}

func (s *Store) prepare(ctx context.Context) error {
	if err := s.migrate(ctx); err != nil {
		return fmt.Errorf("bring the database up to date: %w", err)
	}
	if err := s.tune(ctx); err != nil {
		return fmt.Errorf("tune the tables: %w", err)
	}
	var err error
	if s.q, err = loadQueries(s.dialect, s.leaseClock()); err != nil {
		return err
	}
	return s.q.prepare(ctx, s.write, s.look.DB)
}

// leaseClock is what leases run by: the clock all gateways on one PostgreSQL share, and on SQLite, which has one gateway,
// one that goes on evenly from when the database was opened. Neither jumps when somebody sets this machine's clock: what
// is being done is not taken for abandoned.
func (s *Store) leaseClock() leaseClock {
	opened, wall := time.Now(), s.now()
	switch {
	case !s.databaseTime:
		return leaseClock{clockParam, func() int64 { return milli(s.now()) }}
	case s.dialect == postgres:
		return leaseClock{text: postgresNow}
	}
	return leaseClock{clockParam, func() int64 { return milli(wall.Add(time.Since(opened))) }}
}

// Close waits for what is being written and closes the database.
func (s *Store) Close() error {
	ended := make(chan error, 1)
	go func() {
		s.keeps.close()
		s.steps.close()
		s.checkpoints.close()
		ended <- s.closeDatabases()
	}()
	timer := time.NewTimer(closeTimeout)
	defer timer.Stop()
	select {
	case err := <-ended:
		return err
	case <-timer.C: // what was begun is committed or not, as after a crash
		return errors.Join(errors.New("the database does not answer the last transaction, and is not waited for any longer"), s.lock.release())
	}
}

// closeTimeout is how long the end of the last transactions is waited for: a little longer than one may take whose database answers.
const closeTimeout = applyTimeout + 2*time.Second

func (s *Store) closeDatabases() error {
	err := errors.Join(s.q.close(), s.write.Close())
	if s.read != s.write {
		err = errors.Join(s.read.Close(), err)
	}
	return errors.Join(err, s.lock.release())
}

// Kind is "sqlite" or "postgres".
func (s *Store) Kind() string { return string(s.dialect) }

// Owner is the name under which this gateway holds leases.
func (s *Store) Owner() string { return s.owner }

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMilli(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Handle is the database itself, for tests that break it on purpose and for benchmarks that measure it.
func (s *Store) Handle() *sqlx.DB { return s.write }
