package connectors

import "github.com/satupintu/satupintu/sync/complaint"

// InIndonesian is a status as a citizen reads it, fit to follow "your report": "selesai". One that no mapping knows is told
// in the platform's own word, raw.
func InIndonesian(status complaint.Status, raw string) string {
	switch status {
	case complaint.Received:
		return "sudah kami terima"
	case complaint.Forwarded:
		return "diteruskan ke SP4N-LAPOR!"
	case complaint.Disposed:
		return "diteruskan ke instansi yang berwenang"
	case complaint.InProgress:
		return "sedang diproses"
	case complaint.Postponed:
		return "ditunda"
	case complaint.Done:
		return "selesai"
	case complaint.Archived:
		return "diarsipkan"
	case complaint.Rejected:
		return "tidak dapat diproses"
	case complaint.Closed:
		return "ditutup"
	}
	if raw == "" {
		return "diperbarui"
	}
	return raw
}
