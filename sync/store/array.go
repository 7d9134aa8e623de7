package store

import (
	"database/sql/driver"
	"strings"
)

// textArray is a list of texts as PostgreSQL reads it. It is pq.StringArray for lists of long texts: that one grows its buffer from
// almost nothing, and copies it once more.
type textArray []string

// Value implements driver.Valuer. It is a string: bytes would be taken for the binary form where the DSN asks for that.
func (a textArray) Value() (driver.Value, error) {
	if a == nil {
		return nil, nil
	}
	size := len("{}")
	for _, text := range a {
		size += len(text) + len(`"",`)
	}
	var b strings.Builder
	b.Grow(size + size/16) // room for what has to be escaped
	b.WriteByte('{')
	for i, text := range a {
		if i > 0 {
			b.WriteByte(',')
		}
		writeQuoted(&b, text)
	}
	b.WriteByte('}')
	return b.String(), nil
}

func writeQuoted(b *strings.Builder, text string) {
	b.WriteByte('"')
	from := 0
	for i := range len(text) {
		if c := text[i]; c == '"' || c == '\\' {
			b.WriteString(text[from:i])
			b.WriteByte('\\')
			from = i
		}
	}
	b.WriteString(text[from:])
	b.WriteByte('"')
}
