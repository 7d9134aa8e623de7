package email

import (
	"regexp"
	"strings"

	"github.com/satupintu/satupintu/sync/complaint"
)

var manyLines = regexp.MustCompile(`\n{4,}`)

// tidy cleans a text: no blanks at line ends, no long gaps.
func tidy(text string) string {
	text = strings.NewReplacer("\u00a0", " ", "\u200b", "").Replace(complaint.CleanText(text))
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t")
	}
	return strings.TrimSpace(manyLines.ReplaceAllString(strings.Join(lines, "\n"), "\n\n\n"))
}

// unflow joins the lines of format=flowed (RFC 3676) that belong together. deleteSpace: the blank that marks a soft line
// end is no blank of the text.
func unflow(text string, deleteSpace bool) string {
	var out strings.Builder
	open, last := false, 0
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		bare := strings.TrimLeft(line, ">")
		depth := len(line) - len(bare)
		bare = strings.TrimPrefix(bare, " ")
		signature := bare == "-- "
		if open && (depth != last || signature || bare == "") {
			out.WriteByte('\n')
			open = false
		}
		if !open && depth > 0 {
			out.WriteString(strings.Repeat(">", depth) + " ")
		}
		open, last = strings.HasSuffix(bare, " ") && !signature, depth
		if open && deleteSpace {
			bare = bare[:len(bare)-1]
		}
		out.WriteString(bare)
		if !open {
			out.WriteByte('\n')
		}
	}
	return out.String()
}
