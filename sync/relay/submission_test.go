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

func TestAFileIsSentUnderAnotherNameThanTheCitizenGave(t *testing.T) {
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{redactor: privacy.NewRedactor(cfg.Privacy.Redact)}
	var (
		given []complaint.Attachment
		wants []string
	)
	for _, c := range [][3]string{
		{"KTP Siti 2103000000000001.jpg", "image/jpeg", "lampiran-1.jpg"},
		{"Foto.JPEG", "image/jpeg", "lampiran-2.jpeg"},
		{"", "image/jpeg", "lampiran-3.jpg"},
		{"surat.Siti Contoh", "application/pdf", "lampiran-4.pdf"},
		{"ktp.21030", "text/plain; charset=utf-8", "lampiran-5.txt"},
		{"rekaman.3gp", "application/octet-stream", "lampiran-6.3gp"},
		{"laporan.siticontoh", "application/octet-stream", "lampiran-7"},
		{"titik.", "image/png", "lampiran-8.png"},
		{"../a/b.jpg/c", "??", "lampiran-9"},
		{"surat.docx", "application/zip", "lampiran-10.docx"},
	} {
		given = append(given, complaint.Attachment{Name: c[0], Type: c[1], SHA256: "ab"})
		wants = append(wants, c[2])
	}
	s := r.submission(store.Job{Complaint: complaint.Complaint{Attachments: given}})
	f := r.followUp(store.FollowUp{Complaint: complaint.Complaint{Attachments: given}})
	for i, want := range wants {
		for _, got := range []string{s.Files[i].Name, s.Complaint.Attachments[i].Name, f.Files[i].Name} {
			if got != want || s.Files[i].SHA256 != "ab" {
				t.Errorf("%q of %s is sent as %q, want %q", given[i].Name, given[i].Type, got, want)
			}
		}
	}
	if given[0].Name != "KTP Siti 2103000000000001.jpg" {
		t.Error("what the citizen sent is changed")
	}
}
