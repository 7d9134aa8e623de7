package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/config"
)

// Check reads one row as a poll does, prepares every statement that writes without running it, looks at the folder of
// photos, and says what the account may do beyond what it needs.
func (c *connector) Check(ctx context.Context) (string, error) {
	var said []string
	var at seen
	err := c.inTransaction(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		saw, err := c.look(ctx, tx, &at)
		if err != nil {
			return err
		}
		said = append(said, saw...)
		more, err := c.rights(ctx, tx)
		if more != "" {
			said = append(said, more)
		}
		return err
	})
	switch {
	case err != nil:
	case c.settings.Driver == serverDriver: // its driver reads a statement only when it is run
		if c.writes() {
			said = append(said, "the statements that write were not tried")
		}
	default: // MySQL does not even prepare them in a transaction that is read-only
		err = c.inTransaction(ctx, false, c.prepareAll)
	}
	if err != nil {
		return "", fmt.Errorf("check %s: %w", c.settings.Database, err)
	}
	if at.any {
		said = append(said, c.wouldTake(ctx, c.settings.Since.Begin(at.now, c.zone), at.unit))
	}
	if folder := string(c.settings.Photos.Folder); folder != "" {
		root, err := os.OpenRoot(folder)
		if err != nil {
			return "", errors.New("photos.folder cannot be opened: name a folder that the gateway may read")
		}
		said = append(said, "the folder of photos is there")
		_ = root.Close() // nothing was written
	}
	return strings.Join(said, "; "), nil
}

// seen is what a check saw of the table.
type seen struct {
	any  bool // there is a complaint
	now  time.Time
	unit string // of its times
}

func (c *connector) look(ctx context.Context, tx *sql.Tx, at *seen) ([]string, error) {
	if err := tx.QueryRowContext(ctx, c.dialect.clock).Scan(&at.now); err != nil {
		return nil, err
	}
	said := []string{"the database answers"}
	if apart := time.Since(at.now).Abs().Round(time.Second); apart > time.Minute {
		said = append(said, fmt.Sprintf("its clock and ours are %s apart", apart))
	}
	if err := c.source.learn(ctx, tx, &at.unit); err != nil {
		return nil, err
	}
	unit := at.unit
	rows, err := c.source.page(note{}).read(ctx, tx, &unit, 1)
	if err != nil {
		return nil, err
	}
	timeless, err := c.lookTimeless(ctx, tx, at.unit)
	if err != nil {
		return nil, err
	}
	said = append(said, timeless...)
	at.any = len(rows)+len(timeless) > 0
	switch {
	case !at.any:
		return append(said, c.place()+" holds no complaint yet"), nil
	case len(rows) == 0:
		return said, nil
	}
	if err := c.mapFits(rows[0]); err != nil {
		return nil, err
	}
	oldest := time.UnixMicro(rows[0].Time).In(c.zone).Format("02-01-2006 15:04")
	return append(said, fmt.Sprintf("the oldest complaint in %s is of %s", c.place(), oldest)), nil
}

// mapFits says whether the row has what the map names. With a table the statement itself has failed otherwise.
func (c *connector) mapFits(one row) error {
	for _, column := range c.settings.Map.Keys() {
		if _, there := one.record[column]; !there && !strings.Contains(column, ".") {
			return &config.FieldError{Field: "map", Reason: fmt.Sprintf("names the column %q, which the rows do not have", column)}
		}
	}
	return nil
}

// prepareAll lets the database read every statement of ours: a slip is found now, not with the first answer.
func (c *connector) prepareAll(ctx context.Context, tx *sql.Tx) error {
	scripts := map[string][]statement{}
	for status, script := range c.scripts {
		scripts["write_back."+status] = script
	}
	if c.acknowledge.text != "" {
		scripts["acknowledge"] = []statement{c.acknowledge}
	}
	var names []string
	for name := range scripts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, one := range scripts[name] {
			prepared, err := tx.PrepareContext(ctx, one.text)
			if err != nil {
				return fmt.Errorf("%s: %w", name, explain(err))
			}
			_ = prepared.Close() //nolint:sqlclosecheck // in a loop; it was not run
		}
	}
	return nil
}

// rights says what the account may do that no connector needs.
func (c *connector) rights(ctx context.Context, tx *sql.Tx) (string, error) {
	find := c.mysqlRights
	switch c.settings.Driver {
	case postgresDriver:
		find = c.postgresRights
	case serverDriver:
		find = c.serverRights
	}
	tooMuch, err := find(ctx, tx)
	if err != nil || len(tooMuch) == 0 {
		return "the account may do no more than it needs", err
	}
	return "WARNING: the account may do more than it needs (" + strings.Join(tooMuch, ", ") + "): give the gateway one of its own", nil
}

// writes says whether the settings hold statements that write.
func (c *connector) writes() bool {
	return len(c.scripts) > 0 || c.acknowledge.text != "" || c.settings.Outbox.Creator != ""
}

// mysqlRights reads the account's own grants, which every account may.
func (c *connector) mysqlRights(ctx context.Context, tx *sql.Tx) ([]string, error) {
	rows, err := tx.QueryContext(ctx, "SHOW GRANTS")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var tooMuch []string
	for rows.Next() {
		var grant string
		if err := rows.Scan(&grant); err != nil {
			return nil, err
		}
		tooMuch = append(tooMuch, excess(grant, c.writes())...)
	}
	slices.Sort(tooMuch)
	return slices.Compact(tooMuch), rows.Err()
}

// excess names the rights of a grant that are too much. Only the rights are looked at: the rest may hold a password's hash.
func excess(grant string, writes bool) []string {
	rights, where, found := strings.Cut(strings.TrimPrefix(grant, "GRANT "), " ON ")
	if !found {
		return nil
	}
	least := []string{"SELECT", "USAGE", "SHOW VIEW"}
	if writes && !strings.HasPrefix(where, "*.*") {
		least = append(least, "INSERT", "UPDATE")
	}
	var tooMuch []string
	for _, right := range splitRights(rights) {
		name, _, _ := strings.Cut(right, " (") // of columns
		if !slices.Contains(least, strings.TrimSpace(name)) {
			tooMuch = append(tooMuch, strings.TrimSpace(name))
		}
	}
	return tooMuch
}

// splitRights splits at the commas outside brackets: SELECT, UPDATE (status, note).
func splitRights(rights string) []string {
	depth := 0
	return strings.FieldsFunc(rights, func(r rune) bool {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		return r == ',' && depth == 0
	})
}

func (c *connector) postgresRights(ctx context.Context, tx *sql.Tx) ([]string, error) {
	var super, makes bool
	err := tx.QueryRowContext(ctx, "SELECT rolsuper, rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = current_user").Scan(&super, &makes)
	if err != nil {
		return nil, err
	}
	var tooMuch []string
	if super {
		return append(tooMuch, "superuser"), nil
	}
	if makes {
		tooMuch = append(tooMuch, "creates roles or databases")
	}
	if c.source.table == "" {
		return tooMuch, nil
	}
	var deletes, writes bool
	err = tx.QueryRowContext(ctx, "SELECT has_table_privilege($1, 'DELETE, TRUNCATE'), has_table_privilege($1, 'INSERT, UPDATE')", c.source.table).Scan(&deletes, &writes)
	if deletes {
		tooMuch = append(tooMuch, "DELETE or TRUNCATE")
	}
	if writes && !c.writes() {
		tooMuch = append(tooMuch, "INSERT or UPDATE")
	}
	return tooMuch, err
}
