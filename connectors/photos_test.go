package connectors_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
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

func TestOnlyPhotosThatCannotBeHadUseUpThePagesTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		photos := connectors.Photos{Files: shelf{}, Log: slog.New(slog.DiscardHandler), Most: 1000, Fetch: func(ctx context.Context, at string) ([]byte, error) {
			if at == "hangs" {
				<-ctx.Done()
				return nil, errors.New("the server hangs")
			}
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(2 * time.Second): // over a satellite
				return []byte("lampu"), nil
			}
		}}
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
		err := photos.Of(t.Context(), patience, &c, []connectors.Photo{{At: "hangs"}, {At: "hangs"}, {At: "comes"}}, slog.Int("row", 2))
		if err != nil || c.Missing != 3 || time.Since(began) != time.Minute {
			t.Errorf("a server that hangs took %s, %d are missing, %v", time.Since(began), c.Missing, err)
		}
	})
}
