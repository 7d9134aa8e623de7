package privacy

import (
	"regexp"
	"strings"

	"github.com/satupintu/satupintu/sync/complaint"
)

const (
	day   = `(?:0?[1-9]|[12]\d|3[01])`
	month = `(?:0?[1-9]|1[0-2])`
	year  = `(?:19|20)\d\d`
	lat   = `-?\d{1,2}[.,]\d{3,}`
	long  = `(?:9[5-9]|1[0-3]\d|14[01])[.,]\d{3,}` // Indonesia's
)

var (
	emailAddress = regexp.MustCompile(`[\pL\pN._%+'-]*[\pL\pN_%+-]@[\pL\pN-]+(?:\.[\pL\pN-]+)+`)

	ourRef    = regexp.MustCompile(`(?i)\bSP-?[0-9A-Z]{15}\b`)
	rtrw      = regexp.MustCompile(`(?i)\bR[TW][ .:]{0,2}\d{1,3}\b`)
	date      = regexp.MustCompile(`\b` + day + `[-./]` + month + `[-./]` + year + `\b|\b` + year + `[-./]` + month + `[-./]` + day + `\b`)
	point     = regexp.MustCompile(lat + `\s*[,;]?\s*\b` + long + `|\b` + long + `\s*[,;]?\s*` + lat)
	degrees   = regexp.MustCompile(`(?i)\b(?:lat|latitude|lon|long|longitude|lng|lintang|bujur|koordinat)[\s:="']{0,4}-?\d{1,3}[.,]\d+`)
	price     = regexp.MustCompile(`(?i)\b(?:rp|idr)\.?\s{0,2}(?:[1-9]\d{0,2}(?:[.,]\d{3})+|[1-9]\d{0,11})\b`)
	thousands = regexp.MustCompile(`\b[1-9]\d{0,2}(?:\.\d{3}){2,}\b`)
)

// kept are the parts of a text whose digits are not personal.
func kept(text string) []span {
	var spans []span
	for _, pattern := range []*regexp.Regexp{rtrw, point, degrees, price} {
		spans = append(spans, all(pattern, text, "")...)
	}
	for _, s := range all(ourRef, text, "") {
		if _, err := complaint.ParseRef(text[s.start:s.end]); err == nil {
			spans = append(spans, s)
		}
	}
	for _, s := range all(date, text, "") {
		if alone(text, s) {
			spans = append(spans, s)
		}
	}
	for _, s := range all(thousands, text, "") {
		if alone(text, s) && !strings.HasPrefix(text[s.start:], "62.8") { // a phone number sooner than sixty thousand million
			spans = append(spans, s)
		}
	}
	return spans
}

// alone says that no more digits follow or precede after a dot or dash: those would make it a part of something longer.
func alone(text string, s span) bool {
	joined := func(sep, digit byte) bool { return (sep == '-' || sep == '.') && '0' <= digit && digit <= '9' }
	if s.start >= 2 && joined(text[s.start-1], text[s.start-2]) {
		return false
	}
	return s.end+1 >= len(text) || !joined(text[s.end], text[s.end+1])
}

func all(pattern *regexp.Regexp, text string, kind Kind) []span {
	var spans []span
	for _, at := range pattern.FindAllStringIndex(text, -1) {
		spans = append(spans, span{at[0], at[1], kind})
	}
	return spans
}
