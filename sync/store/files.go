package store

import (
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
)

// Files keeps attachments in a folder, each under its SHA-256, so that the same picture lies there once however often it
// is sent. What Put returned for is on disk.
type Files struct {
	folder  string
	looking chan struct{} // held by who unpacks a picture: one at a time, because each may need much memory
}

// OpenFiles opens a folder of attachments and makes it when it is not there.
func OpenFiles(folder string) (*Files, error) {
	if strings.Contains(folder, "://") {
		return nil, fmt.Errorf("store.files: %s: only a local folder is supported yet; several gateways can share one over NFS", folder)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of attachments: %w", err)
	}
	return &Files{folder, make(chan struct{}, 1)}, nil
}

// Put stores what r holds. The media type is what its first bytes show, whatever the sender called it; of a picture it
// also says what it looks like.
func (f *Files) Put(ctx context.Context, name string, r io.Reader) (complaint.Attachment, error) {
	temp, err := os.CreateTemp(f.folder, ".incoming-*")
	if err != nil {
		return complaint.Attachment{}, fmt.Errorf("store an attachment: %w", err)
	}
	defer os.Remove(temp.Name()) // fails once it has its name
	a, err := fill(ctx, temp, r)
	if err == nil {
		a.Look = f.look(ctx, a, temp)
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return complaint.Attachment{}, fmt.Errorf("store an attachment: %w", err)
	}
	a.Name = name
	if err := f.place(temp.Name(), a.SHA256); err != nil {
		return complaint.Attachment{}, fmt.Errorf("store an attachment: %w", err)
	}
	return a, nil
}

func fill(ctx context.Context, temp *os.File, r io.Reader) (complaint.Attachment, error) {
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return complaint.Attachment{}, err
	}
	sum := sha256.New()
	out := io.MultiWriter(temp, sum)
	if _, err := out.Write(head[:n]); err != nil {
		return complaint.Attachment{}, err
	}
	rest, err := io.Copy(out, r)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return complaint.Attachment{}, err
	}
	if err := temp.Sync(); err != nil {
		return complaint.Attachment{}, err
	}
	return complaint.Attachment{
		Type: http.DetectContentType(head[:n]), Size: int64(n) + rest, SHA256: hex.EncodeToString(sum.Sum(nil)),
	}, nil
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

// place gives a file its name and makes the name durable.
func (f *Files) place(temp, sum string) error {
	path := f.path(sum)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return errors.Join(syncFolder(filepath.Dir(path)), syncFolder(f.folder))
}

// SweepUnfinished removes what a crash left half-written before the given time.
func (f *Files) SweepUnfinished(before time.Time) error {
	left, err := filepath.Glob(filepath.Join(f.folder, ".incoming-*"))
	for _, path := range left {
		if info, statErr := os.Stat(path); statErr == nil && info.ModTime().Before(before) {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return err
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func (f *Files) path(sum string) string { return filepath.Join(f.folder, sum[:2], sum) }

// Open opens an attachment by its SHA-256.
func (f *Files) Open(sum string) (io.ReadCloser, error) {
	if len(sum) != 2*sha256.Size || strings.Trim(sum, "0123456789abcdef") != "" {
		return nil, fmt.Errorf("%q is not the name of an attachment", sum)
	}
	return os.Open(f.path(sum))
}
