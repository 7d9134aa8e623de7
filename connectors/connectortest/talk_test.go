package connectortest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

func TestASoundConversationPasses(t *testing.T) {
	Run(t, talkHarness(""))
}

func TestAChannelThatCannotTellRepeatsPasses(t *testing.T) {
	h := talkHarness("hears twice")
	tells := h.New
	h.New = func(t testing.TB) Channel {
		channel := tells(t)
		channel.RepeatsHeard = true
		return channel
	}
	Run(t, h)
}

// talkDefects are the ways in which the fake of conversations is broken, as defects are.
func talkDefects() map[string]string {
	return map[string]string{
		"unclean":                      "poll: complaints are fit",
		"fetches while it receives":    "receive: complaints are fit",
		"no id":                        "poll: complaints are fit",
		"from nobody":                  "receive: complaints are fit",
		"half a point":                 "poll: complaints are fit",
		"empty message":                "poll: complaints are fit",
		"loses the raw bytes":          "receive: complaints are fit",
		"no join_within":               "receive: complaints are fit",
		"cannot fetch":                 "receive: complaints are fit",
		"page changes":                 "the same page twice",
		"id changes":                   "receive: the same request twice",
		"cursor skips":                 "comes to an end",
		"takes wrong signatures":       "spoilt credentials",
		"takes broken bodies":          "breaks off",
		"secret in a saying's error":   "broken channel",
		"unmarked failure to say":      "broken channel",
		"unmarked failure to fetch":    "broken channel",
		"leaks a goroutine":            "outlives it",
		"says nothing":                 "reaches its person",
		"says it to another":           "reaches its person",
		"hears twice":                  "said once",
		"says only once":               "each saying is said",
		"cuts inside a letter":         "a long text",
		"refuses a long text":          "a long text",
		"unmarked refusal":             "say: a refusal",
		"says a refusal for ever":      "say: a refusal",
		"hangs when saying":            "say: a cancelled context",
		"claims what it did not say":   "say: a cancelled context",
		"keeps half a file":            "kept whole",
		"refuses the largest file":     "kept whole",
		"renames a file":               "the same file twice",
		"keeps any size":               "a file over the limit",
		"tries a large one for ever":   "a file over the limit",
		"keeps what is not there":      "not there",
		"tries what is not there":      "not there",
		"gives up when busy":           "is busy",
		"hangs when fetching":          "fetch: a cancelled context",
		"claims what it did not fetch": "fetch: a cancelled context",
	}
}

func TestEveryDefectOfAConversationIsNoticed(t *testing.T) {
	for defect, noticedBy := range talkDefects() {
		t.Run(defect, func(t *testing.T) {
			p := promiseAbout(t, noticedBy)
			if failures := failuresOf(t, talkHarness(defect), p); len(failures) == 0 {
				t.Errorf("%q passes although the connector is broken", p.says)
			}
		})
	}
}

const (
	talkPerson  = "6281270004411"
	talkMaxFile = 10_000
	talkMaxText = 4000 // characters
)

// talk is an invented channel of conversations: the fake, whose complaints come as messages, and that is spoken on.
type talk struct {
	*fake
	heard map[string]Heard // by key
	keys  []string
	media [][]byte
	calls int
}

func talkHarness(defect string) Harness {
	h := fakeHarness(defect)
	return Harness{New: func(t testing.TB) Channel {
		channel := h.New(t)
		k := &talk{fake: &fake{defect: defect, stop: make(chan struct{})}, heard: map[string]Heard{}}
		t.Cleanup(func() { close(k.stop) })
		channel.Open = k.open
		channel.Break = func() { k.broken = true }
		channel.Stall = func() { k.stall = true }
		channel.Add = func(_ testing.TB, n int) { k.held += n }
		channel.Answer = func(status int) { k.answer = status }
		channel.Told = nil
		channel.Person, channel.MaxFile, channel.Media, channel.Heard = talkPerson, talkMaxFile, k.put, k.hear
		return channel
	}}
}

func (k *talk) open(env connectors.Env) (connectors.Connector, error) {
	c, err := k.fake.open(env)
	c.WriteStatus, c.Poll, c.Receive, c.Say, c.Fetch, c.JoinWithin = nil, k, k, k, k, time.Minute
	if k.is("no join_within") {
		c.JoinWithin = 0
	}
	if k.is("cannot fetch") {
		c.Fetch = nil
	}
	return c, err
}

func (k *talk) Poll(ctx context.Context, from connectors.Cursor) (connectors.Page, error) {
	page, err := k.fake.Poll(ctx, from)
	page.Messages = k.messages(page.Complaints)
	page.Complaints = nil
	return page, err
}

func (k *talk) Receive(r *http.Request) (connectors.Received, error) {
	received, err := k.fake.Receive(r)
	received.Messages = k.messages(received.Complaints)
	received.Complaints = nil
	if err == nil && k.is("fetches while it receives") {
		_, err = k.files.Put(r.Context(), "a", strings.NewReader("a"))
	}
	return received, err
}

