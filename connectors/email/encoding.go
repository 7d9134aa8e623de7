package email

import (
	"bytes"
	"strings"
)

// decode reads a part's content out of its transfer encoding, and stops above most bytes. Of a broken encoding it gives
// what can be read.
func decode(encoding string, body []byte, most int) []byte {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return unbase64(body, most)
	case "quoted-printable":
		return quotedPrintable(body, most)
	}
	return body[:min(len(body), most+1)]
}

// unbase64 decodes the lines that are base64; between them filters and lists put words of their own. Padding may stand
// anywhere: some mailers pad each line.
func unbase64(body []byte, most int) []byte {
	out := make([]byte, 0, min(len(body)/4*3+3, most+1))
	var bits uint32
	have := 0
	for line := range bytes.Lines(body) {
		if !mostlyBase64(line) {
			continue
		}
		for _, c := range line {
			if c == '=' {
				bits, have = 0, 0
				continue
			}
			value, ok := sextet(c)
			if !ok {
				continue
			}
			if bits, have = bits<<6|value, have+6; have >= 8 {
				have -= 8
				out = append(out, byte(bits>>have))
			}
		}
		if len(out) > most {
			return out
		}
	}
	return out
}

// mostlyBase64 says that a line is base64, though perhaps with a sign that was hurt on the way.
func mostlyBase64(line []byte) bool {
	line = bytes.TrimSpace(line)
	good := 0
	for _, c := range line {
		if _, ok := sextet(c); ok || c == '=' {
			good++
		}
	}
	return good > 0 && good*20 >= len(line)*19
}

func sextet(c byte) (uint32, bool) {
	switch {
	case c >= 'A' && c <= 'Z':
		return uint32(c - 'A'), true
	case c >= 'a' && c <= 'z':
		return uint32(c-'a') + 26, true
	case c >= '0' && c <= '9':
		return uint32(c-'0') + 52, true
	case c == '+' || c == '-':
		return 62, true
	case c == '/' || c == '_':
		return 63, true
	}
	return 0, false
}

// quotedPrintable decodes, and leaves what is no escape as it stands.
func quotedPrintable(body []byte, most int) []byte {
	out := make([]byte, 0, min(len(body), most+1))
	for line := range bytes.Lines(body) {
		text := bytes.TrimRight(line, "\r\n")
		ended := len(text) < len(line)
		text = bytes.TrimRight(text, " \t")
		soft := bytes.HasSuffix(text, []byte{'='})
		if soft {
			text = text[:len(text)-1]
		} else if !ended {
			text = line // the blanks of a last line, or of a header's word
		}
		out = unescape(out, text)
		if ended && !soft {
			out = append(out, '\n')
		}
		if len(out) > most {
			return out
		}
	}
	return out
}

func unescape(out, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] == '=' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]) {
			out = append(out, unhex(text[i+1])<<4|unhex(text[i+2]))
			i += 2
			continue
		}
		out = append(out, text[i])
	}
	return out
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
