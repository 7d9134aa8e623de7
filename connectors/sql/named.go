package sql

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// statement is an operator's SQL with its named parameters found: {id}, {after}. Each occurrence becomes a parameter of
// its own, because a database may want the same value as a number here and as a text there.
type statement struct {
	text  string   // as the driver takes it
	names []string // of the parameters, in order
}

// parseNamed finds the parameters of a text. Braces around anything else than a lower-case word are left alone, and so is
// everything between quotes, where a parameter would be a plain text: that is an error, because it was surely meant.
func parseNamed(text string, known []string, mark func(int) string) (statement, error) {
	var (
		parsed statement
		out    strings.Builder
		quote  byte
	)
	for i := 0; i < len(text); i++ {
		at := text[i]
		name := nameAt(text[i:])
		switch {
		case quote != 0 && at == quote:
			quote = 0
		case quote != 0 && slices.Contains(known, name):
			return statement{}, fmt.Errorf("has {%s} between quotes, where it would be plain text; take the quotes off, or join texts with CONCAT or ||", name)
		case quote != 0:
		case at == '\'' || at == '"' || at == '`':
			quote = at
		case slices.Contains(known, name):
			parsed.names = append(parsed.names, name)
			out.WriteString(mark(len(parsed.names)))
			i += len(name) + 1
			continue
		case name != "" && len(known) == 0:
			return statement{}, fmt.Errorf("has {%s}; there are no parameters here", name)
		case name != "":
			return statement{}, fmt.Errorf("has {%s}, which is none of {%s}", name, strings.Join(known, "}, {"))
		}
		out.WriteByte(at)
	}
	if quote != 0 {
		return statement{}, fmt.Errorf("has a %c without its end", quote)
	}
	parsed.text = strings.TrimRight(out.String(), "; \t\r\n")
	if parsed.text == "" {
		return statement{}, errors.New("is blank")
	}
	return parsed, nil
}

// nameAt is the parameter at the beginning of a text, or "".
func nameAt(text string) string {
	if !strings.HasPrefix(text, "{") {
		return ""
	}
	name, _, closed := strings.Cut(text[1:], "}")
	if !closed || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return name
}

// args are the values for a statement's parameters.
func (s statement) args(values map[string]any) []any {
	args := make([]any, len(s.names))
	for i, name := range s.names {
		args[i] = values[name]
	}
	return args
}

func (s statement) has(name string) bool { return slices.Contains(s.names, name) }

// changesRows says whether a statement is an UPDATE or DELETE: one that finds no row tells that the row is gone.
func (s statement) changesRows() bool {
	word, _, _ := strings.Cut(strings.TrimSpace(s.text), " ")
	return strings.EqualFold(word, "UPDATE") || strings.EqualFold(word, "DELETE")
}
