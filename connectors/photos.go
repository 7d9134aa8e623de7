package connectors

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Bounds of the time that files take: a server that hangs must not hold up complaints.
const (
	PhotoTimeout  = 20 * time.Second // one file
	PhotosTimeout = 2 * time.Minute  // what all files of a page that cannot be had may take together
)

// Patience is the time that is left for files that cannot be had. Those that come take none of it, so that a page with many
// photos loses none, and a server that hangs holds up a page no longer than this.
type Patience struct{ left time.Duration }

// NewPatience is that of one page.
func NewPatience(all time.Duration) *Patience { return &Patience{all} }

// Fetch asks for one file, for as long as there is patience.
func (p *Patience) Fetch(ctx context.Context, fetch func(context.Context) ([]byte, error)) ([]byte, error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, p.left)
	defer cancel()
	body, err := fetch(ctx)
	if err != nil {
		p.left -= time.Since(began)
	}
	return body, err
}

// Photos keeps the files that a channel's record names in place of holding them.
type Photos struct {
	Files FileStore
	Log   *slog.Logger
	Most  int // of one complaint; more are left out
	Fetch func(ctx context.Context, at string) ([]byte, error)
}

// Photo is one file that a record names.
type Photo struct {
	Name string // as people see it
	At   string // as Fetch needs it
}

// Of fetches the files of a record and puts them on its complaint. One that cannot be had is left out, counted as missing,
// and logged with where, which tells the record without a citizen's words; so must Fetch's error. The whole
// page has one patience. The error is the context's, or the file store's: then nothing is lost by polling again.
func (p Photos) Of(ctx context.Context, patience *Patience, c *complaint.Complaint, files []Photo, where slog.Attr) error {
	for i, file := range files {
		if i == p.Most {
			p.Log.Warn("a complaint has more photos than are taken; the rest is left out", where, "most", p.Most)
			c.Missing += len(files) - i
			break
		}
		body, err := patience.Fetch(ctx, func(ctx context.Context) ([]byte, error) { return p.Fetch(ctx, file.At) })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			p.Log.Warn("a photo cannot be had; the complaint goes on without it", where, "photo", i+1, "error", err)
			c.Missing++
			continue
		}
		attachment, err := p.Files.Put(ctx, file.Name, bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("keep a photo of %s: %w", where, err)
		}
		attachment.Name = complaint.CleanText(attachment.Name)
		c.Attachments = append(c.Attachments, attachment)
	}
	return nil
}
