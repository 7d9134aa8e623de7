package relay

import (
	"context"
	"strings"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

const (
	// answerWait is how long an answer to our question is waited for.
	answerWait = 24 * time.Hour
	// fewestAsks is how often a question is tried at least before it is given up: a clock that was set on by days while the
	// gateway was stopped has not made it old.
	fewestAsks = 10
	// fetchTimeout is how long one file may take: a video over a bad line is slow, more than this is a connector that hangs.
	fetchTimeout = 5 * time.Minute
	// fetchPatience is how long a file that cannot be fetched just now holds its complaint up.
	fetchPatience = 10 * time.Minute
)

// lookInto decides what a sender's messages are: a complaint, an addition to one, or too little.
func (r *Relay) lookInto(ctx context.Context, c Channel, t store.Talk) error {
	if t.Err != nil {
		return t.Err
	}
	t.Messages = firstRun(t.Messages, longest(c.JoinWithin))
	said := conversation{Relay: r, c: c, t: t}
	waiting := said.words(store.MessageWaiting)
	if waiting == nil {
		return said.unanswered(ctx)
	}
	about, own, err := said.named(ctx)
	if err != nil {
		return err
	}
	_, _, rest := dedup.Mentions(strings.Join(waiting, " ")) // a reference that nobody has is no matter by itself
	remark := remarkOf(rest)
	switch {
	case own && remark == thanking && !said.hasSubstance(): // thanks as a reply to what we said
		return said.end(ctx, store.MessageNoted)
	case about != "" || remark == matter:
		return said.file(ctx, about, own, "")
	case remark == thanking && t.Last != "" && !said.hasSubstance():
		return said.end(ctx, store.MessageNoted)
	case remark == asking && t.Last != "": // as often as they ask
		return said.ask(ctx, connectors.Standing)
	case !t.AskedAt.IsZero(): // nobody is asked twice
		return said.end(ctx, store.MessageAsked)
	}
	return said.ask(ctx, connectors.Question)
}

// firstRun is what was said before so long a silence, by the channel's own times: what waited somewhere while we were off comes all at
// once, and what was said hours apart is no one matter. What comes behind it waits for its own turn.
func firstRun(messages []store.Heard, silence time.Duration) []store.Heard {
	var before time.Time
	for i, m := range messages {
		if m.State != store.MessageWaiting || m.At.IsZero() {
			continue
		}
		if !before.IsZero() && m.At.Sub(before) > silence {
			return messages[:i:i]
		}
		before = m.At
	}
	return messages
}

// conversation is what one sender said and nobody has made a complaint of.
type conversation struct {
	*Relay
	c Channel
	t store.Talk
}

// words are those of the messages in one state; nil where there is no such message.
func (v conversation) words(state store.MessageState) []string {
	var texts []string
	for _, m := range v.t.Messages {
		if m.State == state {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// named is the complaint that the sender names, if any.
func (v conversation) named(ctx context.Context) (about complaint.Ref, own bool, err error) {
	var (
		refs   []complaint.Ref
		tracks []string
	)
	for _, m := range v.t.Messages {
		r, t, _ := dedup.Mentions(m.Text)
		refs, tracks = append(refs, r...), append(tracks, t...)
	}
	return v.store.Named(ctx, v.c.Name, v.t.Sender, refs, tracks)
}

// hasSubstance says whether there is anything beside words: a picture, a place. A sticker is nothing.
func (v conversation) hasSubstance() bool {
	for _, m := range v.t.Messages {
		if m.Place != (complaint.Place{}) {
			return true
		}
		for _, one := range m.Media {
			if !isSticker(m.Message, one) {
				return true
			}
		}
	}
	return false
}

// isSticker knows stickers as the messengers send them: a picture of a kind that nobody photographs in, without name and words.
func isSticker(m connectors.Message, one connectors.Media) bool {
	return one.Type == "image/webp" && one.Name == "" && m.Text == ""
}

// unanswered ends a conversation in which nobody answered our question. What shows something is a complaint nevertheless:
// somebody at the agency looks at the picture.
func (v conversation) unanswered(ctx context.Context) error {
	if until := v.t.AskedAt.Add(answerWait); len(v.t.Messages) > 0 && v.now().Before(until) {
		return notYet{until}
	}
	if !v.hasSubstance() {
		v.t.AskedAt = time.Time{}
		return v.end(ctx, store.MessageNoted)
	}
	files := 0
	for _, m := range v.t.Messages {
		files += len(m.Media)
	}
	text, err := v.texts.Say(connectors.Wordless, connectors.Words{Files: files})
	if err != nil {
		return err
	}
	return v.file(ctx, "", false, text)
}

// end ends the look at messages of which there is nothing to say.
func (v conversation) end(ctx context.Context, state store.MessageState) error {
	e := store.Ending{State: state, AskedAt: v.t.AskedAt, Within: v.c.JoinWithin}
	if !e.AskedAt.IsZero() {
		e.Due = e.AskedAt.Add(answerWait)
	}
	for _, m := range v.t.Messages {
		if m.State == store.MessageWaiting || e.AskedAt.IsZero() {
			e.IDs = append(e.IDs, m.ID)
		}
	}
	if err := v.store.EndTalk(ctx, v.t, e); err != nil {
		return err
	}
	v.metrics.messages.WithLabelValues(v.c.Name, string(state)).Add(float64(len(e.IDs)))
	return nil
}

// ask asks a person what it is about, or says where their last complaint stands. A channel that refuses for good to say it
// ends the look all the same: who writes again is looked at again.
func (v conversation) ask(ctx context.Context, name connectors.Text) error {
	words := connectors.Words{Ref: string(v.t.Last)}
	if name == connectors.Standing {
		last, _, err := v.store.LastChange(ctx, v.c.Name, v.t.Last)
		if err != nil {
			return err
		}
		words.Status = v.texts.Status(last.Status, last.Raw)
	}
	text, err := v.texts.Say(name, words)
	if err != nil {
		return err
	}
	first, last := v.edges()
	v.at(BeforeAsk)
	asking, cancel := context.WithDeadline(ctx, v.t.Until.Add(-v.lease()/3))
	defer cancel()
	if by, _ := asking.Deadline(); late(by) {
		return store.ErrLost // we were frozen: another gateway may have made a complaint of it
	}
	err = v.say(asking, v.c, connectors.Saying{Key: "ask-" + first.Arrived, To: v.t.Sender, ReplyTo: last.ID, Text: text, HeardAt: v.t.HeardAt})
	v.at(Asked)
	verdict := retry.Of(err)
	tried := v.leaps.age(v.now(), v.t.TriedAt)
	refused := verdict.Verdict == retry.Permanent || tried > answerWait && v.t.Attempts >= fewestAsks
	if err != nil && (verdict.Reason == retry.Shutdown || !refused) {
		return err
	}
	if err != nil {
		v.log.Warn("a person could not be asked what their message is about", "connector", v.c.Name, "reason", verdict.Reason)
	}
	v.t.AskedAt = v.now()
	return v.end(ctx, store.MessageAsked)
}

// edges are the first and the last of the messages that wait, as they came in.
func (v conversation) edges() (first, last store.Heard) {
	for _, m := range v.t.Messages {
		if m.State != store.MessageWaiting {
			continue
		}
		if first.Arrived == "" || m.Arrived < first.Arrived {
			first = m
		}
		if m.Arrived > last.Arrived {
			last = m
		}
	}
	return first, last
}

// say says something to a person.
func (r *Relay) say(ctx context.Context, c Channel, s connectors.Saying) error {
	err := contained(func() error { return c.Say.Say(ctx, s) })
	reason := retry.Success
	if err != nil {
		reason = retry.Of(err).Reason
	}
	r.metrics.sayings.WithLabelValues(c.Name, string(reason)).Inc()
	return err
}
