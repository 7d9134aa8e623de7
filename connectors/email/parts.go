package email

import (
	"bytes"
	"strings"
)

// What is looked at of a mail: hostile ones nest without end, or hold a million parts.
const (
	mostDepth = 12
	mostParts = 200
	mostText  = 2 << 20 // bytes of one text, decoded
	mostFiles = 40
)

// smallImage is below which size, in bytes, a picture shown in the text is part of a signature.
const smallImage = 6 << 10

// content is what a mail, or a part of it, holds.
type content struct {
	text      string
	html      bool   // the text was HTML
	forwarded string // text of a mail inside the mail, for when there is no other
	files     []file
	left      []string // names of what was left out, with the reason
}

// file is an attachment, still encoded.
type file struct {
	name     string
	kind     string // media type, as the sender says
	encoding string
	body     []byte
	cut      bool // its end is missing
}

// reader takes a mail apart.
type reader struct {
	parts int
	whole []byte // the mail's body
	cut   bool   // its end is missing
}

// endless says of a part's content whether its end is missing.
func (r *reader) endless(body []byte) bool {
	return r.cut && len(body) > 0 && &body[len(body)-1] == &r.whole[len(r.whole)-1]
}

// read takes apart what stands under a header.
func (r *reader) read(h header, body []byte, depth int) content {
	r.parts++
	kind, params := h.mediaType()
	switch {
	case depth >= mostDepth:
		return content{left: []string{"bagian surat yang bersarang terlalu dalam"}}
	case strings.HasPrefix(kind, "multipart/"):
		boundary := params["boundary"]
		if boundary == "" {
			return content{text: tidy(toUTF8(body, ""))}
		}
		children, all := r.children(kind, body, boundary, depth)
		if !all {
			children = append(children, content{left: []string{"bagian surat setelah yang ke-200"}})
		}
		if kind == "multipart/alternative" {
			return choose(children)
		}
		return join(children)
	case kind == "message/rfc822" || kind == "message/global":
		return r.inner(h, body, depth)
	case strings.HasPrefix(kind, "text/") && h.disposition() != "attachment" && h.fileName() == "":
		return r.textOf(h, kind, params, body)
	}
	return r.fileOf(h, kind, body)
}

func (r *reader) children(kind string, body []byte, boundary string, depth int) (_ []content, all bool) {
	var children []content
	for piece := range pieces(body, boundary) {
		if r.parts >= mostParts {
			return children, false
		}
		head, rest := cutHeader(piece)
		children = append(children, r.read(readHeader(head), rest, depth+1))
	}
	return children, true
}

// pieces yields what stands between the lines of a boundary. What precedes the first is for mailers without MIME, unless
// there is no first: then the whole is a piece.
func pieces(body []byte, boundary string) func(yield func([]byte) bool) {
	mark := []byte("--" + boundary)
	return func(yield func([]byte) bool) {
		start, at := -1, 0
		for line := range bytes.Lines(body) {
			begins := at
			at += len(line)
			rest, marked := bytes.CutPrefix(line, mark)
			if !marked {
				continue
			}
			rest = bytes.TrimRight(rest, " \t\r\n")
			last := bytes.Equal(rest, []byte("--"))
			if len(rest) > 0 && !last {
				continue // a longer boundary, of a part inside
			}
			if start >= 0 && !yield(bytes.TrimSuffix(bytes.TrimSuffix(body[start:begins], []byte{'\n'}), []byte{'\r'})) {
				return
			}
			if last {
				return
			}
			start = at
		}
		switch {
		case start >= 0: // its end is missing
			yield(body[start:])
		case start < 0:
			yield(append([]byte("\n"), body...))
		}
	}
}

// cutHeader parts a header from what follows its blank line.
func cutHeader(piece []byte) (head, rest []byte) {
	at := 0
	for line := range bytes.Lines(piece) {
		at += len(line)
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return piece[:at], piece[at:]
		}
	}
	return piece, nil
}

func choose(children []content) content {
	chosen := join(children)
	chosen.text, chosen.html = "", false
	for _, wantHTML := range []bool{false, true} {
		for _, child := range children {
			if child.html == wantHTML && strings.TrimSpace(child.text) != "" {
				chosen.text, chosen.html = child.text, child.html
				return chosen
			}
		}
	}
	return chosen
}

func join(children []content) content {
	var all content
	var texts []string
	for _, child := range children {
		if text := strings.TrimSpace(child.text); text != "" {
			texts = append(texts, text)
		}
		all.html = all.html || child.html
		if all.forwarded == "" {
			all.forwarded = child.forwarded
		}
		all.files, all.left = append(all.files, child.files...), append(all.left, child.left...)
	}
	all.text = strings.Join(texts, "\n\n")
	return all
}

// inner is a mail sent along as a file; its text stands in for a letter without one.
func (r *reader) inner(h header, body []byte, depth int) content {
	plain := decode(h.raw("Content-Transfer-Encoding"), body, len(body))
	head, rest := cutHeader(plain)
	within := r.read(readHeader(head), rest, depth+1)
	name := h.fileName()
	if name == "" {
		name = "surat.eml"
	}
	text := within.text
	if text == "" {
		text = within.forwarded
	}
	return content{forwarded: text, files: []file{{name: name, kind: "message/rfc822", encoding: h.raw("Content-Transfer-Encoding"), body: body, cut: r.endless(body)}}}
}

func (r *reader) textOf(h header, kind string, params map[string]string, body []byte) content {
	raw := decode(h.raw("Content-Transfer-Encoding"), body, mostText)
	if len(raw) > mostText {
		return r.fileOf(h, kind, body)
	}
	switch kind {
	case "text/plain":
		text := toUTF8(raw, params["charset"])
		if strings.EqualFold(params["format"], "flowed") {
			text = unflow(text, strings.EqualFold(params["delsp"], "yes"))
		}
		return content{text: tidy(text)}
	case "text/html":
		return content{text: tidy(plainText(toUTF8(raw, charsetOfHTML(params["charset"], raw)))), html: true}
	case "text/calendar", "text/x-amp-html", "text/rfc822-headers":
		return content{}
	}
	return content{text: tidy(toUTF8(raw, params["charset"]))}
}

func (r *reader) fileOf(h header, kind string, body []byte) content {
	name := h.fileName()
	switch {
	case kind == "application/pgp-signature" || kind == "application/pkcs7-signature" || kind == "application/x-pkcs7-signature":
		return content{}
	case kind == "message/delivery-status" || kind == "message/disposition-notification":
		return content{}
	case kind == "application/ms-tnef" || strings.EqualFold(name, "winmail.dat"):
		return content{left: []string{"winmail.dat (bentuk khusus Outlook)"}}
	case strings.HasPrefix(kind, "image/") && h.disposition() != "attachment" && (h.has("Content-Id") || h.disposition() == "inline") && len(body) < smallImage*4/3:
		return content{}
	}
	return content{files: []file{{name: name, kind: kind, encoding: h.raw("Content-Transfer-Encoding"), body: body, cut: r.endless(body)}}}
}
