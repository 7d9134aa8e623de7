package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/privacy"
)

// row is a complaint as it lies in the database.
type row struct {
	Ref         string `db:"ref"`
	Source      string `db:"source"`
	SourceID    string `db:"source_id"`
	Hash        string `db:"hash"`
	Title       string `db:"title"`
	Text        string `db:"text"`
	Class       string `db:"class"`
	Anonymous   int64  `db:"anonymous"`
	Secret      int64  `db:"secret"`
	Reporter    string `db:"reporter"`
	Place       string `db:"place"`
	Category    string `db:"category"`
	IncidentAt  int64  `db:"incident_at"`
	ReportedAt  int64  `db:"reported_at"`
	ReceivedAt  int64  `db:"received_at"`
	Attachments string `db:"attachments"`
	Missing     int64  `db:"missing"`
	RawType     string `db:"raw_type"`
	Raw         string `db:"raw"`
	Urgency     int64  `db:"-"`
}

// Bytes that are no text are kept in base 64, said by their prefix; sealed ones say so themselves.
const binaryPrefix = "base64:"

// encoded is what a complaint's row holds that is work to make and says nothing about when the complaint is kept, or under which
// reference.
type encoded struct {
	hash                         string
	reporter, place, attachments []byte
}

func encode(c complaint.Complaint) (e encoded, err error) {
	e.hash = c.ContentHash()
	if e.reporter, err = json.Marshal(c.Reporter); err != nil {
		return e, fmt.Errorf("encode the reporter: %w", err)
	}
	if e.place, err = json.Marshal(c.Place); err != nil {
		return e, fmt.Errorf("encode the place: %w", err)
	}
	if e.attachments, err = json.Marshal(c.Attachments); err != nil {
		return e, fmt.Errorf("encode the attachments: %w", err)
	}
	return e, nil
}

// encode encodes a page's complaints, once.
func (p *Page) encode() error {
	if p.encoded != nil {
		return nil
	}
	all := make([]encoded, len(p.Complaints))
	for i, c := range p.Complaints {
		var err error
		if all[i], err = encode(c); err != nil {
			return err
		}
	}
	p.encoded = all
	return nil
}

func (s *Store) toRow(c complaint.Complaint, e encoded) (row, error) {
	r := row{
		Ref: string(c.Ref), Source: c.Source, SourceID: c.SourceID, Hash: e.hash, Title: c.Title, Text: c.Text,
		Class: string(c.Class), Anonymous: bit(c.Anonymous), Secret: bit(c.Secret), Category: c.Category,
		IncidentAt: milli(c.IncidentAt), ReportedAt: milli(c.ReportedAt), ReceivedAt: milli(c.ReceivedAt), Missing: int64(c.Missing), RawType: c.Raw.Type,
		Place: string(e.place), Attachments: string(e.attachments),
	}
	var err error
	if r.Reporter, err = s.hide(e.reporter, "reporter "+r.Ref); err != nil {
		return row{}, err
	}
	if r.Raw, err = s.hide(c.Raw.Body, "raw "+r.Ref); err != nil {
		return row{}, err
	}
	return r, nil
}

func (s *Store) fromRow(r row) (complaint.Complaint, error) {
	c := complaint.Complaint{
		Ref: complaint.Ref(r.Ref), Source: r.Source, SourceID: r.SourceID, Title: r.Title, Text: r.Text,
		Class: complaint.Class(r.Class), Anonymous: r.Anonymous == 1, Secret: r.Secret == 1, Category: r.Category,
		IncidentAt: fromMilli(r.IncidentAt), ReportedAt: fromMilli(r.ReportedAt), ReceivedAt: fromMilli(r.ReceivedAt),
		Missing: int(r.Missing), Raw: complaint.Payload{Type: r.RawType},
	}
	reporter, err := s.show(r.Reporter, "reporter "+r.Ref)
	if err != nil {
		return c, fmt.Errorf("open the reporter of %s: %w", r.Ref, err)
	}
	if c.Raw.Body, err = s.show(r.Raw, "raw "+r.Ref); err != nil {
		return c, fmt.Errorf("open the payload of %s: %w", r.Ref, err)
	}
	for _, part := range []struct {
		name string
		json []byte
		into any
	}{{"reporter", reporter, &c.Reporter}, {"place", []byte(r.Place), &c.Place}, {"attachments", []byte(r.Attachments), &c.Attachments}} {
		if err := json.Unmarshal(part.json, part.into); err != nil {
			return c, fmt.Errorf("decode the %s of %s: %w", part.name, r.Ref, err)
		}
	}
	return c, nil
}

// hide makes text of bytes that may hold personal data: sealed where there is a key.
func (s *Store) hide(plain []byte, where string) (string, error) {
	if s.seal != nil && len(plain) > 0 {
		sealed, err := s.seal.Seal(plain, where)
		if err != nil {
			return "", fmt.Errorf("seal: %w", err)
		}
		return sealed, nil
	}
	text := string(plain)
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || strings.HasPrefix(text, binaryPrefix) || privacy.Sealed(text) {
		return binaryPrefix + base64.StdEncoding.EncodeToString(plain), nil
	}
	return text, nil
}

func (s *Store) show(kept, where string) ([]byte, error) {
	if coded, ok := strings.CutPrefix(kept, binaryPrefix); ok {
		return base64.StdEncoding.DecodeString(coded)
	}
	if !privacy.Sealed(kept) {
		return []byte(kept), nil
	}
	if s.seal == nil {
		return nil, fmt.Errorf("it is sealed and privacy.key is not set")
	}
	return s.seal.Open(kept, where)
}
