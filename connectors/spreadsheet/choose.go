package spreadsheet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/pkg/sftp"

	"github.com/satupintu/satupintu/connectors"
)

// lookAt remembers since when each file is as it is, and forgets those that are gone.
func (c *connector) lookAt(files []found) {
	before := c.sighted
	c.sighted = make(map[string]*sighting, len(files))
	for _, file := range files {
		known := before[file.name]
		if known == nil || known.file != file {
			known = &sighting{file: file, since: c.now()}
		}
		c.sighted[file.name] = known
	}
}

// age is how long a file has been unchanged: by its own time, or, when that lies in the future or is another machine's,
// since it was first seen.
func (c *connector) age(file found) time.Duration {
	if age := c.now().Sub(time.Unix(0, file.modified)); age >= 0 && c.place.ownClock() {
		return age
	}
	if seen := c.sighted[file.name]; seen != nil {
		return c.now().Sub(seen.since)
	}
	return 0
}

// settled says whether a file that looks unfinished may be taken as it is. Its own time does not count: a folder may be
// mounted from a machine whose clock is behind ours, and what is being written to looks old there.
func (c *connector) settled(seen *sighting) bool { return c.now().Sub(seen.since) >= still }

// wholeAside is a file that is set aside as a whole.
type wholeAside struct {
	file  found
	aside connectors.SetAside
}

// choose returns a reader at the place where the cursor is: of the file under way, or else of the first one that can be
// read. Instead of a reader it may return a file to set aside; neither when there is nothing new. A file that the disk or
// the server does not give holds up no other; the error comes when there is no other.
func (p *poll) choose(ctx context.Context) (*fileReader, *wholeAside, error) {
	var barred error
	for _, file := range p.inTurn() {
		reader, aside, err := p.open(ctx, file)
		switch {
		case p.ofOneFile(err):
			p.sighted[file.name].broken = true
			if errors.Is(err, fs.ErrPermission) {
				err = fmt.Errorf("%w: let the gateway's user read it", err)
			}
			barred = errors.Join(barred, fmt.Errorf("open %s: %w", file.name, err))
		case err != nil:
			return nil, nil, fmt.Errorf("open %s: %w", file.name, err)
		case reader != nil:
			return reader, nil, nil
		case aside != nil:
			p.note = p.note.finish(file, "", nil)
			return nil, &wholeAside{file, *aside}, nil
		}
	}
	return nil, nil, barred
}

// inTurn is what is to be read: the file under way, then the others from the oldest on, and last those that could not be
// read.
func (p *poll) inTurn() []found {
	var files []found
	for _, file := range p.listed {
		if !p.note.isDone(file, p.print) {
			files = append(files, file)
		}
	}
	turn := func(file found) int {
		switch {
		case p.sighted[file.name].broken:
			return 2
		case p.note.at(file):
			return 0
		}
		return 1
	}
	slices.SortStableFunc(files, func(a, b found) int { return cmp.Compare(turn(a), turn(b)) })
	return files
}

// ofOneFile says whether an error is about the file that was asked for, and not about the place it lies in. Where the place
// is a server, errors of this machine's files are about our own copies.
func (p *poll) ofOneFile(err error) bool {
	var (
		local  *fs.PathError
		remote *sftp.StatusError
	)
	return errors.Is(err, fs.ErrPermission) || errors.As(err, &remote) || p.place.ownClock() && errors.As(err, &local)
}

// open goes on where the file under way was left, and begins any other. Nothing is returned for one that has to wait.
func (p *poll) open(ctx context.Context, file found) (*fileReader, *connectors.SetAside, error) {
	if p.note.at(file) {
		if reader, err := p.resume(ctx, file); reader != nil || err != nil {
			return reader, nil, err
		}
	}
	if err := p.stopReading(); err != nil {
		return nil, nil, err
	}
	return p.begin(ctx, file)
}

// begin opens a file at its beginning, unless it has to wait.
func (p *poll) begin(ctx context.Context, file found) (*fileReader, *connectors.SetAside, error) {
	seen := p.sighted[file.name]
	if quiet := p.connector.settings.Quiet.D(); p.age(file) < quiet {
		p.wait(seen, fmt.Sprintf("it was written to less than %s ago", quiet))
		return nil, nil, nil
	}
	doc, reason, err := p.ready(ctx, seen)
	switch {
	case errors.Is(err, errChanged):
		p.wait(seen, "it is being written to")
		return nil, nil, nil
	case err != nil:
		return nil, nil, err
	case doc != nil && (reason == "" || p.settled(seen)):
		p.reading = p.reader(file, doc.without(p.note.read(file)))
		return p.reading, nil, nil
	case doc != nil:
		p.wait(seen, reason)
		return nil, nil, doc.close()
	case reason != "" && p.settled(seen):
		return nil, &connectors.SetAside{Where: file.name, Reason: connectors.Unreadable, Detail: reason}, nil
	}
	p.wait(seen, reason)
	return nil, nil, nil
}

// ready opens a file. reason says why it looks unfinished; without a document it cannot be read at all.
func (p *poll) ready(ctx context.Context, seen *sighting) (doc *document, reason string, err error) {
	doc, seen.plan, err = p.document(ctx, seen.file, seen.plan)
	var damage *damageError
	var partial *partialError
	switch {
	case errors.As(err, &damage):
		return nil, damage.Reason, nil
	case errors.As(err, &partial):
		return nil, partial.reason, nil
	case err != nil:
		return nil, "", err
	case seen.plan != nil:
		return doc, seen.plan.partial, nil
	}
	return doc, "", nil
}

func (p *poll) wait(seen *sighting, reason string) {
	if seen.told != reason {
		seen.told = reason
		p.log.Info("a file waits", "file", seen.file.name, "reason", reason, "at_most", still.String())
	}
}

// resume returns a reader just behind the cursor's position in the file under way; nil when the file, as it is read now,
// has no such row: then it is read from its beginning.
func (p *poll) resume(ctx context.Context, file found) (*fileReader, error) {
	if p.reading != nil && p.reading.file == file && p.reading.at == p.note.Open.At {
		return p.reading, nil
	}
	if err := p.stopReading(); err != nil {
		return nil, err
	}
	doc, _, err := p.ready(ctx, p.sighted[file.name])
	if errors.Is(err, errChanged) {
		return nil, nil
	}
	if doc == nil || err != nil {
		return nil, err
	}
	p.reading = p.reader(file, doc.without(p.note.read(file)))
	behind, err := p.reading.forward(ctx, p.note.Open.At)
	if err != nil {
		return nil, fmt.Errorf("read %s again up to where it was: %w", file.name, err)
	}
	if !behind {
		return nil, p.stopReading()
	}
	return p.reading, nil
}
