package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

const (
	hashedBody = 64 << 10 // bytes of the body that count
	mostID     = 400      // bytes of a Message-ID that count
	noID       = "no-message-id"
)

// sourceID is a mail's id: its Message-ID and a hash of what it says. Some mailers and forms give many mails one id; some
// give none. It has no address in it that its sender did not put into the Message-ID.
func sourceID(h header, body []byte) string {
	sum := sha256.New()
	for _, name := range []string{"From", "Date", "Subject"} {
		fmt.Fprintf(sum, "%q\n", h.raw(name))
	}
	start := bytes.ReplaceAll(body[:min(len(body), hashedBody)], []byte{'\r'}, nil)
	sum.Write(bytes.TrimRight(start, " \t\n"))
	return idOf(h) + "#" + hex.EncodeToString(sum.Sum(nil)[:6])
}

// idOf is the first half of a mail's id: the longest run of plain characters of its Message-ID.
func idOf(h header) string {
	longest := ""
	for _, run := range plainRun.FindAllString(strings.Trim(h.raw("Message-ID"), "<> \t"), -1) {
		if len(run) > len(longest) {
			longest = run
		}
	}
	if longest == "" {
		return noID
	}
	return longest[:min(len(longest), mostID)]
}

var (
	plainRun = regexp.MustCompile(`[!-~]+`)
	idHash   = regexp.MustCompile(`#[0-9a-f]{12}$`)
)

// named says whether a mail is the one of an id. An id without a hash is every mail's of that Message-ID.
func named(id string, h header, body []byte) bool {
	if idHash.MatchString(id) {
		return id == sourceID(h, body)
	}
	return id == idOf(h)
}
