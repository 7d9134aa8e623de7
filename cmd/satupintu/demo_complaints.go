package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"slices"
	"time"
)

// The names of the demonstration's two channels, as its configuration has them.
const (
	portalName  = "portal"
	counterName = "kantor-camat"
)

// told is one complaint as an invented person tells it to a channel.
type told struct {
	id       string // the channel's own
	category string
	place    string
	text     string
	name     string
	phone    string
	at       time.Time // to the minute
	photo    []byte    // PNG; nil without
	repeats  string    // id of the complaint it tells again: same person, same words
}

// regency is what the demonstration's people have to complain about.
type regency struct {
	portal  []told
	counter []told
	twice   []string // ids the portal sends once more, as channels do that lost our answer
}

// crowd is how much the demonstration tells.
type crowd struct {
	portal, counter int // complaints, those told again among them
	again           int // of the portal's: told again under another id
	acrossAgain     int // of the counter's: told to the portal too
	twice           int // sent twice under one id
	photos          int
}

func demoCrowd() crowd {
	return crowd{portal: 300, counter: 120, again: 9, acrossAgain: 4, twice: 12, photos: 18}
}

// newRegency invents the complaints of a seed: the same seed and day always give the same ones. No two tell the same but
// those that say so.
func newRegency(seed uint64, day time.Time, n crowd) regency {
	var r regency
	teller := &teller{dice: rand.New(rand.NewPCG(seed, 0x21_03)), day: day}
	for i := range n.portal - n.again {
		r.portal = append(r.portal, teller.tell(fmt.Sprintf("NTN-%04d", i+1)))
	}
	for i := range n.counter - n.acrossAgain {
		r.counter = append(r.counter, teller.tell(fmt.Sprint(i+1)))
	}
	some := teller.dice.Perm(len(r.portal))
	take := func(n int) []int {
		taken := some[:n]
		some = some[n:]
		slices.Sort(taken)
		return taken
	}
	for _, i := range take(n.photos) {
		r.portal[i].photo = photo(i)
	}
	for _, i := range take(n.twice) {
		r.twice = append(r.twice, r.portal[i].id)
	}
	again, across := take(n.again), take(n.acrossAgain)
	for _, i := range again {
		r.portal = append(r.portal, teller.again(r.portal[i], fmt.Sprintf("NTN-%04d", len(r.portal)+1)))
	}
	for _, i := range across {
		r.counter = append(r.counter, teller.again(r.portal[i], fmt.Sprint(len(r.counter)+1)))
	}
	return r
}

// teller invents one complaint after another.
type teller struct {
	dice *rand.Rand
	day  time.Time
	told int
}

func (t *teller) pick(words []string) string { return words[t.dice.IntN(len(words))] }

// tell invents a complaint of somebody who has not complained yet, about a spot nobody has named yet.
func (t *teller) tell(id string) told {
	t.told++
	all := matters()
	m := all[t.dice.IntN(len(all))]
	c := told{
		id: id, category: m.category,
		place: fmt.Sprintf("%s RT %02d/RW %02d", t.pick(places()), t.told%20+1, t.told/20+1),
		name:  t.pick(firstNames()) + " Contoh",
		phone: fmt.Sprintf("0812-0000-%04d", t.told),
		at:    t.day.Add(-time.Duration(60+t.dice.IntN(120)) * time.Minute).Truncate(time.Minute),
	}
	c.text = t.pick(greetings()) + fmt.Sprintf(t.pick(m.sentences), c.place, t.pick(spans())) + t.pick(closings())
	return c
}

// again is the same person with the same words, a while later.
func (t *teller) again(first told, id string) told {
	c := first
	c.id, c.repeats = id, first.id
	c.at = first.at.Add(time.Duration(5+t.dice.IntN(45)) * time.Minute)
	return c
}

// photo is a small picture that no other number has.
func photo(n int) []byte {
	const width, height = 24, 16
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			picture.Set(x, y, color.RGBA{R: uint8(10 * x), G: uint8(14*y + n), B: uint8(n >> 3), A: 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil { // memory does not fail, and the picture is small
		return nil
	}
	return out.Bytes()
}

// title is what a portal's form would put above it.
func (c told) title() string { return c.category + ", " + c.place }
