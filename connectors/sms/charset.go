package sms

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// inCharset reads a text as the gateway says it is written. Kannel passes an SMS that needs more than the GSM alphabet on as
// UTF-16BE. A name that says nothing of bytes (GSM, binary), or none, leaves it to inUTF8.
func inCharset(text, charset string) string {
	switch strings.ToUpper(strings.TrimSpace(charset)) {
	case "UTF-16BE", "UTF-16", "UCS-2":
		return fromUTF16(text)
	case "WINDOWS-1252", "CP1252", "ISO-8859-1", "LATIN1":
		return fromLatin(text)
	case "":
		if looksUTF16(text) {
			return fromUTF16(text)
		}
	}
	return inUTF8(text)
}

// looksUTF16 knows UTF-16BE whose letters are mostly Latin, for a gateway that was not told to name the charset: every
// second byte is 0, which no text has otherwise.
func looksUTF16(text string) bool {
	zeros := 0
	for i := 0; i+1 < len(text); i += 2 {
		if text[i] == 0 && text[i+1] != 0 {
			zeros++
		}
	}
	return len(text)%2 == 0 && zeros > len(text)/4
}

// fromUTF16 reads UTF-16BE. What is broken in it becomes U+FFFD.
func fromUTF16(text string) string {
	units := make([]uint16, 0, len(text)/2+1)
	for i := 0; i+1 < len(text); i += 2 {
		units = append(units, uint16(text[i])<<8|uint16(text[i+1]))
	}
	if len(text)%2 == 1 {
		units = append(units, utf8.RuneError)
	}
	return string(utf16.Decode(units))
}

// inUTF8 reads a text that is not UTF-8 as Latin 1, which older gateways write.
func inUTF8(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return fromLatin(text)
}

func fromLatin(text string) string {
	decoded, err := charmap.Windows1252.NewDecoder().String(text)
	if err != nil {
		return text
	}
	return decoded
}
