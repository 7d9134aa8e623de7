package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/retry"
)

// mostFile bounds one attachment; each channel has a lower bound of its own.
const mostFile = 100 << 20 // bytes

// Files keeps attachments, each under its SHA-256, so that the same picture lies there once however often it is sent. What
// Put returned for is durable.
type Files struct {
	incoming string // folder of what is not whole yet
	shelf    shelf
	looking  chan struct{} // held by who unpacks a picture: one at a time, because each may need much memory
}

// shelf is where whole files lie: a folder, or a bucket.
type shelf interface {
	// keep takes a file whose content is known. It is durable when keep returns.
	keep(ctx context.Context, temp *os.File, a complaint.Attachment) error
	// open gives back what keep took, or fs.ErrNotExist.
	open(ctx context.Context, sum string) (io.ReadCloser, error)
	// check says what it saw. A bucket is left with one empty file.
	check(ctx context.Context) (string, error)
}

// ErrShelf means that files cannot be kept just now: the bucket is away, or the disk is full. Nothing is wrong with what was
// to be kept, or with where it came from.
var ErrShelf = errors.New("files cannot be kept just now")

// Put stores what r holds. The media type is what its first bytes show, whatever the sender called it; of a picture it
// also says what it looks like.
func (f *Files) Put(ctx context.Context, name string, r io.Reader) (complaint.Attachment, error) {
	temp, err := os.CreateTemp(f.incoming, incomingFile)
	if err != nil {
		return complaint.Attachment{}, fmt.Errorf("store an attachment: %w", shelved(err))
	}
	defer os.Remove(temp.Name()) // fails once it has its name
	a, err := fill(ctx, temp, r)
	if err == nil {
		a.Name, a.Look = name, f.look(ctx, a, temp)
		err = shelved(f.shelf.keep(ctx, temp, a))
	}
	if err = errors.Join(err, shelved(temp.Close())); err != nil {
		return complaint.Attachment{}, fmt.Errorf("store an attachment: %w", err)
	}
	return a, nil
}

// shelved marks a failure of our own to keep a file.
func shelved(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrShelf, err)
}

// onShelf tells a disk that takes no more from a line that gives no more.
type onShelf struct{ io.Writer }

func (w onShelf) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	return n, shelved(err)
}

const incomingFile = ".incoming-satupintu-*"

func fill(ctx context.Context, temp *os.File, r io.Reader) (complaint.Attachment, error) {
	const shows = 512 // bytes by which a media type is known
	from := bufio.NewReaderSize(r, shows)
	head, err := from.Peek(shows)
	if err != nil && !errors.Is(err, io.EOF) {
		return complaint.Attachment{}, err
	}
	kind, sum := http.DetectContentType(head), sha256.New()
	size, err := io.Copy(io.MultiWriter(onShelf{temp}, sum), io.LimitReader(from, mostFile+1))
	if err = errors.Join(err, ctx.Err()); err != nil {
		return complaint.Attachment{}, err
	}
	if size > mostFile {
		return complaint.Attachment{}, retry.Never(fmt.Errorf("it is larger than %d bytes", mostFile))
	}
	return complaint.Attachment{Type: kind, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// turnToLook is how long a picture waits for its turn to be unpacked. What it looks like is worth no more of the time in
// which somebody waits for our answer.
const turnToLook = 2 * time.Second

// look is what a picture looks like; empty for anything else, and where its turn does not come in time.
func (f *Files) look(ctx context.Context, a complaint.Attachment, kept io.ReadSeeker) string {
	if !slices.Contains(dedup.Pictures(), a.Type) || a.Size > dedup.MostPictureBytes {
		return ""
	}
	select {
	case f.looking <- struct{}{}:
		defer func() { <-f.looking }()
	case <-time.After(turnToLook):
		return ""
	case <-ctx.Done():
		return ""
	}
	if _, err := kept.Seek(0, io.SeekStart); err != nil {
		return ""
	}
	return dedup.ReadLook(a.Type, kept)
}

// SweepUnfinished removes what a crash left half-written before the given time.
func (f *Files) SweepUnfinished(before time.Time) error {
	left, err := filepath.Glob(filepath.Join(f.incoming, incomingFile))
	for _, path := range left {
		if info, statErr := os.Stat(path); statErr == nil && info.ModTime().Before(before) {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return err
}

// Open opens an attachment by its SHA-256. fs.ErrNotExist says that it is gone; after any other error it may be had later.
func (f *Files) Open(ctx context.Context, sum string) (io.ReadCloser, error) {
	if len(sum) != 2*sha256.Size || strings.Trim(sum, "0123456789abcdef") != "" {
		return nil, retry.Never(fmt.Errorf("%q is not the name of an attachment", sum))
	}
	return f.shelf.open(ctx, sum)
}

// Check says where the files lie and whether they can be written and read there.
func (f *Files) Check(ctx context.Context) (string, error) { return f.shelf.check(ctx) }
