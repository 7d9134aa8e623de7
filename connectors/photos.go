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
	PhotosTimeout = 2 * time.Minute  // what the files of a page that one host does not give may take together
	mostHanging   = 5                // hosts that may take as long on one page
)

// Patience is the time that is left for a page's files that cannot be had. Each host has its own: one that hangs costs no other
// host's files. Those that come take none of it, so that a page with many photos loses none. What all hosts together do not give
// holds up a page no longer than five of them may; a page on which so many hang at once loses the others' files too, because its
// complaints must not wait for ever.
type Patience struct {
	each time.Duration            // of a host that was not asked yet
	left map[string]time.Duration // of the others
	all  time.Duration            // left of the page
}

// NewPatience is that of one page, of which each host may have so much.
func NewPatience(each time.Duration) *Patience {
	return &Patience{each: each, left: map[string]time.Duration{}, all: mostHanging * each}
}

// Fetch asks a host for one file, for as long as there is patience with it.
func (p *Patience) Fetch(ctx context.Context, host string, fetch func(context.Context) ([]byte, error)) ([]byte, error) {
	began := time.Now()
	left, asked := p.left[host]
	if !asked {
		left = p.each
	}
	ctx, cancel := context.WithTimeout(ctx, min(left, p.all))
	defer cancel()
	body, err := fetch(ctx)
	if err != nil {
		spent := time.Since(began)
		p.left[host], p.all = left-spent, p.all-spent
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
	Host string // who is asked for it, so that each is waited for by itself; all may be one
}

// Of fetches the files of a record and puts them on its complaint. One that cannot be had is left out, counted as missing,
// and logged with where, which tells the record without a citizen's words; so must Fetch's error. The
// patience is the page's. The error is the context's, or the file store's: then nothing is lost by polling again.
func (p Photos) Of(ctx context.Context, patience *Patience, c *complaint.Complaint, files []Photo, where slog.Attr) error {
	for i, file := range files {
		if i == p.Most {
			p.Log.Warn("a complaint has more photos than are taken; the rest is left out", where, slog.Int("most", p.Most))
			c.Missing += len(files) - i
			break
		}
		body, err := patience.Fetch(ctx, file.Host, func(ctx context.Context) ([]byte, error) { return p.Fetch(ctx, file.At) })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			p.Log.Warn("a photo cannot be had; the complaint goes on without it", where, slog.Int("photo", i+1), slog.Any("error", err))
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
