package open311

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// trialRef is the id that every request gets at the test endpoints.
const trialRef complaint.Ref = "SP-TEST00000000001"

// trialDesk is a desk for those who write a client: it keeps nothing and has one sample.
func trialDesk() connectors.Desk {
	sample := time.Date(2026, 1, 3, 7, 5, 0, 0, time.UTC)
	return connectors.Desk{
		TakeIn: func(_ context.Context, complaints []complaint.Complaint) ([]complaint.Ref, error) {
			refs := make([]complaint.Ref, len(complaints))
			for i := range complaints {
				complaints[i].Clean()
				if err := complaints[i].Check(); err != nil {
					return nil, fmt.Errorf("a trial: %w", err)
				}
				refs[i] = trialRef
			}
			return refs, nil
		},
		Read: func(_ context.Context, ref complaint.Ref) (connectors.StatusChange, error) {
			if ref != trialRef {
				return connectors.StatusChange{}, connectors.ErrNotFound
			}
			return connectors.StatusChange{Ref: ref, Status: complaint.Received, At: sample}, nil
		},
		List: func(_ context.Context, q connectors.Query) ([]connectors.Listed, error) {
			one := connectors.Listed{Ref: trialRef, Status: complaint.Received, ReceivedAt: sample, UpdatedAt: sample}
			for _, ref := range q.Refs {
				if ref == trialRef {
					return []connectors.Listed{one}, nil
				}
			}
			if len(q.Refs) > 0 || q.Skip > 0 || q.BeforeRef != "" {
				return nil, nil
			}
			return []connectors.Listed{one}, nil
		},
		Updates: func(context.Context, connectors.UpdateQuery) ([]connectors.Update, error) { return nil, nil },
	}
}

// noFiles keeps nothing.
type noFiles struct{}

func (noFiles) Put(_ context.Context, name string, r io.Reader) (complaint.Attachment, error) {
	size, err := io.Copy(io.Discard, r)
	return complaint.Attachment{Name: name, Size: size}, err
}
