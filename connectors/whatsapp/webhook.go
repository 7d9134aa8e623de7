package whatsapp

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/satupintu/satupintu/connectors"
)

// webhook is what Meta posts. Whatever it holds besides is passed over.
type webhook struct {
	Object string `json:"object"`
	Entry  []struct {
		Changes []json.RawMessage `json:"changes"`
	} `json:"entry"`
}

type change struct {
	Field string          `json:"field"`
	Value json.RawMessage `json:"value"`
}

// value is a change of the field messages.
type value struct {
	Metadata struct {
		PhoneNumberID string `json:"phone_number_id"`
	} `json:"metadata"`
	Contacts []contact         `json:"contacts"`
	Messages []json.RawMessage `json:"messages"`
	Statuses []delivery        `json:"statuses"`
	Errors   []failure         `json:"errors"`
}

// contact is a person who wrote. A person who goes by a username may have no wa_id.
type contact struct {
	Number  string `json:"wa_id"`
	ID      string `json:"user_id"`
	Profile struct {
		Name string `json:"name"`
	} `json:"profile"`
}

// delivery is what became of a message of ours.
type delivery struct {
	Status string    `json:"status"`
	Errors []failure `json:"errors"`
	Key    string    `json:"biz_opaque_callback_data"`
}

type failure struct {
	Code int `json:"code"`
}

// decode makes messages of a webhook, in the order they came. What cannot be read is set aside, and what is not for this
// number is counted and left alone.
func (n *number) decode(body []byte) (connectors.Received, error) {
	var hook webhook
	if err := json.Unmarshal(body, &hook); err != nil {
		return connectors.Received{}, refuse(http.StatusBadRequest, "the body is not JSON as WhatsApp sends it")
	}
	if hook.Object != "whatsapp_business_account" {
		n.env.Log.Warn("a webhook is about something other than WhatsApp; it is left alone: unsubscribe the app from it")
		return connectors.Received{}, nil
	}
	d := &decoder{number: n}
	for _, entry := range hook.Entry {
		for _, change := range entry.Changes {
			d.change(change)
		}
	}
	d.report()
	return d.received, nil
}

// decoder gathers what one webhook carries.
type decoder struct {
	*number
	received  connectors.Received
	elsewhere int // changes for other numbers
	quiet     int // messages without a word: reactions, notices of the system
}

func (d *decoder) change(raw json.RawMessage) {
	var v value
	c := read[change](raw)
	if c.Field != "" && c.Field != "messages" {
		d.env.Log.Debug("a webhook is about something other than messages; it is left alone")
		return
	}
	if json.Unmarshal(c.Value, &v) != nil {
		d.setAside("", "a change", "it is not as WhatsApp sends it", raw)
		return
	}
	if v.Metadata.PhoneNumberID != d.settings.PhoneNumberID {
		d.elsewhere++
		return
	}
	for _, one := range v.Statuses {
		d.status(one)
	}
	for _, one := range v.Errors {
		d.env.Log.Error("WhatsApp reports a failure", "code", one.Code, "meaning", wordsOf(one.Code))
	}
	for _, one := range v.Messages {
		d.message(v.Contacts, one)
	}
}

func (d *decoder) setAside(id, where, detail string, raw json.RawMessage) {
	d.received.SetAside = append(d.received.SetAside, connectors.SetAside{
		SourceID: id, Where: where, Reason: connectors.Unreadable, Detail: detail, Raw: bytes.Clone(raw),
	})
}

// status logs a message of ours that was not delivered: by our own key, for WhatsApp's id has the number in it.
func (d *decoder) status(one delivery) {
	if one.Status != "failed" {
		return
	}
	key := one.Key
	if !keyForm.MatchString(key) {
		key = "unknown"
	}
	for _, failed := range one.Errors {
		d.env.Log.Warn("a message to a person was not delivered", "saying", key, "code", failed.Code, "meaning", wordsOf(failed.Code))
	}
	if len(one.Errors) == 0 {
		d.env.Log.Warn("a message to a person was not delivered", "saying", key)
	}
}

func wordsOf(code int) string {
	if known, ok := meaningOf(code); ok {
		return known.words
	}
	return "not known here"
}

func (d *decoder) report() {
	if d.elsewhere > 0 {
		d.env.Log.Info("a webhook is for another number of the account; it is left alone", "changes", d.elsewhere)
	}
	if d.quiet > 0 {
		d.env.Log.Debug("messages without a word are left alone: reactions, deletions, notices of the system", "messages", d.quiet)
	}
}

// size is a whole number that WhatsApp writes as a number here and as a string there; zero where it is neither.
type size int64

// UnmarshalJSON implements json.Unmarshaler.
func (s *size) UnmarshalJSON(raw []byte) error {
	number, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64)
	if err == nil {
		*s = size(number)
	}
	return nil
}

// moment is a time in Unix seconds, as WhatsApp writes it; zero where it is none that a calendar has.
func moment(seconds size) time.Time {
	const last = 253402300799 // the end of the year 9999
	if seconds <= 0 || seconds > last {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}
