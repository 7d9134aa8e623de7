package email

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/satupintu/satupintu/connectors"
)

// position is how far a mailbox has been read, and which mails of the last page became complaints: Acknowledge has no
// other way to know. Written, it is "UIDVALIDITY last taken,taken".
type position struct {
	validity uint32
	last     imap.UID
	taken    []imap.UID
}

func (p position) cursor() connectors.Cursor {
	taken := make([]string, len(p.taken))
	for i, uid := range p.taken {
		taken[i] = strconv.FormatUint(uint64(uid), 10)
	}
	return connectors.Cursor(strings.TrimSpace(fmt.Sprintf("%d %d %s", p.validity, p.last, strings.Join(taken, ","))))
}

func readCursor(cursor connectors.Cursor) (position, error) {
	if cursor == "" {
		return position{}, nil
	}
	fields := strings.Fields(string(cursor))
	if len(fields) != 2 && len(fields) != 3 {
		return position{}, errBadCursor
	}
	var numbers []uint32
	for field := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		n, err := strconv.ParseUint(field, 10, 32)
		if err != nil {
			return position{}, errBadCursor
		}
		numbers = append(numbers, uint32(n))
	}
	p := position{validity: numbers[0], last: imap.UID(numbers[1])}
	for _, n := range numbers[2:] {
		p.taken = append(p.taken, imap.UID(n))
	}
	return p, nil
}

var errBadCursor = errors.New("the cursor is not one of an email connector: was the connector's name used by another kind?")

// uidSet is a set for a command. An empty one may not be sent.
func uidSet(uids []imap.UID) imap.UIDSet { return imap.UIDSetNum(uids...) }

// first returns the lowest numbers above a floor of a set, at most n of them, without writing out its ranges.
func first(set imap.UIDSet, floor imap.UID, n int) []imap.UID {
	set = slices.Clone(set)
	slices.SortFunc(set, func(a, b imap.UIDRange) int { return int(int64(a.Start) - int64(b.Start)) })
	var uids []imap.UID
	for _, r := range set {
		for uid := max(r.Start, floor+1); uid <= r.Stop && uid != 0 && len(uids) < n; uid++ {
			uids = append(uids, uid)
		}
	}
	return uids
}
