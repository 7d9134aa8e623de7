package connectors

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/satupintu/satupintu/sync/complaint"
)

// FileName is a file's name as it may stand anywhere: the last part of what the sender wrote, without signs that hide or
// turn text, at most so many bytes of its end, which says what kind of file it is. It may be empty.
func FileName(written string, most int) string {
	name := written[strings.LastIndexAny(written, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, complaint.CleanText(name))
	for len(name) > most {
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:]
	}
	if name = strings.TrimSpace(name); name == "." || name == ".." {
		return ""
	}
	return name
}
