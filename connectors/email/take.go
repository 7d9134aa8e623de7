package email

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

// The keys of a mail's record, for the mapping.
const (
	idKey      = "id"
	titleKey   = "title"
	textKey    = "text"
	nameKey    = "name"
	addressKey = "address"
	subjectKey = "subject"
	toKey      = "to"
	dateKey    = "date"
)

const rawType = "message/rfc822"

// mostLetter is what is kept of a mail as it came, in bytes; its files are kept by themselves.
const mostLetter = 256 << 10

// mail is a mail that has been read.
type mail struct {
	record map[string]any
	files  []file
	left   []string
}

// A mail at which the connection breaks every time, as one too large for the line does, holds up all that come after it. Having
// been asked for so often it is asked for its beginning alone, and having been asked for that as often it is set aside.
const (
	mostBreaks = 6
	beginning  = 64 << 10 // bytes
)

// take adds a mail to the page, unless it is to be left alone.
func (p *poll) take(ctx context.Context, page *connectors.Page, uid imap.UID) error {
	if p.breaks[uid] >= 2*mostBreaks {
		delete(p.breaks, uid)
		page.SetAside = append(page.SetAside, connectors.SetAside{
			Where: p.where(uid), Reason: connectors.Unreadable,
			Detail: "the connection to the mail server breaks each time that this mail is asked for: look for it in the mailbox, and enter by hand what it says",
		})
		return nil
	}
	most := int64(p.settings.MaxMail)
	if p.breaks[uid] >= mostBreaks {
		most = min(most, beginning)
	}
	err := p.takeUpTo(ctx, page, uid, most)
	switch {
	case err == nil:
		delete(p.breaks, uid)
	case ctx.Err() == nil && errors.As(err, new(broken)):
		p.breaks[uid]++
		err = fmt.Errorf("%s: %w", p.where(uid), err)
	}
	return err
}

// broken is a failure of the connection to the mail server, and of nothing else: our own store may be away too.
type broken struct{ error }

func (b broken) Unwrap() error { return b.error }

func broke(err error) error {
	if errors.Is(err, errRefused) {
		return err
	}
	return broken{err}
}

func (p *poll) takeUpTo(ctx context.Context, page *connectors.Page, uid imap.UID, most int64) error {
	found, err := p.session.fetch(uid, most)
	switch {
	case errors.Is(err, errGone):
		return nil
	case errors.Is(err, errRefused) && p.inVain(uid):
		page.SetAside = append(page.SetAside, connectors.SetAside{
			Where: p.where(uid), Reason: connectors.Unreadable,
			Detail: "the mail server cannot give this mail out: look for it in the mailbox, and have the server's administrator repair it",
		})
		return nil
	case err != nil:
		return broke(err)
	}
	return p.admit(ctx, page, found)
}

// admit adds a mail that was fetched.
func (p *poll) admit(ctx context.Context, page *connectors.Page, found letter) error {
	uid, head := found.uid, readHeader(found.header)
	if reason := p.own.leave(head, p.settings.Groups); reason != "" {
		p.env.Log.Info("a mail is left alone", "uid", uint32(uid), "reason", reason)
		return nil
	}
	read, err := p.contained(head, found)
	if err != nil {
		page.SetAside = append(page.SetAside, connectors.SetAside{
			SourceID: sourceID(head, found.body), Where: p.where(uid), Reason: connectors.Unreadable, Raw: rawOf(found),
			Detail: "the mail cannot be taken apart: open it in the mailbox, and report it with the log",
		})
		p.env.Log.Error("a mail cannot be taken apart", "uid", uint32(uid), "error", err)
		return nil
	}
	if found.cut {
		if err := p.rest(&read, found); err != nil {
			if ctx.Err() != nil || !p.inVain(uid) {
				return broke(err)
			}
			read.left = append(read.left, "lampiran (terlalu besar)")
		}
	}
	return p.add(ctx, page, read, connectors.SetAside{Where: p.where(uid), Raw: rawOf(found)})
}

// Reread implements connectors.Rereader: a mail is kept as it came, so far as it is not large. When the server got it is not kept:
// a mail without a date has none then.
func (c *connector) Reread(ctx context.Context, _ *connectors.Patience, aside connectors.SetAside) (page connectors.Page, err error) {
	if len(aside.Raw) == 0 || len(aside.Raw) >= mostLetter {
		return page, fmt.Errorf("move the mail out of the mailbox and back into it: %w", connectors.ErrNotKept)
	}
	header, body := cutHeader(aside.Raw)
	return page, (&poll{connector: c}).admit(ctx, &page, letter{header: header, body: body})
}

