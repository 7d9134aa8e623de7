// Package spreadsheet is the connector kind spreadsheet: CSV and XLSX files that somebody puts into a folder, on this machine
// or on an SFTP server, or sends by HTTP; and files of answers beside them.
//
// What it promises:
//
//   - A file of complaints is only read. It is never moved, changed, deleted or locked, and no symbolic link leads out of the folder.
//   - A file that is still being written is left alone until it is whole; the log and Check say why it waits.
//   - Every row below the header becomes a complaint, is set aside with its row number, or repeats an earlier row of the
//     file word for word. Empty rows, and the header once more, are no rows.
//   - A quote that is missing in a CSV file makes no complaint of several rows: what may be that is set aside.
//   - A file that was read is not read again, but for its sheets that the settings did not fit, when these are others. Changed or
//     renamed it is, from its beginning: the ids make that harmless, unless
//     they are made of the file's name and it was renamed.
//   - A row with the id of an earlier file's row is that row's edit, or, where it says quite another thing, set aside.
//   - Of a file that is sent all rows are kept, or set aside, before it is answered, or none are. One without a column that map
//     names is refused with the column's name, and kept.
//   - A file of answers has one row for each complaint. It is replaced in one step, is the same when told the same again, holds
//     nothing that a spreadsheet program computes, and is never read as complaints. What people add to it stays.
//   - Memory does not grow with a file's size, apart from 16 bytes and a hash for each row, and 40 bytes for each text that
//     the cells of an XLSX file share.
//   - On an SFTP server nothing is said to a server with another host key than the one expected, and no file is read before it
//     is the same at two looks. A line that breaks costs what was on its way: the copy goes on where it was.
//   - An XLSX file is read through a temporary copy that only the gateway's user may open. It is gone when the file is read
//     or the connector closed; a crash leaves it behind.
package spreadsheet

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// still is how long a file that looks unfinished, or cannot be opened, must be seen unchanged before it is taken
// as it is.
const still = 10 * time.Minute

type connector struct {
	settings *Settings
	rule     headerRule
	mapper   *connectors.Mapper
	zone     *time.Location
	log      *slog.Logger
	now      func() time.Time
	print    string // fingerprint of the settings
	place    place
	door     *connectors.Door // of uploads; nil without
	answers  *answers         // nil without

	mu       sync.Mutex
	reading  *fileReader // kept between polls, while its file is under way
	sighted  map[string]*sighting
	lastFrom connectors.Cursor // what lastPage was the answer to
	lastFile found             // and the file it was read from
	lastPage *connectors.Page
}

// sighting is what is known of a file that has not been read, for as long as it does not change.
type sighting struct {
	file  found
	since time.Time
	plan  *plan
	told  string // why it waits, as it was logged
	// broken: the disk or the server did not give it when it was last asked for.
	broken bool
}

func open(env connectors.Env, settings config.Settings) (connectors.Connector, error) {
	c, err := newConnector(env, settings)
	if err != nil {
		return connectors.Connector{}, err
	}
	offered := connectors.Connector{Check: c, Close: c.close, SameID: c.sameID, Reread: c}
	if c.settings.Upload.given() {
		c.door = connectors.NewDoor(c.settings.Upload.credentials(), c.settings.Upload.Rate, env.MaxBody)
		offered.Receive, offered.Authenticate = &upload{c, c.door}, c.door
	} else {
		offered.Poll = c
	}
	if c.settings.Answers {
		c.answers = newAnswers(env, c.settings)
		offered.WriteStatus = c.answers
	}
	return offered, nil
}

func newConnector(env connectors.Env, settings config.Settings) (*connector, error) {
	own, ok := settings.(*Settings)
	if !ok {
		return nil, fmt.Errorf("open a spreadsheet connector with settings of another kind: %T", settings)
	}
	own = own.whole()
	mapper, err := own.Map.Compile(env.Zone)
	if err != nil {
		return nil, err
	}
	c := &connector{settings: own, rule: own.rule(), mapper: mapper, zone: env.Zone, log: env.Log, now: time.Now, sighted: map[string]*sighting{}, place: own.place()}
	sum := fnv.New64a()
	fmt.Fprintf(sum, "%+v", *own) // maps print in the order of their keys
	c.print = fmt.Sprintf("%x", sum.Sum64())
	return c, nil
}

