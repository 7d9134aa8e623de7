// Package sql is the connector kind sql: the rows of an agency's database.
//
// What it promises:
//
//   - Reading changes nothing: it is done in transactions that are read-only, by statements that are bounded in time. SQL
//     Server knows none that are: there a transaction that reads is rolled back, and the account's rights are what binds.
//   - A row is found whenever it was committed, so long as that was within Overlap of the time it bears, by the database's
//     own clock; rows of one time are told apart by their id. A time in the future is taken in at once and moves nothing
//     else out of sight.
//   - A row without a time is found whatever its id and whenever it was committed: each sweep looks through the ids of all of
//     them. Of more than 15,000 whose ids are numbers it looks through those with the highest; with ids that are texts it
//     fails then, before anything counts as read, and goes on once each row has a time.
//   - A row inside the overlap is handed out once, and again when its time changes; only when more than 20,000 rows lie
//     there are some of them handed out again, until the overlap has passed. That is harmless: the id is the same.
//   - Rows older than Since are left alone by the first poll, and it says how many; when Since reaches further back later, they
//     are taken in.
//   - A row that cannot become a complaint is set aside with its id.
//   - The parts of a long SMS become one complaint under the id of the first part. When a part does not come in time the
//     complaint is taken without it and says in its text which part is missing; without the first part, what came is set
//     aside, because nobody can tell what it is about.
//   - A photo that cannot be had never holds up its complaint; the log says of which row.
//   - An answer is written in one transaction, without the emoji that its table has no room for. An SMS goes to the number that
//     was kept with the complaint, whatever became of its row, and is put into SMSD's outbox once for each change of a complaint,
//     even where the tables know no transactions (MyISAM).
//   - No error and no log line carries a password or a row's words.
//
// SQL Server is not tested against a real one: what is tested is the text of each statement, the connection's settings and
// the verdicts.
package sql

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

type connector struct {
	settings *Settings // whole
	dialect  dialect
	zone     *time.Location
	texts    *connectors.Texts
	source   source
	hiding   []string // see Settings.hiding
	mapper   *connectors.Mapper
	photos   photos
	db       *sql.DB
	log      *slog.Logger

	acknowledge statement
	scripts     map[string][]statement // by status, and anyStatus
}

func open(env connectors.Env, settings config.Settings) (connectors.Connector, error) {
	own, ok := settings.(*Settings)
	if !ok {
		return connectors.Connector{}, fmt.Errorf("open a sql connector with settings of another kind: %T", settings)
	}
	c, err := newConnector(env, own.whole())
	if err != nil {
		return connectors.Connector{}, err
	}
	offered := connectors.Connector{Poll: c, Check: c, Reread: c, Close: c.close}
	if c.acknowledge.text != "" {
		offered.Acknowledge = c
	}
	switch {
	case c.settings.Outbox.Creator != "":
		offered.WriteStatus = outbox{c, env.Sent}
	case len(c.scripts) > 0:
		offered.WriteStatus = c
	}
	return offered, nil
}

func newConnector(env connectors.Env, s *Settings) (*connector, error) {
	zone, err := s.zone(env.Zone)
	if err != nil {
		return nil, &config.FieldError{Field: "zone", Reason: "is no time zone; write it as Asia/Jakarta"}
	}
	d := dialects()[s.Driver]
	c := &connector{settings: s, dialect: d, zone: zone, hiding: s.hiding(), log: env.Log, texts: env.Texts}
	if c.mapper, err = s.Map.Compile(zone); err != nil {
		return nil, err
	}
	if c.source, err = newSource(s, d, zone); err != nil {
		return nil, err
	}
	if err := c.parseScripts(); err != nil {
		return nil, err
	}
	c.photos = newPhotos(env, s)
	if c.db, err = pool(d, s, zone); err != nil {
		return nil, fmt.Errorf("prepare the connection: %w", err)
	}
	return c, nil
}

func (c *connector) parseScripts() error {
	if c.settings.Acknowledge != "" {
		parsed, err := parseNamed(c.settings.Acknowledge, ackParameters(), c.dialect.mark)
		if err != nil {
			return &config.FieldError{Field: "acknowledge", Reason: err.Error()}
		}
		c.acknowledge = parsed
	}
	c.scripts = map[string][]statement{}
	for status, script := range c.settings.WriteBack {
		for _, text := range script {
			parsed, err := parseNamed(text, writeParameters(), c.dialect.mark)
			if err != nil {
				return &config.FieldError{Field: "write_back." + status, Reason: err.Error()}
			}
			c.scripts[status] = append(c.scripts[status], parsed)
		}
	}
	return nil
}

func (c *connector) close() error { return c.db.Close() }

// inTransaction runs work in one transaction, bounded by the setting timeout. Its error is fit for operators, and has
// its verdict; one of the caller's own context is returned as it is.
func (c *connector) inTransaction(ctx context.Context, readOnly bool, work func(context.Context, *sql.Tx) error) error {
	bounded, cancel := context.WithTimeout(context.WithValue(ctx, workKey{}, true), c.settings.Timeout.D())
	defer cancel()
	err := c.transact(bounded, readOnly, work)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case bounded.Err() != nil || os.IsTimeout(err):
		return tooSlow(c.settings)
	}
	return explain(err)
}

func (c *connector) transact(ctx context.Context, readOnly bool, work func(context.Context, *sql.Tx) error) error {
	tx, err := c.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: readOnly && !c.dialect.rollsBack})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if _, err := tx.ExecContext(ctx, c.dialect.prepare(c.settings.Timeout.D())); err != nil {
		return err
	}
	if err := work(ctx, tx); err != nil {
		return err
	}
	if readOnly && c.dialect.rollsBack {
		return tx.Rollback()
	}
	return tx.Commit()
}
