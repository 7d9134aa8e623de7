package spreadsheet

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
)

// The values of the setting encoding.
const (
	autoEncoding = "auto"
	utf8Encoding = "utf-8"
	winEncoding  = "windows-1252"
)

// decoded is raw as UTF-8 without a byte order mark. A byte order mark, UTF-16's too, outweighs the named encoding.
func decoded(raw io.Reader, name string) io.Reader {
	var fallback transform.Transformer = transform.Nop
	if name == winEncoding {
		fallback = charmap.Windows1252.NewDecoder()
	}
	return transform.NewReader(raw, transform.Chain(unicode.BOMOverride(fallback), runes.ReplaceIllFormed()))
}

// detectEncoding reads all of raw. Text of which more bytes beyond ASCII form UTF-8 characters than not is UTF-8 with
// damage: windows-1252 hardly ever looks like that.
func detectEncoding(raw io.Reader) (string, error) {
	buffer := make([]byte, 1<<16)
	kept, good, bad := 0, 0, 0
	for {
		n, err := raw.Read(buffer[kept:])
		text := buffer[:kept+n]
		atEnd := err != nil
		for len(text) > 0 && (atEnd || utf8.FullRune(text)) {
			if ascii := asciiPrefix(text); ascii > 0 {
				text = text[ascii:]
				continue
			}
			r, size := utf8.DecodeRune(text)
			if r == utf8.RuneError && size == 1 {
				bad++
			} else {
				good++
			}
			text = text[size:]
		}
		kept = copy(buffer, text)
		switch {
		case errors.Is(err, io.EOF) && bad > good:
			return winEncoding, nil
		case errors.Is(err, io.EOF):
			return utf8Encoding, nil
		case err != nil:
			return "", err
		}
	}
}

func asciiPrefix(text []byte) int {
	for i, b := range text {
		if b >= utf8.RuneSelf {
			return i
		}
	}
	return len(text)
}

// sniffSize is how much of a file's beginning decides on its delimiter.
const sniffSize = 1 << 16

// detectComma finds the delimiter of a CSV text from its beginning: the one with which the header is found, or else the
// one that cuts the most rows into the same number of cells.
func detectComma(beginning []byte, want headerRule) rune {
	best, most := ',', -1
	for _, comma := range []rune{',', ';', '\t'} {
		if score := commaScore(beginning, comma, want); score > most {
			best, most = comma, score
		}
	}
	return best
}

func commaScore(beginning []byte, comma rune, want headerRule) int {
	const found, perRow = 1_000_000, 1_000
	rows := newCSVLines(bytes.NewReader(beginning), comma)
	widths, score := map[int]int{}, 0
	for range headerRows {
		next, err := rows.Next()
		if err != nil {
			break
		}
		widths[len(next.cells)]++
		if len(want.names) > 0 && len(want.missing(next.cells)) == 0 {
			score = found
		}
	}
	even := 0
	for width, rows := range widths {
		if width > 1 {
			even = max(even, rows*perRow+min(width, perRow-1))
		}
	}
	return score + even
}
