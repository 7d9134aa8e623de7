package whatsapp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/satupintu/satupintu/connectors"
)

// webhook is what Meta posts. Whatever it holds besides is passed over. It is read a level at a time, so that what is not of the
// form we know takes nothing with it but itself.
type webhook struct {
	Object string          `json:"object"`
	Entry  json.RawMessage `json:"entry"` // a list of entry
}

type entry struct {
	Changes []json.RawMessage `json:"changes"`
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
	Contacts []json.RawMessage `json:"contacts"`
	Messages []json.RawMessage `json:"messages"`
	Statuses []json.RawMessage `json:"statuses"`
	Errors   []json.RawMessage `json:"errors"`
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
	Code size `json:"code"`
}

// decode makes messages of a webhook, in the order they came. What cannot be read is set aside with what it stands in: refused,
// it would be posted again for a week, and then be lost with all that came beside it.
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
	var entries []json.RawMessage
	if len(hook.Entry) > 0 {
		d.form(json.Unmarshal(hook.Entry, &entries), "the entries of a webhook", hook.Entry)
	}
	for _, raw := range entries {
		var e entry
		d.form(json.Unmarshal(raw, &e), "an entry of a webhook", raw)
		for _, raw := range e.Changes {
			d.change(raw)
		}
	}
	d.report()
	return d.received, nil
}

// decoder gathers what one webhook carries.
type decoder struct {
	*number
	received  connectors.Received
	elsewhere int // changes for other numbers, without messages
	quiet     int // messages without a word: reactions, notices of the system
}

// form sets aside what is not of the form that WhatsApp sends.
func (d *decoder) form(err error, what string, raw json.RawMessage) bool {
	if err != nil {
		d.setAside("", what, notAsSent, raw)
	}
	return err == nil
}

const (
	notAsSent = "it is not as WhatsApp sends it"
	notOurs   = "give that number a webhook of its own, as the page on WhatsApp says"
)

func (d *decoder) change(raw json.RawMessage) {
	var c change
	if !d.form(json.Unmarshal(raw, &c), "a change", raw) {
		return
	}
	if c.Field != "messages" {
		d.env.Log.Debug("a webhook is about something other than messages; it is left alone")
		return
	}
	var v value
	err := json.Unmarshal(c.Value, &v) // what does not fit stays empty
	switch {
	case err != nil && len(v.Messages) == 0:
		d.setAside("", "a change of messages", notAsSent, raw)
	case v.Metadata.PhoneNumberID == d.settings.PhoneNumberID:
		d.value(v)
	case len(v.Messages) > 0:
		d.env.Log.Warn("messages to another number of the account are set aside: " + notOurs)
		d.setAside("", "messages to another number", "they are to another number of the account: "+notOurs, raw)
	default:
		d.elsewhere++
	}
}

func (d *decoder) value(v value) {
	for _, raw := range v.Statuses {
		d.status(read[delivery](raw))
	}
	for _, raw := range v.Errors {
		failed := read[failure](raw)
		d.env.Log.Error("WhatsApp reports a failure", "code", failed.Code, "meaning", wordsOf(failed.Code))
	}
	people := make([]contact, len(v.Contacts))
	for i, raw := range v.Contacts {
		people[i] = read[contact](raw)
	}
	for _, raw := range v.Messages {
		d.message(people, raw)
	}
}

func (d *decoder) setAside(id, where, detail string, raw json.RawMessage) {
	d.received.SetAside = append(d.received.SetAside, connectors.SetAside{
		SourceID: id, Where: where, Reason: connectors.Unreadable, Detail: detail, Raw: bytes.Clone(raw),
	})
}

// status logs a message of ours that was not delivered, and passes it on: by our own key, for WhatsApp's id has the number in it.
func (d *decoder) status(one delivery) {
	if one.Status != "failed" {
		return
	}
	key, known := one.Key, keyForm.MatchString(one.Key)
	if !known {
		key = "unknown"
	}
	why := "WhatsApp does not say why"
	for i, failed := range one.Errors {
		d.env.Log.Warn("a message to a person was not delivered", "saying", key, "code", failed.Code, "meaning", wordsOf(failed.Code))
		if i == 0 {
			why = fmt.Sprintf("WhatsApp error %d: %s", failed.Code, wordsOf(failed.Code))
		}
	}
	if len(one.Errors) == 0 {
		d.env.Log.Warn("a message to a person was not delivered", "saying", key)
	}
	if known {
		d.received.Undelivered = append(d.received.Undelivered, connectors.Undelivered{Key: key, Detail: why})
	}
}

func wordsOf(code size) string {
	if known, ok := meaningOf(int(code)); ok {
		return known.words
	}
	return "not known here"
}

func (d *decoder) report() {
	if d.elsewhere > 0 {
		d.env.Log.Info("a webhook about messages of another number of the account is left alone", "changes", d.elsewhere)
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