func (c *connector) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := errors.Join(c.stopReading(), c.place.Close())
	if c.answers != nil {
		err = errors.Join(err, c.answers.Close())
	}
	return err
}

func (c *connector) stopReading() error {
	if c.reading == nil {
		return nil
	}
	err := c.reading.Close()
	c.reading = nil
	return err
}

// Poll reads the next page of the file under way, or else of the oldest file that is new.
func (c *connector) Poll(ctx context.Context, from connectors.Cursor) (connectors.Page, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	progress, err := connectors.ReadCursor[note](from)
	if err != nil {
		return connectors.Page{}, err
	}
	seen, err := c.place.look(ctx)
	if err != nil {
		return connectors.Page{}, err
	}
	defer seen.Close()
	files := seen.files()
	if c.lastPage != nil && c.lastFrom == from && slices.Contains(files, c.lastFile) {
		return copied(*c.lastPage), nil
	}
	c.lookAt(files)
	p := &poll{connector: c, opener: opener{visit: seen, settings: c.settings, rule: c.rule}, listed: files, note: progress.without(files)}
	page, file, err := p.page(ctx, from)
	if err != nil {
		return connectors.Page{}, errors.Join(err, c.stopReading())
	}
	if page.Next != from {
		kept := copied(page)
		c.lastFrom, c.lastFile, c.lastPage = from, file, &kept
	}
	return page, nil
}

// copied is a page whose complaints may be filled in without changing the original.
func copied(page connectors.Page) connectors.Page {
	page.Complaints, page.SetAside = slices.Clone(page.Complaints), slices.Clone(page.SetAside)
	return page
}

// poll is one poll's work.
type poll struct {
	*connector
	opener
	listed []found
	note   note
}

// page reads one page, and says of which file.
func (p *poll) page(ctx context.Context, from connectors.Cursor) (connectors.Page, found, error) {
	reader, aside, err := p.choose(ctx)
	if err != nil {
		return connectors.Page{}, found{}, err
	}
	if reader == nil && aside == nil {
		return connectors.Page{Next: from}, found{}, nil
	}
	if aside != nil {
		page, err := p.finished(connectors.Page{SetAside: []connectors.SetAside{aside.aside}})
		return page, aside.file, err
	}
	page, err := p.read(ctx, reader)
	p.sighted[reader.file.name].broken = p.ofOneFile(err)
	if errors.Is(err, errChanged) {
		p.log.Info("a file changed while it was read; it is read again from its beginning", "file", reader.file.name)
		return connectors.Page{Next: from}, reader.file, p.stopReading()
	}
	return page, reader.file, err
}

// read takes a page's rows from the reader.
func (p *poll) read(ctx context.Context, reader *fileReader) (connectors.Page, error) {
	var page connectors.Page
	atEnd := false
	for range p.connector.settings.Page {
		if err := ctx.Err(); err != nil {
			return page, err
		}
		next, err := reader.next()
		if errors.Is(err, io.EOF) {
			atEnd = true
			break
		}
		if err != nil {
			return page, fmt.Errorf("read %s: %w", reader.file.name, err)
		}
		if next.complaint != nil {
			page.Complaints = append(page.Complaints, *next.complaint)
		}
		if next.aside != nil {
			page.SetAside = append(page.SetAside, *next.aside)
		}
	}
	if err := p.unchanged(reader.file); err != nil {
		return page, err
	}
	if atEnd {
		p.note = p.note.finish(reader.file, p.misfitOf(reader), reader.fitted)
		p.log.Info("a file is read", "file", reader.file.name, "rows", reader.taken, "repeats", reader.repeats)
		if err := p.stopReading(); err != nil {
			return page, err
		}
		return p.finished(page)
	}
	var err error
	page.More = true
	page.Next, err = p.note.advance(reader.file, reader.at).cursor()
	return page, err
}

func (p *poll) misfitOf(reader *fileReader) string {
	if reader.misfit {
		return p.print
	}
	return ""
}

// finished completes a page after which its file is done.
func (p *poll) finished(page connectors.Page) (connectors.Page, error) {
	var err error
	page.More = slices.ContainsFunc(p.listed, func(file found) bool {
		return !p.note.isDone(file, p.print) && p.age(file) >= p.connector.settings.Quiet.D()
	})
	page.Next, err = p.note.cursor()
	return page, err
}
