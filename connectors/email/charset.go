package email

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// toUTF8 reads bytes in the charset they are labelled with, as far as the label is to be believed: what is UTF-8 is not
// read as a charset of single bytes, and what is not UTF-8, whatever it says, is read as Windows-1252.
func toUTF8(text []byte, label string) string {
	label = strings.ToLower(strings.Trim(label, ` "'`))
	known, single := lookUp(label)
	valid := utf8.Valid(text)
	switch {
	case valid && (known == nil || single):
		return string(text)
	case known == nil && mostlyUTF8(text):
		return strings.ToValidUTF8(string(text), "\uFFFD")
	case known == nil:
		known = charmap.Windows1252
	}
	decoded, err := known.NewDecoder().Bytes(text)
	if err != nil || valid && bytes.ContainsRune(decoded, utf8.RuneError) {
		return strings.ToValidUTF8(string(text), "\uFFFD")
	}
	return string(decoded)
}

// mostlyUTF8 says that a text is UTF-8 with a few characters broken.
func mostlyUTF8(text []byte) bool {
	good, bad := 0, 0
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		text = text[size:]
	}
	return good > 0 && good*2 >= bad
}

// lookUp finds a charset; nil stands for UTF-8, for none and for one that is not known. single says that each byte of it
// is a character.
func lookUp(label string) (_ encoding.Encoding, single bool) {
	switch label {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "unknown", "unknown-8bit", "x-unknown", "default":
		return nil, false
	case "gb2312", "gbk", "gb_2312-80", "x-gbk", "cp936", "gb18030":
		return simplifiedchinese.GB18030, false // holds the others
	}
	known, err := htmlindex.Get(label)
	if err != nil {
		known, err = ianaindex.MIME.Encoding(label)
	}
	if err != nil || known == nil {
		return nil, false
	}
	_, single = known.(*charmap.Charmap)
	return known, single
}

func charsetReader(label string, input io.Reader) (io.Reader, error) {
	text, err := io.ReadAll(input)
	return strings.NewReader(toUTF8(text, label)), err
}

var (
	encodedWord = regexp.MustCompile(`=\?([^?\s]{1,40})\?([bBqQ])\?([^?]*)\?=`)
	blankOnly   = regexp.MustCompile(`^[ \t\r\n]*$`)
)

// decodeWords reads the encoded words of a header's value. Neighbours in one charset are read together, since mailers cut
// characters in half; blanks inside a word and broken base64 are borne.
func decodeWords(value string) string {
	var out strings.Builder
	var pending []byte
	charset, last := "", 0
	flush := func() {
		out.WriteString(toUTF8(pending, charset))
		pending = nil
	}
	for _, at := range encodedWord.FindAllStringSubmatchIndex(value, -1) {
		between, label := value[last:at[0]], value[at[2]:at[3]]
		label, _, _ = strings.Cut(label, "*") // RFC 2231's language
		apart := last > 0 && blankOnly.MatchString(between)
		if !apart || !strings.EqualFold(label, charset) {
			flush()
		}
		if !apart {
			out.WriteString(toUTF8([]byte(between), ""))
		}
		pending, charset, last = append(pending, wordBytes(value[at[4]:at[5]], value[at[6]:at[7]])...), label, at[1]
	}
	flush()
	out.WriteString(toUTF8([]byte(value[last:]), ""))
	return out.String()
}

func wordBytes(encoding, text string) []byte {
	if strings.EqualFold(encoding, "b") {
		return unbase64([]byte(strings.Join(strings.Fields(text), "")), len(text))
	}
	return quotedPrintable([]byte(strings.ReplaceAll(text, "_", " ")), len(text))
}
