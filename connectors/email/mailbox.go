package email

import (
	"errors"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	readOnly = true
	writable = false
)

// mostHeader is what is read of a mail's header, in bytes.
const mostHeader = 256 << 10

var errGone = errors.New("the mail is no longer there")

// open selects a mailbox and returns its UIDVALIDITY.
func (s *session) open(mailbox string, only bool) (uint32, error) {
	data, err := s.client.Select(mailbox, &imap.SelectOptions{ReadOnly: only}).Wait()
	if err != nil {
		return 0, s.fault("open the mailbox "+mailbox, err)
	}
	return data.UIDValidity, nil
}

// beyond lists the mails to be read next, the lowest first, at most n: those above the last, without the older ones.
func (s *session) beyond(at position, n int) ([]imap.UID, error) {
	if at.begun == nil || at.last >= at.until {
		return s.after(at.last, n)
	}
	between := imap.UIDSet{imap.UIDRange{Start: at.last + 1, Stop: at.until}}
	uids, err := s.search(&imap.SearchCriteria{UID: []imap.UIDSet{between}, Since: at.start(s.zone)}, at.last, n)
	if err != nil || len(uids) == n {
		return uids, err
	}
	more, err := s.after(at.until, n-len(uids))
	return append(uids, more...), err
}

// older says how many mails the server got before a day, and the highest of their numbers.
func (s *session) older(day time.Time) (count int, last imap.UID, err error) {
	data, err := s.client.UIDSearch(&imap.SearchCriteria{Before: day}, nil).Wait()
	if err != nil {
		return 0, 0, s.fault("search the mailbox", err)
	}
	found, _ := data.All.(imap.UIDSet)
	for _, r := range found {
		count += int(r.Stop-r.Start) + 1
		last = max(last, r.Stop)
	}
	return count, last, nil
}

// after lists the mails above a UID, the lowest first, at most n.
func (s *session) after(last imap.UID, n int) ([]imap.UID, error) {
	if last == ^imap.UID(0) {
		return nil, nil
	}
	above := imap.UIDSet{imap.UIDRange{Start: last + 1}} // without a stop: to the last, and the last itself when it lies below
	return s.search(&imap.SearchCriteria{UID: []imap.UIDSet{above}}, last, n)
}

func (s *session) search(criteria *imap.SearchCriteria, floor imap.UID, n int) ([]imap.UID, error) {
	data, err := s.client.UIDSearch(criteria, nil).Wait()
	if err != nil {
		return nil, s.fault("search the mailbox", err)
	}
	found, _ := data.All.(imap.UIDSet)
	return first(found, floor, n), nil
}

// waitAfter waits until the server speaks of new mail, at most for a while, and lists it. A server without IDLE is not
// waited for.
func (s *session) waitAfter(at position, n int, most time.Duration) ([]imap.UID, error) {
	if !s.client.Caps().Has(imap.CapIdle) {
		return nil, nil
	}
	idle, err := s.client.Idle()
	if err != nil {
		return nil, s.fault("wait for mail", err)
	}
	late := time.NewTimer(most)
	defer late.Stop()
	select {
	case <-s.news:
	case <-late.C:
	case <-s.ctx.Done():
	case <-s.client.Closed():
	}
	if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
		return nil, s.fault("wait for mail", err)
	}
	return s.beyond(at, n)
}

// letter is a mail as the server gave it.
type letter struct {
	uid          imap.UID
	header, body []byte
	received     time.Time // when the server got it
	cut          bool      // the body is longer
	structure    imap.BodyStructure
}

// fetch reads a mail, of its body at most so many bytes, and leaves its flags as they are. errGone: it is not there.
func (s *session) fetch(uid imap.UID, most int64) (letter, error) {
	header := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true, Partial: &imap.SectionPartial{Size: mostHeader}}
	body := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierText, Peek: true, Partial: &imap.SectionPartial{Size: most}}
	found, err := s.fetchItems(uid, &imap.FetchOptions{InternalDate: true, BodySection: []*imap.FetchItemBodySection{header, body}}, most)
	if err != nil {
		return letter{}, err
	}
	found.uid, found.cut = uid, int64(len(found.body)) >= most
	return found, nil
}

func (s *session) fetchItems(uid imap.UID, options *imap.FetchOptions, most int64) (letter, error) {
	command := s.client.Fetch(uidSet([]imap.UID{uid}), options)
	var found *letter
	for message := command.Next(); message != nil; message = command.Next() {
		one, err := readItems(message, most)
		if err != nil {
			_ = command.Close()
			return letter{}, s.fault("read a mail", err)
		}
		found = &one
	}
	if err := command.Close(); err != nil {
		return letter{}, s.fault("read a mail", err)
	}
	if found == nil {
		return letter{}, errGone
	}
	return *found, nil
}

func readItems(message *imapclient.FetchMessageData, most int64) (letter, error) {
	var one letter
	for item := message.Next(); item != nil; item = message.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataInternalDate:
			one.received = item.Time
		case imapclient.FetchItemDataBodyStructure:
			one.structure = item.BodyStructure
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil {
				continue
			}
			content, err := io.ReadAll(io.LimitReader(item.Literal, most)) // a server may send more than it was asked for
			if err != nil {
				return one, err
			}
			if item.Section.Specifier == imap.PartSpecifierHeader || item.Section.Specifier == imap.PartSpecifierMIME {
				one.header = content
			} else {
				one.body = content
			}
		}
	}
	return one, nil
}

// structure asks how a mail is built, without its content.
func (s *session) structure(uid imap.UID) (imap.BodyStructure, error) {
	found, err := s.fetchItems(uid, &imap.FetchOptions{BodyStructure: &imap.FetchItemBodyStructure{Extended: true}}, 0)
	return found.structure, err
}

// part reads one part of a mail, at most so many bytes of it.
func (s *session) part(uid imap.UID, path []int, most int64) (letter, error) {
	header := &imap.FetchItemBodySection{Part: path, Specifier: imap.PartSpecifierMIME, Peek: true}
	body := &imap.FetchItemBodySection{Part: path, Peek: true, Partial: &imap.SectionPartial{Size: most}}
	return s.fetchItems(uid, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{header, body}}, most)
}
