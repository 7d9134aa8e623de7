package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/satupintu/satupintu/connectors/whatsapp/cloudapi"
)

// citizens is everybody who writes to the region's WhatsApp number during a campaign.
type citizens struct {
	graph *graph
	all   []*citizen
	again atomic.Int64  // webhooks that came again though they were answered
	deaf  chan struct{} // closed: nobody hears anything more, nor says what was to follow it
}

// habit is how a citizen goes about it.
type habit string

const (
	tellsAtOnce    habit = "tells all in one webhook"
	tellsInPieces  habit = "tells it piece by piece"
	greets         habit = "says hello and nothing else"
	greetsAndTells habit = "says hello, is asked, and tells"
	addsWhileOpen  habit = "adds to what was told, by its reference"
	addsWhenClosed habit = "does so once that is closed"
	tellsTwice     habit = "tells the portal the same"
)

// habits are drawn from, the frequent ones more often.
func habits() []habit {
	return []habit{
		tellsAtOnce, tellsAtOnce, tellsAtOnce, tellsInPieces, tellsInPieces, greets, greetsAndTells, addsWhileOpen, addsWhileOpen,
		addsWhileOpen, addsWhenClosed, tellsTwice, tellsTwice,
	}
}

// drawn is a habit. Where nothing is compared nobody finds out that the same was told twice.
func (c *campaign) drawn(random *rand.Rand) habit {
	h := habits()[random.IntN(len(habits()))]
	if h == tellsTwice && !c.compares {
		return tellsAtOnce
	}
	return h
}

// citizen is one of them, with what they said.
type citizen struct {
	cloudapi.Person
	number int
	habit  habit
	random *rand.Rand // of what they do

	said []*utterance
	next int    // of all that they say
	last []byte // the last webhook with something of theirs
	copy parcel // what they told the portal; without a ticket: nothing
	ref  string // that it was acknowledged with
}

// utterance is one message of a citizen.
type utterance struct {
	cloudapi.Message
	id       string // as the gateway knows it
	word     string // stands in its text and in no other; empty: it says nothing to act on
	text     string
	photo    string    // SHA-256 of the one that comes with it
	about    string    // the reference of the earlier complaint that it names
	closed   bool      // which the citizen had heard to be closed
	said     time.Time // as WhatsApp knows it, in whole seconds
	posted   time.Time // first
	answered time.Time // zero: never
}

// arrive has one citizen after the other begin, until stop is closed, and waits until all have said what they want to.
func (c *campaign) arrive(ctx context.Context, stop <-chan struct{}) {
	random := rand.New(rand.NewPCG(c.seed, 300))
	var living sync.WaitGroup
	defer living.Wait()
	for n := 0; ; n++ {
		z := &citizen{
			Person: cloudapi.Person{Number: fmt.Sprintf("628127%06d", n), Name: "Warga Midai"}, number: n,
			habit: c.drawn(random), random: rand.New(rand.NewPCG(c.seed, uint64(1000+n))),
		}
		c.citizens.all = append(c.citizens.all, z)
		living.Go(func() { c.live(ctx, z) })
		if within(time.Duration(200+random.IntN(600))*time.Millisecond, stop) {
			return
		}
	}
}

// live is all that a citizen does.
func (c *campaign) live(ctx context.Context, z *citizen) {
	switch z.habit {
	case greets:
		c.speak(ctx, z, c.says(z, "Selamat pagi"))
	case greetsAndTells:
		c.speak(ctx, z, c.says(z, "Halo admin"))
		if c.hears(func() bool { return len(c.citizens.graph.told(z.Number, "")) > 0 }) {
			c.speak(ctx, z, c.tells(z))
		}
	case tellsInPieces:
		photo := z.random.IntN(4)
		for n := range 2 + z.random.IntN(3) {
			if n == photo {
				c.speak(ctx, z, c.shows(z, z.words()))
			} else {
				c.speak(ctx, z, c.tells(z))
			}
			within(time.Duration(100+z.random.IntN(400))*time.Millisecond, nil)
		}
	case tellsTwice:
		c.tellTwice(ctx, z)
	default:
		c.tellAtOnce(ctx, z)
	}
	if z.habit == addsWhileOpen || z.habit == addsWhenClosed {
		c.add(ctx, z)
	}
	if z.random.IntN(4) == 0 && c.post(ctx, z) {
		c.citizens.again.Add(1)
	}
}

// tellAtOnce says it in one webhook: in half of all with a photo that has no words, before or after what has.
func (c *campaign) tellAtOnce(ctx context.Context, z *citizen) {
	switch z.random.IntN(4) {
	case 0:
		c.speak(ctx, z, c.tells(z), c.shows(z, ""))
	case 1:
		c.speak(ctx, z, c.shows(z, ""), c.tells(z))
	default:
		c.speak(ctx, z, c.tells(z), c.tells(z))
	}
}

