package connectors

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

// Whole is a file on its way into the store. It ends well only when all of it came, and no more of it than may. An error
// stays: whoever reads on gets it again.
type Whole struct {
	From io.Reader
	Size int64       // bytes that were announced; below 1: none were
	Most config.Size // the setting max_file

	read int64
	err  error // but for io.EOF
}

// Read implements io.Reader.
func (w *Whole) Read(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.From.Read(p)
	w.read += int64(n)
	switch {
	case w.read > int64(w.Most):
		w.err = LargeFile(w.Most)
	case errors.Is(err, io.EOF) && w.read < w.Size:
		w.err = cutFile(io.ErrUnexpectedEOF)
	case err != nil && !errors.Is(err, io.EOF):
		w.err = cutFile(err)
	default:
		return n, err
	}
	return 0, w.err
}

// Keep puts the file into a store. The error has its verdict.
func (w *Whole) Keep(ctx context.Context, files FileStore, name string) (complaint.Attachment, error) {
	kept, err := files.Put(ctx, name, w)
	switch {
	case w.err != nil:
		return complaint.Attachment{}, w.err
	case err != nil:
		return complaint.Attachment{}, fmt.Errorf("keep the file: %w", err)
	}
	return kept, nil
}

// LargeFile says that a file has more bytes than the setting max_file allows.
func LargeFile(most config.Size) error {
	return retry.Never(fmt.Errorf("the file is larger than max_file, %s", most))
}

func cutFile(err error) error {
	return retry.FromTransport(fmt.Errorf("the file breaks off: %w", err), true)
}
