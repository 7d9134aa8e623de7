package cloudapi

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// Person is somebody who writes to the number.
type Person struct {
	Number string // empty for a person who hides it behind a username
	ID     string // the id that stands for the person towards the business account, such as ID.1349…; may be empty
	Name   string
}

func (p Person) address() string {
	if p.Number != "" {
		return p.Number
	}
	return p.ID
}

// Message is one message of a person.
type Message struct {
	from   Person
	fields map[string]any
}

// ID is WhatsApp's id of the message.
func (m Message) ID() string { return m.fields["id"].(string) }

// Media is the id of the message's file.
func (m Message) Media() string {
	for _, part := range m.fields {
		if file, ok := part.(map[string]any); ok && file["mime_type"] != nil {
			return file["id"].(string)
		}
	}
	return ""
}

// Wrote makes a message of any kind: content stands under the kind's name. It was written just now.
func (a *API) Wrote(from Person, kind string, content any) Message {
	now := a.options.Now()
	a.mu.Lock()
	serial := a.next()
	a.heard[from.address()] = now
	a.mu.Unlock()
	fields := map[string]any{"id": wamid(from.address(), serial), "timestamp": strconv.FormatInt(now.Unix(), 10), "type": kind}
	if from.Number != "" {
		fields["from"] = from.Number
	}
	if from.ID != "" {
		fields["from_user_id"] = from.ID
	}
	if content != nil {
		fields[kind] = content
	}
	return Message{from, fields}
}

// At is the message with another time.
func (m Message) At(written time.Time) Message {
	m.fields = maps.Clone(m.fields)
	m.fields["timestamp"] = strconv.FormatInt(written.Unix(), 10)
	return m
}

// Forget lets the person's 24 hours be over.
func (a *API) Forget(from Person) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard[from.address()] = a.options.Now().Add(-window - time.Hour)
}

// Text makes a text.
func (a *API) Text(from Person, body string) Message {
	return a.Wrote(from, "text", map[string]any{"body": body})
}

// Photo makes a picture with a caption, which may be empty.
func (a *API) Photo(from Person, caption string, content []byte) Message {
	photo := map[string]any{"id": a.Keep("image/jpeg", content), "mime_type": "image/jpeg", "sha256": sum(content)}
	if caption != "" {
		photo["caption"] = caption
	}
	return a.Wrote(from, "image", photo)
}

// Document makes a file with a name.
func (a *API) Document(from Person, name, kind string, content []byte) Message {
	return a.Wrote(from, "document", map[string]any{"id": a.Keep(kind, content), "mime_type": kind, "filename": name, "sha256": sum(content)})
}

// Location makes a place.
func (a *API) Location(from Person, lat, long float64, name, address string) Message {
	return a.Wrote(from, "location", map[string]any{"latitude": lat, "longitude": long, "name": name, "address": address})
}

// Keep holds a file and returns its media id.
func (a *API) Keep(kind string, content []byte) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	id := strconv.Itoa(1_000_000_000 + a.next())
	a.files[id] = medium{kind, bytes.Clone(content)}
	return id
}

func sum(content []byte) string {
	all := sha256.Sum256(content)
	return hex.EncodeToString(all[:])
}

// Change is one change in a webhook.
type Change map[string]any

// Messages makes a change of messages.
func (a *API) Messages(messages ...Message) Change {
	return a.MessagesTo(a.options.PhoneNumberID, messages...)
}

// MessagesTo is Messages to another number of the account.
func (a *API) MessagesTo(phoneNumberID string, messages ...Message) Change {
	var people, written []any
	seen := map[Person]bool{}
	for _, m := range messages {
		written = append(written, m.fields)
		if seen[m.from] {
			continue
		}
		seen[m.from] = true
		person := map[string]any{"profile": map[string]any{"name": m.from.Name}}
		if m.from.Number != "" {
			person["wa_id"] = m.from.Number
		}
		if m.from.ID != "" {
			person["user_id"] = m.from.ID
		}
		people = append(people, person)
	}
	return a.change(phoneNumberID, map[string]any{"contacts": people, "messages": written})
}

// Status makes a change that says what became of a message: sent, delivered, read, or failed with a code.
func (a *API) Status(sent Sent, status string, code int) Change {
	told := map[string]any{
		"id": sent.ID, "status": status, "recipient_id": sent.To, "biz_opaque_callback_data": sent.Opaque,
		"timestamp": strconv.FormatInt(a.options.Now().Unix(), 10),
	}
	if code != 0 {
		told["errors"] = []any{map[string]any{
			"code": code, "title": "Message failed", "message": "Message failed to send to " + sent.To,
			"error_data": map[string]any{"details": "to " + sent.To}, "href": "/docs/whatsapp/cloud-api/support/error-codes/",
		}}
	}
	return a.change(a.options.PhoneNumberID, map[string]any{"statuses": []any{told}})
}

func (a *API) change(phoneNumberID string, value map[string]any) Change {
	value["messaging_product"] = "whatsapp"
	value["metadata"] = map[string]any{"display_phone_number": "627730000000", "phone_number_id": phoneNumberID}
	return Change{"field": "messages", "value": value}
}

// Body is a webhook's body, with an entry for each change. Letters beyond ASCII are escaped, as Meta does.
func (a *API) Body(changes ...Change) []byte {
	var entries []any
	for _, change := range changes {
		entries = append(entries, map[string]any{"id": "102290129340398", "changes": []any{change}})
	}
	plain, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": entries})
	if err != nil {
		return nil // nothing here can be that
	}
	var escaped bytes.Buffer
	for _, r := range string(plain) {
		switch {
		case r < 0x80:
			escaped.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&escaped, `\u%04x`, r)
		default:
			fmt.Fprintf(&escaped, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		}
	}
	return escaped.Bytes()
}

// Sign puts Meta's signature on a webhook.
func (a *API) Sign(r *http.Request, body []byte) {
	mac := hmac.New(sha256.New, []byte(a.options.AppSecret))
	mac.Write(body)
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
}

// Request is a webhook as it is posted.
func (a *API) Request(address string, body []byte) (*http.Request, error) {
	r, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "facebookexternalua")
	a.Sign(r, body)
	return r, nil
}

// Deliver posts a webhook until it is answered with 200, as Meta does, at most so many times. It returns how often it was
// posted, and the last answer's status.
func (a *API) Deliver(client *http.Client, address string, body []byte, most int) (posted, status int, err error) {
	for posted < most && status != http.StatusOK {
		r, err := a.Request(address, body)
		if err != nil {
			return posted, status, err
		}
		posted++
		answer, err := client.Do(r)
		if err != nil {
			status = 0
			continue
		}
		status = answer.StatusCode
		_ = answer.Body.Close()
	}
	return posted, status, nil
}
