package connectors

import (
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

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

// Words are a change's values for Fill, as a citizen reads them: {ref} {time} {status} {note} {agency} {tracking_id}.
func (c StatusChange) Words(zone *time.Location) map[string]string {
	return map[string]string{
		"ref": string(c.Ref), "time": c.At.In(zone).Format("02-01-2006 15:04"), "status": InIndonesian(c.Status, complaint.CleanText(c.Raw)),
		"note": c.Note, "agency": c.Agency, "tracking_id": c.TrackingID,
	}
}

// Fill puts values into a message's template, and closes the gaps that empty ones leave.
func Fill(template string, values map[string]string) string {
	pairs := make([]string, 0, 2*len(values))
	for name, value := range values {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.Join(strings.Fields(strings.NewReplacer(pairs...).Replace(template)), " ")
}
