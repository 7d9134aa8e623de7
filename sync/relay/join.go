package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// file makes one complaint of the messages: their files are fetched, then it is kept and its messages are marked in one
// transaction. words stand for the text where nobody wrote any.
func (v conversation) file(ctx context.Context, about complaint.Ref, own bool, words string) error {
	if err := v.fetch(ctx); err != nil {
		return err
	}
	c, ids := v.compose(words)
	if err := c.Check(); err != nil {
		return fmt.Errorf("messages make no complaint: %w", err)
	}
	f := store.Filing{Complaint: c, IDs: ids, About: about, Own: own, Within: v.c.JoinWithin, Whole: v.now().Before(v.latest())}
	v.at(BeforeFile)
	kept, as, err := v.store.FileTalk(ctx, v.t, f)
	if err != nil {
		return err
	}
	v.at(AfterFile)
	v.metrics.messages.WithLabelValues(v.c.Name, string(as)).Add(float64(len(ids)))
	v.metrics.messageFiles.WithLabelValues(v.c.Name, fileMissing).Add(float64(c.Missing))
	v.metrics.messageFiles.WithLabelValues(v.c.Name, fileFetched).Add(float64(len(c.Attachments)))
	v.kept(v.c.Name, []store.Kept{kept})
	v.tellable[v.c.Name].send()
	return nil
}

// latest is until when the sender is waited for who goes on while we look.
func (v conversation) latest() time.Time {
	if v.t.Since.IsZero() {
		return v.now().Add(time.Minute) // nothing waits: whoever goes on now answers our question
	}
	return v.t.Since.Add(longest(v.c.JoinWithin))
}

// fetch fetches the files that are not here yet, and records each at once. One that cannot be had for good, or for longer
// than our patience, is gone; until then the error says when to go on. After as many as a complaint may have it asks for no
// more.
func (v conversation) fetch(ctx context.Context) error {
	var spent time.Duration // on files that came: patience is for those that do not
	for i := range v.t.Messages {
		m := &v.t.Messages[i]
		until := v.patience(m, nil).Add(spent)
		for n := range m.Media {
			if m.Files[n].Attachment != nil || m.Files[n].Gone || isSticker(m.Message, m.Media[n]) || v.hasEnough() {
				continue
			}
			began := v.now()
			err := v.fetchOne(ctx, m, n, until.Sub(began))
			switch {
			case err == nil:
				took := v.now().Sub(began)
				spent, until = spent+took, until.Add(took)
			case errors.Is(err, store.ErrLost):
				return err
			case ctx.Err() != nil || retry.Of(err).Reason == retry.Shutdown:
				return retry.Because(err, retry.Shutdown)
			case retry.Of(err).Verdict == retry.Permanent || !v.now().Before(v.patience(m, err).Add(spent)):
				m.Files[n].Gone = true
				v.log.Warn("a file of a message cannot be had; the complaint goes on without it", "connector", v.c.Name, "error", err)
			default:
				due, end := v.now().Add(v.backoff.Delay(v.t.Attempts, retry.Of(err).After)), v.patience(m, err).Add(spent)
				if due.After(end) {
					due = end
				}
				return notYet{due} // what is behind it would take as long and fare no better
			}
			if err := v.store.SaveFiles(ctx, v.t, m.ID, m.Files, v.lease()); err != nil {
				return err
			}
			v.at(FileSaved)
		}
	}
	return nil
}

// hasEnough says whether there is no room for another file in a complaint. One that is gone has had its turn.
func (v conversation) hasEnough() bool {
	var c complaint.Complaint
	gone := 0
	for _, m := range v.t.Messages {
		attach(&c, m)
		for _, f := range m.Files {
			if f.Gone {
				gone++
			}
		}
	}
	return len(c.Attachments)+gone >= complaint.MaxAttachments
}

// patience is until when a file that cannot be had just now holds its complaint up. While our own file store is away, or the channel
// says for how long it gives nothing, that is longer: the channel still has the file. A message that a wrong clock dated counts from
// the first try, and neither what the clock leapt over counts nor when the gateway was off.
func (v conversation) patience(m *store.Heard, err error) time.Time {
	most := fetchPatience
	if errors.Is(err, store.ErrShelf) || retry.Of(err).After > 0 {
		most = answerWait
	}
	now, since := v.now(), v.t.TriedAt
	if !m.ReceivedAt.After(now) {
		since = later(since, m.ReceivedAt)
	}
	if v.began.Sub(since) < answerWait { // while the gateway was off nobody asked in vain
		since = later(since, v.began)
	}
	return now.Add(most - v.leaps.age(now, since))
}

