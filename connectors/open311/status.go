package open311

import (
	"strings"

	"github.com/satupintu/satupintu/sync/complaint"
)

// standing is a status in the protocol's words.
type standing struct {
	status complaint.Status
	listed string // in lists: open or closed
	update string // in updates, the extension's finer words
}

// standings is the one table of statuses; docs/open311.md repeats it. internal_referral is used for none: FixMyStreet
// counts it as closed, and a complaint that was handed to an agency is not. Nor is closed used for what ended unheard: it
// is shown as fixed there.
func standings() []standing {
	return []standing{
		{complaint.Received, "open", "open"},
		{complaint.Forwarded, "open", "open"},
		{complaint.Disposed, "open", "investigating"},
		{complaint.InProgress, "open", "in_progress"},
		{complaint.Postponed, "open", "open"},
		{complaint.Other, "open", "open"},
		{complaint.Done, "closed", "fixed"},
		{complaint.Archived, "closed", "no_further_action"},
		{complaint.Rejected, "closed", "no_further_action"},
		{complaint.Closed, "closed", "closed"},
	}
}

func standingOf(status complaint.Status) standing {
	for _, s := range standings() {
		if s.status == status {
			return s
		}
	}
	return standing{status, "open", "open"}
}

// saidStatus is what a person says about a complaint by the status of an update they post, in Indonesian; known is false for
// a word that is no status.
func saidStatus(word string) (words string, known bool) {
	switch strings.ToLower(word) {
	case "open":
		return "", true
	case "reopen":
		return "Menurut pelapor belum selesai; mohon dibuka kembali.", true
	case "fixed":
		return "Menurut pelapor sudah diperbaiki.", true
	case "closed":
		return "Menurut pelapor sudah selesai.", true
	case "in_progress", "planned", "action_scheduled", "investigating", "duplicate", "not_councils_responsibility", "no_further_action", "internal_referral":
		return "Status menurut pengirim: " + strings.ReplaceAll(strings.ToLower(word), "_", " ") + ".", true
	}
	return "", false
}
