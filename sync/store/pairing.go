package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
)

// Tie is how one complaint is related to an earlier one: a link, a review or a recurrence.
type Tie struct {
	Ref     complaint.Ref    `json:"ref"`
	Earlier complaint.Ref    `json:"earlier"`           // whose words were compared
	Primary complaint.Ref    `json:"primary,omitempty"` // of a link: who stands for it
	Kind    dedup.Kind       `json:"kind"`
	Score   float64          `json:"score"` // the probability that both are the same matter
	Why     string           `json:"why"`
	WhyID   string           `json:"why_id"`
	For     []dedup.Evidence `json:"for,omitempty"`
	Against []dedup.Evidence `json:"against,omitempty"`
	Made    time.Time        `json:"made"`         // when it was linked, asked or noted
	By      string           `json:"by,omitempty"` // who linked; empty: the gateway itself
}

// Reviewed is what a person was asked, and what he said.
type Reviewed struct {
	Tie
	Until     time.Time `json:"until"` // undecided by then it is forwarded
	Decision  string    `json:"decision,omitempty"`
	DecidedBy string    `json:"decided_by,omitempty"`
	DecidedAt time.Time `json:"decided_at,omitzero"`
}

// Undone is a link that was undone.
type Undone struct {
	Tie
	UndoneAt  time.Time `json:"undone_at"`
	UndoneBy  string    `json:"undone_by,omitempty"` // empty: the gateway itself
	UndoneWhy string    `json:"undone_why,omitempty"`
}

// matterRow is what links, reviews and recurrences have in common.
type matterRow struct {
	EarlierRef string `db:"earlier_ref"`
	Kind       string
	Score      float64
	Why        string
	WhyID      string `db:"why_id"`
	Evidence   string
}

func (r matterRow) matter() Matter {
	var e evidence
	_ = json.Unmarshal([]byte(r.Evidence), &e) // what cannot be read is not shown; the sentences are there
	return Matter{complaint.Ref(r.EarlierRef), dedup.Kind(r.Kind), r.Score, r.Why, r.WhyID, e.For, e.Against}
}

func (r matterRow) tie(ref, primary string, made int64, by string) Tie {
	m := r.matter()
	return Tie{
		complaint.Ref(ref), m.Earlier, complaint.Ref(primary), m.Kind, m.Score, m.Why, m.WhyID, m.For, m.Against, fromMilli(made), by,
	}
}

type linkRow struct {
	matterRow
	Ref        string
	PrimaryRef string `db:"primary_ref"`
	MatchedRef string `db:"matched_ref"`
	LinkedBy   string `db:"linked_by"`
	LinkedAt   int64  `db:"linked_at"`
	Quiet      int64  // read by read-link alone
	UndoneAt   int64  `db:"undone_at"`
	UndoneBy   string `db:"undone_by"`
	UndoneWhy  string `db:"undone_why"`
}

func (r linkRow) matter() Matter {
	r.EarlierRef = r.MatchedRef
	return r.matterRow.matter()
}

func (r linkRow) tie() Tie {
	r.EarlierRef = r.MatchedRef
	return r.matterRow.tie(r.Ref, r.PrimaryRef, r.LinkedAt, r.LinkedBy)
}

type reviewRow struct {
	matterRow
	Ref       string
	AskedAt   int64 `db:"asked_at"`
	Until     int64
	Decision  string
	DecidedBy string `db:"decided_by"`
	DecidedAt int64  `db:"decided_at"`
}

func (r reviewRow) reviewed() Reviewed {
	return Reviewed{r.tie(r.Ref, "", r.AskedAt, ""), fromMilli(r.Until), r.Decision, r.DecidedBy, fromMilli(r.DecidedAt)}
}

// Reviews are up to most complaints that wait for a person, those first that wait no longer soon.
func (s *Store) Reviews(ctx context.Context, most int) ([]Reviewed, error) {
	return s.reviews(ctx, s.q.ListReviews, args{"most": most})
}

func (s *Store) reviews(ctx context.Context, q *query, a args) ([]Reviewed, error) {
	rows, err := all[reviewRow](ctx, s.read, q, a)
	if err != nil {
		return nil, fmt.Errorf("read the reviews: %w", err)
	}
	reviews := make([]Reviewed, len(rows))
	for i, r := range rows {
		reviews[i] = r.reviewed()
	}
	return reviews, nil
}

