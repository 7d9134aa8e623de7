package connectors

import (
	"fmt"
	"strings"

	"github.com/satupintu/satupintu/config"
)

// Reference is the page about the connector kinds and their settings, in Markdown, in the order of defs.
func Reference(defs []Definition) string {
	var page strings.Builder
	page.WriteString(referenceHead)
	for _, key := range config.Describe(config.Connector{}) {
		page.WriteString(referenceRow(key))
	}
	for _, def := range defs {
		fmt.Fprintf(&page, "\n## %s\n\n%s How to set it up, with an example: [%[1]s.md](%[1]s.md).\n\n", def.Kind, def.Summary)
		page.WriteString("| setting | type | default | meaning |\n|---|---|---|---|\n")
		for _, key := range config.Describe(def.Defaults()) {
			page.WriteString(referenceRow(key))
		}
	}
	page.WriteString(referenceMap())
	return page.String()
}

const referenceHead = `# Connectors

This page is generated. Each entry of ` + "`connectors`" + ` has these keys; the settings of each kind follow.

| key | type | default | meaning |
|---|---|---|---|
`

func referenceRow(key config.Key) string {
	meaning := key.Doc
	if len(key.Enum) > 0 {
		meaning += " (" + strings.Join(key.Enum, ", ") + ")"
	}
	standing := code(key.Default)
	if key.Required {
		standing = "**required**"
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", code(key.Path), cell(key.Type), standing, cell(meaning))
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + cell(text) + "`"
}

// cell keeps a text inside its table cell.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}

func referenceMap() string {
	var fields []string
	for _, field := range MappingFields() {
		fields = append(fields, "`"+field+"`")
	}
	return `
## map

` + "`map`" + ` says where each field of a complaint comes from. The fields are ` + strings.Join(fields, ", ") + `;
` + "`id` and `text`" + ` are required. A plain word is a key of the channel's record, or a dotted path in it
(` + "`sender.name`, `messages.0.text`" + `). Written at length, a field has one of these, or more of them:

| key | meaning |
|---|---|
| ` + "`from`" + ` | a key of the record, or a dotted path |
| ` + "`expr`" + ` | an expression (expr-lang.org) over the record's keys; ` + "`$env[\"Isi Laporan\"]`" + ` for a key that is no word, ` + "`hashOf(a, b)`" + ` for an id made of several values |
| ` + "`layout`" + ` | how a time is written, in Go's layouts, such as ` + "`02-01-2006 15:04`" + `; one or a list |
| ` + "`lookup`" + ` | a table from the channel's values to ours |
| ` + "`default`" + ` | for a missing value, or one that is not in ` + "`lookup`" + ` |
`
}
