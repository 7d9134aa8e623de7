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
	// Delivered is how many complaints are recorded as delivered.
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
}

func (e env) transport(base http.RoundTripper) http.RoundTripper { return counting{base, e.answers} }

// entry is one line of the table.
type entry struct {
	name  string
	words string
	store string // sqlite, postgres, or empty where there is none
	http  bool
	open  func(context.Context, env) (side, error)
}

// Groups of sides.
const (
	sqlite   = "sqlite"
	postgres = "postgres"
)

// sides lists every side, in the order in which they take turns.
func sides() []entry {
	return []entry{
		{"ours-postgres", "satupintu", postgres, false, openOurs},
		{"river-pgx", "river single, pgx", postgres, false, singlePgx},
		{"river-pq", "river single, lib/pq", postgres, false, singlePq},
		{"tuned-pgx", "river tuned, pgx", postgres, false, tunedPgx},
		{"tuned-pq", "river tuned, lib/pq", postgres, false, tunedPq},
		{"ours-http-postgres", "satupintu", postgres, true, openOurs},
		{"river-http-pgx", "river single, pgx", postgres, true, singlePgx},
		{"tuned-http-pgx", "river tuned, pgx", postgres, true, tunedPgx},
		{"ours-sqlite", "satupintu", sqlite, false, openOurs},
		{"river-sqlite", "river single", sqlite, false, singleSQLite},
		{"tuned-sqlite", "river tuned", sqlite, false, tunedSQLite},
		{"ours-http-sqlite", "satupintu", sqlite, true, openOurs},
		{"river-http-sqlite", "river single", sqlite, true, singleSQLite},
		{"tuned-http-sqlite", "river tuned", sqlite, true, tunedSQLite},
		{"raw-postgres", "durable inserts, 500 a commit, lib/pq", postgres, false, rawPostgres},
		{"raw-sqlite", "durable inserts, 500 a commit", sqlite, false, rawSQLite},
		{"raw-post", "POST to the stub, 64 at once", "", false, rawPost},
	}
}

func sideNamed(name string) (entry, bool) {
	all := sides()
	i := slices.IndexFunc(all, func(e entry) bool { return e.name == name })
	if i < 0 {
		return entry{}, false
	}
	return all[i], true
}
