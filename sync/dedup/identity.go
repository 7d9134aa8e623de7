package dedup

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Hasher makes a keyed hash: nobody without the key can tell whose number it is. Equal values in different domains have
// different hashes.
type Hasher interface {
	Hash(domain, value string) string
}

// ReporterKeys returns one key for each thing that identifies the reporter. Two complaints that share a key are of one
// reporter. A key is the kind of evidence, a colon and a keyed hash; it has no personal data.
func ReporterKeys(h Hasher, c complaint.Complaint) []string {
	var keys []string
	for _, id := range identities(c.Reporter) {
		keys = append(keys, id.kind+":"+h.Hash("reporter "+id.kind, id.value))
	}
	return keys
}

// identity is one thing that tells a reporter from others, in one spelling.
type identity struct {
	kind  string // phone, e-mail, identity number: used in keys and in Explain
	value string
}

func identities(r complaint.Reporter) []identity {
	all := []identity{
		{"phone", phone(r.Phone)},
		{"e-mail", email(r.Email)},
		{"identity number", identityNumber(r.Identity)},
	}
	var given []identity
	for _, id := range all {
		if id.value != "" {
			given = append(given, id)
		}
	}
	return given
}

// Lengths of a phone number with its country code, in digits: the shortest Indonesian landline, and E.164's most.
const (
	leastPhone = 9
	mostPhone  = 15
)

// phone returns a number with its country code, in digits: 0812…, 62812…, +62812…, 0062812…, 812… (a spreadsheet lost
// the zero) and 62812…@s.whatsapp.net are one. It returns "" for what is no person's number.
func phone(s string) string {
	s = strings.TrimSpace(norm.NFKC.String(s))
	number, host, addressed := strings.Cut(s, "@")
	if addressed && host != "s.whatsapp.net" && host != "c.us" {
		return "" // a group, or an id that is no number
	}
	if addressed {
		number, _, _ = strings.Cut(number, ":") // 62812…:3 is the person's third device
	}
	n := international(digits(number), strings.HasPrefix(strings.TrimLeft(number, "( "), "+"))
	if len(n) < leastPhone || len(n) > mostPhone || placeholder(n[4:]) {
		return ""
	}
	return n
}

func international(n string, plus bool) string {
	const mostMobile = 12 // digits of an Indonesian mobile number without its zero
	switch {
	case plus && !strings.HasPrefix(n, "0"):
	case strings.HasPrefix(n, "00"):
		n = n[2:]
	case strings.HasPrefix(n, "0"):
		n = "62" + n[1:]
	case strings.HasPrefix(n, "8") && len(n) <= mostMobile:
		n = "62" + n
	}
	if rest, ok := strings.CutPrefix(n, "620"); ok { // +62 (0)812…
		n = "62" + rest
	}
	return n
}

// email returns an address in lower case, or "" for what is none.
func email(s string) string {
	s = strings.ToLower(strings.TrimSpace(norm.NFKC.String(s)))
	name, host, ok := strings.Cut(s, "@")
	if !ok || name == "" || !strings.Contains(strings.Trim(host, "."), ".") || strings.ContainsFunc(s, unicode.IsSpace) {
		return ""
	}
	return s
}

// identityNumber returns the 16 digits of a NIK, or "" for what has more or fewer or is filled in for form's sake.
func identityNumber(s string) string {
	const length = 16
	n := digits(norm.NFKC.String(s))
	if len(n) != length || placeholder(n) {
		return ""
	}
	return n
}

// placeholder says that a number is one digit over and over: what people type where a form insists.
func placeholder(n string) bool { return strings.Trim(n, n[:1]) == "" }

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, s)
}
