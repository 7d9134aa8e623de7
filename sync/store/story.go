package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
)

// Entry is one delivery as an operator lists it.
type Entry struct {
	Ref        complaint.Ref `json:"ref"`
	State      State         `json:"state"`
	Source     string        `json:"source"`
	SourceID   string        `json:"source_id"`
	Agency     string        `json:"agency,omitempty"`
	NationalID string        `json:"national_id,omitempty"`
	Attempts   int           `json:"attempts"`
	Reason     string        `json:"reason,omitempty"`
	Detail     string        `json:"detail,omitempty"`
	AcceptedAt time.Time     `json:"accepted_at"`
	DueAt      time.Time     `json:"due_at"`
}

type entryRow struct {
	Ref        string
	State      string
	Source     string
	SourceID   string `db:"source_id"`
	Agency     string
	NationalID string `db:"national_id"`
	Attempts   int
	Reason     string
	Detail     string
	AcceptedAt int64 `db:"accepted_at"`
	DueAt      int64 `db:"due_at"`
}

func (r entryRow) entry() Entry {
	return Entry{
		Ref: complaint.Ref(r.Ref), State: State(r.State), Source: r.Source, SourceID: r.SourceID, Agency: r.Agency,
		NationalID: r.NationalID, Attempts: r.Attempts, Reason: r.Reason, Detail: r.Detail,
		AcceptedAt: fromMilli(r.AcceptedAt), DueAt: fromMilli(r.DueAt),
	}
}

// List returns up to most deliveries in the given states whose reference sorts after the given one, oldest first.
func (s *Store) List(ctx context.Context, states []State, after complaint.Ref, most int) ([]Entry, error) {
	rows, err := all[entryRow](ctx, s.read, s.q.ListQueue, args{"states": states, "after": after, "most": most})
	if err == nil && slices.Contains(states, Done) {
		var done []entryRow
		done, err = all[entryRow](ctx, s.read, s.q.ListDone, args{"after": after, "most": most})
		rows = append(rows, done...)
		slices.SortFunc(rows, func(a, b entryRow) int { return cmp.Compare(a.Ref, b.Ref) })
		rows = rows[:min(len(rows), most)]
	}
	entries := make([]Entry, len(rows))
	for i, r := range rows {
		entries[i] = r.entry()
	}
	return entries, err
}

// Story is everything that happened to one complaint, without its words and without who told it.
type Story struct {
	Entry
	Category   string           `json:"category,omitempty"`
	Why        string           `json:"why,omitempty"` // of the routing
	TrackingID string           `json:"tracking_id,omitempty"`
	Status     complaint.Status `json:"status"`
	StatusRaw  string           `json:"status_raw,omitempty"`
	Primary    complaint.Ref    `json:"primary,omitempty"`
	LinkWhy    string           `json:"link_why,omitempty"`
	LinkWhyID  string           `json:"link_why_id,omitempty"` // in Indonesian
	Earlier    complaint.Ref    `json:"earlier,omitempty"`     // of a trouble that came back: what it points back to
	SentAt     time.Time        `json:"sent_at,omitzero"`      // an open outcome
	FollowUp   *FollowUpSeen    `json:"follow_up,omitempty"`   // of a complaint that is told on its primary's ticket
	Attempted  []Attempt        `json:"attempts_made"`
	Steps      []StepTaken      `json:"steps"`
	Events     []EventSeen      `json:"events"`
	Revisions  []time.Time      `json:"revisions,omitempty"`
}

// Attempt is one attempt that ended.
type Attempt struct {
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	Reason  string    `json:"reason"`
	Detail  string    `json:"detail,omitempty"`
}

