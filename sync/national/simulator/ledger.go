package simulator

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The numbers ids start from. A complaint's id has eight digits, its tracking id seven, a file's id seven.
const (
	firstComplaint = 10_000_001
	firstFile      = 4_199_656
	firstTracking  = 1_000_000
	manyTracking   = 9_000_000
	trackingStride = 7_654_321 // shares no factor with manyTracking, so no tracking id comes twice before all have come
)

// File is one file that was sent. Content is nil when the simulator is lean or has been started again.
type File struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Type    string `json:"type"` // as declared
	Size    int64  `json:"size"` // bytes
	SHA256  string `json:"sha256"`
	Picture bool   `json:"picture"` // answered among images, not docs
	Content []byte `json:"-"`
}

// entry is one thing that happened to a complaint apart from its scenario.
type entry struct {
	At       time.Time `json:"at"`
	Status   string    `json:"status,omitempty"` // empty: it changes none
	Template string    `json:"template"`
	Text     string    `json:"text,omitempty"` // HTML
	From     Named     `json:"from"`
	To       Named     `json:"to"`
	Secret   bool      `json:"secret,omitempty"`
	Files    []File    `json:"files,omitempty"`
}

// record is one complaint. Everything but entries is fixed once the record is in the ledger.
type record struct {
	number  int64 // from 0
	at      time.Time
	create  createBody
	body    json.RawMessage     // nil when lean
	header  map[string][]string // nil when lean
	files   []File
	entries []entry // guarded by the ledger
}

func (r *record) id() string { return strconv.FormatInt(firstComplaint+r.number, 10) }

func (r *record) trackingID() string {
	return strconv.FormatInt(firstTracking+(r.number+1)*trackingStride%manyTracking, 10)
}

// ledger is the platform's memory.
type ledger struct {
	lean bool

	mu      sync.RWMutex
	records []*record
	files   []File
	journal *journal // nil: memory only
}

// addFiles gives files their ids and keeps them all, or none.
func (l *ledger) addFiles(files []File) ([]File, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range files {
		files[i].ID = strconv.Itoa(firstFile + len(l.files) + i)
	}
	if err := l.journal.write(line{Files: files}); err != nil {
		return nil, err
	}
	l.files = append(l.files, files...)
	return files, nil
}

// create keeps a complaint. An attachment that was never sent is its client's mistake: the error is *missingFile.
func (l *ledger) create(rec *record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	files, err := l.attached(rec.create.Attachments)
	if err != nil {
		return err
	}
	kept := line{Complaint: &storedComplaint{At: rec.at, Body: rec.body, Header: rec.header}}
	if err := l.journal.write(kept); err != nil {
		return err
	}
	l.put(rec, files)
	return nil
}

func (l *ledger) put(rec *record, files []File) {
	rec.number, rec.files = int64(len(l.records)), files
	if l.lean {
		rec.body, rec.header = nil, nil
	}
	l.records = append(l.records, rec)
}

type missingFile struct{ id int64 }

func (e *missingFile) Error() string { return fmt.Sprintf("attachments: there is no file %d", e.id) }

func (l *ledger) attached(ids []int64) ([]File, error) {
	var files []File
	for _, id := range ids {
		i := id - firstFile
		if i < 0 || i >= int64(len(l.files)) {
			return nil, &missingFile{id}
		}
		files = append(files, l.files[i])
	}
	return files, nil
}

func (l *ledger) add(rec *record, e entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.journal.write(line{Entry: &storedEntry{ID: rec.id(), entry: e}}); err != nil {
		return err
	}
	rec.entries = append(rec.entries, e)
	return nil
}

func (l *ledger) find(id string) (*record, bool) {
	n, err := strconv.ParseInt(id, 10, 64)
	l.mu.RLock()
	defer l.mu.RUnlock()
	if n -= firstComplaint; err != nil || n < 0 || n >= int64(len(l.records)) {
		return nil, false
	}
	return l.records[n], true
}

// containing returns the complaints whose title or content has the text, oldest first; an empty text finds all.
func (l *ledger) containing(text string) []*record {
	l.mu.RLock()
	all := l.records[:len(l.records):len(l.records)]
	l.mu.RUnlock()
	if text == "" {
		return all
	}
	var found []*record
	for _, rec := range all {
		if strings.Contains(rec.create.Content, text) || strings.Contains(rec.create.Title, text) {
			found = append(found, rec)
		}
	}
	return found
}

func (l *ledger) entriesOf(rec *record) []entry {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return rec.entries[:len(rec.entries):len(rec.entries)]
}

func (l *ledger) file(id string) (File, bool) {
	n, err := strconv.Atoi(id)
	l.mu.RLock()
	defer l.mu.RUnlock()
	if n -= firstFile; err != nil || n < 0 || n >= len(l.files) {
		return File{}, false
	}
	return l.files[n], true
}

func (l *ledger) sizes() (complaints, files int) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.records), len(l.files)
}

func (l *ledger) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.journal.close()
}
