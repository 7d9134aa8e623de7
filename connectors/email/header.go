package email

import (
	"bufio"
	"bytes"
	"mime"
	netmail "net/mail"
	"regexp"
	"strings"

	"github.com/emersion/go-message/textproto"
)

// header is a mail's or a part's header. Lines that are none are left out.
type header struct{ fields textproto.Header }

var headerLine = regexp.MustCompile(`^[!-9;-~]+[ \t]*:`)

// readHeader reads what there is of a header. It never fails.
func readHeader(raw []byte) header {
	var sound bytes.Buffer
	keep := false
	for raw := range bytes.Lines(raw) {
		text := bytes.TrimRight(raw, "\r\n")
		if len(text) == 0 {
			break
		}
		if text[0] != ' ' && text[0] != '\t' {
			keep = headerLine.Match(text)
		}
		if keep {
			sound.Write(bytes.ReplaceAll(text, []byte{'\r'}, []byte{' '}))
			sound.WriteString("\r\n")
		}
	}
	sound.WriteString("\r\n")
	fields, _ := textproto.ReadHeader(bufio.NewReader(&sound)) // with an error it still holds what could be read
	return header{fields}
}

// raw is a field's first value, unfolded.
func (h header) raw(name string) string {
	return strings.TrimSpace(strings.NewReplacer("\r\n", "", "\n", "").Replace(h.fields.Get(name)))
}

// text is a field's first value with its encoded words read, on one line.
func (h header) text(name string) string {
	return strings.Join(strings.Fields(decodeWords(h.raw(name))), " ")
}

func (h header) has(name string) bool { return h.fields.Has(name) }

// mediaType is the part's type in lower case, text/plain when it cannot be read, and its parameters.
func (h header) mediaType() (string, map[string]string) {
	value := h.raw("Content-Type")
	kind, params, err := mime.ParseMediaType(value)
	if kind == "" || err != nil && params == nil {
		kind, params = strings.ToLower(strings.TrimSpace(strings.SplitN(value, ";", 2)[0])), looseParams(value)
	}
	if !strings.Contains(kind, "/") {
		kind = "text/plain"
	}
	return kind, params
}

// disposition is attachment, inline or nothing.
func (h header) disposition() string {
	word, _, _ := strings.Cut(h.raw("Content-Disposition"), ";")
	return strings.ToLower(strings.TrimSpace(word))
}

// fileName is the name a part is given, as its sender wrote it; empty when there is none.
func (h header) fileName() string {
	for _, from := range []struct{ field, param string }{{"Content-Disposition", "filename"}, {"Content-Type", "name"}} {
		value := h.raw(from.field)
		name := ""
		if _, params, err := mime.ParseMediaType(value); err == nil {
			name = params[from.param]
		}
		if name == "" {
			name = looseParams(value)[from.param]
		}
		if name != "" {
			return decodeWords(name)
		}
	}
	return ""
}

var (
	looseParam   = regexp.MustCompile(`(?s);\s*([A-Za-z][\w-]*)(\*[\d*]*)?\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)`)
	extendedText = regexp.MustCompile(`^([\w-]*)'[\w-]*'(.*)$`)
)

// looseParams reads parameters that the standard does not allow: names with blanks and no quotes, other charsets than
// UTF-8 in RFC 2231's form, pieces of a long value.
func looseParams(value string) map[string]string {
	params := map[string]string{}
	charsets := map[string]string{}
	for _, found := range looseParam.FindAllStringSubmatch(value, 100) {
		name, star, text := strings.ToLower(found[1]), found[2], strings.TrimSpace(found[3])
		if strings.HasPrefix(text, `"`) {
			text = strings.ReplaceAll(strings.Trim(text, `"`), `\`, "")
		}
		if strings.HasSuffix(star, "*") {
			if extended := extendedText.FindStringSubmatch(text); extended != nil {
				charsets[name], text = extended[1], extended[2]
			}
			text = string(percent(text))
		}
		params[name] += text
	}
	for name := range params {
		params[name] = toUTF8([]byte(params[name]), charsets[name])
	}
	return params
}

var hexPair = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

func percent(text string) []byte {
	return hexPair.ReplaceAllFunc([]byte(text), func(pair []byte) []byte { return []byte{unhex(pair[1])<<4 | unhex(pair[2])} })
}

func unhex(digit byte) byte {
	switch {
	case digit >= 'a':
		return digit - 'a' + 10
	case digit >= 'A':
		return digit - 'A' + 10
	}
	return digit - '0'
}

// person is a name and an address, as a header gives them. The name is empty when it only repeats the address.
type person struct{ name, address string }

var addressLike = regexp.MustCompile(`[^\s<>,;:"'()\[\]\\]+@[^\s<>,;:"'()\[\]\\]+`)

// people reads a list of addresses, at most 20 of them, well-formed or not.
func (h header) people(name string) []person {
	value := h.raw(name)
	if len(value) > 64<<10 {
		return nil
	}
	parser := netmail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: charsetReader}}
	var all []person
	if list, err := parser.ParseList(value); err == nil {
		for _, one := range list[:min(len(list), 20)] {
			all = append(all, newPerson(decodeWords(one.Name), one.Address))
		}
		return all
	}
	text := decodeWords(value)
	for _, at := range addressLike.FindAllStringIndex(text, 20) {
		before := ""
		if len(all) == 0 {
			before = text[:at[0]]
		}
		all = append(all, newPerson(strings.Trim(strings.TrimSpace(before), `"'<( `), text[at[0]:at[1]]))
	}
	return all
}

func newPerson(name, address string) person {
	address = strings.TrimSpace(address)
	name = strings.Join(strings.Fields(strings.Trim(name, `"' `)), " ")
	if strings.EqualFold(name, address) {
		name = ""
	}
	return person{name, address}
}

// plainAddress says whether a text is nothing but a mail address.
func plainAddress(text string) bool {
	parsed, err := netmail.ParseAddress(text)
	return err == nil && parsed.Address == text && !strings.ContainsAny(text, "\r\n")
}

var messageID = regexp.MustCompile(`<([^<>\s]+)>`)

// ids lists the message ids of a field, without their angle brackets, at most the last 50.
func (h header) ids(name string) []string {
	var ids []string
	for _, found := range messageID.FindAllStringSubmatch(h.raw(name), -1) {
		ids = append(ids, found[1])
	}
	return ids[max(0, len(ids)-50):]
}
