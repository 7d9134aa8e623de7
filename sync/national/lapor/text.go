package lapor

import (
	"html"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"

	"github.com/satupintu/satupintu/sync/complaint"
)

var (
	breaks       = regexp.MustCompile(`(?i)<\s*(?:br|/?p|/?div|li|/?ul|/?ol|/?tr|/?h[1-6])\b[^>]*>`)
	manyBreaks   = regexp.MustCompile(`\n{3,}`)
	placeholders = regexp.MustCompile(`\{\{[\s\x{00A0}]*([A-Za-z_]+)[\s\x{00A0}]*\}\}`)
)

// cleaner makes plain text of the platform's HTML. It may be used by several goroutines.
type cleaner struct{ policy *bluemonday.Policy }

func newCleaner() cleaner { return cleaner{policy: bluemonday.StrictPolicy()} }

// plain removes all markup, the content of scripts and styles with it; paragraphs, list entries and breaks begin new
// lines. What it returns is text, not HTML: whoever shows it in a page must escape it.
func (c cleaner) plain(s string) string {
	s = breaks.ReplaceAllString(s, "\n$0")
	s = html.UnescapeString(c.policy.Sanitize(s))
	s = strings.ReplaceAll(complaint.CleanText(s), "\u00A0", " ")
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.TrimSpace(manyBreaks.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"))
}

// apart sets each < off from what follows it: nobody who takes markup out of a text takes it for the beginning of a tag, and what
// stands behind it, our marker too, out with it.
func apart(s string) string {
	var out strings.Builder
	for i, part := range strings.SplitAfter(s, "<") {
		if i > 0 && part != "" && !strings.HasPrefix(part, " ") && !strings.HasPrefix(part, "\n") {
			out.WriteByte(' ')
		}
		out.WriteString(part)
	}
	return out.String()
}

// unclosed is what begins like a tag and does not end: how much of a text stood behind it cannot be told.
var unclosed = regexp.MustCompile(`<[^\s<>][^>]*$`)

// line is plain on one line.
func (c cleaner) line(s string) string { return strings.Join(strings.Fields(c.plain(s)), " ") }

// fill puts values into {{placeholders}}; those it does not know go. A value is never read for placeholders itself.
func fill(text string, values map[string]string) string {
	return placeholders.ReplaceAllStringFunc(text, func(match string) string {
		return values[strings.ToLower(placeholders.FindStringSubmatch(match)[1])]
	})
}
