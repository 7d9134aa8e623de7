package complaint

import "slices"

// Status is where a complaint stands, in our words. The platform's own word is always kept beside it.
//
//	received ─▶ forwarded ─▶ disposed ─▶ in_progress ─▶ done
//	                 │           │  ▲         │  ▲
//	                 │           ▼  │         ▼  │
//	                 │         postponed ◀───────┘
//	                 └─▶ rejected, archived, closed   (from any open status)
//
// other stands for a platform status nobody has mapped yet; any open status may go there and come back. done, archived,
// rejected and closed end a complaint: the gateway stops asking about it.
type Status string

// The canonical statuses.
const (
	Received   Status = "received"    // kept by the gateway, the platform does not have it yet
	Forwarded  Status = "forwarded"   // at the platform, not verified (Belum Terverifikasi)
	Disposed   Status = "disposed"    // handed to an agency (Terdisposisi)
	InProgress Status = "in_progress" // Dalam Proses
	Postponed  Status = "postponed"   // Tertunda
	Done       Status = "done"        // Selesai
	Archived   Status = "archived"    // Diarsipkan
	Rejected   Status = "rejected"    // Ditolak
	Closed     Status = "closed"      // Ditutup oleh Admin/Sistem
	Other      Status = "other"       // a word of the platform that is not mapped
)

// Statuses lists every canonical status in the order a complaint usually goes through them.
func Statuses() []Status {
	return []Status{Received, Forwarded, Disposed, InProgress, Postponed, Done, Archived, Rejected, Closed, Other}
}

// Final says that nothing more is expected: the complaint is no longer asked about.
func (s Status) Final() bool {
	return s == Done || s == Archived || s == Rejected || s == Closed
}

// CanBecome says whether a complaint may move from s to next. Staying is no move. A platform that reports an illegal
// move is not contradicted: the event is recorded and shown, but the complaint stays where it was and nobody is told.
func (s Status) CanBecome(next Status) bool {
	if s == next || s.Final() || next == Received {
		return false
	}
	if next.Final() || next == Other || s == Other || s == Received {
		return true
	}
	return slices.Contains(openMoves(s), next)
}

func openMoves(s Status) []Status {
	switch s {
	case Forwarded:
		return []Status{Disposed, InProgress, Postponed}
	case Disposed:
		return []Status{InProgress, Postponed}
	case InProgress:
		return []Status{Disposed, Postponed}
	case Postponed:
		return []Status{Disposed, InProgress}
	default:
		return nil
	}
}
