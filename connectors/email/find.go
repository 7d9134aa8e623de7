package email

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

const (
	mostFolders    = 200
	mostCandidates = 1000 // mails of one Message-ID, or without one
)

// original is the header of the mail a change answers: as it was kept when it was taken in, or, where that is not kept any more,
// as it lies in the mailbox. What lies there may have been sent again by somebody else, with another address to answer.
func (c *connector) original(ctx context.Context, change connectors.StatusChange) (header, error) {
	if c.env.Sent != nil {
		kept, err := c.env.Sent(ctx, change.Ref)
		if err != nil {
			return header{}, fmt.Errorf("read the mail as it was kept: %w", err)
		}
		if h := readHeader(kept.Body); c.own.writer(h).address != "" {
			return h, nil
		}
	}
	return c.find(ctx, change.SourceID)
}

// find looks a mail up by its id and returns its header: in the folder that is read, in the one mail is moved to, and in every
// other, since people tidy up. Copies that would be answered to different people are nobody's. The error carries its verdict.
func (c *connector) find(ctx context.Context, id string) (header, error) {
	s, err := c.login(ctx)
	if err != nil {
		return header{}, err
	}
	defer s.end()
	var copies []header
	tried := map[string]bool{"": true}
	for _, folder := range []string{c.settings.Mailbox, c.settings.MoveTo} {
		found, err := s.findIn(folder, id, tried)
		if err != nil && !errors.Is(err, errGone) {
			return header{}, err
		}
		copies = append(copies, found...)
	}
	elsewhere, err := s.findElsewhere(id, tried)
	if err != nil {
		return header{}, err
	}
	if copies = append(copies, elsewhere...); len(copies) == 0 {
		return header{}, retry.Never(fmt.Errorf("answer the mail %s: %w: it was deleted, and nothing else says who wrote", id, errGone))
	}
	for _, other := range copies[1:] {
		if !strings.EqualFold(c.own.writer(other).address, c.own.writer(copies[0]).address) {
			return header{}, retry.Never(fmt.Errorf("answer the mail %s: it lies there more than once, with different addresses to answer: delete those that are not the citizen's", id))
		}
	}
	return copies[0], nil
}

// findElsewhere looks in every folder that was not tried yet.
func (s *session) findElsewhere(id string, tried map[string]bool) ([]header, error) {
	others, err := s.folders()
	if err != nil {
		return nil, err
	}
	var copies []header
	for _, folder := range others {
		found, err := s.findIn(folder, id, tried)
		if err != nil && !errors.Is(err, errGone) && !errors.Is(err, errRefused) {
			return nil, err
		}
		copies = append(copies, found...)
	}
	return copies, nil
}

// findIn looks in one folder that was not tried yet: all that have the id, the latest first. A folder that is not there holds none.
func (s *session) findIn(folder, id string, tried map[string]bool) ([]header, error) {
	if tried[folder] {
		return nil, nil
	}
	tried[folder] = true
	if _, err := s.open(folder, readOnly); err != nil {
		return nil, err
	}
	uids, err := s.search(searchFor(id), 0, mostCandidates)
	if err != nil {
		return nil, err
	}
	slices.Reverse(uids)
	var copies []header
	for _, uid := range uids {
		found, err := s.fetch(uid, hashedBody)
		if errors.Is(err, errGone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if h := readHeader(found.header); named(id, h, found.body) {
			copies = append(copies, h)
		}
	}
	return copies, nil
}

// searchFor asks for the mails whose Message-ID holds an id's; which of them it is, named says.
func searchFor(id string) *imap.SearchCriteria {
	id = idHash.ReplaceAllString(id, "")
	if id == noID {
		having := imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID"}}}
		return &imap.SearchCriteria{Not: []imap.SearchCriteria{having}}
	}
	return &imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: id}}}
}

// folders lists what can be opened.
func (s *session) folders() ([]string, error) {
	list, err := s.client.List("", "*", nil).Collect()
	if err != nil {
		return nil, s.fault("list the folders", err)
	}
	var names []string
	for _, one := range list {
		closed := slices.ContainsFunc(one.Attrs, func(a imap.MailboxAttr) bool {
			return strings.EqualFold(string(a), string(imap.MailboxAttrNoSelect)) || strings.EqualFold(string(a), string(imap.MailboxAttrNonExistent))
		})
		if !closed && len(names) < mostFolders {
			names = append(names, one.Mailbox)
		}
	}
	return names, nil
}
