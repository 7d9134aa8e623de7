package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// translate makes complaints of what was sent, all or none.
func (h *hook) translate(ctx context.Context, sent delivery) (connectors.Received, error) {
	received := connectors.Received{List: sent.list}
	if len(sent.files) > complaint.MaxAttachments {
		return connectors.Received{}, refuse(http.StatusBadRequest, fmt.Sprintf("%d files; the most is %d", len(sent.files), complaint.MaxAttachments))
	}
	for _, one := range sent.entries {
		c, err := h.mapper.Map(one.record)
		if err != nil {
			return connectors.Received{}, inRequest(one.where, err)
		}
		c.Raw = one.raw
		received.Complaints = append(received.Complaints, c)
	}
	if err := twins(sent.entries, received.Complaints); err != nil {
		return connectors.Received{}, err
	}
	for _, f := range sent.files { // with files there is one complaint
		attachment, err := h.env.Files.Put(ctx, f.name, bytes.NewReader(f.body))
		if err != nil {
			return connectors.Received{}, fmt.Errorf("keeping a file of the request: %w", err)
		}
		received.Complaints[0].Attachments = append(received.Complaints[0].Attachments, attachment)
	}
	return received, nil
}

// twins refuses a list in which one id stands for two complaints: the second would be taken for the first sent again.
func twins(entries []entry, complaints []complaint.Complaint) error {
	seen := make(map[string]int, len(complaints))
	for i, c := range complaints {
		first, known := seen[c.SourceID]
		if known && c.ContentHash() != complaints[first].ContentHash() {
			return badField(strings.TrimSuffix(entries[i].where, "."), fmt.Sprintf("has the id of [%d] and says something else", first))
		}
		if !known {
			seen[c.SourceID] = i
		}
	}
	return nil
}

func badField(field, reason string) error {
	return &connectors.RequestError{Status: http.StatusBadRequest, Field: field, Detail: reason}
}

// inRequest names the first wrong field as the sender calls it, and the others behind it.
func inRequest(where string, err error) error {
	var all []*complaint.FieldError
	for _, one := range unjoin(err) {
		var fault *complaint.FieldError
		if !errors.As(one, &fault) {
			return err
		}
		all = append(all, fault)
	}
	detail := all[0].Reason
	for _, other := range all[1:] {
		detail += "; " + where + sendersName(other.Field) + ": " + other.Reason
	}
	return badField(where+sendersName(all[0].Field), detail)
}

func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// sendersName takes our own name off the sender's: created (reported_at) is the sender's created.
func sendersName(field string) string {
	for _, ours := range connectors.MappingFields() {
		if name, cut := strings.CutSuffix(field, " ("+ours+")"); cut {
			return name
		}
	}
	return field
}
