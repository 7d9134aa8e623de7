package spreadsheet

import (
	"errors"
	"io"
	"slices"
)

// What a feed ends with instead of io.EOF. encoding/csv passes these on together with the row it was in, and so tells a
// file that ends between rows from one that ends inside a quoted cell.
var (
	errEnd     = errors.New("end of file")
	errTooLong = errors.New("row too long")
)

const (
	mostRow  = 1 << 20 // bytes of one row; a quote that never closes must not swallow the file
	compact  = 1 << 16
	readSize = 1 << 15
)

// feed hands a text to encoding/csv and keeps what belongs to the row under way, so that reading can start again inside
// of it. The text always ends with a line break: a missing one is added.
type feed struct {
	src    io.Reader
	window []byte // from some byte before the row under way to the last byte taken from src
	row    int    // where in window the row under way begins
	next   int    // where in window the next Read goes on
	last   byte
	added  bool // the last line break is ours
	srcErr error
}

func (f *feed) Read(p []byte) (int, error) {
	if f.next == len(f.window) {
		if err := f.more(); err != nil {
			return 0, err
		}
	}
	n := copy(p, f.window[f.next:])
	f.next += n
	return n, nil
}

// more takes at least one byte from the source.
func (f *feed) more() error {
	if len(f.window)-f.row > mostRow {
		return errTooLong
	}
	f.compact()
	for f.srcErr == nil {
		if cap(f.window)-len(f.window) < readSize {
			f.window = slices.Grow(f.window, readSize)
		}
		var n int
		n, f.srcErr = f.src.Read(f.window[len(f.window) : len(f.window)+readSize])
		if n > 0 {
			f.window = f.window[:len(f.window)+n]
			f.last = f.window[len(f.window)-1]
			return nil
		}
	}
	if !errors.Is(f.srcErr, io.EOF) {
		return f.srcErr
	}
	if f.last != '\n' && f.last != 0 {
		f.window, f.last, f.added = append(f.window, '\n'), '\n', true
		return nil
	}
	return errEnd
}

func (f *feed) compact() {
	if f.row < compact {
		return
	}
	kept := copy(f.window, f.window[f.row:])
	f.window, f.next, f.row = f.window[:kept], f.next-f.row, 0
}

// begun is the first n bytes of the row under way, valid until the next Read.
func (f *feed) begun(n int) []byte { return f.window[f.row : f.row+n] }

// done ends the row under way n bytes after its beginning and returns those bytes, valid until the next Read.
func (f *feed) done(n int) []byte {
	consumed := f.begun(n)
	f.row += n
	return consumed
}

// skipLine ends the row under way at its first line break, however far that is, and rewinds to there.
func (f *feed) skipLine() error {
	for at := f.row; ; at++ {
		if at == len(f.window) {
			f.row, f.next = at, at // what was looked at is not kept
			err := f.more()
			if errors.Is(err, errEnd) {
				return nil
			}
			if err != nil {
				return err
			}
			at = f.row
		}
		if f.window[at] == '\n' {
			f.row, f.next = at+1, at+1
			return nil
		}
	}
}
