package simulator

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// journal is the state file: one JSON line for each thing that was kept, in the order it was kept.
type journal struct {
	file *os.File
	size int64
}

// line has exactly one member.
type line struct {
	Files     []File           `json:"files,omitempty"`
	Complaint *storedComplaint `json:"complaint,omitempty"`
	Entry     *storedEntry     `json:"entry,omitempty"`
}

type storedComplaint struct {
	At     time.Time           `json:"at"`
	Body   json.RawMessage     `json:"body"`
	Header map[string][]string `json:"header,omitempty"`
}

type storedEntry struct {
	ID string `json:"id"`
	entry
}

// openJournal reads the lines that are there and makes ready to append. A last line without its end was cut short by a
// crash before anybody was answered: the next line goes over it.
func openJournal(path string, each func(line) error) (*journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	whole, err := readLines(file, each)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return &journal{file: file, size: whole}, nil
}

// readLines returns how many bytes the whole lines take.
func readLines(r io.Reader, each func(line) error) (int64, error) {
	var whole int64
	in := bufio.NewReaderSize(r, 1<<16)
	for number := 1; ; number++ {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return whole, err
		}
		var l line
		if err := json.Unmarshal(bytes.TrimSpace(text), &l); err != nil {
			return whole, fmt.Errorf("line %d is not the simulator's: %w", number, err)
		}
		if err := each(l); err != nil {
			return whole, fmt.Errorf("line %d: %w", number, err)
		}
		whole += int64(len(text))
	}
}

// write keeps a line before the answer goes out. It outlives the process, not a power cut.
func (j *journal) write(l line) error {
	if j == nil {
		return nil
	}
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("writing the simulator's state: %w", err)
	}
	n, err := j.file.WriteAt(append(text, '\n'), j.size)
	if err != nil { // half a line must not stand before the next one: that one goes over it
		return fmt.Errorf("writing the simulator's state: %w", err)
	}
	j.size += int64(n)
	return nil
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return j.file.Close()
}

// replay puts one line of the state file back into memory.
func (l *ledger) replay(from line) error {
	switch {
	case from.Complaint != nil:
		body, err := decodeCreate(from.Complaint.Body)
		if err != nil {
			return err
		}
		files, err := l.attached(body.Attachments)
		if err != nil {
			return err
		}
		l.put(&record{at: from.Complaint.At, create: body, body: from.Complaint.Body, header: from.Complaint.Header}, files)
	case from.Entry != nil:
		rec, ok := l.find(from.Entry.ID)
		if !ok {
			return errNoComplaint(from.Entry.ID)
		}
		rec.entries = append(rec.entries, from.Entry.entry)
	default:
		l.files = append(l.files, from.Files...)
	}
	return nil
}
