package dedup

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// tidied is a text without what machines did to it: UTF-8 that was read as Windows-1252, written-out line ends, signs
// nobody sees, wide letters.
func tidied(text string) string {
	if strings.Contains(text, `\`) {
		text = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n", `\r`, "\n", `\t`, " ").Replace(text)
	}
	if isASCII(text) {
		return text
	}
	return norm.NFKC.String(strings.Map(visible, repaired(text)))
}

// repaired turns "CafÃ©" back into "Café", also where it was done twice. What is no such accident stays as it is.
func repaired(text string) string {
	for range 2 {
		again := repairedOnce(text)
		if again == text {
			break
		}
		text = again
	}
	return text
}

func repairedOnce(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			out.WriteByte(text[i])
			i++
			continue
		}
		end := i
		for end < len(text) && text[end] >= utf8.RuneSelf {
			end++
		}
		out.WriteString(repairedRun(text[i:end]))
		i = end
	}
	return out.String()
}

// repairedRun repairs a run of letters beyond ASCII.
func repairedRun(run string) string {
	var raw []byte
	var whole strings.Builder
	for _, r := range run {
		b, ok := windowsByte(r)
		if !ok {
			whole.WriteString(decoded(raw))
			raw = raw[:0]
			whole.WriteRune(r)
			continue
		}
		raw = append(raw, b)
	}
	whole.WriteString(decoded(raw))
	return whole.String()
}

func windowsByte(r rune) (byte, bool) {
	if r >= 0x80 && r < 0xA0 { // bytes that Windows-1252 leaves open come through as they are
		return byte(r), true
	}
	return charmap.Windows1252.EncodeRune(r)
}

// decoded reads bytes as UTF-8 where each letter in it is whole, and as Windows-1252 otherwise. The last letter may have
// lost its end: emoji often do.
func decoded(raw []byte) string {
	var out strings.Builder
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRune(raw[i:])
		switch {
		case r != utf8.RuneError && n > 1:
			out.WriteRune(r)
		case raw[i] >= 0xF0 && raw[i] < 0xF8, raw[i] == 0xE2 && i+1 < len(raw) && raw[i+1] == 0x80: // a cut emoji, a cut quotation mark
			n = len(raw) - i
			out.WriteByte(' ')
		default:
			out.WriteRune(charmap.Windows1252.DecodeByte(raw[i]))
			n = 1
		}
		i += n
	}
	return out.String()
}
