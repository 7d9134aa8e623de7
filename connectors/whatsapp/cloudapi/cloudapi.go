// Package cloudapi simulates WhatsApp's Cloud API for tests: the Graph API's endpoints for one number, and the webhooks it
// posts. It is made from Meta's public reference with types of its own, and shares no code with the connector, so that a
// mistake there is not repeated here.
//
// What bites in the real one is in it: ids that have the sender's number written into them, links to files that expire,
// error messages that quote numbers, the 24-hour rule, numbers written as strings, persons without a number, webhooks
// that come in batches, again and out of order.
package cloudapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options are what a number has.
type Options struct {
	PhoneNumberID string
	Token         string // the access token that is good
	AppSecret     string
	Templates     []Template       // those that are approved
	Now           func() time.Time // time.Now when nil
}

// Template is an approved message template with text variables in its body.
type Template struct {
	Name, Language string
	Variables      int
}

// API is one simulated number. It is served as an http.Handler.
type API struct {
	options Options

	mu      sync.Mutex
	serial  int
	heard   map[string]time.Time // when each person last wrote
	files   map[string]medium    // by media id
	links   map[string]link      // by what the link ends in
	sent    []Sent
	faults  []*Fault
	stalled bool
	asked   []string
}

type medium struct {
	kind    string
	content []byte
}

type link struct {
	media  string
	issued time.Time
}

// linkLife is how long a link to a file is good.
const linkLife = 5 * time.Minute

// window is how long after a person's last message they may be sent anything.
const window = 24 * time.Hour

// Sent is one message that a person got.
type Sent struct {
	ID       string
	To       string // a number, or the id that stands for a person
	Text     string
	Template string
	Values   []string
	Opaque   string // biz_opaque_callback_data
}

// Fault makes calls fail.
type Fault struct {
	On      string // messages, media, download, number; empty: every call
	Times   int    // how many calls; 0: all that follow
	Status  int
	Code    int // of the Graph API; 0: the answer has no body
	Subcode int
	Header  map[string]string
	Body    string // in place of the Graph API's error
	Break   bool   // the answer breaks off
}

// New makes a number.
func New(o Options) *API {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &API{options: o, heard: map[string]time.Time{}, files: map[string]medium{}, links: map[string]link{}}
}

// Fail makes calls fail from now on.
func (a *API) Fail(f Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = append(a.faults, &f)
}

// Mend ends every fault.
func (a *API) Mend() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = nil
}

// Stall leaves every call that follows without an answer until its caller gives up.
func (a *API) Stall() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stalled = true
}

// ExpireLinks makes every link to a file that was given out lead nowhere.
func (a *API) ExpireLinks() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.links)
}

// Delete removes a file, as Meta does after some days.
func (a *API) Delete(media string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.files, media)
}

// Sent lists what was sent to people, in order.
func (a *API) Sent() []Sent {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.sent)
}

// Asked lists the calls that came, such as "GET media".
func (a *API) Asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

// next is a number that no earlier thing has. The lock is held.
func (a *API) next() int {
	a.serial++
	return a.serial
}

// wamid is a message's id: Base64 of bytes among which the number stands in plain digits, as in the real ones.
func wamid(number string, serial int) string {
	return "wamid." + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "\x1d\x07%s\x15\x02\x00\x12\x18\x14%020d\x00", number, serial))
}

// ServeHTTP answers as graph.facebook.com and as the host of files.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	what, id := a.classify(r)
	a.mu.Lock()
	a.asked = append(a.asked, r.Method+" "+what)
	stalled, fault := a.stalled, a.fault(what)
	a.mu.Unlock()
	switch {
	case stalled:
		_, _ = io.Copy(io.Discard, r.Body) // a server sees that its caller has gone only once the body is read
		<-r.Context().Done()
	case fault != nil:
		a.fail(w, *fault)
	case r.Header.Get("Authorization") != "Bearer "+a.options.Token:
		a.refuse(w, http.StatusUnauthorized, 190, 0, "Error validating access token")
	case what == "messages" && r.Method == http.MethodPost:
		a.send(w, r)
	case what == "number":
		answer(w, map[string]any{"display_phone_number": "+62 773 0000 000", "verified_name": "Layanan Aduan Natuna", "quality_rating": "GREEN", "id": id})
	case what == "media":
		a.describe(w, r, id)
	case what == "download":
		a.download(w, id)
	default:
		a.refuse(w, http.StatusBadRequest, 100, 33, "Unsupported request. Object with ID '"+id+"' does not exist")
	}
}

