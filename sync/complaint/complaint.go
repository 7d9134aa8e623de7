// Package complaint is the vocabulary every other package speaks: what a complaint is, who sent it, where it lies,
// which statuses it goes through, and the reference we give it. It knows no database, no channel and no platform.
//
// Words kept in Indonesian because the national platform and its staff use them and no English term is settled:
//
//   - pengaduan berkadar pengawasan: a complaint that needs examination (class Supervised)
//   - anonim: the reported party and the public never learn who complained (flag Anonymous)
//   - rahasia: the whole text is hidden from the public (flag Secret)
//   - tindak lanjut: what an agency answers or does next (a follow-up)
//   - disposisi: handing a complaint to the agency that can act on it (a disposition)
package complaint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Complaint is one matter one person brought to one channel. Source and SourceID together are its identity at the
// edge: the gateway never stores the same pair twice.
type Complaint struct {
	Ref      Ref    `json:"ref"`       // ours, given once, when it is accepted
	Source   string `json:"source"`    // the connector's name in the configuration
	SourceID string `json:"source_id"` // the channel's own id

	Title     string   `json:"title,omitempty"`
	Text      string   `json:"text"`
	Class     Class    `json:"class"`
	Anonymous bool     `json:"anonymous,omitempty"`
	Secret    bool     `json:"secret,omitempty"`
	Reporter  Reporter `json:"reporter,omitzero"`
	Place     Place    `json:"place,omitzero"`
	Category  string   `json:"category,omitempty"` // the channel's own word for it; routing maps it to the platform's id

	IncidentAt time.Time `json:"incident_at,omitzero"` // when it happened; zero when the channel does not say
	ReportedAt time.Time `json:"reported_at,omitzero"` // when the person told the channel; zero when it does not say
	ReceivedAt time.Time `json:"received_at,omitzero"` // when the gateway accepted it

	Attachments []Attachment `json:"attachments,omitempty"`
	Missing     int          `json:"missing,omitempty"` // files the person sent that could not be had, and that the text does not name
	Raw         Payload      `json:"-"`                 // as it came, for replay; kept beside the complaint, never forwarded
}

// Reporter is who complained. Every field is optional; all of it is personal data and never reaches a log or a metric.
type Reporter struct {
	Name     string `json:"name,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Email    string `json:"email,omitempty"`
	Identity string `json:"identity,omitempty"` // NIK, the 16-digit national identity number
	Account  string `json:"account,omitempty"`  // where the channel reaches the person, as the channel writes it: a number, a chat
}

// Place is where the matter lies. Lat and Long are degrees, WGS 84; both are nil when the channel gives no point.
type Place struct {
	Region  string   `json:"region,omitempty"` // Kemendagri code PP.KK.CC.DDDD, or a leading part of it
	Address string   `json:"address,omitempty"`
	Lat     *float64 `json:"lat,omitempty"`
	Long    *float64 `json:"long,omitempty"`
}

// Attachment names a file that is kept in the file store under its SHA-256.
type Attachment struct {
	Name   string `json:"name"`
	Type   string `json:"type"`   // media type, such as image/jpeg
	Size   int64  `json:"size"`   // bytes
	SHA256 string `json:"sha256"` // lower-case hex
	// Look is what a picture looks like, so that copies of one are found: 16 hexadecimal digits made by the gateway. Empty:
	// it is no picture, or shows nothing.
	Look string `json:"look,omitempty"`
}

// Payload is what the channel sent, byte for byte.
type Payload struct {
	Type string // media type
	Body []byte
}

// Class is the national platform's classification of a complaint.
type Class string

// The four classes of the platform. Ordinary is what a channel that does not classify gets.
const (
	Supervised  Class = "supervised"  // pengaduan berkadar pengawasan
	Ordinary    Class = "ordinary"    // pengaduan tidak berkadar pengawasan
	Aspiration  Class = "aspiration"  // aspirasi
	Information Class = "information" // permintaan informasi
)

// Classes lists every class, the most urgent first.
func Classes() []Class { return []Class{Supervised, Ordinary, Information, Aspiration} }

// Urgency is the class's place in the queue: lower goes first. An unknown class counts as ordinary.
func (c Class) Urgency() int {
	for i, known := range Classes() {
		if c == known {
			return i
		}
	}
	return 1
}

// ParseClass reads a class by its English name; empty means Ordinary.
func ParseClass(s string) (Class, error) {
	if s == "" {
		return Ordinary, nil
	}
	for _, c := range Classes() {
		if string(c) == s {
			return c, nil
		}
	}
	return "", fmt.Errorf("class %q is not one of supervised, ordinary, aspiration, information", s)
}

// ContentHash identifies what the channel said, apart from our reference, the time we received it, what we saw in it, what
// we could not have of it and the bytes it came in: the same complaint sent again has the same hash, an edited one another.
// It is lower-case hex SHA-256.
func (c Complaint) ContentHash() string {
	c.Ref, c.ReceivedAt, c.Missing = "", time.Time{}, 0
	c.Attachments = slices.Clone(c.Attachments)
	for i := range c.Attachments {
		c.Attachments[i].Look = ""
	}
	c.IncidentAt, c.ReportedAt = c.IncidentAt.UTC(), c.ReportedAt.UTC()
	canonical, err := json.Marshal(c)
	if err != nil { // only a NaN or infinite coordinate can do this; Check refuses those
		canonical = fmt.Appendf(nil, "%+v", c)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// OccurredAt is the best known time of the telling: reported where the channel says so, else received.
func (c Complaint) OccurredAt() time.Time {
	if c.ReportedAt.IsZero() {
		return c.ReceivedAt
	}
	return c.ReportedAt
}
