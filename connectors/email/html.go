package email

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

var metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?([\w-]+)`)

// charsetOfHTML is the label of a text in HTML: the part's own, or else the document's.
func charsetOfHTML(label string, text []byte) string {
	if label != "" {
		return label
	}
	if found := metaCharset.FindSubmatch(text[:min(len(text), 4096)]); found != nil {
		return string(found[1])
	}
	return ""
}

// plainText is what a reader sees of HTML: its words and line breaks. A quotation's lines begin with "> ".
func plainText(document string) string {
	tokens := html.NewTokenizer(strings.NewReader(document))
	page := &page{}
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return page.out.String()
		case html.TextToken:
			if page.hidden == 0 {
				page.words(string(tokens.Text()))
			}
		case html.StartTagToken:
			page.begin(tokens.Token())
		case html.SelfClosingTagToken:
			if name := tokens.Token().DataAtom; name == atom.Br || name == atom.Hr {
				page.newline()
			}
		case html.EndTagToken:
			page.end(tokens.Token().DataAtom)
		}
	}
}

// page is a text being laid out.
type page struct {
	out    strings.Builder
	quotes int
	hidden int
	lines  int  // line ends since the last word
	blank  bool // a blank is due before the next word
	begun  bool
}

func (p *page) begin(tag html.Token) {
	switch tag.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Noscript:
		p.hidden++
	case atom.Body: // of a head that was never closed
		p.hidden = 0
	case atom.Br:
		p.newline()
	case atom.Blockquote:
		p.atLeast(1)
		p.quotes = min(p.quotes+1, 5)
	case atom.Li:
		p.atLeast(1)
		p.words("- ")
	case atom.Td, atom.Th:
		p.blank = true
	default:
		p.block(tag.DataAtom)
	}
}

func (p *page) end(name atom.Atom) {
	switch name {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Noscript:
		p.hidden = max(p.hidden-1, 0)
	case atom.Blockquote:
		p.atLeast(1)
		p.quotes = max(p.quotes-1, 0)
	default:
		p.block(name)
	}
}

func (p *page) block(name atom.Atom) {
	switch name {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Ul, atom.Ol, atom.Pre:
		p.atLeast(2)
	case atom.Div, atom.Tr, atom.Li, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Hr, atom.Address, atom.Dd, atom.Dt:
		p.atLeast(1)
	}
}

func (p *page) words(text string) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		p.blank = p.blank || text != ""
		return
	}
	first := []rune(text)[0]
	p.blank = p.blank || strings.ContainsRune(" \t\r\n\u00a0", first)
	switch {
	case !p.begun || p.lines > 0:
		p.out.WriteString(strings.Repeat("> ", p.quotes))
	case p.blank:
		p.out.WriteByte(' ')
	}
	p.out.WriteString(strings.Join(fields, " "))
	p.begun, p.lines = true, 0
	p.blank = strings.TrimRight(text, " \t\r\n\u00a0") != text
}

func (p *page) newline() {
	if p.begun {
		p.out.WriteByte('\n')
		p.lines++
	}
	p.blank = false
}

// atLeast ends the line, and leaves an empty one with two, unless the words before have done so.
func (p *page) atLeast(n int) {
	for p.begun && p.lines < n {
		p.newline()
	}
	p.blank = false
}
