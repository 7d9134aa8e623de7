package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/jmoiron/sqlx"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// queries holds each named query of queries/*.sql. A name without a field and a field without a name both stop start-up.
type queries struct {
	InsertComplaints string `query:"insert-complaints"`
	InsertDeliveries string `query:"insert-deliveries"`
	FindKnown        string `query:"find-known"`
	InsertRevision   string `query:"insert-revision"`
	InsertRefusal    string `query:"insert-refusal"`
	ReadCursor       string `query:"read-cursor"`
	InsertCursor     string `query:"insert-cursor"`
	MoveCursor       string `query:"move-cursor"`
	CountRevisions   string `query:"count-revisions"`

	PickUndecided   string `query:"pick-undecided"`
	FindPrimary     string `query:"find-primary"`
	LockPrimary     string `query:"lock-primary"`
	PrimaryOf       string `query:"primary-of"`
	InsertDedupKey  string `query:"insert-dedup-key"`
	InsertLink      string `query:"insert-link"`
	InsertTicket    string `query:"insert-ticket"`
	SettleDecision  string `query:"settle-decision"`
	OldestUndecided string `query:"oldest-undecided"`

	ClaimDue      string `query:"claim-due"`
	ReadJob       string `query:"read-job"`
	ReadSteps     string `query:"read-steps"`
	RenewLeases   string `query:"renew-leases"`
	MarkSent      string `query:"mark-sent"`
	OpenStep      string `query:"open-step"`
	EndStep       string `query:"end-step"`
	ClearSent     string `query:"clear-sent"`
	NameTicket    string `query:"name-ticket"`
	Settle        string `query:"settle"`
	FailSteps     string `query:"fail-steps"`
	InsertAttempt string `query:"insert-attempt"`
	Forwarded     string `query:"forwarded"`
	RescueExpired string `query:"rescue-expired"`
	FreeLinked    string `query:"free-linked"`
	DeleteLinks   string `query:"delete-links"`
	DueSoon       string `query:"due-soon"`

	ClaimSync        string `query:"claim-sync"`
	LockTicket       string `query:"lock-ticket"`
	EventKeys        string `query:"event-keys"`
	InsertEvent      string `query:"insert-event"`
	InsertWritebacks string `query:"insert-writebacks"`
	CatchUpLinked    string `query:"catch-up-linked"`
	UpdateTicket     string `query:"update-ticket"`
	PostponeSync     string `query:"postpone-sync"`
	SyncOverdue      string `query:"sync-overdue"`

	ClaimWritebacks  string `query:"claim-writebacks"`
	ReadChange       string `query:"read-change"`
	SettleWriteback  string `query:"settle-writeback"`
	RescueWritebacks string `query:"rescue-writebacks"`
	LastChange       string `query:"last-change"`
	ComplaintSource  string `query:"complaint-source"`

	TakeLease        string `query:"take-lease"`
	DropLeases       string `query:"drop-leases"`
	DropLease        string `query:"drop-lease"`
	SetControl       string `query:"set-control"`
	InsertControl    string `query:"insert-control"`
	DropControl      string `query:"drop-control"`
	ReadControl      string `query:"read-control"`
	CountStates      string `query:"count-states"`
	CountComplaints  string `query:"count-complaints"`
	CountRefusals    string `query:"count-refusals"`
	WithoutDelivery  string `query:"without-delivery"`
	WithoutComplaint string `query:"without-complaint"`
	DoneWithoutID    string `query:"done-without-id"`
	LinkedToNothing  string `query:"linked-to-nothing"`
	NamedNotDone     string `query:"named-not-done"`
	OldestOpen       string `query:"oldest-open"`
	ListQueue        string `query:"list-queue"`
	ShowDelivery     string `query:"show-delivery"`
	ShowAttempts     string `query:"show-attempts"`
	ShowSteps        string `query:"show-steps"`
	ShowEvents       string `query:"show-events"`
	ShowRevisions    string `query:"show-revisions"`
	ListRefusals     string `query:"list-refusals"`
	ListWritebacks   string `query:"list-writebacks"`
	CountWritebacks  string `query:"count-writebacks"`
	OperateDelivery  string `query:"operate-delivery"`
	RetryWritebacks  string `query:"retry-writebacks"`
	NamedTicket      string `query:"named-ticket"`

	ListWhereabouts string `query:"list-whereabouts"`
	ResolveByExport string `query:"resolve-by-export"`
	NameByTracking  string `query:"name-by-tracking"`
	ReadWhereabouts string `query:"read-whereabouts"`
	CloseSteps      string `query:"close-steps"`
}

