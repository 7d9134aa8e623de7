package connectortest

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

// Shelf is a connectors.FileStore in memory. Like the true one it keeps nothing of a file that ends in an error.
type Shelf struct {
	mu    sync.Mutex
	kept  map[string][]byte
	count int
	fault error
}

// Put implements connectors.FileStore.
func (s *Shelf) Put(_ context.Context, name string, r io.Reader) (complaint.Attachment, error) {
	body, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		err = s.fault
	}
	if err != nil {
		return complaint.Attachment{}, err
	}
	if s.kept == nil {
		s.kept = map[string][]byte{}
	}
	s.kept[name] = body
	s.count++
	sum := sha256.Sum256(body)
	return complaint.Attachment{Name: name, Type: http.DetectContentType(body), Size: int64(len(body)), SHA256: hex.EncodeToString(sum[:])}, nil
}

// Fail has every later Put fail.
func (s *Shelf) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = err
}

// Count is how many files were kept.
func (s *Shelf) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Kept is the file that was kept last under a name.
func (s *Shelf) Kept(name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[name]
}

// Log collects what is logged, from any goroutine.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is all that was logged.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Reset forgets what was logged.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}