func (k *talk) messages(all []complaint.Complaint) []connectors.Message {
	var messages []connectors.Message
	for _, one := range all {
		lat := 3.9
		m := connectors.Message{ID: one.SourceID, Sender: talkPerson, Text: one.Text, Raw: one.Raw, Media: []connectors.Media{{ID: "0"}}}
		switch {
		case k.is("no id"):
			m.ID = ""
		case k.is("from nobody"):
			m.Sender = ""
		case k.is("half a point"):
			m.Place.Lat = &lat
		case k.is("empty message"):
			m.Text, m.Media = "", nil
		}
		messages = append(messages, m)
	}
	return messages
}

func (k *talk) hear() []Heard {
	var all []Heard
	for _, key := range k.keys {
		all = append(all, k.heard[key])
	}
	return all
}

// far is what the channel answers to a call that was not cancelled, before it does anything.
func (k *talk) far(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case k.stall:
		<-ctx.Done()
		return ctx.Err()
	case k.broken && (k.is("unmarked failure to say") || k.is("unmarked failure to fetch")), k.answer != 0 && k.is("unmarked refusal"):
		return errors.New("refused")
	case k.broken && k.is("secret in a saying's error"):
		return retry.Never(errors.New("nothing can be said with " + fakeSecret))
	case k.broken:
		return retry.FromTransport(errors.New("the channel is away"), false)
	case k.answer != 0 && k.is("says a refusal for ever"):
		return retry.After(errors.New("refused"), 0)
	case k.answer != 0 && k.is("gives up when busy"):
		return retry.Never(errors.New("refused"))
	case k.answer != 0:
		return retry.FromStatus(k.answer, nil, retry.Application, errors.New("refused"))
	}
	return nil
}

func (k *talk) Say(ctx context.Context, s connectors.Saying) error {
	switch {
	case k.is("says nothing") || k.is("claims what it did not say") && ctx.Err() != nil:
		return nil
	case k.is("hangs when saying") && ctx.Err() != nil:
		<-k.stop
	case k.is("says it to another"):
		s.To = "6281270004422"
	case k.is("refuses a long text") && len(s.Text) > talkMaxText:
		return retry.Never(errors.New("too long"))
	}
	if err := k.far(ctx); err != nil {
		return err
	}
	text := []rune(s.Text)
	heard := Heard{To: s.To, Text: string(text[:min(len(text), talkMaxText)])}
	if k.is("cuts inside a letter") {
		heard.Text = s.Text[:min(len(s.Text), talkMaxText)]
	}
	key := s.Key
	switch {
	case k.is("says only once"):
		key = "the one"
	case k.is("hears twice"):
		key += strconv.Itoa(len(k.keys))
	}
	if !slices.Contains(k.keys, key) {
		k.keys = append(k.keys, key)
	}
	k.heard[key] = heard
	return nil
}

// put is what Channel.Media asks for.
func (k *talk) put(_ testing.TB, size int) (connectors.Media, []byte) {
	content := bytes.Repeat([]byte("x"), size)
	k.media = append(k.media, content)
	return connectors.Media{ID: strconv.Itoa(len(k.media) - 1)}, content
}

func (k *talk) Fetch(ctx context.Context, m connectors.Media) (complaint.Attachment, error) {
	k.calls++
	switch {
	case k.is("claims what it did not fetch") && ctx.Err() != nil:
		return complaint.Attachment{}, nil
	case k.is("hangs when fetching") && ctx.Err() != nil:
		<-k.stop
	}
	if err := k.far(ctx); err != nil {
		return complaint.Attachment{}, err
	}
	content, err := k.find(m)
	if err != nil {
		return complaint.Attachment{}, err
	}
	name := "lampu.jpg"
	if k.is("renames a file") {
		name = fmt.Sprint(k.calls, name)
	}
	return k.files.Put(ctx, name, bytes.NewReader(content))
}

func (k *talk) find(m connectors.Media) ([]byte, error) {
	i, err := strconv.Atoi(m.ID)
	switch {
	case (err != nil || i >= len(k.media)) && k.is("keeps what is not there"):
		return []byte("gone"), nil
	case (err != nil || i >= len(k.media)) && k.is("tries what is not there"):
		return nil, retry.After(errors.New("no such file"), 0)
	case err != nil || i >= len(k.media):
		return nil, retry.Never(errors.New("no such file"))
	}
	content := k.media[i]
	switch {
	case len(content) > talkMaxFile && k.is("tries a large one for ever"):
		return nil, retry.After(errors.New("too large"), 0)
	case len(content) > talkMaxFile && !k.is("keeps any size"), len(content) == talkMaxFile && k.is("refuses the largest file"):
		return nil, retry.Never(errors.New("too large"))
	case k.is("keeps half a file"):
		return content[:len(content)/2], nil
	}
	return content, nil
}
