package storetest

import (
	"testing"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
)

// LinkAsFollowUp makes a complaint that waits for its turn a follow-up of an earlier one, as a decision does.
func LinkAsFollowUp(t *testing.T, s *store.Store, later, earlier complaint.Ref) {
	t.Helper()
	for _, statement := range []string{
		"UPDATE delivery SET state = 'linked' WHERE state = 'ready' AND ref = '" + string(later) + "'",
		"INSERT INTO link (ref, primary_ref, matched_ref, kind, why, linked_at) VALUES ('" + string(later) + "', '" + string(earlier) + "', '" + string(earlier) + "', 'follow_up', 'it quotes the reference', 0)",
		`INSERT INTO follow_up (ref, primary_ref, state, since, due_at, owner, lease_until, fence, attempts, first_attempt_at, sent_at,
			reason, detail, changed_at) VALUES ('` + string(later) + "', '" + string(earlier) + "', 'ready', 0, 0, '', 0, 0, 0, 0, 0, '', '', 0)",
	} {
		if err := Sabotage(t, s, statement); err != nil {
			t.Fatal(err)
		}
	}
}
