package whatsapp

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/whatsapp/cloudapi"
)

// A complaint in three messages, posted by a webhook that has to be repeated, its photo fetched, the person answered at
// once and, days later, by template.
func TestAConversationFromItsFirstWordToItsLastStatus(t *testing.T) {
	d := newDesk(t, nil)
	n := d.open()
	var (
		told []connectors.Message
		down atomic.Int32
	)
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received, err := n.Receive(r)
		if err != nil || down.Add(1) <= 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		told = append(told, received.Messages...)
		_, _ = w.Write(received.Told.Body)
	}))
	defer gateway.Close()

	words, photo := d.api.Text(warga, "Lampu jalan mati di Ranai"), d.api.Photo(warga, "", jpeg)
	place := d.api.Location(warga, 3.94, 108.38, "", "")
	for _, one := range [][]byte{d.api.Body(d.api.Messages(photo)), d.api.Body(d.api.Messages(words), d.api.Messages(place))} {
		if _, status, err := d.api.Deliver(gateway.Client(), gateway.URL, one, 5); err != nil || status != http.StatusOK {
			t.Fatalf("the webhook ends with %d, %v", status, err)
		}
	}
	if len(told) != 3 || told[1].Text != "Lampu jalan mati di Ranai" || told[2].Place.Lat == nil {
		t.Fatalf("told %+v", told)
	}
	d.api.ExpireLinks()
	kept, err := n.Fetch(t.Context(), told[0].Media[0])
	if err != nil || kept.Type != "image/jpeg" {
		t.Errorf("kept %+v, %v", kept, err)
	}
	must(t, n.Say(t.Context(), connectors.Saying{Key: "1", To: told[1].Sender, HeardAt: told[1].At, Text: "Laporan SP-1KAZ5T8M3Q0X4RD sudah kami terima."}))
	d.clock.pass(72 * time.Hour)
	last := d.news(told[1].Sender, 0)
	last.HeardAt = told[1].At
	must(t, n.Say(t.Context(), last))
	sent := d.api.Sent()
	if len(sent) != 2 || sent[0].Text != "Laporan SP-1KAZ5T8M3Q0X4RD sudah kami terima." || sent[1].Template != "status_laporan" || sent[1].To != wargaPhone {
		t.Errorf("sent %+v", sent)
	}
	if got := d.receive(d.api.Status(cloudapi.Sent{ID: sent[1].ID, To: wargaPhone}, "delivered", 0)); len(got) != 0 {
		t.Errorf("a delivery is taken for a message: %+v", got)
	}
}
