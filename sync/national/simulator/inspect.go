package simulator

import (
	"encoding/json"
	"maps"
	"net/http"
	"sync"
	"time"
)

// Complaint is what the platform holds of one complaint.
type Complaint struct {
	ID          string          `json:"id"`          // what the interface wants
	TrackingID  string          `json:"tracking_id"` // what a citizen types
	Title       string          `json:"title"`
	Content     string          `json:"content"`
	Channel     string          `json:"channel,omitempty"`
	Class       string          `json:"classification_id,omitempty"`
	Disposition string          `json:"disposition_id,omitempty"` // as created; Holder is who has it now
	Category    string          `json:"category_id,omitempty"`
	Location    string          `json:"location_id,omitempty"`
	UserID      string          `json:"user_id,omitempty"`
	Name        string          `json:"name,omitempty"` // of a new user
	Phone       string          `json:"phone,omitempty"`
	Email       string          `json:"email,omitempty"`
	Anonymous   bool            `json:"is_anonymous"`
	Secret      bool            `json:"is_secret"`
	Priority    bool            `json:"is_priority"`
	Attachments []File          `json:"attachments"`
	Body        json.RawMessage `json:"body,omitempty"`   // of the create call; nil when the simulator is lean
	Header      http.Header     `json:"header,omitempty"` // of the create call, sign-in values left out; nil when lean
	CreatedAt   time.Time       `json:"created_at"`
	Status      string          `json:"status"` // now
	Holder      Named           `json:"holder"` // now
	Events      int             `json:"events"` // so far, its arrival among them
}

// FollowUp is what an agency says. From and To are institution ids; empty means whoever holds the complaint.
type FollowUp struct {
	From        string `json:"from,omitempty"`
	To          string `json:"to,omitempty"`
	Template    string `json:"template_code,omitempty"` // default tindak_lanjut; disposition hands the complaint to To
	Text        string `json:"text"`                    // HTML
	Secret      bool   `json:"is_secret,omitempty"`
	Attachments []File `json:"attachments,omitempty"`
}

// Complaints returns every complaint, in the order they came.
func (s *Simulator) Complaints() []Complaint { return s.ByMarker("") }

// ByMarker returns the complaints whose title or content has the text, in the order they came. More than one for one
// reference is what a gateway must never do.
func (s *Simulator) ByMarker(text string) []Complaint {
	found := s.ledger.containing(text)
	all := make([]Complaint, 0, len(found))
	for _, rec := range found {
		all = append(all, s.shown(rec))
	}
	return all
}

// Complaint returns one complaint by its id.
func (s *Simulator) Complaint(id string) (Complaint, bool) {
	rec, ok := s.ledger.find(id)
	if !ok {
		return Complaint{}, false
	}
	return s.shown(rec), true
}

// FollowUps returns what was said about a complaint apart from its scenario, oldest first.
func (s *Simulator) FollowUps(id string) []FollowUp {
	rec, ok := s.ledger.find(id)
	if !ok {
		return nil
	}
	all := []FollowUp{}
	for _, e := range s.ledger.entriesOf(rec) {
		if e.Status == "" {
			all = append(all, FollowUp{From: e.From.ID, To: e.To.ID, Template: e.Template, Text: e.Text, Secret: e.Secret, Attachments: e.Files})
		}
	}
	return all
}

// File returns one file that was sent, by its id.
func (s *Simulator) File(id string) (File, bool) { return s.ledger.file(id) }

func (s *Simulator) shown(rec *record) Complaint {
	b, events := rec.create, s.events(rec)
	c := Complaint{
		ID: rec.id(), TrackingID: rec.trackingID(), Title: b.Title, Content: b.Content, Channel: b.Channel, Class: b.Class,
		Disposition: b.Disposition, Category: b.Category, Location: b.Location,
		UserID: b.UserID, Name: b.Name, Phone: b.Phone, Email: b.Email,
		Anonymous: b.Anonymous, Secret: b.Secret, Priority: b.Priority,
		Attachments: append([]File{}, rec.files...), Body: rec.body, Header: rec.header,
		CreatedAt: rec.at, Events: len(events),
	}
	c.Status, c.Holder = standing(events)
	return c
}

// Stats is what the platform has seen since it was started; complaints and files include those it remembered.
type Stats struct {
	Complaints int           `json:"complaints"`
	Files      int           `json:"files"`
	Calls      map[Call]int  `json:"calls"`  // requests that reached it, however they ended
	Faults     map[Fault]int `json:"faults"` // requests that met a fault
}

// Stats counts. Every known call and fault is there, at zero too.
func (s *Simulator) Stats() Stats {
	out := s.stats.copy()
	out.Complaints, out.Files = s.ledger.sizes()
	return out
}

type counters struct {
	mu     sync.Mutex
	calls  map[Call]int
	faults map[Fault]int
}

func newCounters() *counters {
	c := &counters{calls: map[Call]int{}, faults: map[Fault]int{}}
	for _, call := range Calls() {
		c.calls[call] = 0
	}
	for _, fault := range KnownFaults() {
		c.faults[fault] = 0
	}
	return c
}

func (c *counters) called(call Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[call]++
}

func (c *counters) met(fault Fault) {
	if fault == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults[fault]++
}

func (c *counters) copy() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{Calls: maps.Clone(c.calls), Faults: maps.Clone(c.faults)}
}
