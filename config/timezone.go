package config

import (
	"time"
	_ "time/tzdata" // zones must load where the system has none, as in an empty container image

	"go.yaml.in/yaml/v4"
)

// Timezone is a loaded time zone. The zero value is UTC.
type Timezone struct{ loc *time.Location }

const zoneWords = "a time zone such as Asia/Jakarta (WIB), Asia/Makassar (WITA) or Asia/Jayapura (WIT)"

// Location is the zone; never nil.
func (t Timezone) Location() *time.Location {
	if t.loc == nil {
		return time.UTC
	}
	return t.loc
}

// String is the zone's name, such as Asia/Jakarta.
func (t Timezone) String() string { return t.Location().String() }

// TypeName is the type's name in the reference.
func (Timezone) TypeName() string { return "time zone" }

// DecodeNode implements NodeDecoder. Local is refused: it would mean another zone on another machine.
func (t *Timezone) DecodeNode(d *Decoder, node *yaml.Node, path string) {
	name, ok := d.Text(node, path, zoneWords)
	if !ok {
		return
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		d.Want(node, path, zoneWords)
		return
	}
	t.loc = loc
}
