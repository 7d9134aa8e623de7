package relay

import (
	"context"
	"strings"
	"unicode"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/privacy"
	"github.com/satupintu/satupintu/sync/store"
)

// public removes from free text what may not be read by anybody, whatever privacy.redact says: that is about the platform,
// which is no public place.
var public = privacy.NewRedactor(kindNames(privacy.Kinds()))

func kindNames(kinds []privacy.Kind) []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return names
}

// List lists one channel's complaints as anybody may see them: no secret one, no reporter, of an anonymous one neither
// words nor place, and free text without numbers, mail addresses and the names of who is spoken of or to.
func (r *Relay) List(ctx context.Context, source string, q connectors.Query) ([]connectors.Listed, error) {
	rows, err := r.store.Listing(ctx, source, connectors.LaterWord, store.Wanted(q))
	if err != nil {
		return nil, err
	}
	listed := make([]connectors.Listed, len(rows))
	for i, row := range rows {
		listed[i] = listedOf(row)
	}
	return listed, nil
}

func listedOf(row store.ListedComplaint) connectors.Listed {
	c := row.Complaint
	l := connectors.Listed{
		Ref: c.Ref, Category: c.Category, Anonymous: c.Anonymous, ReceivedAt: c.ReceivedAt, UpdatedAt: c.ReceivedAt, Status: row.Status, Agency: row.Agency,
		Note: publicNote(row.Note, c.Reporter, row.About),
	}
	if row.About.Secret {
		l.Agency = ""
	}
	if row.ChangedAt.After(l.UpdatedAt) {
		l.UpdatedAt = row.ChangedAt
	}
	if !c.Anonymous {
		l.Title, l.Text, l.Place = nameless(public.Title(c.Title, c.Text), c.Reporter), publicText(c.Text, c.Reporter), c.Place
		l.Place.Address = publicText(c.Place.Address, c.Reporter)
	}
	return l
}

// Updates lists what was said about one channel's complaints, as anybody may see it.
func (r *Relay) Updates(ctx context.Context, source string, q connectors.UpdateQuery) ([]connectors.Update, error) {
	rows, err := r.store.Updates(ctx, source, connectors.LaterWord, store.Span(q))
	if err != nil {
		return nil, err
	}
	updates := make([]connectors.Update, len(rows))
	for i, row := range rows {
		updates[i] = connectors.Update{
			ID: row.ID, Ref: row.Ref, Status: row.Status, Agency: row.Agency, At: row.Since, Note: publicNote(row.Note, row.Reporter, row.About),
		}
		if row.About.Secret {
			updates[i].Agency = ""
		}
	}
	return updates, nil
}

// publicNote is what an agency answered. An answer to a secret complaint is not shown with the complaints that are linked
// to it either.
func publicNote(note string, own complaint.Reporter, about store.Teller) string {
	if about.Secret {
		return ""
	}
	return publicText(note, own, about.Reporter)
}

// publicChange is a piece of news as anybody may read it.
func publicChange(n store.News) connectors.StatusChange {
	change := changeOf(n)
	if change.Note = namelessNote(n); change.Secret {
		change.Raw, change.Note, change.Agency, change.TrackingID = "", "", "", ""
	}
	return change
}

// namelessNote is what the platform said, without the persons it may name. Where nobody can tell who they are it is nothing.
func namelessNote(n store.News) string {
	if len(n.Change.Persons) == 0 {
		return ""
	}
	return publicText(n.Change.Note, n.Change.Persons...)
}

// publicText removes what identifies a person, and each word of the given persons' names.
func publicText(text string, persons ...complaint.Reporter) string {
	text, _ = public.Redact(text)
	return nameless(text, persons...)
}

func nameless(text string, persons ...complaint.Reporter) string {
	for _, person := range persons {
		text = withoutName(text, person.Name)
	}
	return text
}

const nameRemoved = "[nama dihapus]"

// withoutName removes every word of a name that is longer than two letters, wherever it stands: rather a word too many than
// a name.
func withoutName(text, name string) string {
	for _, part := range strings.FieldsFunc(name, notInWord) {
		if len([]rune(part)) > 2 {
			text = withoutWord(text, part)
		}
	}
	return text
}

func notInWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }

func withoutWord(text, word string) string {
	var out strings.Builder
	for len(text) > 0 {
		end := strings.IndexFunc(text, notInWord)
		if end < 0 {
			end = len(text)
		}
		if strings.EqualFold(text[:end], word) {
			out.WriteString(nameRemoved)
		} else {
			out.WriteString(text[:end])
		}
		between := len(text)
		if i := strings.IndexFunc(text[end:], func(r rune) bool { return !notInWord(r) }); i >= 0 {
			between = end + i
		}
		out.WriteString(text[end:between])
		text = text[between:]
	}
	return out.String()
}

// published is the write-back of a channel that is a protocol server: what it is to be told is there to be fetched.
type published struct{}

func (published) WriteStatus(context.Context, connectors.StatusChange) error { return nil }

// tellsByList gives such channels their write-back.
func tellsByList(channels []Channel) []Channel {
	told := make([]Channel, len(channels))
	for i, c := range channels {
		if c.Routes != nil && c.WriteStatus == nil {
			c.WriteStatus = published{}
		}
		told[i] = c
	}
	return told
}
