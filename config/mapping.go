package config

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// pair is one entry of a mapping. The value is never an alias.
type pair struct{ key, value *yaml.Node }

// deref follows an alias to what it stands for.
func deref(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode && node.Alias != nil {
		node = node.Alias
	}
	return node
}

func isNull(node *yaml.Node) bool {
	return node.Kind == 0 || node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null"
}

// entries lists a mapping's entries: its own, then those it takes over with the merge key <<. Its own win over those
// taken over, an earlier one over a later. What is wrong with the keys goes to report, unless that is nil.
func entries(node *yaml.Node, report func(*yaml.Node, string)) []pair {
	s := entrySet{taken: map[string]bool{}, merged: map[*yaml.Node]bool{}, report: report}
	if report == nil {
		s.report = func(*yaml.Node, string) {}
	}
	s.add(node)
	return s.pairs
}

type entrySet struct {
	pairs  []pair
	taken  map[string]bool
	merged map[*yaml.Node]bool // a mapping is taken over once: that ends cycles, and aliases that multiply
	report func(*yaml.Node, string)
}

func (s *entrySet) add(node *yaml.Node) {
	if s.merged[node] {
		return
	}
	s.merged[node] = true
	lines := map[string]int{}
	var bases []*yaml.Node
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := deref(node.Content[i]), deref(node.Content[i+1])
		switch {
		case key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge":
			bases = append(bases, value)
		case key.Kind != yaml.ScalarNode || isNull(key):
			s.report(key, "a key must be text")
		case lines[key.Value] > 0:
			s.report(key, fmt.Sprintf("duplicate key %q; it stands on line %d already", key.Value, lines[key.Value]))
		default:
			lines[key.Value] = key.Line
			if !s.taken[key.Value] {
				s.taken[key.Value] = true
				s.pairs = append(s.pairs, pair{key, value})
			}
		}
	}
	for _, base := range bases {
		s.merge(base)
	}
}

func (s *entrySet) merge(base *yaml.Node) {
	if base.Kind == yaml.MappingNode {
		s.add(base)
		return
	}
	for _, item := range base.Content {
		if item = deref(item); item.Kind == yaml.MappingNode {
			s.add(item)
		} else {
			s.report(item, "<< takes over mappings only")
		}
	}
	if base.Kind != yaml.SequenceNode {
		s.report(base, "<< takes over a mapping or a list of mappings")
	}
}
