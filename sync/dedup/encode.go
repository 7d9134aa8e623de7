package dedup

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// A print is kept as lines: a letter for what the line holds, then the value. A line nobody knows is left out, so that an
// older version reads a newer print.
const printHead = "P2"

var errPrint = errors.New("it does not begin as prints do")

// Encode is the print as it is kept: lines of text, about 400 bytes of a usual complaint.
func (p Print) Encode() string {
	var b strings.Builder
	b.Grow(512)
	b.WriteString(printHead)
	line := func(letter byte, value string) {
		if value != "" {
			b.WriteByte('\n')
			b.WriteByte(letter)
			b.WriteString(value)
		}
	}
	line('i', string(p.Ref))
	if !p.At.IsZero() {
		line('t', strconv.FormatInt(p.At.UnixMilli(), 36))
	}
	for _, r := range p.Reporters {
		line('r', r)
	}
	line('n', p.Name)
	line('w', strings.Join(p.Words, " "))
	line('a', strings.Join(p.Where, " "))
	line('b', strings.Join(p.Also, " "))
	for _, f := range p.Facts {
		line('f', string(rune(f.Kind))+f.Value)
	}
	line('c', number(uint64(p.About)))
	line('l', number(uint64(p.Runes))) //nolint:gosec // a length
	if p.More {
		line('m', "1")
	}
	if p.Ends {
		line('e', "1")
	}
	line('h', number(uint64(p.Whole))+" "+number(uint64(p.InText))) //nolint:gosec // hashes
	line('s', p.Subject)
	if p.Located {
		line('p', strconv.FormatFloat(p.Lat, 'f', 6, 64)+" "+strconv.FormatFloat(p.Long, 'f', 6, 64))
	}
	line('F', strings.Join(p.Files, " "))
	for _, l := range p.Looks {
		line('L', number(l))
	}
	for _, q := range p.Quoted {
		line('q', string(q))
	}
	line('k', strings.Join(p.Tracks, " "))
	if p.Asks {
		line('A', "1")
	}
	return b.String()
}

func number(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 36)
}

// DecodePrint reads what Encode wrote, also of earlier versions.
func DecodePrint(encoded string) (Print, error) {
	head, rest, _ := strings.Cut(encoded, "\n")
	if head != printHead {
		return Print{}, fmt.Errorf("read a print: %w", errPrint)
	}
	var p Print
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		if len(line) < 2 {
			continue
		}
		if err := p.read(line[0], line[1:]); err != nil {
			return Print{}, fmt.Errorf("read a print, line %q: %w", line[:1], err)
		}
	}
	return p, nil
}

func (p *Print) read(letter byte, value string) error {
	switch letter {
	case 'i':
		p.Ref = complaint.Ref(value)
	case 'r':
		p.Reporters = append(p.Reporters, value)
	case 'n':
		p.Name = value
	case 'w':
		p.Words = split(value)
	case 'a':
		p.Where = split(value)
	case 'b':
		p.Also = split(value)
	case 'f':
		p.Facts = append(p.Facts, Fact{FactKind(value[0]), value[1:]})
	case 's':
		p.Subject = value
	case 'F':
		p.Files = split(value)
	case 'q':
		p.Quoted = append(p.Quoted, complaint.Ref(value))
	case 'k':
		p.Tracks = split(value)
	case 'm':
		p.More = true
	case 'e':
		p.Ends = true
	case 'A':
		p.Asks = true
	default:
		return p.readNumbers(letter, value)
	}
	return nil
}

// split is strings.Fields for what has single blanks: it reads whole pages of candidates.
func split(s string) []string {
	words := make([]string, 0, strings.Count(s, " ")+1)
	for s != "" {
		var w string
		w, s, _ = strings.Cut(s, " ")
		if w != "" {
			words = append(words, w)
		}
	}
	return words
}

func (p *Print) readNumbers(letter byte, value string) error {
	switch letter {
	case 't':
		ms, err := strconv.ParseInt(value, 36, 64)
		if err != nil {
			return err //nolint:wrapcheck // DecodePrint says where
		}
		p.At = time.UnixMilli(ms).UTC()
	case 'c', 'l', 'L':
		n, err := strconv.ParseUint(value, 36, 64)
		if err != nil {
			return err //nolint:wrapcheck // DecodePrint says where
		}
		switch letter {
		case 'c':
			p.About = concept(n) //nolint:gosec // Encode wrote 32 bits
		case 'l':
			p.Runes = int(n & math.MaxInt32) //nolint:gosec // masked
		default:
			p.Looks = append(p.Looks, n)
		}
	case 'h':
		return p.readHashes(value)
	case 'p':
		return p.readPoint(value)
	}
	return nil
}

func (p *Print) readHashes(value string) error {
	for i, part := range strings.SplitN(value, " ", 2) {
		if part == "" {
			continue
		}
		n, err := strconv.ParseUint(part, 36, 64)
		if err != nil {
			return err //nolint:wrapcheck // DecodePrint says where
		}
		if i == 0 {
			p.Whole = int64(n) //nolint:gosec // a hash
		} else {
			p.InText = int64(n) //nolint:gosec // a hash
		}
	}
	return nil
}

func (p *Print) readPoint(value string) error {
	lat, long, _ := strings.Cut(value, " ")
	var err error
	if p.Lat, err = strconv.ParseFloat(lat, 64); err != nil {
		return err //nolint:wrapcheck // DecodePrint says where
	}
	if p.Long, err = strconv.ParseFloat(long, 64); err != nil {
		return err //nolint:wrapcheck // DecodePrint says where
	}
	p.Located = true
	return nil
}