// The row-lock clause is the only text in which the two databases differ. SQLite has one writer and needs none.
var lockClauses = map[dialect]*strings.Replacer{
	sqlite:   strings.NewReplacer("{lock}", "", "{lock d}", "", "{lock-wait}", ""),
	postgres: strings.NewReplacer("{lock}", "FOR UPDATE SKIP LOCKED", "{lock d}", "FOR UPDATE OF d SKIP LOCKED", "{lock-wait}", "FOR UPDATE"),
}

func loadQueries(d dialect) (queries, error) {
	texts, err := readQueryFiles(d)
	if err != nil {
		return queries{}, err
	}
	var q queries
	v := reflect.ValueOf(&q).Elem()
	var problems []error
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("query")
		text, ok := texts[name]
		if !ok {
			problems = append(problems, fmt.Errorf("no query is named %s", name))
		}
		delete(texts, name)
		v.Field(i).SetString(text)
	}
	for name := range texts {
		problems = append(problems, fmt.Errorf("query %s is used by nobody", name))
	}
	return q, errors.Join(problems...)
}

func readQueryFiles(d dialect) (map[string]string, error) {
	entries, err := queryFiles.ReadDir("queries")
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for _, entry := range entries {
		content, err := queryFiles.ReadFile("queries/" + entry.Name())
		if err != nil {
			return nil, err
		}
		for _, part := range strings.Split(string(content), "-- name: ")[1:] {
			name, text, _ := strings.Cut(part, "\n")
			if _, twice := texts[name]; twice {
				return nil, fmt.Errorf("two queries are named %s", name)
			}
			texts[name] = strings.TrimSpace(lockClauses[d].Replace(text))
		}
	}
	return texts, nil
}

// check prepares every query, so that a typo stops start-up and not a Sunday.
func (q queries) check(ctx context.Context, db *sqlx.DB) error {
	v := reflect.ValueOf(q)
	var problems []error
	for i := range v.NumField() {
		stmt, err := db.PrepareNamedContext(ctx, v.Field(i).String())
		if err == nil {
			err = stmt.Close()
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("query %s: %w", v.Type().Field(i).Tag.Get("query"), err))
		}
	}
	return errors.Join(problems...)
}

// args are a query's named parameters.
type args = map[string]any

// bind turns a named query into one the driver takes; a slice among the arguments becomes a list for IN.
func bind(db sqlx.ExtContext, query string, arg any) (string, []any, error) {
	text, values, err := sqlx.Named(query, arg)
	if err != nil { // sqlx prints the values, which may be somebody's name
		return "", nil, errors.New("a parameter of a named query is missing")
	}
	if _, one := arg.(args); one {
		if text, values, err = sqlx.In(text, values...); err != nil {
			return "", nil, err
		}
	}
	return sqlx.Rebind(sqlx.BindType(db.DriverName()), text), values, nil
}

// run executes a named query and returns how many rows it changed.
func run(ctx context.Context, db sqlx.ExtContext, query string, arg any) (int64, error) {
	text, values, err := bind(db, query, arg)
	if err != nil {
		return 0, err
	}
	result, err := db.ExecContext(ctx, text, values...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// all reads a named query's rows.
func all[T any](ctx context.Context, db sqlx.ExtContext, query string, arg any) ([]T, error) {
	text, values, err := bind(db, query, arg)
	if err != nil {
		return nil, err
	}
	var rows []T
	err = sqlx.SelectContext(ctx, db, &rows, text, values...)
	return rows, err
}

// one reads a named query's first row; no row is sql.ErrNoRows.
func one[T any](ctx context.Context, db sqlx.ExtContext, query string, arg any) (T, error) {
	var row T
	text, values, err := bind(db, query, arg)
	if err != nil {
		return row, err
	}
	err = sqlx.GetContext(ctx, db, &row, text, values...)
	return row, err
}
