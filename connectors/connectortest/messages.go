package connectortest

import (
	"encoding/json"
	"fmt"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// contentOf is all that a message says, but for the bytes it came in.
func contentOf(m connectors.Message) string {
	written, err := json.Marshal(m)
	if err != nil { // a coordinate that is no number; wantFitMessage refuses it
		return fmt.Sprintf("%+v", m)
	}
	return string(written)
}

func messageKey(m connectors.Message) string { return "message " + m.ID }

// wantFitMessage checks what every connector owes of a message.
func (s *session) wantFitMessage(c connectors.Connector, m connectors.Message) {
	s.t.Helper()
	if m.ID == "" || m.Sender == "" || len(m.ID) > complaint.MaxSourceID {
		s.t.Errorf("message %q of sender %q needs an ID of at most %d bytes and a Sender", m.ID, m.Sender, complaint.MaxSourceID)
	}
	if m.Text == "" && m.Place.Lat == nil && m.Place.Address == "" && len(m.Media) == 0 {
		s.t.Errorf("message %q says nothing", m.ID)
	}
	s.wantFitWords(m)
	for _, media := range m.Media {
		if media.ID == "" || c.Fetch == nil {
			s.t.Errorf("message %q has a file that cannot be fetched: its ID is %q, Fetch: %v", m.ID, media.ID, c.Fetch != nil)
		}
	}
	if len(m.Raw.Body) == 0 || m.Raw.Type == "" {
		s.t.Errorf("message %q has lost what the channel sent (Raw)", m.ID)
	}
	if c.JoinWithin <= 0 {
		s.t.Errorf("the connector has messages and no JoinWithin")
	}
}

// wantFitWords wants of a message's texts and place what is wanted of a complaint's.
func (s *session) wantFitWords(m connectors.Message) {
	s.t.Helper()
	said := complaint.Complaint{SourceID: m.ID, Title: m.Sender, Text: m.Text, Reporter: m.Reporter, Place: m.Place, Class: complaint.Ordinary}
	for _, media := range m.Media {
		said.Attachments = append(said.Attachments, complaint.Attachment{Name: media.Name, Type: media.Type})
	}
	clean := said
	clean.Attachments = append([]complaint.Attachment(nil), said.Attachments...)
	clean.Clean()
	if clean.ContentHash() != said.ContentHash() {
		s.t.Errorf("message %q is not cleaned", m.ID)
	}
	if said.Text == "" {
		said.Text = "-" // a photo alone is a message
	}
	if err := said.Check(); err != nil {
		s.t.Errorf("message %q is not fit: %v", m.ID, err)
	}
}
