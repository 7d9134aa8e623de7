package main

import (
	"context"
	"fmt"
	"testing"
)

// website is one that posts complaints as forms, and is posted statuses.
type website struct{ *receiver }

func webhookDoor(t *testing.T, _ *servers) doorway {
	d := website{newReceiver(t)}
	return doorway{
		door: d, name: "portal", points: pushedPoints(), photo: true,
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
	insist(r, func(ctx context.Context) bool { return p.deliverTo(ctx, r.intake) != "" })
}

// heard leaves out what comes with the same seq again, as docs/webhook.md says.
func (d website) heard(_ *region, n int) []string {
	var told []string
	all := d.about(d.ticket(n))
	for i := range all {
		if i == 0 || all[i].Seq != all[i-1].Seq {
			told = append(told, all[i].Note+" ["+all[i].Status+"]")
		}
	}
	return told
}
