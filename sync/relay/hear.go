package relay

import (
	"errors"
	"fmt"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
)

// longest is how long a sender who never falls silent is listened to: five times as long as silence takes, and ten minutes
// at least.
func longest(within time.Duration) time.Duration { return max(5*within, 10*time.Minute) }

// What became of a message.
const (
	messageNew   = "new"
	messageKnown = "known"
)

func messageResults() []string {
	return []string{
		messageNew, messageKnown, string(store.MessageAsked), string(store.MessageNoted), string(store.MessageJoined), string(store.MessageFollowed),
	}
}

// What became of a file of a message.
const (
	fileFetched = "fetched"
	fileMissing = "missing"
)

// fitting sorts out the messages that are fit. What is not is set aside: a messenger that is refused sends the same again,
// and with it everything else it has.
func fitting(messages []connectors.Message) (good []connectors.Message, aside []store.Refusal) {
	for _, m := range messages {
		if err := fit(&m); err != nil {
			aside = append(aside, store.Refusal{
				SourceID: m.ID, Where: "message " + m.ID, Reason: string(connectors.BadField), Detail: err.Error(), Raw: m.Raw.Body,
			})
			continue
		}
		good = append(good, m)
	}
	return good, aside
}

// fit cleans a message and says what is wrong with it.
func fit(m *connectors.Message) error {
	m.ID, m.Text = complaint.CleanText(m.ID), complaint.CleanText(m.Text)
	as := complaint.Complaint{SourceID: m.ID, Text: m.Text, Place: m.Place}
	if as.Text == "" {
		as.Text = "-" // a picture says nothing, and is fit
	}
	as.Clean()
	m.Place = as.Place
	if m.Sender == "" {
		return errors.Join(&complaint.FieldError{Field: "sender", Reason: "is missing"}, as.Check())
	}
	return as.Check()
}

// joining is when what was said on a channel is looked at.
func (r *Relay) joining(source string, messages []connectors.Message) (store.Joining, error) {
	if len(messages) == 0 {
		return store.Joining{}, nil
	}
	for _, c := range r.channels {
		if c.Name == source && c.Talks() {
			return store.Joining{Within: c.JoinWithin, Longest: longest(c.JoinWithin)}, nil
		}
	}
	return store.Joining{}, fmt.Errorf("%s takes in messages and cannot answer them: this is a mistake in the connector", source)
}

func (r *Relay) heard(source string, fresh, of int) {
	if of == 0 {
		return
	}
	r.metrics.messages.WithLabelValues(source, messageNew).Add(float64(fresh))
	r.metrics.messages.WithLabelValues(source, messageKnown).Add(float64(of - fresh))
	if fresh > 0 {
		r.metrics.lastSuccess.WithLabelValues(source).SetToCurrentTime()
		r.talkable[source].send()
	}
}