// Links are up to most links in force, those of the newest complaints first.
func (s *Store) Links(ctx context.Context, most int) ([]Tie, error) {
	rows, err := all[linkRow](ctx, s.read, s.q.ListLinks, args{"most": most})
	if err != nil {
		return nil, fmt.Errorf("read the links: %w", err)
	}
	links := make([]Tie, len(rows))
	for i, r := range rows {
		links[i] = r.tie()
	}
	return links, nil
}

// Bonds are everything that relates one complaint to others, now and before.
type Bonds struct {
	Link       *Tie            `json:"link,omitempty"` // in force
	Recurrence *Tie            `json:"recurrence,omitempty"`
	Reviews    []Reviewed      `json:"reviews,omitempty"`
	Undone     []Undone        `json:"undone,omitempty"`
	StandsFor  []complaint.Ref `json:"stands_for,omitempty"`
}

// Bonds tells what relates a complaint to others.
func (s *Store) Bonds(ctx context.Context, ref complaint.Ref) (Bonds, error) {
	var b Bonds
	a := args{"ref": ref}
	link, err := one[linkRow](ctx, s.read, s.q.ReadLink, a)
	if err == nil {
		tie := link.tie()
		b.Link = &tie
	} else if !errors.Is(err, sql.ErrNoRows) {
		return b, fmt.Errorf("read the link of %s: %w", ref, err)
	}
	again, err := one[struct {
		matterRow
		Ref     string
		NotedAt int64 `db:"noted_at"`
	}](ctx, s.read, s.q.RecurrenceOf, a)
	if err == nil {
		again.Kind = string(dedup.Recurrence)
		tie := again.tie(again.Ref, "", again.NotedAt, "")
		b.Recurrence = &tie
	} else if !errors.Is(err, sql.ErrNoRows) {
		return b, fmt.Errorf("read what %s points back to: %w", ref, err)
	}
	if b.Reviews, err = s.reviews(ctx, s.q.ReviewsOf, a); err != nil {
		return b, err
	}
	return b, s.readFormer(ctx, ref, &b)
}

func (s *Store) readFormer(ctx context.Context, ref complaint.Ref, b *Bonds) error {
	undone, err := all[linkRow](ctx, s.read, s.q.UnlinkedOf, args{"ref": ref})
	if err != nil {
		return fmt.Errorf("read the links of %s that were undone: %w", ref, err)
	}
	for _, r := range undone {
		b.Undone = append(b.Undone, Undone{r.tie(), fromMilli(r.UndoneAt), r.UndoneBy, r.UndoneWhy})
	}
	followers, err := all[follower](ctx, s.read, s.q.LinkedTo, args{"ref": ref})
	if err != nil {
		return fmt.Errorf("read what is linked to %s: %w", ref, err)
	}
	b.StandsFor = refsIn(followers)
	return nil
}

// Told are complaints as they were told, by their references. One that cannot be opened is an error: this is for people.
func (s *Store) Told(ctx context.Context, refs ...complaint.Ref) (map[complaint.Ref]complaint.Complaint, error) {
	read, err := s.complaints(ctx, s.read, refs)
	if err != nil {
		return nil, err
	}
	told := make(map[complaint.Ref]complaint.Complaint, len(read))
	for ref, c := range read {
		if c.err != nil {
			return nil, fmt.Errorf("read %s: %w", ref, c.err)
		}
		told[ref] = c.Complaint
	}
	return told, nil
}

// Label is what a person said of two complaints.
type Label struct {
	Later, Earlier complaint.Complaint
	Same           bool
	At             time.Time
}

// Labels are up to most decisions of persons since a time, oldest first, with the complaints they are about. One whose
// complaints cannot be read any more is left out.
func (s *Store) Labels(ctx context.Context, since time.Time, most int) ([]Label, error) {
	rows, err := all[reviewRow](ctx, s.read, s.q.Labels, args{"since": milli(since), "most": most})
	if err != nil {
		return nil, fmt.Errorf("read the decided reviews: %w", err)
	}
	var labels []Label
	for _, r := range rows {
		later, earlier := complaint.Ref(r.Ref), complaint.Ref(r.EarlierRef)
		read, err := s.complaints(ctx, s.read, []complaint.Ref{later, earlier})
		if err != nil {
			return nil, err
		}
		if read[later].err != nil || read[earlier].err != nil {
			continue
		}
		labels = append(labels, Label{
			Later: read[later].Complaint, Earlier: read[earlier].Complaint, Same: r.Decision == Same, At: fromMilli(r.DecidedAt),
		})
	}
	return labels, nil
}