// tellTwice tells the number and the portal the same, one shortly after the other.
func (c *campaign) tellTwice(ctx context.Context, z *citizen) {
	said := z.words()
	z.copy = parcel{ticket: fmt.Sprintf("D-%d", z.number), message: said, phone: "0" + z.Number[2:]}
	pause, first := time.Duration(z.random.IntN(400))*time.Millisecond, z.random.IntN(2) == 0
	where := rand.New(rand.NewPCG(c.seed, uint64(1000+z.number)<<32))
	var portal sync.WaitGroup
	portal.Go(func() {
		if !first {
			within(pause, nil)
		}
		z.ref = z.copy.insist(ctx, func() string { return c.stations[where.IntN(len(c.stations))].intake })
	})
	if first {
		within(pause, nil)
	}
	c.speak(ctx, z, c.says(z, said))
	portal.Wait()
}

// add names the earlier complaint and says more about it, while it is open or, as the habit is, once it is closed.
func (c *campaign) add(ctx context.Context, z *citizen) {
	g, ref := c.citizens.graph, ""
	if !c.hears(func() bool {
		ref = g.receipt(z.Number)
		return ref != "" && (z.habit == addsWhileOpen || isFinal(g.standing(z.Number, ref)))
	}) {
		return
	}
	if within(time.Duration(z.random.IntN(2500))*time.Millisecond, c.citizens.deaf) {
		return
	}
	text, closed := fmt.Sprintf("Laporan %s: keadaan %s masih sama, petugas tidak datang.", ref, z.word()), isFinal(g.standing(z.Number, ref))
	say := c.says
	if z.random.IntN(3) == 0 {
		say = c.shows
	}
	u := say(z, text)
	u.about, u.closed = ref, closed
	c.speak(ctx, z, u)
}

func isFinal(status string) bool {
	return slices.Contains([]string{"done", "rejected", "archived", "closed"}, status)
}

// hears waits until a citizen has heard something; false when that does not come.
func (c *campaign) hears(heard func() bool) bool {
	for !heard() {
		if within(50*time.Millisecond, c.citizens.deaf) {
			return false
		}
	}
	return true
}

// word is one that the citizen's next message alone has.
func (z *citizen) word() string { return fmt.Sprintf("W-%d-%d", z.number, z.next) }

var wordShape = regexp.MustCompile(`W-\d+-\d+`)

// words are those of the citizen's next message, which is one to act on.
func (z *citizen) words() string {
	matters := []string{
		"Lampu jalan %s padam di depan pasar Ranai", "Jalan %s berlubang dekat pelabuhan Midai", "Air ledeng %s keruh di kampung Sedanau",
	}
	return fmt.Sprintf(matters[z.number%len(matters)], z.word())
}

func (c *campaign) says(z *citizen, text string) *utterance {
	return z.utterance(c.citizens.graph.api.Text(z.Person, text), text)
}

// tells says something to act on.
func (c *campaign) tells(z *citizen) *utterance {
	return c.says(z, z.words())
}

// shows sends a photo with a caption, which may be empty.
func (c *campaign) shows(z *citizen, caption string) *utterance {
	content := fmt.Appendf(nil, "\xff\xd8\xff\xe0 foto %s", z.word())
	u := z.utterance(c.citizens.graph.api.Photo(z.Person, caption, content), caption)
	sum := sha256.Sum256(content)
	u.photo = hex.EncodeToString(sum[:])
	return u
}

func (z *citizen) utterance(m cloudapi.Message, text string) *utterance {
	z.next++
	sum, now := sha256.Sum256([]byte(m.ID())), time.Now().Truncate(time.Second)
	return &utterance{
		Message: m.At(now), id: "wa-" + hex.EncodeToString(sum[:16]), word: wordShape.FindString(text), text: text, said: now,
	}
}

// speak has WhatsApp post what a citizen said, in one webhook, until that is answered.
func (c *campaign) speak(ctx context.Context, z *citizen, said ...*utterance) {
	var messages []cloudapi.Message
	for _, u := range said {
		u.posted = time.Now()
		messages = append(messages, u.Message)
	}
	z.said = append(z.said, said...)
	z.last = c.citizens.graph.api.Body(c.citizens.graph.api.Messages(messages...))
	for !c.post(ctx, z) {
		if within(50*time.Millisecond, ctx.Done()) {
			return
		}
	}
	for _, u := range said {
		u.answered = time.Now()
	}
}

// post has the last webhook posted once, to any gateway; false when it is not answered.
func (c *campaign) post(ctx context.Context, z *citizen) bool {
	ctx, cancel := context.WithTimeout(ctx, senderPatience)
	defer cancel()
	to := "http://" + c.stations[z.random.IntN(len(c.stations))].intake + "/in/warga-wa"
	request, err := c.citizens.graph.api.Request(to, z.last)
	return err == nil && isOK(request.WithContext(ctx), nil)
}