// classify says what a path names, and which one.
func (a *API) classify(r *http.Request) (what, id string) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/whatsapp_business/attachments/"); ok {
		return "download", rest + r.URL.Query().Get("hash")
	}
	steps := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case len(steps) == 3 && steps[1] == a.options.PhoneNumberID && steps[2] == "messages":
		return "messages", steps[1]
	case len(steps) == 2 && steps[1] == a.options.PhoneNumberID:
		return "number", steps[1]
	case len(steps) == 2 && r.Method == http.MethodGet:
		return "media", steps[1]
	}
	return "unknown", steps[len(steps)-1]
}

// fault is the fault that a call meets. The lock is held.
func (a *API) fault(what string) *Fault {
	for i, f := range a.faults {
		if f.On != "" && f.On != what {
			continue
		}
		met := *f
		if f.Times == 1 {
			a.faults = slices.Delete(a.faults, i, i+1)
		} else if f.Times > 1 {
			f.Times--
		}
		return &met
	}
	return nil
}

func (a *API) fail(w http.ResponseWriter, f Fault) {
	for name, value := range f.Header {
		w.Header().Set(name, value)
	}
	switch {
	case f.Break:
		w.Header().Set("Content-Length", "100000")
		w.WriteHeader(f.Status)
		_, _ = w.Write([]byte("\xff\xd8\xff\xe0"))
	case f.Code != 0:
		a.refuse(w, f.Status, f.Code, f.Subcode, "Something is wrong")
	default:
		w.WriteHeader(f.Status)
		_, _ = w.Write([]byte(f.Body))
	}
}

// refuse answers with an error of the Graph API. Its details quote the number of whom it is about.
func (a *API) refuse(w http.ResponseWriter, status, code, subcode int, message string) {
	told := map[string]any{
		"message": fmt.Sprintf("(#%d) %s", code, message), "type": "OAuthException", "code": code, "fbtrace_id": "AbCdEf0123456789",
		"error_data": map[string]any{"messaging_product": "whatsapp", "details": message + " (recipient " + a.lastPerson() + ")"},
	}
	if subcode != 0 {
		told["error_subcode"] = subcode
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": told})
}

func (a *API) lastPerson() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	for person := range a.heard {
		return person
	}
	return "unknown"
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(body)
}

// describe answers with a file's link.
func (a *API) describe(w http.ResponseWriter, r *http.Request, id string) {
	a.mu.Lock()
	file, ok := a.files[id]
	hash := fmt.Sprintf("ATu%06d", a.next())
	if ok {
		a.links[hash] = link{id, a.options.Now()}
	}
	a.mu.Unlock()
	if asked := r.URL.Query().Get("phone_number_id"); !ok || asked != "" && asked != a.options.PhoneNumberID {
		a.refuse(w, http.StatusBadRequest, 100, 33, "Unsupported get request. Object with ID '"+id+"' does not exist")
		return
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	answer(w, map[string]any{
		"messaging_product": "whatsapp", "id": id, "mime_type": file.kind, "file_size": strconv.Itoa(len(file.content)),
		"url": scheme + r.Host + "/whatsapp_business/attachments/?mid=" + id + "&ext=1&hash=" + hash,
	})
}

// download answers with a file's bytes, or 404 for a link that has expired.
func (a *API) download(w http.ResponseWriter, hash string) {
	a.mu.Lock()
	at, known := a.links[hash]
	file, there := a.files[at.media]
	fresh := known && a.options.Now().Sub(at.issued) < linkLife
	a.mu.Unlock()
	if !fresh || !there {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", file.kind)
	_, _ = w.Write(file.content)
}
