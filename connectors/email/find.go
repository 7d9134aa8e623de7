package email

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/satupintu/satupintu/sync/retry"
)

const (
	mostFolders    = 200
	mostCandidates = 1000 // mails of one Message-ID, or without one
)

// find looks a mail up by its id and returns its header: in the folder that is read, in the one mail is moved to, and then
// in every other, since people tidy up. The error carries its verdict.
func (c *connector) find(ctx context.Context, id string) (header, error) {
	s, err := c.login(ctx)
	if err != nil {
		return header{}, err
	}
	defer s.end()
	tried := map[string]bool{"": true}
	for _, folder := range []string{c.settings.Mailbox, c.settings.MoveTo} {
		if h, err := s.findIn(folder, id, tried); !errors.Is(err, errGone) {
			return h, err
		}
	}
	others, err := s.folders()
	if err != nil {
		return header{}, err
	}
	for _, folder := range others {
		if h, err := s.findIn(folder, id, tried); !errors.Is(err, errGone) && !errors.Is(err, errRefused) {
			return h, err
		}
	}
	return header{}, retry.Never(fmt.Errorf("answer the mail %s: %w: it was deleted, and only it says who wrote", id, errGone))
}

// findIn looks in one folder that was not tried yet. A folder that is not there does not hold it.
func (s *session) findIn(folder, id string, tried map[string]bool) (header, error) {
	if tried[folder] {
		return header{}, errGone
	}
	tried[folder] = true
	if _, err := s.open(folder, readOnly); err != nil {
		return header{}, err
	}
	uids, err := s.search(searchFor(id), 0, mostCandidates)
	if err != nil {
		return header{}, err
	}
	slices.Reverse(uids) // the latest first
	for _, uid := range uids {
		found, err := s.fetch(uid, hashedBody)
		if errors.Is(err, errGone) {
			continue
		}
		if err != nil {
			return header{}, err
		}
		if h := readHeader(found.header); named(id, h, found.body) {
			return h, nil
		}
	}
	return header{}, errGone
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
