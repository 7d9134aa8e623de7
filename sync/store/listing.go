package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Wanted says which complaints of a source are to be listed. Times are inclusive; zero ones bound nothing.
type Wanted struct {
	Refs []complaint.Ref // these, whatever else is asked

	Categories             []string // one of these; empty: any
	From, To               time.Time
	UpdatedFrom, UpdatedTo time.Time
	Open, Closed           bool // neither: both
	BeforeAt               time.Time
	BeforeRef              complaint.Ref // those listed after the one with BeforeAt and BeforeRef
	Skip                   int
	Most                   int
}

// ListedComplaint is a complaint that is not secret, and where it stands: by its own ticket, or by that of the complaint it
// is linked to.
type ListedComplaint struct {
	Complaint complaint.Complaint // without its attachments and payload
	Status    complaint.Status
	Agency    string
	ChangedAt time.Time // when the status changed; zero: there is no ticket
	Note      string
	About     Teller // of the note
}

// Teller is who told the complaint that a note speaks to.
type Teller struct {
	Reporter complaint.Reporter
	Secret   bool // nothing of the note may be shown
}

// Listing lists complaints of a source that are not secret, newest first. SourceIDs that begin with later are left out.
func (s *Store) Listing(ctx context.Context, source, later string, w Wanted) ([]ListedComplaint, error) {
	refs := textsOf(w.Refs)
	if len(w.Refs) == 0 {
		var err error
		if refs, err = s.pickListed(ctx, source, later, w); err != nil || len(refs) == 0 {
			return nil, err
		}
	}
	rows, err := all[listedRow](ctx, s.look, s.q.ReadListed, args{"source": source, "later": later + "%", "refs": refs})
	if err != nil {
		return nil, fmt.Errorf("read the complaints of %s: %w", source, err)
	}
	listed := make([]ListedComplaint, len(rows))
	for i, r := range rows {
		if listed[i], err = s.listed(r); err != nil {
			return nil, err
		}
	}
	return listed, nil
}

func (s *Store) pickListed(ctx context.Context, source, later string, w Wanted) ([]string, error) {
	beforeAt, to := int64(math.MaxInt64), orForever(w.To)
	if w.BeforeRef != "" {
		beforeAt = milli(w.BeforeAt)
		to = min(to, beforeAt) // so that the index leads there at once
	}
	refs, err := all[string](ctx, s.look, s.q.PickListed, args{
		"source": source, "later": later + "%", "from": milli(w.From), "to": to,
		"before_at": beforeAt, "before_ref": w.BeforeRef,
		"any_category": bit(len(w.Categories) == 0), "categories": w.Categories,
		"any_standing": bit(w.Open == w.Closed), "standing": standingAs(w.Open),
		"updated_from": milli(w.UpdatedFrom), "updated_to": orForever(w.UpdatedTo), "most": w.Most, "skip": w.Skip,
	})
	if err != nil {
		return nil, fmt.Errorf("list the complaints of %s: %w", source, err)
	}
	return refs, nil
}

func orForever(t time.Time) int64 {
	if t.IsZero() {
		return math.MaxInt64
	}
	return milli(t)
}

// standingAs is the statuses that are open, or those that are not.
func standingAs(open bool) []string {
	var statuses []string
	for _, status := range complaint.Statuses() {
		if status.Final() != open {
			statuses = append(statuses, string(status))
		}
	}
	return statuses
}

type listedRow struct {
	Ref, Category, Title, Text  string
	Anonymous                   int64
	Reporter, Place             string
	ReceivedAt                  int64 `db:"received_at"`
	ChangedAt                   int64 `db:"changed_at"`
	Status, Agency, Note, About string
	AboutSecret                 int64  `db:"about_secret"`
	AboutReporter               string `db:"about_reporter"`
}

