package whatsapp

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// head is what every message has, whatever it carries.
type head struct {
	ID        string `json:"id"`
	From      string `json:"from"`         // a number, left out for a person who hides it
	FromID    string `json:"from_user_id"` // the id that stands for a person towards this business account
	Timestamp size   `json:"timestamp"`
	Type      string `json:"type"`
}

type text struct {
	Body string `json:"body"`
}

type file struct {
	ID      string `json:"id"`
	Type    string `json:"mime_type"`
	Name    string `json:"filename"`
	Caption string `json:"caption"`
}

type location struct {
	Lat     json.RawMessage `json:"latitude"`
	Long    json.RawMessage `json:"longitude"`
	Name    string          `json:"name"`
	Address string          `json:"address"`
}

// card is somebody's contact that a person passes on.
type card struct {
	Name struct {
		Formatted string `json:"formatted_name"`
	} `json:"name"`
	Phones []struct {
		Phone string `json:"phone"`
	} `json:"phones"`
}

type button struct {
	Text string `json:"text"`
}

type interactive struct {
	Button choice `json:"button_reply"`
	List   choice `json:"list_reply"`
}

type choice struct {
	Title       string `json:"title"`
	Description string `json:"description"`
}

// edit is a message that a person wrote anew: it comes as a message of its own.
type edit struct {
	Message json.RawMessage `json:"message"`
}

// wordless are the kinds that say nothing: a reaction, a message taken back, a notice of the system, a chat that was opened.
var wordless = []string{"reaction", "revoke", "system", "request_welcome"}

// scopedID is the id that stands for a person who hides their number, such as ID.13491208655302741918.
var scopedID = regexp.MustCompile(`^[A-Z]{2}\.[A-Za-z0-9.]{1,160}$`)

func (d *decoder) message(people []contact, raw json.RawMessage) {
	h := read[head](raw)
	if slices.Contains(wordless, h.Type) {
		d.quiet++
		return
	}
	if h.From == "" && h.FromID == "" && len(people) == 1 {
		h.From, h.FromID = people[0].Number, people[0].ID
	}
	if h.ID == "" {
		d.setAside("", "a message", "it has no id: has the webhook's form changed?", raw)
		return
	}
	m := connectors.Message{ID: idOf(h.ID), At: moment(h.Timestamp), Raw: complaint.Payload{Type: "application/json", Body: bytes.Clone(raw)}}
	if !identify(&m, h, people) {
		d.setAside(m.ID, "message "+m.ID, "it has no sender that can be read: has the webhook's form changed?", raw)
		return
	}
	fill(&m, h.Type, raw)
	if m.Text == "" && len(m.Media) == 0 && m.Place == (complaint.Place{}) {
		m.Media = []connectors.Media{{ID: withheld}}
	}
	d.received.Messages = append(d.received.Messages, m)
}

// idOf is a message's ID. WhatsApp's own has the sender's number in it, and ids are shown where numbers are not.
func idOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return "wa-" + hex.EncodeToString(sum[:16])
}

// identify says who sent a message: by number where there is one.
func identify(m *connectors.Message, h head, people []contact) bool {
	at := slices.IndexFunc(people, func(c contact) bool {
		return h.From != "" && c.Number == h.From || h.FromID != "" && c.ID == h.FromID
	})
	if at >= 0 {
		m.Reporter.Name = complaint.CleanText(people[at].Profile.Name)
	}
	switch {
	case digits.MatchString(h.From):
		m.Sender, m.Reporter.Phone = h.From, "+"+h.From
	case scopedID.MatchString(h.FromID):
		m.Sender = h.FromID
	default:
		return false
	}
	return true
}

// fill takes what a message of a kind carries, which stands under the kind's name. What cannot be read of it is left out.
func fill(m *connectors.Message, kind string, raw json.RawMessage) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return
	}
	part := fields[kind]
	switch kind {
	case "text":
		m.Text = complaint.CleanText(read[text](part).Body)
	case "image", "video", "audio", "document", "sticker":
		attach(m, read[file](part))
	case "location":
		m.Place = placeOf(read[location](part))
	case "contacts":
		m.Text = cards(read[[]card](part))
	case "button":
		m.Text = complaint.CleanText(read[button](part).Text)
	case "interactive":
		chosen := read[interactive](part)
		m.Text = joined("\n", chosen.Button.Title, chosen.List.Title, chosen.List.Description)
	case "edit":
		again(m, read[edit](part))
	}
}

// read reads JSON as far as it is of the form that is expected.
func read[T any](raw json.RawMessage) T {
	var into T
	_ = json.Unmarshal(raw, &into) // what does not fit stays empty
	return into
}

func attach(m *connectors.Message, f file) {
	m.Text = complaint.CleanText(f.Caption)
	m.Media = []connectors.Media{{ID: withheld}}
	if mediaID.MatchString(f.ID) {
		m.Media = []connectors.Media{{ID: f.ID, Name: strings.Trim(connectors.FileName(f.Name, 150), ". "), Type: complaint.CleanText(f.Type)}}
	}
}

// again fills a message with what the person wrote in place of an earlier one. An edit of an edit is none.
func again(m *connectors.Message, e edit) {
	if kind := read[head](e.Message).Type; kind != "edit" {
		fill(m, kind, e.Message)
	}
}

// placeOf is a place that was sent: half a point, or one that is not on the globe, is left out.
func placeOf(l location) complaint.Place {
	name, address := complaint.CleanText(l.Name), complaint.CleanText(l.Address)
	if strings.Contains(address, name) { // the address says it already
		name = ""
	}
	place := complaint.Place{Address: joined(", ", name, address)}
	lat, long := degrees(l.Lat, 90), degrees(l.Long, 180)
	if lat != nil && long != nil {
		place.Lat, place.Long = lat, long
	}
	return place
}

// degrees reads a coordinate, written as a number or as a string; nil for what is none.
func degrees(raw json.RawMessage, most float64) *float64 {
	at, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil || math.IsNaN(at) || math.Abs(at) > most {
		return nil
	}
	return &at
}

// cards are contacts that a person passed on, a line each.
func cards(all []card) string {
	var lines []string
	for _, one := range all {
		line := []string{"Kontak: " + complaint.CleanText(one.Name.Formatted)}
		for _, phone := range one.Phones {
			line = append(line, phone.Phone)
		}
		lines = append(lines, joined(", ", line...))
	}
	return joined("\n", lines...)
}

// joined puts texts together, cleaned, without those that are empty.
func joined(with string, texts ...string) string {
	var filled []string
	for _, text := range texts {
		if text = complaint.CleanText(text); text != "" {
			filled = append(filled, text)
		}
	}
	return strings.Join(filled, with)
}
