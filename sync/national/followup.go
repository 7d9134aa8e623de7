package national

import (
	"context"

	"github.com/satupintu/satupintu/sync/complaint"
)

// FollowUpper adds to a complaint at the platform what a later one says about it, and finds what an unknown outcome left.
type FollowUpper interface {
	// AddFollowUp adds it, in one request that may not be repeated. Errors carry their verdict (package retry). What it
	// added is none of the events of Statuser.Status: nobody is told the words of another.
	AddFollowUp(ctx context.Context, f FollowUp) error
	// FindFollowUp says whether the ticket has it, by our own reference: nil, it has; ErrAbsent, the platform answered
	// properly and the ticket has nothing with that reference; any other error, it cannot be told, and a permanent one
	// that asking again tells no more.
	FindFollowUp(ctx context.Context, f FollowUp) error
}

// FollowUp is a complaint that is about an earlier one, and is told to the platform on the earlier one's ticket.
type FollowUp struct {
	Ticket    Ticket // of the earlier complaint
	Complaint complaint.Complaint
	Agency    string // institution id of the platform that the ticket was sent to
	Secret    bool   // it is hidden from the public: one of the two complaints is
	Files     []File
}
