package store

import "database/sql/driver"

// textArray is a list of texts as PostgreSQL reads it. It is pq.StringArray for lists of long texts: that one grows its buffer from
// almost nothing, and copies it twice.
type textArray []string

// Value implements driver.Valuer.
func (a textArray) Value() (driver.Value, error) {
	if a == nil {
		return nil, nil
	}
	size := len("{}")
	for _, text := range a {
		size += len(text) + len(`"",`)
	}
	b := append(make([]byte, 0, size+size/16), '{') // room for what has to be escaped
	for i, text := range a {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, text)
	}
	return append(b, '}'), nil
}

func appendQuoted(b []byte, text string) []byte {
	b = append(b, '"')
	from := 0
	for i := range len(text) {
		if c := text[i]; c == '"' || c == '\\' {
			b = append(append(b, text[from:i]...), '\\')
			from = i
		}
	}
	return append(append(b, text[from:]...), '"')
}