func (s *Store) listed(r listedRow) (ListedComplaint, error) {
	l := ListedComplaint{
		Complaint: complaint.Complaint{
			Ref: complaint.Ref(r.Ref), Category: r.Category, Title: r.Title, Text: r.Text, Anonymous: r.Anonymous == 1, ReceivedAt: fromMilli(r.ReceivedAt),
		},
		Status: complaint.Status(r.Status), Agency: r.Agency, ChangedAt: fromMilli(r.ChangedAt), Note: r.Note,
	}
	if err := json.Unmarshal([]byte(r.Place), &l.Complaint.Place); err != nil {
		return l, fmt.Errorf("decode the place of %s: %w", r.Ref, err)
	}
	var err error
	if l.Complaint.Reporter, err = s.reporter(r.Reporter, r.Ref); err != nil {
		return l, err
	}
	if r.About != "" {
		l.About.Secret = r.AboutSecret == 1
		l.About.Reporter, err = s.reporter(r.AboutReporter, r.About)
	}
	return l, err
}

func (s *Store) reporter(kept, ref string) (complaint.Reporter, error) {
	var who complaint.Reporter
	plain, err := s.show(kept, "reporter "+ref)
	if err != nil {
		return who, fmt.Errorf("open the reporter of %s: %w", ref, err)
	}
	if err := json.Unmarshal(plain, &who); err != nil {
		return who, fmt.Errorf("decode the reporter of %s: %w", ref, err)
	}
	return who, nil
}

// ListedUpdate is something a channel is told about a complaint that is not secret.
type ListedUpdate struct {
	ID       string // the same for ever
	Ref      complaint.Ref
	Reporter complaint.Reporter // of Ref
	Status   complaint.Status   // where it stood then
	Note     string
	Agency   string
	Since    time.Time // when it became known
	About    Teller
}

// Span is a part of a source's updates.
type Span struct {
	From, To time.Time // when they became known, inclusive; zero: no bound
	Skip     int
	Most     int
}

// Updates lists what a source is told about its complaints that are not secret, told already or not, in the order it became
// known. SourceIDs that begin with later are left out.
func (s *Store) Updates(ctx context.Context, source, later string, span Span) ([]ListedUpdate, error) {
	rows, err := all[updateRow](ctx, s.look, s.q.ListUpdates, args{
		"source": source, "later": later + "%", "from": milli(span.From), "to": orForever(span.To), "most": span.Most, "skip": span.Skip,
	})
	if err != nil {
		return nil, fmt.Errorf("list the updates of %s: %w", source, err)
	}
	updates := make([]ListedUpdate, len(rows))
	for i, r := range rows {
		if updates[i], err = s.update(r); err != nil {
			return nil, err
		}
	}
	return updates, nil
}

type updateRow struct {
	Ref, About           string
	Seq, Since           int64
	Reporter             string
	AboutSecret          int64  `db:"about_secret"`
	AboutReporter        string `db:"about_reporter"`
	Status, Note, Agency string
	ThenStatus           string `db:"then_status"`
}

func (s *Store) update(r updateRow) (ListedUpdate, error) {
	u := ListedUpdate{
		ID: r.id(), Ref: complaint.Ref(r.Ref), Status: complaint.Status(r.Status), Note: r.Note, Agency: r.Agency, Since: fromMilli(r.Since),
		About: Teller{Secret: r.AboutSecret == 1},
	}
	if r.Status == "" {
		u.Status = complaint.Status(r.ThenStatus)
	}
	var err error
	if u.Reporter, err = s.reporter(r.Reporter, r.Ref); err != nil {
		return u, err
	}
	u.About.Reporter, err = s.reporter(r.AboutReporter, r.About)
	return u, err
}

// id names the update by what makes its row one: the complaint, and the number of the event among those of its ticket.
// Whose ticket that is, where it is another's, is not told.
func (r updateRow) id() string {
	id := r.Ref + "-" + strconv.FormatInt(r.Seq, 10)
	if r.About == r.Ref {
		return id
	}
	sum := sha256.Sum256([]byte(r.About))
	return id + "-" + hex.EncodeToString(sum[:4])
}
