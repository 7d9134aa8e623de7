package relay

import (
	"context"
	"errors"
	"fmt"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
)

// AgainOptions are what ReadAgain works on.
type AgainOptions struct {
	Store   *store.Store
	Channel Channel
	Show    int  // how many are named of those that do not come in
	DryRun  bool // nothing is kept, and no file is fetched
}

// Again is what became of what a channel had set aside.
type Again struct {
	TakenIn int         `json:"taken_in"`
	Missing int         `json:"files_missing"` // of what was taken in
	Known   int         `json:"known"`         // came before
	Revised int         `json:"revised"`       // of Known, what said something else: kept beside it, not forwarded
	Unfit   int         `json:"unfit"`         // is still set aside, with the reason of now
	NotKept int         `json:"not_kept"`      // cannot be read again
	First   []StillHere `json:"first"`         // of Unfit and NotKept
}

// StillHere is something that is still set aside.
type StillHere struct {
	Where  string `json:"where"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// ReadAgain makes of what a channel set aside for a fault of its settings what it is under the settings of now. What fits is kept
// as a poll keeps it, undecided, and is no longer set aside, in one transaction; what still does not fit gets its new reason. It
// may be run beside a gateway, again, and after it was stopped at any point.
func ReadAgain(ctx context.Context, o AgainOptions) (Again, error) {
	r := &rereading{AgainOptions: o, found: Again{First: []StillHere{}}}
	var reasons []string
	for _, cause := range connectors.SetAsideCauses() {
		if cause.OfSettings() {
			reasons = append(reasons, string(cause))
		}
	}
	for after := ""; ; {
		page, err := o.Store.RefusalsOf(ctx, o.Channel.Name, reasons, after, againRows)
		if err != nil || len(page) == 0 {
			return r.found, err
		}
		if err := r.page(ctx, page); err != nil {
			return r.found, err
		}
		after = page[len(page)-1].ID
	}
}

// Bounds of what is read before it is kept.
const (
	againRows  = 100
	againBytes = 8 << 20
)

type rereading struct {
	AgainOptions
	found Again
	rows  []store.Reread // that are not kept yet
	bytes int            // they came in
}

func (r *rereading) page(ctx context.Context, page []store.RefusalSeen) error {
	patience := connectors.NewPatience(connectors.PhotosTimeout)
	if r.DryRun {
		patience = connectors.NewPatience(0)
	}
	for _, refusal := range page {
		if err := r.read(ctx, patience, refusal); err != nil {
			return fmt.Errorf("read %s again: %w", refusal.Where, err)
		}
		if r.bytes >= againBytes {
			if err := r.keep(ctx); err != nil {
				return err
			}
		}
	}
	return r.keep(ctx)
}

func (r *rereading) read(ctx context.Context, patience *connectors.Patience, refusal store.RefusalSeen) error {
	raw, err := r.Store.RefusalRaw(ctx, refusal.ID)
	if err != nil {
		return err
	}
	var page connectors.Page
	switch {
	case len(raw) == 0:
		err = fmt.Errorf("it is no single row: what it names is read again by itself when the settings or it are others: %w", connectors.ErrNotKept)
	case r.Channel.Reread == nil:
		err = fmt.Errorf("the kind %s reads nothing again: have it sent again: %w", r.Channel.Kind, connectors.ErrNotKept)
	default:
		err = contained(func() (err error) {
			page, err = r.Channel.Reread.Reread(ctx, patience, connectors.SetAside{
				SourceID: refusal.SourceID, Where: refusal.Where, Reason: connectors.SetAsideCause(refusal.Reason), Detail: refusal.Detail, Raw: raw,
			})
			return err
		})
	}
	if errors.Is(err, connectors.ErrNotKept) {
		r.found.NotKept++
		r.show(refusal.Where, refusal.Reason, err.Error())
		return nil
	}
	if err == nil {
		r.rows, r.bytes = append(r.rows, reread(refusal, page)), r.bytes+len(raw)
	}
	return err
}

// reread is what a refusal is now.
func reread(refusal store.RefusalSeen, page connectors.Page) store.Reread {
	row := store.Reread{ID: refusal.ID, Reason: refusal.Reason}
	row.Still = store.Refusal{SourceID: refusal.SourceID, Where: refusal.Where, Reason: refusal.Reason, Detail: "the settings leave it out now"}
	if len(page.SetAside) > 0 {
		aside := page.SetAside[0]
		row.Still.SourceID, row.Still.Reason, row.Still.Detail = aside.SourceID, string(aside.Reason), aside.Detail
	}
	if len(page.Complaints) > 0 {
		c := page.Complaints[0]
		c.Clean()
		if err := c.Check(); err != nil {
			row.Still.SourceID, row.Still.Reason, row.Still.Detail = c.SourceID, string(connectors.BadField), err.Error()
			return row
		}
		row.Complaint = &c
	}
	return row
}

// keep keeps what has been read.
func (r *rereading) keep(ctx context.Context) error {
	rows := r.rows
	r.rows, r.bytes = nil, 0
	if len(rows) == 0 {
		return nil
	}
	sameID := r.sameID()
	kept, err := r.Store.KeepAgain(ctx, store.Again{Source: r.Channel.Name, Rows: rows, SameID: sameID, DryRun: r.DryRun})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Complaint == nil {
			r.found.Unfit++
			r.show(row.Still.Where, row.Still.Reason, row.Still.Detail)
			continue
		}
		if kept[0].SameID {
			still := sameID(*row.Complaint)
			r.found.Unfit++
			r.show(row.Still.Where, still.Reason, still.Detail)
		} else {
			r.count(kept[0], *row.Complaint)
		}
		kept = kept[1:]
	}
	return nil
}

// count counts what came in, or was here. Without its files nobody can tell whether it is a revision.
func (r *rereading) count(k store.Kept, c complaint.Complaint) {
	switch {
	case k.Known && k.Revised && !r.DryRun:
		r.found.Revised++
		r.found.Known++
	case k.Known:
		r.found.Known++
	default:
		r.found.TakenIn++
		if !r.DryRun {
			r.found.Missing += c.Missing
		}
	}
}

func (r *rereading) show(where, reason, detail string) {
	if len(r.found.First) < r.Show {
		r.found.First = append(r.found.First, StillHere{where, reason, detail})
	}
}

// sameID words why what has a known one's id stays set aside, also for a channel whose polls make a revision of it.
func (r *rereading) sameID() func(complaint.Complaint) store.Refusal {
	if own := sameIDOf(r.Channel); own != nil {
		return own
	}
	return func(c complaint.Complaint) store.Refusal {
		return store.Refusal{
			SourceID: c.SourceID, Reason: string(connectors.SameID),
			Detail: "another complaint is here under this id, so the id is not unique: map it from more of the record",
		}
	}
}
