package lapor

import (
	"strings"
	"unicode"

	"github.com/satupintu/satupintu/sync/complaint"
)

// statuses maps the platform's words to ours, by their folded form.
type statuses map[string]complaint.Status

// knownStatuses are the names that have been seen.
func knownStatuses() map[string]string {
	return map[string]string{
		"Belum Terverifikasi":              "forwarded",
		"Menunggu Verifikasi":              "forwarded",
		"Terverifikasi":                    "forwarded",
		"Terdisposisi":                     "disposed",
		"Terdisposisi Belum Tindak Lanjut": "disposed",
		"Belum Tindak Lanjut":              "disposed",
		"Terdisposisi Sedang Proses":       "in_progress",
		"Sedang Proses":                    "in_progress",
		"Dalam Proses":                     "in_progress",
		"Tertunda":                         "postponed",
		"Selesai":                          "done",
		"Terdisposisi Selesai":             "done",
		"Diarsipkan":                       "archived",
		"Ditolak":                          "rejected",
		"Ditutup":                          "closed",
		"Ditutup oleh Admin":               "closed",
		"Ditutup oleh Sistem":              "closed",
		"Ditutup oleh Admin/Sistem":        "closed",
	}
}

// newStatuses lays the region's own names over the known ones.
func newStatuses(more map[string]string) statuses {
	s := statuses{}
	for _, table := range []map[string]string{knownStatuses(), more} {
		for raw, status := range table {
			s[fold(raw)] = complaint.Status(status)
		}
	}
	return s
}

// of is our status for a word of the platform: Other for one nobody has mapped, empty for none.
func (s statuses) of(raw string) complaint.Status {
	if raw == "" {
		return ""
	}
	if status, ok := s[fold(raw)]; ok {
		return status
	}
	return complaint.Other
}

// fold keeps letters and digits only, so that case, blanks, brackets and dashes do not count.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
