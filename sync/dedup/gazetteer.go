package dedup

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Gazetteer is the districts and villages of a region, by the names people write. A nil Gazetteer knows none: an
// address then has a village only where a word such as "desa" stands before it.
type Gazetteer struct {
	named map[string][]string // codes, by the words of the name as Normalise leaves them
}

// ReadGazetteer reads Kemendagri codes and names, two columns of a CSV with or without a header, and keeps what lies in
// the region with the given code, such as 21.03.
func ReadGazetteer(r io.Reader, region string) (*Gazetteer, error) {
	g := &Gazetteer{named: map[string][]string{}}
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = -1
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read region codes: %w", err)
		}
		if len(row) < 2 || !strings.HasPrefix(row[0], region+".") {
			continue
		}
		name := Normalise(row[1])
		g.named[name] = append(g.named[name], strings.TrimSpace(row[0]))
	}
	if len(g.named) == 0 {
		return nil, fmt.Errorf("read region codes: nothing lies in the region %q; want lines such as %s.01,Name", region, region)
	}
	return g, nil
}
