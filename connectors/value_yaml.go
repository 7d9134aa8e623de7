package connectors

import (
	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
)

// valueKeys is a Value written as a mapping.
type valueKeys struct {
	From    string            `yaml:"from" doc:"a key of the record, or a dotted path"`
	Expr    string            `yaml:"expr" doc:"an expression over the record"`
	Layout  oneOrMore         `yaml:"layout" doc:"how a time is written"`
	Lookup  map[string]string `yaml:"lookup" doc:"translates values"`
	Default string            `yaml:"default" doc:"for a missing value"`
}

type oneOrMore []string

// DecodeNode reads a Value strictly: plain text is From, else the keys from, expr, layout (one or a list), lookup and
// default.
func (v *Value) DecodeNode(d *config.Decoder, node *yaml.Node, path string) {
	if node.Kind != yaml.MappingNode {
		if from, ok := d.Text(node, path, "a key of the record, or from, expr, layout, lookup, default"); ok {
			*v = Value{From: from}
		}
		return
	}
	var keys valueKeys
	d.Decode(node, &keys, path)
	*v = Value{From: keys.From, Expr: keys.Expr, Layout: keys.Layout, Lookup: keys.Lookup, Default: keys.Default}
}

// DecodeNode reads one text or a list of them.
func (l *oneOrMore) DecodeNode(d *config.Decoder, node *yaml.Node, path string) {
	if node.Kind == yaml.SequenceNode {
		d.Decode(node, (*[]string)(l), path)
		return
	}
	if text, ok := d.Text(node, path, "one text or a list"); ok {
		*l = oneOrMore{text}
	}
}
