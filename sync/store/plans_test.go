package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// everything are the queries that go through a table, or through all of a source: to count and to audit, beside the day's
// work; to list for a person; and once when a gateway starts.
func everything() []string {
	return []string{
		"chained", "count-complaints", "count-done", "count-heard", "count-messages", "count-open", "count-refusals", "count-states",
		"count-told",
		"free-talks", "joined-to-nothing", "linked-to-nothing", "list-done", "list-links", "list-queue", "list-refusals",
		"list-whereabouts", "named-not-done", "newest-prints", "oldest-open", "refusals-of", "retire-news", "ticket-without-id", "unasked", "vanished", "without-complaint",
		"without-delivery",
	}
}

// What a gateway asks all day looks rows up by their keys, however many complaints were ever taken in.
func TestNoQueryOfTheDayGoesThroughATable(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		s := opener("sqlite:"+filepath.Join(t.TempDir(), "natuna.db"))(t, store.Options{})
		for name, text := range queriesOfTheDay(s) {
			var steps []struct {
				ID, Parent, NotUsed int
				Detail              string
			}
			if err := s.Handle().Select(&steps, "EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			for _, step := range steps {
				if goesThrough.MatchString(step.Detail) {
					t.Errorf("%s: %s", name, step.Detail)
				}
			}
		}
	})
	t.Run("postgres", func(t *testing.T) {
		s := opener(storetest.StartPostgres(t).Database(t))(t, store.Options{})
		fillEverything(t, s)
		if _, err := s.Handle().Exec("ANALYZE"); err != nil {
			t.Fatal(err)
		}
		for name, text := range queriesOfTheDay(s) {
			plan := explained(t, s, text)
			for i, step := range plan {
				limited := strings.Contains(strings.Join(plan[max(0, i-2):i], ""), "Limit")
				if n := reads(step); n > many/10 && !limited {
					t.Errorf("%s: %d rows\n%s", name, n, strings.Join(plan, "\n"))
				}
			}
		}
	})
}

// When the platform is back, and whenever a gateway starts, what was tried in vain is brought forward in a transaction that the whole
// intake waits for on SQLite: it does not go through a queue of a million to find them.
func TestWhatWasTriedInVainIsFoundByItsOwnIndex(t *testing.T) {
	const index = "delivery_late"
	t.Run("sqlite", func(t *testing.T) {
		s := opener("sqlite:"+filepath.Join(t.TempDir(), "natuna.db"))(t, store.Options{})
		text := s.Queries()["pick-late"]
		var steps []struct {
			ID, Parent, NotUsed int
			Detail              string
		}
		if err := s.Handle().Select(&steps, "EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(fmt.Sprint(steps), index) {
			t.Errorf("it is found by %v, want %s", steps, index)
		}
	})
	t.Run("postgres", func(t *testing.T) {
		s := opener(storetest.StartPostgres(t).Database(t))(t, store.Options{})
		if plan := strings.Join(explained(t, s, s.Queries()["pick-late"]), "\n"); !strings.Contains(plan, index) {
			t.Errorf("it is found by\n%s\nwant %s", plan, index)
		}
	})
}

// A gateway that starts with an empty database keeps the plans it made then, for as long as PostgreSQL has not counted the tables
// again: these too look rows up by their whole keys.
func TestPlansMadeForAnEmptyDatabaseServeAFullOne(t *testing.T) {
	asksOfAFull(t, func(*sqlx.Conn) error { return nil }, func(*sqlx.Conn) error { return nil })
}

// For tables that were counted while they were empty PostgreSQL makes plans that go through the whole of them: a gateway does not
// keep these until the tables are counted again.
func TestPlansMadeForTablesCountedWhileEmptyAreNotKept(t *testing.T) {
	asksOfAFull(t,
		func(conn *sqlx.Conn) error {
			_, err := conn.ExecContext(t.Context(), "VACUUM ANALYZE")
			return err
		},
		func(conn *sqlx.Conn) error { return store.AgePlans(conn.Conn) })
}

// Where lookalikes stand is asked with every decision, about dozens at once: while a new region's first thousands come in, it is
// not asked by a plan that was made for tables counted while they were empty.
func TestWhereLookalikesStandIsLookedUpOneByOne(t *testing.T) {
	asksOfAFull(t,
		func(conn *sqlx.Conn) error {
			_, err := conn.ExecContext(t.Context(), "VACUUM ANALYZE")
			return err
		},
		func(*sqlx.Conn) error { return nil }, "read-standings")
}

