package relay_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store"
)

const siti, budi = "628127000441", "628127000442" // invented

// chat is a channel of conversations of the tests' own. A person reads each key once.
type chat struct {
	rig *rig

	mu       sync.Mutex
	said     []connectors.Saying // as a person reads them: a repeat replaces itself
	repeats  int
	refuse   error            // what Say answers
	missing  map[string]error // by media id: what Fetch answers
	fetched  map[string]int
	fetching time.Duration
	hang     bool // Fetch answers nothing
	ended    int  // fetches that hung until they were ended
}

func newChat(r *rig) *chat {
	c := &chat{rig: r, missing: map[string]error{}, fetched: map[string]int{}}
	r.extra = append(r.extra, relay.Channel{Name: "wa", Kind: "test", Connector: connectors.Connector{
		Receive: receives{}, Say: c, Fetch: c, Check: r.channel, JoinWithin: time.Minute,
	}})
	return c
}

func (c *chat) Say(_ context.Context, s connectors.Saying) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refuse != nil {
		return c.refuse
	}
	if i := slices.IndexFunc(c.said, func(o connectors.Saying) bool { return o.Key == s.Key }); i >= 0 {
		if c.said[i].Text != s.Text || c.said[i].To != s.To {
			c.rig.Errorf("under the key %s it said %q, and %q again", s.Key, c.said[i].Text, s.Text)
		}
		c.repeats++
		return nil
	}
	c.said = append(c.said, s)
	return nil
}

func (c *chat) Fetch(ctx context.Context, m connectors.Media) (complaint.Attachment, error) {
	c.mu.Lock()
	err, wait, hang := c.missing[m.ID], c.fetching, c.hang
	c.fetched[m.ID]++
	c.mu.Unlock()
	if err != nil {
		return complaint.Attachment{}, err
	}
	if hang {
		<-ctx.Done()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.ended++
		return complaint.Attachment{}, ctx.Err()
	}
	if wait > 0 {
		<-time.After(wait)
	}
	return c.rig.put(m.Name, "the file "+m.ID), ctx.Err()
}

// heard is what one person read, without our references.
func (c *chat) heard(who string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var texts []string
	for _, s := range c.said {
		if s.To == who {
			texts = append(texts, s.Text)
		}
	}
	return texts
}

func (c *chat) last(who string) connectors.Saying {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range slices.Backward(c.said) {
		if s.To == who {
			return s
		}
	}
	return connectors.Saying{}
}

func says(id, who, text string) connectors.Message {
	return connectors.Message{
		ID: id, Sender: who, At: time.Now(), Text: text, Reporter: complaint.Reporter{Name: "Warga Contoh", Phone: who},
		Raw: complaint.Payload{Type: "application/json", Body: fmt.Appendf(nil, `{"id":%q,"text":%q}`, id, text)},
	}
}

func shows(id, who string, media ...string) connectors.Message {
	m := says(id, who, "")
	for _, one := range media {
		m.Media = append(m.Media, connectors.Media{ID: one, Name: one + ".jpg", Type: "image/jpeg"})
	}
	return m
}

func stands(id, who string) connectors.Message {
	lat, long := 3.94, 108.38
	m := says(id, who, "")
	m.Place = complaint.Place{Lat: &lat, Long: &long, Address: "Ranai Darat"}
	return m
}

func (r *rig) hears(messages ...connectors.Message) {
	r.Helper()
	_, err := r.relay.Receive(r.Context(), "wa", connectors.Received{Messages: messages})
	r.must(err)
}

// filed are the complaints of the chat, oldest first.
func (r *rig) filed() []store.Entry {
	r.Helper()
	all, err := r.store.List(r.Context(), store.States(), "", 100)
	r.must(err)
	return slices.DeleteFunc(all, func(e store.Entry) bool { return e.Source != "wa" })
}

func (r *rig) filedOne() store.Entry {
	r.Helper()
	all := r.filed()
	if len(all) != 1 {
		r.Fatalf("%d complaints were made, want 1: %+v\n%s", len(all), all, r.log.String())
	}
	return all[0]
}

func (r *rig) ticket(ref complaint.Ref) simulator.Complaint {
	r.Helper()
	found := r.sim.ByMarker(string(ref))
	if len(found) != 1 {
		r.Fatalf("%s is %d times at the platform\n%s", ref, len(found), r.log.String())
	}
	return found[0]
}
