package relay

import (
	"strings"
	"testing"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/privacy"
	"github.com/satupintu/satupintu/sync/store"
)

// The number of an earlier ticket is no personal data: it reaches the platform while an identity number does not.
func TestARecurrenceIsForwardedWithTheEarlierTicketsNumber(t *testing.T) {
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{redactor: privacy.NewRedactor(cfg.Privacy.Redact)}
	s := r.submission(store.Job{
		Complaint: complaint.Complaint{
			Text: "Pipa di Sedanau bocor lagi, NIK saya 2103121205900003", Place: complaint.Place{Address: "Jl. Pramuka 2, NIK 2103121205900003"},
		},
		Agency: "21032", Earlier: "7654321",
	})
	if s.Earlier != "7654321" || s.Agency != "21032" || strings.Contains(s.Complaint.Text+s.Complaint.Place.Address, "2103121205900003") {
		t.Errorf("the platform is sent %+v", s)
	}
}
