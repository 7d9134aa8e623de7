package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

// WriteStatus runs the statements of a status in one transaction, and where the table has no room for an emoji in another one
// without it. A status without any is told nobody.
func (c *connector) WriteStatus(ctx context.Context, change connectors.StatusChange) error {
	script, own := c.scripts[string(change.Status)]
	if !own {
		script = c.scripts[anyStatus]
	}
	if len(script) == 0 {
		return nil
	}
	return told(ctx, orPlain(func(fit func(string) string) error {
		values := c.values(change, fit)
		return c.inTransaction(ctx, false, func(ctx context.Context, tx *sql.Tx) error {
			return run(ctx, tx, script, values)
		})
	}))
}

// orPlain writes texts as they are, and once more without emoji where one has no room: MySQL's utf8 has three bytes for a
// character. fit makes a text one that is written. What finds no room in a column then either is refused for good, so that nothing
// waits behind it.
func orPlain(write func(fit func(string) string) error) error {
	err := write(strings.Clone)
	if errors.Is(err, errNoRoom) {
		return write(withoutEmoji)
	}
	return err
}

// withoutEmoji takes out the characters that need four bytes, and what joins or varies them.
func withoutEmoji(text string) string {
	out := false
	return strings.Map(func(r rune) rune {
		if out = r > 0xFFFF || out && (r == '\u200d' || r == '\ufe0f'); out {
			return -1
		}
		return r
	}, text)
}

// run runs a script. When none of its UPDATE and DELETE statements finds a row, the complaint is no longer there.
func run(ctx context.Context, tx *sql.Tx, script []statement, values map[string]any) error {
	updates, found := 0, int64(0)
	for i, one := range script {
		result, err := tx.ExecContext(ctx, one.text, one.args(values)...)
		if err != nil {
			return fmt.Errorf("statement %d: %w", i+1, explain(err))
		}
		if !one.changesRows() {
			continue
		}
		updates++
		rows, err := result.RowsAffected()
		if err != nil {
			return err
		}
		found += rows
	}
	if updates > 0 && found == 0 {
		return retry.Never(errors.New("no row bears the complaint's id any more: it was deleted, or the statements look elsewhere"))
	}
	return nil
}

// told gives an error of writing back its verdict.
func told(ctx context.Context, err error) error {
	var marked *retry.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &marked):
		return fmt.Errorf("write a status: %w", err)
	}
	return retry.Because(fmt.Errorf("write a status: %w", err), retry.Failed)
}

// values are the parameters of a change, its words made to fit.
func (c *connector) values(change connectors.StatusChange, fit func(string) string) map[string]any {
	return map[string]any{
		"id": change.SourceID, "ref": string(change.Ref), "status": string(change.Status), "note": fit(change.Note),
		"agency": fit(change.Agency), "tracking_id": change.TrackingID, "at": change.At.In(c.zone),
		"message": fit(c.texts.Message(c.settings.Message, change, c.zone)),
	}
}