// asksOfAFull asks everything of the day, or what is named, on a connection that has made its plans for an empty database, which is
// full by now.
func asksOfAFull(t *testing.T, before, after func(*sqlx.Conn) error, names ...string) {
	t.Helper()
	s := opener(storetest.StartPostgres(t).Database(t))(t, store.Options{})
	asks := map[string]string{}
	onConnection(t, s, func(conn *sqlx.Conn) {
		if err := before(conn); err != nil {
			t.Fatal(err)
		}
		for name, text := range queriesOfTheDay(s) {
			if len(names) > 0 && !slices.Contains(names, name) {
				continue
			}
			asks[name] = preparedAs(t, conn, name, text)
			explain(t, conn, "EXPLAIN "+asks[name])
		}
		if err := after(conn); err != nil {
			t.Fatal(err)
		}
	})
	fillEverything(t, s)
	onConnection(t, s, func(conn *sqlx.Conn) {
		for name, ask := range asks {
			plan := explain(t, conn, "EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) "+ask)
			for _, step := range plan {
				if found := readInVain.FindStringSubmatch(step); found != nil && digits(found[1]) > many/10 {
					t.Errorf("%s: %s\n%s", name, strings.TrimSpace(step), strings.Join(plan, "\n"))
				}
			}
		}
	})
}

// onConnection does something on a connection of a gateway's, the same each time while nothing else is asked.
func onConnection(t *testing.T, s *store.Store, do func(*sqlx.Conn)) {
	t.Helper()
	conn, err := s.Handle().Connx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	do(conn)
}

// What was kept is looked up for each delivery in one pass, and not gone through again for each.
func TestDeliveriesAreNotJoinedRowByRow(t *testing.T) {
	s := opener(storetest.StartPostgres(t).Database(t))(t, store.Options{})
	plan := strings.Join(explained(t, s, s.Queries()["insert-with-deliveries"]), "\n")
	if !strings.Contains(plan, "hashed SubPlan") || strings.Contains(plan, "Nested Loop") {
		t.Error(plan)
	}
}

// readInVain is what PostgreSQL says of rows that a step read and that did not match.
var readInVain = regexp.MustCompile(`Rows Removed by .*: (\d+)`)

// preparedAs makes a statement of a query, and returns what asks it for the source that has everything, or for one of anything.
func preparedAs(t *testing.T, conn *sqlx.Conn, name, text string) string {
	t.Helper()
	if _, err := conn.ExecContext(t.Context(), `PREPARE "`+name+`" AS `+text); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var types []string
	if err := conn.SelectContext(t.Context(), &types, "SELECT unnest(parameter_types)::text FROM pg_prepared_statements WHERE name = $1", name); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"text": "'portal'", "text[]": "'{portal}'", "bigint[]": "'{5}'", "bytea[]": "'{5}'"}
	if strings.Contains(text, "double precision") { // texts that are numbers
		values["text[]"] = "'{5}'"
	}
	arguments := make([]string, len(types))
	for i, one := range types {
		arguments[i] = cmp.Or(values[one], "5")
	}
	if len(arguments) == 0 {
		return `EXECUTE "` + name + `"`
	}
	return `EXECUTE "` + name + `" (` + strings.Join(arguments, ", ") + ")"
}

// explain is what PostgreSQL says of how it would do, or did, something, of which nothing stays.
func explain(t *testing.T, conn *sqlx.Conn, text string) (plan []string) {
	t.Helper()
	tx, err := conn.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	err = tx.SelectContext(t.Context(), &plan, text)
	var refused *pq.Error
	if errors.As(err, &refused) && refused.Code.Class() == "23" { // a row that may not be: it was written, and nothing read
		return nil
	}
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return plan
}

func queriesOfTheDay(s *store.Store) map[string]string {
	texts := s.Queries()
	maps.DeleteFunc(texts, func(name, _ string) bool { return slices.Contains(everything(), name) })
	return texts
}

// goesThrough are the steps of SQLite that read a whole table, in its order or by its key, or all of one source. Indexes of a
// part, such as of what is due, may be read whole; json_each and the names of subqueries are no tables.
var goesThrough = regexp.MustCompile(`^SCAN (?:complaint|delivery|ticket|event|link|writeback|attempt|step|print|key_block|key_digest|message|talk|refusal|[a-jl-qs-z])` +
	`(?: USING (?:COVERING )?INDEX sqlite_autoindex\w+)?$|\(source=\?\)$`)

var readsRows = regexp.MustCompile(`Scan.* on .*rows=(\d+)`)

