package connectors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"path/filepath"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Bounds of the time that files take: a server that hangs must not hold up complaints.
const (
	PhotoTimeout  = 20 * time.Second // one file
	PhotosTimeout = 2 * time.Minute  // all files of a page
)

// Photos keeps the files that a channel's record names in place of holding them.
type Photos struct {
	Files FileStore
	Log   *slog.Logger
	Most  int // of one complaint; more are left out
	Fetch func(ctx context.Context, name string) ([]byte, error)
}

// Of fetches the files of a record and puts them on its complaint. One that cannot be had is left out, counted as missing,
// and logged with where, which tells the record without a citizen's words; so must Fetch's error. The time for the whole page
// ends at until. The error is the context's, or the file store's: then nothing is lost by polling again.
func (p Photos) Of(ctx context.Context, until time.Time, c *complaint.Complaint, names []string, where slog.Attr) error {
	fetching, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	for i, name := range names {
		if i == p.Most {
			p.Log.Warn("a complaint has more photos than are taken; the rest is left out", where, "most", p.Most)
			c.Missing += len(names) - i
			break
		}
		body, err := p.Fetch(fetching, name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			p.Log.Warn("a photo cannot be had; the complaint goes on without it", where, "photo", i+1, "error", err)
			c.Missing++
			continue
		}
		attachment, err := p.Files.Put(ctx, path.Base(filepath.ToSlash(name)), bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("keep a photo of %s: %w", where, err)
		}
		attachment.Name = complaint.CleanText(attachment.Name)
		c.Attachments = append(c.Attachments, attachment)
	}
	return nil
}

// Download asks for a file of at most most bytes. prepare, which may be nil, puts on the request what the server wants to
// see. Redirects are not followed. The error has its verdict and no part of the address but the host.
func Download(ctx context.Context, client *resty.Client, address string, most int64, prepare func(*resty.Request)) ([]byte, error) {
	request := client.R().SetResponseBodyLimit(int(most))
	if prepare != nil {
		prepare(request)
	}
	answer, err := Do(ctx, request, http.MethodGet, address)
	switch {
	case errors.Is(err, resty.ErrResponseBodyTooLarge):
		return nil, ErrTooLarge
	case err != nil:
		return nil, err
	case answer.StatusCode() != http.StatusOK:
		return nil, fmt.Errorf("the server answers %d", answer.StatusCode())
	case len(answer.Body()) == 0:
		return nil, errors.New("the file is empty")
	}
	return answer.Body(), nil
}

// ErrTooLarge is a file over the limit of the settings.
var ErrTooLarge = errors.New("it is larger than photos.max_size")
