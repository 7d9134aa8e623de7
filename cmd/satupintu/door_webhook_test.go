package main

import (
	"context"
	"fmt"
	"testing"
)

// website that posts complaints as forms, and is posted statuses.
type website struct {
	insistence
	*receiver
}

func webhookDoor(t *testing.T, _ *servers) doorway {
	d := website{newInsistence(t), newReceiver(t)}
	return doorway{
		door: d, name: "portal", points: pushedPoints(), photos: 1,
		tells: []string{"[forwarded]", "Mohon ditindaklanjuti. [disposed]", "Sedang kami proses. [in_progress]", "Sudah selesai. [done]"},
		connector: fmt.Sprintf(`
  - name: portal
    kind: webhook
    settings: { bearer: { env: PORTAL_TOKEN }, rate: 5000/s, callback: %q, map: { id: ticket, text: message } }
`, d.URL+"/status"),
	}
}

func (website) ticket(n int) string { return fmt.Sprintf("NTN-%d", n) }

func (d website) complain(r *region, n int) {
	p := parcel{ticket: d.ticket(n), message: doorText("portal", n), file: string(doorPhoto("portal", n))}
	d.until(r, func(ctx context.Context) bool { return p.deliverTo(ctx, r.intake) != "" })
}

// heard leaves out what came with a seq again, and the same words.
func (d website) heard(_ *region, n int) []string {
	var told []string
	for i, all := 0, d.about(d.ticket(n)); i < len(all); i++ {
		if i == 0 || !all[i].same(all[i-1]) {
			told = append(told, all[i].Note+" ["+all[i].Status+"]")
		}
	}
	return told
}
