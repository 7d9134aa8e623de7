package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/satupintu/satupintu/sync/dedup/trial"
)

// intoSection replaces what stands in a Markdown file between the marks of a name, and nothing else.
func intoSection(file, name, markdown string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	begin, end := "<!-- "+name+": generated -->\n", "<!-- /"+name+" -->"
	before, rest, found := bytes.Cut(page, []byte(begin))
	_, after, closed := bytes.Cut(rest, []byte(end))
	if !found || !closed {
		return fmt.Errorf("%s: the marks %q and %q are missing, so nothing was written", file, strings.TrimSpace(begin), end)
	}
	written := string(before) + begin + markdown + end + string(after)
	if err := os.WriteFile(file, []byte(written), 0o644); err != nil { //nolint:gosec // a page for everybody
		return fmt.Errorf("write a section of %s: %w", file, err)
	}
	return nil
}

// markdownTable is a table with a head in lower case.
func markdownTable(head []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	lower := make([]string, len(head))
	for i, h := range head {
		lower[i] = strings.ToLower(h)
	}
	line(lower)
	b.WriteString(strings.Repeat("|---", len(head)) + "|\n")
	for _, r := range rows {
		line(r)
	}
	return b.String()
}

// methodsMarkdown is the table of methods and that of labels.
func methodsMarkdown(p trial.Pairs) string {
	var methods, labels [][]string
	for _, m := range p.Methods {
		methods = append(methods, methodCells(m))
	}
	for _, l := range p.Methods[0].Labels {
		labels = append(labels, []string{
			string(l.Label), fmt.Sprint(l.Linked.Of), fmt.Sprint(l.Link), fmt.Sprint(l.Review), fmt.Sprint(l.New), l.Linked.String(), l.Together.String(),
		})
	}
	how := "The model as shipped"
	if p.Folds > 0 {
		how = fmt.Sprintf("Cross-validated in %d folds", p.Folds)
	}
	return fmt.Sprintf("%s, %d pairs, 95 %% intervals.\n\n", how, len(p.Judgements)) + markdownTable(methodHead(), methods) +
		"\nWhat became of the pairs of each label:\n\n" +
		markdownTable([]string{"LABEL", "PAIRS", "LINK", "REVIEW", "NEW", "LINKED", "LINKED OR REVIEW"}, labels)
}

func sturdinessMarkdown(rows []trial.SturdinessRow) string {
	var cells [][]string
	for _, r := range rows {
		cells = append(cells, sturdinessCells(r))
	}
	return markdownTable(sturdinessHead(), cells)
}
