package dedup

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Gazetteer is the districts and villages of a region, by the names people write. A nil Gazetteer knows none: an
// address then has a village only where a word such as "kelurahan" stands before it.
type Gazetteer struct {
	codes map[string]string // by the words of the name, with one blank between them
	words map[string]bool   // each word of a name
}

// ReadGazetteer reads Kemendagri codes and names, two columns of a CSV with or without a header, and keeps what lies in
// the region with the given code, such as 21.03. Where a district and a village have one name, the name stands for the
// district, which holds the village; where two villages have one, for what both lie in.
func ReadGazetteer(r io.Reader, region string) (*Gazetteer, error) {
	g := &Gazetteer{codes: map[string]string{}, words: map[string]bool{}}
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
		g.add(strings.TrimSpace(row[0]), row[1])
	}
	if len(g.codes) == 0 {
		return nil, fmt.Errorf("read region codes: nothing lies in the region %q; want lines such as %s.01,Name", region, region)
	}
	return g, nil
}

func (g *Gazetteer) add(code, name string) {
	var words []string
	for _, t := range tokens(tidied(name)) {
		words = append(words, t.word)
		g.words[t.word] = true
	}
	name = strings.Join(words, " ")
	if other, ok := g.codes[name]; ok {
		code = common(code, other)
	}
	g.codes[name] = code
}

// common is the code of the smallest area that holds both.
func common(a, b string) string {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	n := 0
	for n < len(as) && n < len(bs) && as[n] == bs[n] {
		n++
	}
	return strings.Join(as[:n], ".")
}

// longest finds the longest name that begins at i, and says how many tokens it has.
func (g *Gazetteer) longest(all []token, i int) (code string, n int) {
	if g == nil || i >= len(all) || !g.words[all[i].word] {
		return "", 0
	}
	const most = 4
	name := ""
	for k := i; k < len(all) && k < i+most && g.words[all[k].word]; k++ {
		if k > i {
			if all[k].gap != ' ' && all[k].gap != '-' {
				break
			}
			name += " "
		}
		name += all[k].word
		if c, ok := g.codes[name]; ok {
			code, n = c, k-i+1
		}
	}
	return code, n
}

// has says that a word is part of a name.
func (g *Gazetteer) has(word string) bool { return g != nil && g.words[word] }
