package connectors

import (
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

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