// StepTaken is one step of the submission.
type StepTaken struct {
	Name    string    `json:"name"`
	State   string    `json:"state"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
}

// EventSeen is one thing the platform said.
type EventSeen struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Seen    time.Time `json:"seen"`
	Status  string    `json:"status,omitempty"`
	Raw     string    `json:"raw,omitempty"`
	Agency  string    `json:"agency,omitempty"`
	Note    string    `json:"note,omitempty"`
	Applied bool      `json:"applied"`
}

// Story tells what happened to one complaint.
func (s *Store) Story(ctx context.Context, ref complaint.Ref) (Story, error) {
	type storyRow struct {
		entryRow
		SentAt     int64 `db:"sent_at"`
		Step       string
		Category   string
		Forwarded  int64 `db:"forwarded_at"`
		Why        string
		TrackingID string `db:"tracking_id"`
		Status     string
		StatusRaw  string `db:"status_raw"`
		PrimaryRef string `db:"primary_ref"`
		LinkWhy    string `db:"link_why"`
		LinkWhyID  string `db:"link_why_id"`
		EarlierRef string `db:"earlier_ref"`
	}
	r, err := one[storyRow](ctx, s.read, s.q.ShowDelivery, args{"ref": ref})
	if err != nil {
		return Story{}, fmt.Errorf("read %s: %w", ref, notFound(err))
	}
	story := Story{
		Entry: r.entry(), Category: r.Category, Why: r.Why, TrackingID: r.TrackingID, Status: complaint.Status(r.Status),
		StatusRaw: r.StatusRaw, Primary: complaint.Ref(r.PrimaryRef), LinkWhy: r.LinkWhy, LinkWhyID: r.LinkWhyID,
		Earlier: complaint.Ref(r.EarlierRef), SentAt: fromMilli(r.SentAt),
	}
	if err := s.tell(ctx, ref, &story); err != nil {
		return Story{}, err
	}
	if r.Forwarded > 0 {
		story.Steps = append(story.Steps, StepTaken{Name: national.StepCreate, State: "done", Started: fromMilli(r.Forwarded), Ended: fromMilli(r.Forwarded)})
	}
	if r.Step != "" {
		story.Steps = append(story.Steps, StepTaken{Name: r.Step, State: "open", Started: fromMilli(r.SentAt)})
	}
	return story, nil
}

func (s *Store) tell(ctx context.Context, ref complaint.Ref, story *Story) error {
	type span struct {
		StartedAt int64 `db:"started_at"`
		EndedAt   int64 `db:"ended_at"`
	}
	attempts, err := all[struct {
		span
		Reason, Detail string
	}](ctx, s.read, s.q.ShowAttempts, args{"ref": ref})
	if err != nil {
		return fmt.Errorf("read the attempts: %w", err)
	}
	for _, a := range attempts {
		story.Attempted = append(story.Attempted, Attempt{fromMilli(a.StartedAt), fromMilli(a.EndedAt), a.Reason, a.Detail})
	}
	steps, err := all[struct {
		span
		Name string
	}](ctx, s.read, s.q.ShowSteps, args{"ref": ref})
	if err != nil {
		return fmt.Errorf("read the steps: %w", err)
	}
	for _, t := range steps {
		story.Steps = append(story.Steps, StepTaken{t.Name, "done", fromMilli(t.StartedAt), fromMilli(t.EndedAt)})
	}
	if err := s.tellFollowUp(ctx, ref, story); err != nil {
		return err
	}
	if err := s.tellEvents(ctx, ref, story); err != nil {
		return err
	}
	revisions, err := all[struct {
		SeenAt int64 `db:"seen_at"`
		Hash   string
	}](ctx, s.read, s.q.ShowRevisions, args{"ref": ref})
	for _, r := range revisions {
		story.Revisions = append(story.Revisions, fromMilli(r.SeenAt))
	}
	return err
}

func (s *Store) tellEvents(ctx context.Context, ref complaint.Ref, story *Story) error {
	if story.State == Linked {
		ref = story.Primary
	}
	forwarded, err := one[int64](ctx, s.read, s.q.ForwardedAt, args{"ref": ref})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read when it was forwarded: %w", err)
	}
	if at := fromMilli(forwarded); forwarded > 0 {
		story.Events = append(story.Events, EventSeen{Seq: 1, At: at, Seen: at, Status: string(complaint.Forwarded), Applied: true})
	}
	events, err := all[struct {
		Seq, At, Applied          int64
		SeenAt                    int64 `db:"seen_at"`
		Status, Raw, Agency, Note string
	}](ctx, s.read, s.q.ShowEvents, args{"ref": ref})
	for _, e := range events {
		story.Events = append(story.Events, EventSeen{e.Seq, fromMilli(e.At), fromMilli(e.SeenAt), e.Status, e.Raw, e.Agency, e.Note, e.Applied == 1})
	}
	return err
}

// RefusalSeen is something that was set aside.
type RefusalSeen struct {
	ID       string    `json:"id"`
	Source   string    `json:"source"`
	SourceID string    `json:"source_id,omitempty"`
	Where    string    `json:"where"`
	Reason   string    `json:"reason"`
	Detail   string    `json:"detail"`
	Seen     time.Time `json:"seen"`
}

// Refusals returns the newest refusals.
func (s *Store) Refusals(ctx context.Context, most int) ([]RefusalSeen, error) {
	rows, err := all[refusalRow](ctx, s.read, s.q.ListRefusals, args{"most": most})
	return seenOf(rows), err
}

type refusalRow struct {
	ID, Source            string
	SourceID              string `db:"source_id"`
	Place, Reason, Detail string
	SeenAt                int64 `db:"seen_at"`
}

func seenOf(rows []refusalRow) []RefusalSeen {
	out := make([]RefusalSeen, len(rows))
	for i, r := range rows {
		out[i] = RefusalSeen{r.ID, r.Source, r.SourceID, r.Place, r.Reason, r.Detail, fromMilli(r.SeenAt)}
	}
	return out
}

// NotTold is news that waits or was given up.
type NotTold struct {
	Ref      complaint.Ref `json:"ref"`
	Seq      int64         `json:"seq"`
	Source   string        `json:"source"`
	State    State         `json:"state"`
	Attempts int           `json:"attempts"`
	Reason   string        `json:"reason,omitempty"`
	Detail   string        `json:"detail,omitempty"`
}

// NotTold returns what channels have not been told yet, oldest first.
func (s *Store) NotTold(ctx context.Context, most int) ([]NotTold, error) {
	rows, err := all[struct {
		Ref                           string
		EventRef                      string `db:"event_ref"`
		Seq                           int64
		Source, State, Reason, Detail string
		Attempts                      int
	}](ctx, s.read, s.q.ListWritebacks, args{"most": most})
	out := make([]NotTold, len(rows))
	for i, r := range rows {
		out[i] = NotTold{complaint.Ref(r.Ref), r.Seq, r.Source, State(r.State), r.Attempts, r.Reason, r.Detail}
	}
	return out, err
}

// Revisions counts the complaints that were sent again with other content.
func (s *Store) Revisions(ctx context.Context) (int64, error) {
	return one[int64](ctx, s.read, s.q.CountRevisions, args{})
}

// Revision is what came under a known id with other content: it was kept and not forwarded.
type Revision struct {
	Ref      complaint.Ref `json:"ref"`
	Source   string        `json:"source"`
	SourceID string        `json:"source_id"`
	Seen     time.Time     `json:"seen"`
	Before   string        `json:"before"` // the complaint's own text
	Title    string        `json:"title"`
	Text     string        `json:"text"`
}

// RevisionsOf returns the newest revisions with their words: of one complaint, or of all where ref is empty.
func (s *Store) RevisionsOf(ctx context.Context, ref complaint.Ref, most int) ([]Revision, error) {
	rows, err := all[struct {
		Ref, Hash, Content, Source, Before string
		SourceID                           string `db:"source_id"`
		SeenAt                             int64  `db:"seen_at"`
	}](ctx, s.read, s.q.ListRevisions, args{"ref": ref, "most": most})
	if err != nil {
		return nil, fmt.Errorf("read the revisions: %w", err)
	}
	out := make([]Revision, len(rows))
	for i, r := range rows {
		out[i] = Revision{Ref: complaint.Ref(r.Ref), Source: r.Source, SourceID: r.SourceID, Seen: fromMilli(r.SeenAt), Before: r.Before}
		plain, err := s.show(r.Content, "revision "+r.Ref+" "+r.Hash)
		if err != nil {
			return nil, fmt.Errorf("open a revision of %s: %w", r.Ref, err)
		}
		var c complaint.Complaint
		if err := json.Unmarshal(plain, &c); err != nil {
			return nil, fmt.Errorf("read a revision of %s: %w", r.Ref, err)
		}
		out[i].Title, out[i].Text = c.Title, c.Text
	}
	return out, nil
}
