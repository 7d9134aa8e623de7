package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

// outbox answers by SMS: it puts the message into Gammu SMSD's outbox, further parts into outbox_multipart.
//
// CreatorID says which change of which complaint a row tells, and is looked for in outbox and sentitems first. SMSD's
// tables for MySQL know no transactions, so a long SMS is inserted with a sending time far ahead, and let go when all its
// parts are there; one that is found held back was broken off, and is completed.
//
// Whom to answer was kept when the complaint was taken in. The inbox is not asked: a row may be gone by then, or be another's.
type outbox struct {
	*connector
	sent func(context.Context, complaint.Ref) (complaint.Payload, error) // may be nil
}

// heldBack is a sending time that lies ahead of every other and inside MySQL's TIMESTAMP.
const heldBack = "2037-12-31 00:00:00"

// letter is one SMS on its way.
type letter struct {
	creator string // CreatorID
	number  string
	coding  string
	ref     byte // in the headers of its parts
	parts   []string
}

// WriteStatus sends the change to the number the complaint came from, once.
func (o outbox) WriteStatus(ctx context.Context, change connectors.StatusChange) error {
	one := letter{creator: fmt.Sprintf("%s %s %d", o.settings.Outbox.Creator, change.Ref, change.Seq)}
	one.coding, one.parts = splitSMS(o.texts.Message(o.settings.Message, change, o.zone), o.settings.Outbox.Most)
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(one.creator)) // never fails
	one.ref = byte(sum.Sum32())
	var err error
	if one.number, err = o.number(ctx, change); err != nil {
		return told(ctx, err)
	}
	return told(ctx, orPlain(func(fit func(string) string) error {
		fitting := one.fitted(fit)
		return o.inTransaction(ctx, false, func(ctx context.Context, tx *sql.Tx) error {
			return o.send(ctx, tx, fitting)
		})
	}))
}

// fitted has the same parts in the same coding: those of a letter that was broken off stand already, and must belong to the others.
func (l letter) fitted(fit func(string) string) letter {
	parts := make([]string, len(l.parts))
	for i, part := range l.parts {
		parts[i] = fit(part)
	}
	l.parts = parts
	return l
}

func (o outbox) send(ctx context.Context, tx *sql.Tx, one letter) error {
	id, held, err := o.queued(ctx, tx, one.creator)
	switch {
	case err != nil:
		return err
	case id != "" && held:
		return o.complete(ctx, tx, id, one)
	case id != "":
		return nil
	}
	// Looked for after outbox: SMSD moves a row there, and it must not slip between.
	if sent, err := o.hasSent(ctx, tx, one.creator); err != nil || sent {
		return err
	}
	if err := o.insert(ctx, tx, one); err != nil || len(one.parts) == 1 {
		return err
	}
	if id, _, err = o.queued(ctx, tx, one.creator); err != nil {
		return err
	}
	return o.complete(ctx, tx, id, one)
}

// queued looks for the letter in the outbox: its id, and whether it is held back.
func (o outbox) queued(ctx context.Context, tx *sql.Tx, creator string) (id string, held bool, err error) {
	var at time.Time
	err = tx.QueryRowContext(ctx, o.dialect.sql("SELECT [ID], [SendingDateTime] FROM [outbox] WHERE [CreatorID] = {} ORDER BY [ID] LIMIT 1"), creator).Scan(&id, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return id, at.Year() == 2037, err
}

func (o outbox) hasSent(ctx context.Context, tx *sql.Tx, creator string) (bool, error) {
	var rows int
	err := tx.QueryRowContext(ctx, o.dialect.sql("SELECT COUNT(*) FROM [sentitems] WHERE [CreatorID] = {}"), creator).Scan(&rows)
	return rows > 0, err
}

// number is the sender's of the complaint, as it was taken in. Older complaints were kept without it: their own row has it,
// as it was then.
func (o outbox) number(ctx context.Context, change connectors.StatusChange) (string, error) {
	if to := strings.TrimSpace(change.To); to != "" {
		return to, nil
	}
	if o.sent == nil {
		return "", retry.Never(fmt.Errorf("no number was kept with %s to answer", change.Ref))
	}
	kept, err := o.sent(ctx, change.Ref)
	if err != nil {
		return "", fmt.Errorf("find the number to answer %s: %w", change.Ref, err)
	}
	rows, err := records(kept.Body)
	if err == nil && len(rows) > 0 {
		if number := o.sender(rows[0]); number != "" {
			return number, nil
		}
	}
	return "", retry.Never(fmt.Errorf("no number was kept with %s to answer", change.Ref))
}

// sender is the number a row came from.
func (c *connector) sender(record map[string]any) string {
	number, _ := record[c.settings.Parts.Sender].(string)
	return complaint.CleanText(number)
}

// insert puts the first part into the outbox; with more parts it is held back.
func (o outbox) insert(ctx context.Context, tx *sql.Tx, one letter) error {
	if len(one.parts) == 1 {
		_, err := tx.ExecContext(ctx, o.dialect.sql("INSERT INTO [outbox] ([DestinationNumber], [TextDecoded], [Coding], [CreatorID]) VALUES ({}, {}, {}, {})"),
			one.number, one.parts[0], one.coding, one.creator)
		return err
	}
	_, err := tx.ExecContext(ctx, o.dialect.sql("INSERT INTO [outbox] ([DestinationNumber], [TextDecoded], [Coding], [CreatorID], [MultiPart], [UDH], [SendingDateTime]) "+
		"VALUES ({}, {}, {}, {}, 'true', {}, '"+heldBack+"')"),
		one.number, one.parts[0], one.coding, one.creator, udh(one.ref, len(one.parts), 1))
	return err
}

// complete puts the further parts beside the first, those that are not there yet, and lets the SMS go.
func (o outbox) complete(ctx context.Context, tx *sql.Tx, id string, one letter) error {
	for n := 2; n <= len(one.parts); n++ {
		var there int
		err := tx.QueryRowContext(ctx, o.dialect.sql("SELECT COUNT(*) FROM [outbox_multipart] WHERE [ID] = {} AND [SequencePosition] = {}"), id, n).Scan(&there)
		if err != nil {
			return err
		}
		if there > 0 {
			continue
		}
		_, err = tx.ExecContext(ctx, o.dialect.sql("INSERT INTO [outbox_multipart] ([ID], [SequencePosition], [TextDecoded], [Coding], [UDH]) VALUES ({}, {}, {}, {}, {})"),
			id, n, one.parts[n-1], one.coding, udh(one.ref, len(one.parts), n))
		if err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, o.dialect.sql("UPDATE [outbox] SET [SendingDateTime] = LOCALTIMESTAMP WHERE [ID] = {}"), id)
	return err
}
