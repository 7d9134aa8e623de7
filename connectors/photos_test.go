package connectors_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

type shelf struct{}

func (shelf) Put(_ context.Context, name string, r io.Reader) (complaint.Attachment, error) {
	_, err := io.Copy(io.Discard, r)
	return complaint.Attachment{Name: name}, err
}

// hanging is a fetcher of photos of which some never come, and the others as over a satellite.
func hanging() connectors.Photos {
	return connectors.Photos{Files: shelf{}, Log: slog.New(slog.DiscardHandler), Most: 1000, Fetch: func(ctx context.Context, at string) ([]byte, error) {
		came := time.After(2 * time.Second)
		if at == "hangs" {
			came = time.After(connectors.PhotoTimeout)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-came:
		}
		if at == "hangs" {
			return nil, errors.New("the server hangs")
		}
		return []byte("lampu"), nil
	}}
}

func TestOnlyPhotosThatCannotBeHadUseUpThePagesTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		photos := hanging()
		patience := connectors.NewPatience(time.Minute)
		var good []connectors.Photo
		for i := range 200 {
			good = append(good, connectors.Photo{Name: fmt.Sprintf("%d.jpg", i), At: "comes"})
		}
		var c complaint.Complaint
		if err := photos.Of(t.Context(), patience, &c, good, slog.Int("row", 1)); err != nil || len(c.Attachments) != 200 || c.Missing != 0 {
			t.Fatalf("%d photos, %d are missing, %v", len(c.Attachments), c.Missing, err)
		}
		began := time.Now()
		c = complaint.Complaint{}
		err := photos.Of(t.Context(), patience, &c, []connectors.Photo{{At: "hangs"}, {At: "hangs"}, {At: "hangs"}, {At: "hangs"}, {At: "comes"}}, slog.Int("row", 2))
		if err != nil || c.Missing != 5 || time.Since(began) != time.Minute {
			t.Errorf("a server that hangs took %s, %d are missing, %v", time.Since(began), c.Missing, err)
		}
	})
}

func TestAHostThatHangsCostsNoOtherHostsPhotos(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		photos, patience, began := hanging(), connectors.NewPatience(time.Minute), time.Now()
		var c complaint.Complaint
		of := func(at string, hosts ...string) {
			var files []connectors.Photo
			for _, host := range hosts {
				files = append(files, connectors.Photo{At: at, Host: host})
			}
			if err := photos.Of(t.Context(), patience, &c, files, slog.Int("row", 1)); err != nil {
				t.Fatal(err)
			}
		}
		for dead := range 4 {
			of("hangs", slices.Repeat([]string{fmt.Sprint("mati-", dead)}, 10)...)
			of("comes", slices.Repeat([]string{"hidup", fmt.Sprint("hidup-", dead)}, 10)...)
		}
		if len(c.Attachments) != 80 || c.Missing != 40 {
			t.Errorf("beside four hosts that hang %d photos came and %d are missing, want 80 and 40", len(c.Attachments), c.Missing)
		}
		came := time.Duration(len(c.Attachments)) * 2 * time.Second
		for dead := range 1000 {
			of("hangs", fmt.Sprint("mati-juga-", dead))
		}
		if waited := time.Since(began) - came; waited != 5*time.Minute {
			t.Errorf("a thousand hosts that hang held the page up for %s, want five minutes", waited)
		}
	})
}
