package sms

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// Receive takes one message. What is no message of a person is answered as if it were kept, or the gateway would send it
// again and again; what may be one, though nobody could be answered, is set aside.
func (c *connector) Receive(r *http.Request) (connectors.Received, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return connectors.Received{}, refuse(http.StatusMethodNotAllowed, "send messages with GET or POST")
	}
	if err := c.early(r); err != nil {
		return connectors.Received{}, err
	}
	body, err := connectors.ReadBody(r, c.maxBody)
	if err != nil {
		return connectors.Received{}, err
	}
	values, unread := valuesOf(r, body)
	if err := c.late(values); err != nil { // before the sender is told what is wrong with the body
		return connectors.Received{}, err
	}
	if unread != nil {
		return connectors.Received{}, unread
	}
	if !c.limit.Allow() {
		return connectors.Received{}, refuse(http.StatusTooManyRequests, "more than "+c.settings.Rate.String()+"; send it again later")
	}
	told := &connectors.Answer{Type: c.settings.Told.Type, Body: []byte(c.settings.Told.Body)}
	message, why, err := c.message(values)
	switch {
	case err != nil:
		return connectors.Received{}, err
	case why == noNumber:
		aside := connectors.SetAside{Where: "a message", Reason: connectors.BadField, Detail: why, Raw: c.rawOf(r, values, body).Body}
		return connectors.Received{SetAside: []connectors.SetAside{aside}, Told: told}, nil
	case why != "":
		c.log.Info("a message is left alone", "because", why)
		return connectors.Received{Answer: told}, nil
	}
	message.Raw = c.rawOf(r, values, body)
	return connectors.Received{Messages: []connectors.Message{message}, Told: told}, nil
}

// valuesOf are the parameters of a request: those of its address, and over them those of its body.
func valuesOf(r *http.Request, body []byte) (url.Values, error) {
	values := r.URL.Query() // what cannot be read of it is left out
	if r.Method == http.MethodGet {
		return values, nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "application/json":
		err = addJSON(values, body)
	case err == nil && kind == "application/x-www-form-urlencoded":
		err = addForm(values, body)
	default:
		return values, refuse(http.StatusUnsupportedMediaType, "send application/x-www-form-urlencoded or application/json")
	}
	if err != nil {
		return values, refuse(http.StatusBadRequest, err.Error())
	}
	return values, nil
}

func addForm(values url.Values, body []byte) error {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return errors.New("the form cannot be read")
	}
	for name, list := range form {
		values[name] = list
	}
	return nil
}

func addJSON(values url.Values, body []byte) error {
	whole, err := connectors.JSON(body)
	if err != nil {
		return err
	}
	record, err := connectors.Record(whole)
	if err != nil {
		return errors.New("the body " + err.Error())
	}
	for name, value := range record {
		switch v := value.(type) {
		case string:
			values.Set(name, v)
		case json.Number:
			values.Set(name, v.String())
		case bool:
			values.Set(name, strconv.FormatBool(v))
		}
	}
	return nil
}

// rawOf is what the gateway sent. A secret among the parameters is taken out, and they are written anew.
func (c *connector) rawOf(r *http.Request, values url.Values, body []byte) complaint.Payload {
	const form = "application/x-www-form-urlencoded"
	switch {
	case c.settings.SecretIn == inParam:
		values.Del(c.settings.SecretName)
		return complaint.Payload{Type: form, Body: []byte(values.Encode())}
	case r.Method == http.MethodGet:
		return complaint.Payload{Type: form, Body: []byte(r.URL.RawQuery)}
	}
	return complaint.Payload{Type: r.Header.Get("Content-Type"), Body: body}
}

// noNumber is why a message is set aside.
const noNumber = "its sender is no telephone number that can be answered; is fields.sender the right one? Write to the person by other means"

