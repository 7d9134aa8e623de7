package email

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/satupintu/satupintu/connectors"
)

// position is how far a mailbox has been read, and which mails of the last page became complaints: Acknowledge has no
// other way to know. Written, it is "UIDVALIDITY last taken,taken since=at/start/until", the last of it only where older mails
// were left alone: those up to the number until that the server got before start.
type position struct {
	validity uint32
	last     imap.UID
	taken    []imap.UID
	begun    *connectors.Begun
	until    imap.UID
}

func (p position) cursor() connectors.Cursor {
	taken := make([]string, len(p.taken))
	for i, uid := range p.taken {
		taken[i] = strconv.FormatUint(uint64(uid), 10)
	}
	text := strings.TrimSpace(fmt.Sprintf("%d %d %s", p.validity, p.last, strings.Join(taken, ",")))
	if p.begun != nil {
		text += fmt.Sprintf(" %s%d/%d/%d", sinceMark, p.begun.At, p.begun.Start, p.until)
	}
	return connectors.Cursor(text)
}

const sinceMark = "since="

// cutSince takes the note of where a first poll began off the end of a cursor.
func (p *position) cutSince(fields []string) ([]string, error) {
	last := len(fields) - 1
	if last < 0 || !strings.HasPrefix(fields[last], sinceMark) {
		return fields, nil
	}
	var numbers [3]int64
	parts := strings.Split(strings.TrimPrefix(fields[last], sinceMark), "/")
	if len(parts) != len(numbers) {
		return nil, errBadCursor
	}
	for i, part := range parts {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil || i == 2 && (n < 0 || n > math.MaxUint32) {
			return nil, errBadCursor
		}
		numbers[i] = n
	}
	p.begun, p.until = &connectors.Begun{At: numbers[0], Start: numbers[1]}, imap.UID(numbers[2])
	return fields[:last], nil
}

func readCursor(cursor connectors.Cursor) (position, error) {
	if cursor == "" {
		return position{}, nil
	}
	var p position
	fields, err := p.cutSince(strings.Fields(string(cursor)))
	if err != nil {
		return position{}, err
	}
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
	p.validity, p.last = numbers[0], imap.UID(numbers[1])
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
