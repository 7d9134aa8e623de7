package whatsapp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"sync"

	"github.com/satupintu/satupintu/sync/complaint"
)

// files is a FileStore in memory.
type files struct {
	mu   sync.Mutex
	kept [][]byte
	err  error // of the next Put
}

func (f *files) Put(_ context.Context, name string, r io.Reader) (complaint.Attachment, error) {
	body, err := io.ReadAll(r)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		err = f.err
	}
	if err != nil {
		return complaint.Attachment{}, err
	}
	f.kept = append(f.kept, body)
	sum := sha256.Sum256(body)
	return complaint.Attachment{Name: name, Type: http.DetectContentType(body), Size: int64(len(body)), SHA256: hex.EncodeToString(sum[:])}, nil
}

// words collects what is logged.
type words struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}
