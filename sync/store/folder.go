package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/satupintu/satupintu/sync/complaint"
)

// folder keeps files on this machine, or on what is mounted there.
type folder string

// OpenFiles opens a folder of attachments and makes it when it is not there.
func OpenFiles(path string) (*Files, error) {
	if strings.Contains(path, "://") {
		return nil, fmt.Errorf("store.files: %s is no folder", path)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of attachments: %w", err)
	}
	return &Files{path, folder(path), make(chan struct{}, 1)}, nil
}

// keep gives a file its name and makes the name durable.
func (f folder) keep(_ context.Context, temp *os.File, a complaint.Attachment) error {
	if err := temp.Sync(); err != nil {
		return err
	}
	path := f.path(a.SHA256)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	return errors.Join(syncFolder(filepath.Dir(path)), syncFolder(string(f)))
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func (f folder) path(sum string) string { return filepath.Join(string(f), sum[:2], sum) }

// open takes a file for gone only where the folder is there in which it was kept: keep makes that one and nobody removes it, so
// without it something else is away, such as a disk that is not mounted on a folder that stays.
func (f folder) open(_ context.Context, sum string) (io.ReadCloser, error) {
	file, err := os.Open(f.path(sum))
	if err == nil {
		return file, nil
	}
	if _, away := os.Stat(filepath.Dir(f.path(sum))); away != nil { // not %w: it says nothing of the file
		return nil, fmt.Errorf("the folder of attachments is away, or not put back whole: %s", away) //nolint:errorlint // see above
	}
	return nil, err
}

func (f folder) check(context.Context) (string, error) {
	probe, err := os.CreateTemp(string(f), incomingFile)
	if err != nil {
		return "", fmt.Errorf("the folder of attachments cannot be written to: %w", err)
	}
	return "attachments lie in " + string(f), errors.Join(probe.Close(), os.Remove(probe.Name()))
}
