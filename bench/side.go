package main

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
)

// side is one way to take complaints in and deliver them: ours or another.
type side interface {
	// Take takes one request's body. When it returns nil the complaint is durable.
	Take(ctx context.Context, body []byte) error
	// Delivered is how many of this run's complaints are recorded as delivered.
	Delivered(ctx context.Context) (int, error)
	// Close stops the work. It fails when what is stored is not what was taken.
	Close(ctx context.Context) error
}

// fronted is a side with an HTTP face of its own.
type fronted interface{ Handler() http.Handler }

// driven is a side that does all of a run by itself: a limit that has no senders.
type driven interface {
	Drive(ctx context.Context, n int) error
}

// env is what a side is opened with.
type env struct {
	dsn     string        // sqlite:FILE or postgres://…
	dir     string        // for files
	stub    string        // the platform's address
	answers *atomic.Int64 // of the platform, counted by the side
	want    int           // complaints that will be taken
	seeded  seeded
}

func (e env) transport(base http.RoundTripper) http.RoundTripper { return counting{base, e.answers} }

// entry is one line of the tables.
type entry struct {
	name  string
	words string
	store string // sqlite, postgres, or empty where there is none
	http  bool   // behind an HTTP front
	raw   bool   // a limit: nothing is queued
	open  func(context.Context, env) (side, error)
}

// The stores.
const (
	sqlite   = "sqlite"
	postgres = "postgres"
)

// sides lists every side, in the order in which they take turns.
func sides() []entry {
	return []entry{
		{name: "ours-postgres", words: "satupintu", store: postgres, open: openWhole},
		{name: "plain-postgres", words: "satupintu, `dedup.mode: off`", store: postgres, open: openPlain},
		{name: "river-pgx", words: "river single, pgx", store: postgres, open: singlePgx},
		{name: "river-pq", words: "river single, lib/pq", store: postgres, open: singlePq},
		{name: "tuned-pgx", words: "river tuned, pgx", store: postgres, open: tunedPgx},
		{name: "tuned-pq", words: "river tuned, lib/pq", store: postgres, open: tunedPq},
		{name: "ours-http-postgres", words: "satupintu", store: postgres, http: true, open: openWhole},
		{name: "plain-http-postgres", words: "satupintu, `dedup.mode: off`", store: postgres, http: true, open: openPlain},
		{name: "river-http-pgx", words: "river single, pgx", store: postgres, http: true, open: singlePgx},
		{name: "tuned-http-pgx", words: "river tuned, pgx", store: postgres, http: true, open: tunedPgx},
		{name: "ours-sqlite", words: "satupintu", store: sqlite, open: openWhole},
		{name: "plain-sqlite", words: "satupintu, `dedup.mode: off`", store: sqlite, open: openPlain},
		{name: "river-sqlite", words: "river single", store: sqlite, open: singleSQLite},
		{name: "tuned-sqlite", words: "river tuned", store: sqlite, open: tunedSQLite},
		{name: "ours-http-sqlite", words: "satupintu", store: sqlite, http: true, open: openWhole},
		{name: "plain-http-sqlite", words: "satupintu, `dedup.mode: off`", store: sqlite, http: true, open: openPlain},
		{name: "river-http-sqlite", words: "river single", store: sqlite, http: true, open: singleSQLite},
		{name: "tuned-http-sqlite", words: "river tuned", store: sqlite, http: true, open: tunedSQLite},
		{name: "raw-postgres", words: "durable inserts, 500 a commit, lib/pq", store: postgres, raw: true, open: rawPostgres},
		{name: "raw-sqlite", words: "durable inserts, 500 a commit", store: sqlite, raw: true, open: rawSQLite},
		{name: "raw-post", words: "POST to the stub, 64 at once", raw: true, open: rawPost},
	}
}

// ours are the names of the sides that a side is compared with: the gateway as it comes, and without comparing by content.
func (e entry) ours() (whole, plain string) {
	way := e.store
	if e.http {
		way = "http-" + e.store
	}
	return "ours-" + way, "plain-" + way
}

func sideNamed(name string) (entry, bool) {
	all := sides()
	i := slices.IndexFunc(all, func(e entry) bool { return e.name == name })
	if i < 0 {
		return entry{}, false
	}
	return all[i], true
}