// message is what a person wrote. why says that it is none, or noNumber.
func (c *connector) message(values url.Values) (m connectors.Message, why string, err error) {
	f := c.settings.Fields
	get := func(name string) string {
		if name == "" {
			return ""
		}
		return complaint.CleanText(inUTF8(values.Get(name)))
	}
	words := get(f.Text)
	if f.Charset != "" {
		words = complaint.CleanText(inCharset(values.Get(f.Text), values.Get(f.Charset)))
	}
	from := get(f.Sender)
	switch {
	case from == "":
		return m, "", &connectors.RequestError{Status: http.StatusBadRequest, Field: f.Sender, Detail: "is missing: the sender's number"}
	case get(f.Group) != "" || isGroup(from):
		return m, "it is a group's", nil
	case isService(from):
		return m, "its sender is no telephone number: a short code, or a name", nil
	}
	sender := numberOf(from)
	m = connectors.Message{
		Sender: sender, Text: words, Reporter: complaint.Reporter{Name: get(f.Name), Phone: sender, Account: sender},
		Place: placeOf(get(f.Location)), Media: mediaOf(get(f.URL), get(f.File), get(f.Ending)),
	}
	if m.Text == "" && m.Place == (complaint.Place{}) && len(m.Media) == 0 {
		return m, "it says nothing", nil
	}
	if len(m.Text) > complaint.MaxText {
		return m, "", &connectors.RequestError{Status: http.StatusBadRequest, Field: f.Text, Detail: fmt.Sprintf("is longer than %d bytes", complaint.MaxText)}
	}
	if !isNumber(sender) {
		return m, noNumber, nil
	}
	if at, err := connectors.ParseTime(get(f.Time), nil, c.zone); err == nil {
		m.At = at
	}
	m.ID = c.idOf(m, get(f.ID))
	return m, "", nil
}

// idOf is a hash of all that stays the same when a gateway sends a message again because our answer came late: its own id, the
// sender, the words, the place, the file and the time. The id alone is not believed: some gateways number from 1 again after
// they were set up anew, or give every message the same, and two messages of one id would be one complaint. Without an id, two
// messages of the same words are told apart by their time; where the gateway gives no time either, by the hour in which they
// came: somebody who writes the same an hour later is heard again, and a repeat that crosses the hour is found by the comparing
// of complaints.
func (c *connector) idOf(m connectors.Message, given string) string {
	if strings.Trim(given, "0") == "" { // 0 stands for none
		given = ""
	}
	at := m.At
	if at.IsZero() && given == "" {
		at = c.now().Truncate(time.Hour)
	}
	sum := sha256.New()
	for _, part := range []string{m.Sender, m.Text, fmt.Sprint(at.Unix()), placeText(m.Place), mediaID(m.Media), given} {
		fmt.Fprintf(sum, "%d %s\n", len(part), part) // never fails
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

func placeText(p complaint.Place) string {
	if p.Lat == nil {
		return p.Address
	}
	return fmt.Sprint(*p.Lat, *p.Long)
}

func mediaID(media []connectors.Media) string {
	if len(media) == 0 {
		return ""
	}
	return media[0].ID
}

// placeOf reads lat,long; anything else is kept as words.
func placeOf(text string) complaint.Place {
	first, second, _ := strings.Cut(text, ",")
	lat, err := strconv.ParseFloat(strings.TrimSpace(first), 64)
	long, err2 := strconv.ParseFloat(strings.TrimSpace(second), 64)
	if err != nil || err2 != nil || !(lat >= -90 && lat <= 90) || !(long >= -180 && long <= 180) {
		return complaint.Place{Address: text}
	}
	return complaint.Place{Lat: &lat, Long: &long}
}

func mediaOf(address, name, ending string) []connectors.Media {
	if address == "" {
		return nil
	}
	if name == "" {
		if at, err := url.Parse(address); err == nil {
			name = path.Base(at.Path)
		}
	}
	ending = strings.TrimPrefix(ending, ".")
	if ending != "" && !strings.HasSuffix(strings.ToLower(name), "."+strings.ToLower(ending)) {
		name += "." + ending
	}
	return []connectors.Media{{ID: address, Name: complaint.CleanText(path.Base(name)), Type: mime.TypeByExtension(path.Ext(name))}}
}

func refuse(status int, detail string) error {
	return &connectors.RequestError{Status: status, Detail: detail}
}