// mostTries is how often a mail is asked for before the rest goes on without it.
const mostTries = 3

// inVain counts an attempt at a mail and says whether it was the last.
func (p *poll) inVain(uid imap.UID) bool {
	p.tries[uid]++
	if p.tries[uid] < mostTries {
		return false
	}
	delete(p.tries, uid)
	return true
}

func (p *poll) where(uid imap.UID) string { return fmt.Sprintf("%s, UID %d", p.settings.Mailbox, uid) }

// contained keeps a fault of ours in one mail from stopping all that come after it.
func (p *poll) contained(head header, found letter) (read mail, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = retry.PanicError(fault, debug.Stack())
		}
	}()
	return p.read(head, found), nil
}

// add makes a complaint of a mail, or sets it aside.
func (p *poll) add(ctx context.Context, page *connectors.Page, read mail, aside connectors.SetAside) error {
	kept, left, err := p.keep(ctx, read.files)
	if err != nil {
		return err
	}
	text := p.wording(read, len(kept))
	if text == "" {
		aside.SourceID, aside.Reason = read.record[idKey].(string), connectors.BadField
		aside.Detail = "the mail has neither text nor subject nor a file that could be kept: answer it by hand"
		page.SetAside = append(page.SetAside, aside)
		return nil
	}
	text = note(text, slices.Concat(read.left, left))
	if len(text) > complaint.MaxText {
		whole, err := p.env.Files.Put(ctx, "isi-surat.txt", strings.NewReader(text))
		if err != nil {
			return fmt.Errorf("keep a long letter: %w", err)
		}
		kept, text = append(kept, whole), shorten(text)
	}
	read.record[textKey] = text
	one, err := p.mapper.Map(read.record)
	one.Attachments = kept
	one.Raw = complaint.Payload{Type: rawType, Body: aside.Raw}
	if err != nil {
		aside.SourceID, aside.Reason, aside.Detail = one.SourceID, connectors.BadField, err.Error()
		page.SetAside = append(page.SetAside, aside)
		return nil //nolint:nilerr // the mail is set aside with it
	}
	one.Clean()
	page.Complaints = append(page.Complaints, one)
	return nil
}

// wording is a mail's text, or what stands in for it.
func (p *poll) wording(read mail, files int) string {
	text, _ := read.record[textKey].(string)
	subject, _ := read.record[titleKey].(string)
	ref, _ := read.record[refKey].(complaint.Ref)
	if text == "" {
		text = subject
	}
	if text == "" && files > 0 {
		text = "Surat tanpa teks; lihat lampiran."
	}
	if text != "" && ref != "" {
		text = "Menanggapi " + string(ref) + "\n\n" + text
	}
	return text
}

// refKey is the complaint that a mail follows up.
const refKey = "ref"

// note ends a text with what was left out of its mail.
func note(text string, left []string) string {
	if len(left) == 0 {
		return text
	}
	const most = 20
	if more := len(left) - most; more > 0 {
		left = append(slices.Clone(left[:most]), fmt.Sprintf("dan %d lagi", more))
	}
	return text + "\n\n[Tidak disertakan: " + strings.Join(left, ", ") + "]"
}

// shorten cuts a text that is kept whole as a file.
func shorten(text string) string {
	end := complaint.MaxText - 200
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "\n\n[Surat ini panjang. Isi lengkapnya ada di lampiran isi-surat.txt]"
}

func rawOf(found letter) []byte {
	return slices.Concat(found.header, found.body[:min(len(found.body), max(0, mostLetter-len(found.header)))])
}

// sentAt is the date a mail says, so far as that can be: not in the future of its arrival, or of now where that is not known, and
// not before there was mail.
func sentAt(h header, received time.Time, zone *time.Location) time.Time {
	latest := received
	if latest.IsZero() {
		latest = time.Now()
	}
	at, err := dateOf(h.raw("Date"), zone)
	if err != nil || at.Year() < 1990 || at.After(latest.Add(24*time.Hour)) {
		return received
	}
	return at
}
