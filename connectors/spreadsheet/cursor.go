package spreadsheet

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/satupintu/satupintu/connectors"
)

// note is the cursor: the files that are done, and how far the one under way is read.
type note struct {
	Done []doneFile `json:"done,omitempty"`
	Open *openFile  `json:"open,omitempty"`
}

type doneFile struct {
	Name     string `json:"n"`
	Size     int64  `json:"s"`
	Modified int64  `json:"m"`
	// Misfit is set when the settings did not fit the file, or some of its sheets: the fingerprint of the settings. With other
	// settings it is read again, but for the sheets in Read, of which rows may have been taken in.
	Misfit string   `json:"x,omitempty"`
	Read   []string `json:"r,omitempty"`
}

type openFile struct {
	Name     string   `json:"n"`
	Size     int64    `json:"s"`
	Modified int64    `json:"m"`
	At       position `json:"at"` // the last row that was handed out
}

// position names a row of a file. Row 0 is the table's own trouble at its beginning, -1 at its end.
type position struct {
	Sheet string `json:"t,omitempty"`
	Row   int    `json:"r"`
}

func (n note) cursor() (connectors.Cursor, error) {
	if len(n.Done) == 0 && n.Open == nil {
		return "", nil
	}
	slices.SortFunc(n.Done, func(a, b doneFile) int { return cmp.Compare(a.Name, b.Name) })
	written, err := connectors.CursorOf(n)
	if errors.Is(err, connectors.ErrLongCursor) {
		err = fmt.Errorf("the folder holds %d files that are read already, more than can be kept in mind: move the old ones elsewhere", len(n.Done))
	}
	return written, err
}

// without forgets files that are no longer there.
func (n note) without(files []found) note {
	there := make(map[string]bool, len(files))
	for _, file := range files {
		there[file.name] = true
	}
	n.Done = slices.DeleteFunc(slices.Clone(n.Done), func(d doneFile) bool { return !there[d.Name] })
	return n
}

// isDone says whether a file, as it is now, has been read under settings that fit it.
func (n note) isDone(file found, settings string) bool {
	return slices.ContainsFunc(n.Done, func(d doneFile) bool {
		return found{d.Name, d.Size, d.Modified} == file && (d.Misfit == "" || d.Misfit == settings)
	})
}

// read are the sheets of a file, as it is now, that are not read again.
func (n note) read(file found) []string {
	for _, d := range n.Done {
		if (found{d.Name, d.Size, d.Modified}) == file {
			return d.Read
		}
	}
	return nil
}

// finish marks a file as done. With misfit, read are the sheets that fitted now.
func (n note) finish(file found, misfit string, read []string) note {
	if misfit == "" {
		read = nil
	} else {
		read = slices.Concat(n.read(file), read)
	}
	n.Done = slices.DeleteFunc(slices.Clone(n.Done), func(d doneFile) bool { return d.Name == file.name })
	n.Done = append(n.Done, doneFile{file.name, file.size, file.modified, misfit, read})
	n.Open = nil
	return n
}

// advance notes how far a file is read.
func (n note) advance(file found, at position) note {
	n.Open = &openFile{file.name, file.size, file.modified, at}
	return n
}

// at says whether a file, as it is now, is the one under way.
func (n note) at(file found) bool {
	return n.Open != nil && found{n.Open.Name, n.Open.Size, n.Open.Modified} == file
}
