package connectors

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"

	"github.com/satupintu/satupintu/config"
)

// Mapping is a connector's `map` setting: from a complaint's field to where its value comes from. The keys are those of
// MappingFields; id and text are required.
type Mapping map[string]Value

// Value is where one field's value comes from: a key of the record (From) or an expression over it (Expr). With neither,
// every record gets Default. In YAML a plain scalar is From.
type Value struct {
	// From is a key of the record as it is written there, or else a dotted path with list indexes: messages.0.text.
	From string
	// Expr is an expression of expr-lang.org. It sees the record's keys as variables, and the whole record as row (unless
	// the record has a key of that name) and as $env: $env["Isi Laporan"]. A number that is no exact int64 or float64 is a
	// string there. Without a result the value counts as missing.
	Expr string
	// Layout is how a time is written, in Go's layouts; the first that fits is taken. Without one, see ParseTime.
	Layout []string
	// Lookup translates values; a value that is not in it becomes Default, and is an error without a Default. Case and
	// outer blanks do not count.
	Lookup map[string]string
	// Default stands for a missing or blank value.
	Default string
}

// MappingFields lists the fields a Mapping may fill.
func MappingFields() []string {
	return []string{
		"id", "title", "text", "class", "category", "anonymous", "secret",
		"reporter.name", "reporter.phone", "reporter.email", "reporter.identity",
		"place.region", "place.address", "place.lat", "place.long",
		"incident_at", "reported_at",
	}
}

// TypeName is the type's name in the reference.
func (Mapping) TypeName() string { return "map of fields" }

// Validate says what is wrong with the mapping, one *config.FieldError for each thing, joined. Their fields begin with
// "map.", as the setting is called.
func (m Mapping) Validate() error {
	var errs []error
	wrong := func(field, reason string) {
		errs = append(errs, &config.FieldError{Field: field, Reason: reason})
	}
	for _, field := range m.fields() {
		if !slices.Contains(MappingFields(), field) {
			wrong("map."+field, "is no field of a complaint"+nearest(field))
			continue
		}
		for _, f := range m[field].faults(field) {
			wrong("map."+field+f.key, f.reason)
		}
	}
	for _, field := range []string{"id", "text"} {
		if _, given := m[field]; !given {
			wrong("map."+field, "is required: say where a complaint's "+field+" comes from")
		}
	}
	return errors.Join(errs...)
}

// Compile prepares the mapping. Times that carry no zone are read in zone. The error is Validate's.
func (m Mapping) Compile(zone *time.Location) (*Mapper, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	mapper := &Mapper{zone: zone}
	for _, field := range m.fields() {
		source, err := newSource(m[field], zone)
		if err != nil {
			return nil, &config.FieldError{Field: "map." + field + ".expr", Reason: err.Error()}
		}
		mapper.sources = append(mapper.sources, namedSource{field, source})
	}
	return mapper, nil
}

// Keys lists, sorted, the record keys that the mapping reads by name (Value.From), so that a channel with headers can
// tell which of them are gone.
func (m Mapping) Keys() []string {
	var keys []string
	for _, value := range m {
		if value.From != "" {
			keys = append(keys, value.From)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Names lists, sorted, the record keys that the mapping reads: Keys, and what its expressions call by name.
func (m Mapping) Names() []string {
	var names []string
	for _, value := range m {
		names = append(names, value.Names()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Names lists, sorted, the record keys that the value reads: From, or what Expr calls by name: Sifat, $env["Isi Laporan"]. Where an
// expression computes a key, that one is not known.
func (v Value) Names() []string {
	if v.Expr != "" {
		return exprNames(v.Expr)
	}
	if v.From != "" {
		return []string{v.From}
	}
	return nil
}

// fields are the mapping's keys in the order of MappingFields, unknown ones after them, by name.
func (m Mapping) fields() []string {
	known := MappingFields()
	var fields, unknown []string
	for _, field := range known {
		if _, given := m[field]; given {
			fields = append(fields, field)
		}
	}
	for field := range m {
		if !slices.Contains(known, field) {
			unknown = append(unknown, field)
		}
	}
	slices.Sort(unknown)
	return append(fields, unknown...)
}

type fault struct{ key, reason string }

func (v Value) faults(field string) []fault {
	var faults []fault
	switch {
	case v.From != "" && v.Expr != "":
		faults = append(faults, fault{"", "has both from and expr; keep one"})
	case v.From == "" && v.Expr == "" && (field == "id" || field == "text"):
		faults = append(faults, fault{"", "needs from or expr: each complaint has its own " + field})
	case v.From == "" && v.Expr == "" && v.Default == "":
		faults = append(faults, fault{"", "says nothing; give a key of the record, expr or default"})
	}
	if v.Expr != "" {
		if _, err := compileExpr(v.Expr, time.UTC); err != nil {
			faults = append(faults, fault{".expr", err.Error()})
		}
	}
	isTime := field == "incident_at" || field == "reported_at"
	if len(v.Layout) > 0 && !isTime {
		faults = append(faults, fault{".layout", "is for times only"})
	}
	for _, layout := range v.Layout {
		if isTime && !namesADay(layout) {
			faults = append(faults, fault{".layout", "has no day, month and year; write them as Go does: 02-01-2006 15:04"})
		}
	}
	if reason := badDefault(field, v); reason != "" {
		faults = append(faults, fault{".default", reason})
	}
	return faults
}

// badDefault says why a default can never be read as its field's value.
func badDefault(field string, v Value) string {
	if v.Default == "" {
		return ""
	}
	if err := readAs(field, v.Default, reading{zone: time.UTC, layouts: v.Layout}); err != nil {
		return err.Error()
	}
	return ""
}

// namesADay says whether a layout tells days of different months and years apart.
func namesADay(layout string) bool {
	a, b, c := time.Date(2001, 2, 3, 0, 0, 0, 0, time.UTC), time.Date(2001, 2, 4, 0, 0, 0, 0, time.UTC), time.Date(2001, 3, 3, 0, 0, 0, 0, time.UTC)
	d := time.Date(2002, 2, 3, 0, 0, 0, 0, time.UTC)
	first := a.Format(layout)
	return first != b.Format(layout) && first != c.Format(layout) && first != d.Format(layout)
}

// nearest ends a sentence about an unknown field with the field that was probably meant.
func nearest(field string) string {
	best, least := "", 4
	for _, known := range MappingFields() {
		_, last, _ := strings.Cut(known, ".")
		distance := levenshtein.ComputeDistance(strings.ToLower(field), known)
		if last != "" {
			distance = min(distance, levenshtein.ComputeDistance(strings.ToLower(field), last))
		}
		if distance < least {
			best, least = known, distance
		}
	}
	if best == "" {
		return "; the fields are " + strings.Join(MappingFields(), ", ")
	}
	return "; did you mean " + best + "?"
}
