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

func brokenConversations() []broken {
	return []broken{
		{"unclean", "poll: complaints are fit", `message "1" is not cleaned`},
		{"no id", "poll: complaints are fit", "needs an ID of at most 500 bytes and a Sender"},
		{"half a point", "poll: complaints are fit", "place: has only one of lat and long"},
		{"empty message", "poll: complaints are fit", `message "1" says nothing`},
		{"page changes", "the same page twice", "the same page is another the second time"},
		{"cursor skips", "comes to an end", "of 7 complaints 6 came"},
		{"from nobody", "receive: complaints are fit", `message "1" of sender "" needs`},
		{"fetches while it receives", "receive: complaints are fit", "a message's file is fetched before the message is kept"},
		{"loses the raw bytes", "receive: complaints are fit", "has lost what the channel sent (Raw)"},
		{"no join_within", "receive: complaints are fit", "the connector has messages and no JoinWithin"},
		{"cannot fetch", "receive: complaints are fit", "has a file that cannot be fetched"},
		{"id changes", "receive: the same request twice", "the same request gives message"},
		{"takes wrong signatures", "spoilt credentials", "the last character of X-Sum changed"},
		{"takes broken bodies", "breaks off", "a body that breaks off gives 1"},
		{"leaks a goroutine", "outlives it", "a goroutine still runs after Close"},
		{"secret in a saying's error", "broken channel", "a secret or personal data stands in an error"},
		{"unmarked failure to say", "broken channel", "want an error that carries its verdict"},
		{"unmarked failure to fetch", "broken channel", "want an error that carries its verdict"},

		{"says nothing", "reaches its person", "and heard was []"},
		{"says it to another", "reaches its person", `was said to "6281270004411", and heard was [{"6281270004422"`},
		{"hears twice", "said once", "said again, [{"},
		{"says only once", "each saying is said", "of two sayings heard is"},
		{"cuts inside a letter", "a long text", "a long saying is cut inside a letter"},
		{"refuses a long text", "a long text", "Say: too long"},
		{"polls what it says", "come back as a message", `what was told comes back through Poll as "message 3"`},
		{"unmarked refusal", "say: a refusal", "it gives refused: want an error that carries its verdict"},
		{"says a refusal for ever", "say: a refusal", "answered 400, the verdict is transient, want permanent"},
		{"hangs when saying", "say: a cancelled context", "Say with a cancelled context does not return"},
		{"claims what it did not say", "say: a cancelled context", "says that it spoke, and did not"},

		{"keeps half a file", "kept whole", "a file of 5000 bytes comes as 2500 others"},
		{"refuses the largest file", "kept whole", "Fetch: too large"},
		{"renames a file", "the same file twice", "the same file is"},
		{"keeps any size", "a file over the limit", "want an error that carries its verdict"},
		{"tries a large one for ever", "a file over the limit", "want it refused for good"},
		{"keeps what is not there", "not there", "a file that cannot be had leaves"},
		{"tries what is not there", "not there", "want it refused for good"},
		{"gives up when busy", "is busy", "it is refused for good (refused): want it asked for again"},
		{"hangs when fetching", "fetch: a cancelled context", "Fetch with a cancelled context does not return"},
		{"claims what it did not fetch", "fetch: a cancelled context", "says that it has the file, and has not"},
	}
}

func TestEveryDefectOfAConversationIsNoticed(t *testing.T) {
	isNoticed(t, talkHarness, brokenConversations())
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
		channel.Add, channel.AddAt, channel.Marked = k.add, k.addAt, func() int { return k.marked }
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
	if k.is("polls what it says") {
		k.add(nil, 1)
	}
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