// fetchOne fetches one file, for as long as its connector takes, and fetchTimeout and what is left of our patience allow.
func (v conversation) fetchOne(ctx context.Context, m *store.Heard, n int, left time.Duration) error {
	if v.c.Fetch == nil {
		return retry.Never(errors.New("this channel cannot fetch files"))
	}
	limited, cancel := context.WithTimeout(ctx, min(fetchTimeout, max(left, v.lease()/2))) // a gateway that was off for long has none left
	defer cancel()
	return v.whileOwned(limited, func(fetching context.Context) error {
		a, err := v.c.Fetch.Fetch(fetching, m.Media[n])
		if err != nil {
			return err
		}
		a.Name = complaint.CleanText(a.Name)
		m.Files[n].Attachment = &a
		v.at(FileFetched)
		return nil
	})
}

// whileOwned does what may take longer than the lease, which is renewed beside it. Where it cannot be renewed, that is the
// error, and the context of do ends: somebody else may look at the talk then.
func (v conversation) whileOwned(ctx context.Context, do func(context.Context) error) error {
	owning, stop := context.WithCancel(ctx)
	renewed := make(chan error, 1)
	go func() {
		var err error
		for err == nil && sleep(owning, v.lease()/3, nil) {
			if err = v.store.RenewTalk(owning, v.t, v.lease()); owning.Err() != nil {
				err = nil // it was done meanwhile
			}
		}
		stop()
		renewed <- err
	}()
	err := contained(func() error { return do(owning) })
	stop()
	if lost := <-renewed; lost != nil {
		return lost
	}
	return err
}

// compose puts messages together, in the order in which they were sent. Those that no longer fit into one complaint stay for
// the next; at least one is taken. words stand for the text where there is none.
func (v conversation) compose(words string) (complaint.Complaint, []string) {
	c := complaint.Complaint{Class: complaint.Ordinary}
	var (
		ids, lines []string
		length     int
		raw        []connectors.Message
	)
	for _, m := range v.t.Messages {
		if len(ids) > 0 && length+len(m.Text)+1 > complaint.MaxText {
			break
		}
		ids, raw = append(ids, m.ID), append(raw, m.Message)
		if m.Text != "" && (m.State == store.MessageWaiting || remarkOf(m.Text) != greeting) { // a greeting has had its answer
			lines, length = append(lines, m.Text), length+len(m.Text)+1
		}
		if m.Place != (complaint.Place{}) {
			c.Place = m.Place // the last: who sends a second pin corrects the first
		}
		if c.ReportedAt.IsZero() {
			c.ReportedAt = m.At
		}
		if c.ReportedAt.IsZero() { // the channel does not say, and we were told then
			c.ReportedAt = m.ReceivedAt
		}
		c.Reporter = completed(c.Reporter, m.Reporter)
		attach(&c, m)
	}
	c.SourceID, c.Reporter.Account = ids[0], v.t.Sender
	if c.Text = strings.Join(lines, "\n"); c.Text == "" {
		c.Text = words
	}
	c.Raw = together(raw)
	c.Clean()
	return c, ids
}

// attach adds a message's files, each once.
func attach(c *complaint.Complaint, m store.Heard) {
	for n, f := range m.Files {
		switch {
		case isSticker(m.Message, m.Media[n]):
		case f.Attachment == nil || len(c.Attachments) == complaint.MaxAttachments:
			c.Missing++
		case !slices.ContainsFunc(c.Attachments, func(a complaint.Attachment) bool { return a.SHA256 == f.Attachment.SHA256 }):
			c.Attachments = append(c.Attachments, *f.Attachment)
		}
	}
}

// completed is what is known of a person, with what a later message adds.
func completed(r, more complaint.Reporter) complaint.Reporter {
	for _, field := range []struct {
		to   *string
		more string
	}{{&r.Name, more.Name}, {&r.Phone, more.Phone}, {&r.Email, more.Email}, {&r.Identity, more.Identity}} {
		if *field.to == "" {
			*field.to = field.more
		}
	}
	return r
}

// together is what the channel sent of several messages, as a JSON list. What is no JSON stands in it as a text.
func together(messages []connectors.Message) complaint.Payload {
	var list []json.RawMessage
	for _, m := range messages {
		body := json.RawMessage(bytes.TrimSpace(m.Raw.Body))
		if len(body) == 0 {
			continue
		}
		if !json.Valid(body) {
			body, _ = json.Marshal(string(m.Raw.Body)) // a string always encodes
		}
		list = append(list, body)
	}
	if list == nil {
		return complaint.Payload{}
	}
	whole, err := json.Marshal(list)
	if err != nil { // every part is JSON
		return complaint.Payload{}
	}
	return complaint.Payload{Type: "application/json", Body: whole}
}