// reads is how many rows PostgreSQL believes a step to read.
func reads(step string) int {
	found := readsRows.FindStringSubmatch(step)
	if found == nil {
		return 0
	}
	return digits(found[1])
}

func digits(text string) int {
	n, _ := strconv.Atoi(text) // what a pattern found
	return n
}

// explained is the plan that a gateway's connection makes of a query, whatever it is asked with.
func explained(t *testing.T, s *store.Store, text string) (plan []string) {
	t.Helper()
	onConnection(t, s, func(conn *sqlx.Conn) {
		must := func(err error) {
			if err != nil {
				t.Fatalf("%v: %s", err, text)
			}
		}
		_, err := conn.ExecContext(t.Context(), "PREPARE asked AS "+text)
		must(err)
		var parameters int
		must(conn.GetContext(t.Context(), &parameters, "SELECT coalesce(array_length(parameter_types, 1), 0) FROM pg_prepared_statements WHERE name = 'asked'"))
		ask := "EXPLAIN EXECUTE asked"
		if parameters > 0 {
			ask += "(NULL" + strings.Repeat(", NULL", parameters-1) + ")"
		}
		must(conn.SelectContext(t.Context(), &plan, ask))
		_, err = conn.ExecContext(t.Context(), "DEALLOCATE asked")
		must(err)
	})
	return plan
}

// many is how many rows each table has.
const many = 20_000

// fillEverything makes so many complaints of one source, each with all that can be about one.
func fillEverything(t *testing.T, s *store.Store) {
	t.Helper()
	for _, insert := range []string{
		`complaint (ref, source, source_id, hash, title, text, class, anonymous, secret, reporter, place, category, incident_at, reported_at,
			received_at, attachments, raw_type, raw)
		SELECT 'SP-' || i, 'portal', i, i, '', 'lampu mati', 'ordinary', 0, 0, '{}', '{}', '', 0, 0, i, 'null', '', ''`,
		`delivery (ref, state, urgency, accepted_at, due_at, owner, lease_until, fence, attempts, first_attempt_at, step, sent_at,
			reason, detail, changed_at, decided_at, agency, category, location, hand_over, rule, why)
		SELECT 'SP-' || i, 'ready', 1, i, i, '', 0, 0, 0, 0, '', 0, '', '', i, i, '', '', '', '', 0, ''`,
		`ticket (ref, agency, category, location, rule, why, decided_at, national_id, tracking_id, forwarded_at, status, status_raw,
			held_by, last_seq, changed_at, sync_at, synced_at)
		SELECT 'SP-' || i, '', '', '', 0, '', i, i, i, i, 'forwarded', '', '', 1, i, i, 0`,
		`event (ref, key, seq, at, seen_at, status, raw, agency, note, applied) SELECT 'SP-' || i, 'a', 1, i, i, 'done', '', '', '', 1`,
		`link (ref, primary_ref, kind, why, linked_at) SELECT 'SP-' || i, 'SP-' || (i + 1), 'resubmission', '', i`,
		`attempt (ref, fence, started_at, ended_at, reason, detail) SELECT 'SP-' || i, 1, i, i, '', ''`,
		`step (ref, name, started_at, ended_at, result) SELECT 'SP-' || i, 'create', i, i, ''`,
		`writeback (ref, seq, told, event_ref, source, state, due_at, since, owner, lease_until, attempts, reason, detail)
		SELECT 'SP-' || i, 1, 1, 'SP-' || i, 'portal', 'done', i, i, '', 0, 0, '', ''`,
		`print (ref, at, print) SELECT 'SP-' || i, i, ''`,
		`key_block (id, data) SELECT i, ''`,
		`key_digest (id, data) SELECT i, ''`,
		`message (source, id, sender, arrived, state, ref, received_at, content, files, raw_type, raw)
		SELECT 'portal', i, i, i, 'joined', 'SP-' || i, i, '', '', '', ''`,
		`refusal (id, source, source_id, place, reason, detail, raw, seen_at) SELECT i, 'portal', i, '', 'bad_field', '', '', i`,
		`talk (source, sender, heard, heard_at, waiting_since, asked_at, ref, due_at, owner, lease_until, fence, attempts, tried_at)
		SELECT 'portal', i, 1, i, 0, 0, 'SP-' || i, 0, '', 0, 0, 0, 0`,
	} {
		if _, err := s.Handle().Exec(fmt.Sprintf("INSERT INTO %s FROM generate_series(1, %d) AS n(i)", insert, many)); err != nil {
			t.Fatalf("%v: %s", err, insert)
		}
	}
}
