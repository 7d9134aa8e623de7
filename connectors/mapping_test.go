package connectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
)

const portal = `
id: ticket
title: subject
text: message
class: { from: jenis, lookup: { aduan: ordinary, Gratifikasi: supervised }, default: ordinary }
category: { from: topik, lookup: { "1": jalan, "2": lampu } }
anonymous: hide_name
secret: { from: rahasia, default: tidak }
reporter.name: sender.name
reporter.phone: sender.phone
place.address: { expr: "[desa, kecamatan] | filter(# != nil) | join(', ')" }
place.lat: lat
place.long: lng
reported_at: { from: created, layout: "02-01-2006 15:04" }
incident_at: messages.0.at
`

// onlyMap is what a connector's settings look like here.
type onlyMap struct {
	Map Mapping `yaml:"map"`
}

func (s *onlyMap) Validate() error { return nil }

func mapping(t testing.TB, text string) Mapping {
	t.Helper()
	m, problems := decodeMapping(t, text)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return m
}

func decodeMapping(t testing.TB, text string) (Mapping, config.Problems) {
	t.Helper()
	var node yaml.Node
	if err := yaml.Unmarshal([]byte("map: "+strings.ReplaceAll(text, "\n", "\n  ")), &node); err != nil {
		t.Fatal(err)
	}
	var settings onlyMap
	problems := config.Decode(&node, &settings, config.Place{File: "gateway.yaml"})
	return settings.Map, problems
}

func mapper(t testing.TB, text string) *Mapper {
	t.Helper()
	m, err := mapping(t, text).Compile(wib())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func record(t testing.TB, text string) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var record map[string]any
	if err := decoder.Decode(&record); err != nil {
		t.Fatal(err)
	}
	return record
}

func TestARecordBecomesAComplaint(t *testing.T) {
	got, err := mapper(t, portal).Map(record(t, `{
		"ticket": 12345678901234567890, "message": "  Lampu jalan\u0000 di Sungai Ulu mati\r\nsudah tiga minggu ",
		"jenis": " GRATIFIKASI ", "topik": 2, "hide_name": "Ya", "sender": {"name": "Contoh Warga", "phone": "0812-0000-0001"},
		"desa": "Sungai Ulu", "kecamatan": "Bunguran Timur", "lat": "3,9450", "lng": 108.3885,
		"created": "03-01-2026 14:05", "messages": [{"at": 1767423900}]}`))
	if err != nil {
		t.Fatal(err)
	}
	lat, long := 3.945, 108.3885
	want := complaint.Complaint{
		SourceID: "12345678901234567890", Title: "Lampu jalan di Sungai Ulu mati sudah tiga minggu",
		Text:  "Lampu jalan di Sungai Ulu mati\nsudah tiga minggu",
		Class: complaint.Supervised, Category: "lampu", Anonymous: true,
		Reporter:   complaint.Reporter{Name: "Contoh Warga", Phone: "0812-0000-0001"},
		Place:      complaint.Place{Address: "Sungai Ulu, Bunguran Timur", Lat: &lat, Long: &long},
		ReportedAt: time.Date(2026, 1, 3, 14, 5, 0, 0, wib()), IncidentAt: time.Unix(1767423900, 0),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMissingIsNotAnErrorUnlessRequired(t *testing.T) {
	for _, sent := range []string{
		`{"ticket": "7", "message": "Jalan rusak"}`,
		`{"ticket": "7", "message": "Jalan rusak", "lat": "", "lng": null, "created": " ", "hide_name": "", "topik": null, "messages": [], "sender": "?"}`,
	} {
		got, err := mapper(t, portal).Map(record(t, sent))
		if err != nil {
			t.Fatal(err)
		}
		want := complaint.Complaint{SourceID: "7", Title: "Jalan rusak", Text: "Jalan rusak", Class: complaint.Ordinary}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	_, err := mapper(t, portal).Map(map[string]any{})
	if diff := cmp.Diff([]string{"ticket (id)", "message (text)"}, faulty(err)); diff != "" {
		t.Error(diff)
	}
}

func faulty(err error) []string {
	var fields []string
	for _, one := range split(err) {
		var fault *complaint.FieldError
		if !errors.As(one, &fault) {
			return []string{"not a FieldError: " + one.Error()}
		}
		fields = append(fields, fault.Field)
	}
	return fields
}

func TestABadValueIsNamedAndNeverShown(t *testing.T) {
	for sent, want := range map[string][]string{
		`"hide_name": "PRIBADI"`:                         {"hide_name (anonymous)"},
		`"rahasia": "PRIBADI"`:                           {"rahasia (secret)"},
		`"lat": "PRIBADI", "lng": "1"`:                   {"lat (place.lat)"},
		`"lat": "1.234,5", "lng": "PRIBADI"`:             {"lat (place.lat)", "lng (place.long)"},
		`"lat": "3,9"`:                                   {"place"},
		`"lat": 91, "lng": 1`:                            {"lat (place.lat)"},
		`"lat": "NaN", "lng": "0x1p3"`:                   {"lat (place.lat)", "lng (place.long)"},
		`"created": "PRIBADI"`:                           {"created (reported_at)"},
		`"created": "2026-01-03"`:                        {"created (reported_at)"},
		`"messages": [{"at": "PRIBADI"}]`:                {"messages.0.at (incident_at)"},
		`"topik": "PRIBADI"`:                             {"topik (category)"},
		`"sender": {"name": ["PRIBADI"]}`:                {"sender.name (reporter.name)"},
		`"sender": {"phone": {"PRIBADI": 1}}`:            {"sender.phone (reporter.phone)"},
		`"desa": 7`:                                      {"place.address"},
		`"subject": "` + strings.Repeat("x", 1001) + `"`: {"subject (title)"},
	} {
		_, err := mapper(t, portal).Map(record(t, `{"ticket": "7", "message": "Jalan rusak", `+sent+`}`))
		if diff := cmp.Diff(want, faulty(err)); diff != "" {
			t.Errorf("%s: %s", sent, diff)
		}
		if err != nil && strings.Contains(err.Error(), "PRIBADI") {
			t.Errorf("%s: the error shows the value: %v", sent, err)
		}
	}
}

func TestAClassThatIsNoneIsNamedAndNeverShown(t *testing.T) {
	m := mapper(t, "{id: a, text: b, class: c}")
	_, err := m.Map(map[string]any{"a": "1", "b": "x", "c": "PRIBADI"})
	if diff := cmp.Diff([]string{"c (class)"}, faulty(err)); diff != "" || strings.Contains(err.Error(), "PRIBADI") {
		t.Errorf("%v %s", err, diff)
	}
	if got, err := m.Map(map[string]any{"a": "1", "b": "x", "c": "Aspiration"}); err != nil || got.Class != complaint.Aspiration {
		t.Errorf("got %q, %v", got.Class, err)
	}
}

func TestWhatCouldBeReadIsKeptBesideTheError(t *testing.T) {
	got, err := mapper(t, portal).Map(map[string]any{"ticket": "7", "created": "?"})
	if err == nil || got.SourceID != "7" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestPaths(t *testing.T) {
	tree := record(t, `{"a": {"b.c": 1, "b": {"c": 2, "d": 3}}, "a.b.d": 4, "Isi Laporan": 5, "l": [[6], {"x": 7}], "0": 8, "n": null, "": 9}`)
	for path, want := range map[string]any{
		"a.b.c": "1", "a.b.d": "4", "Isi Laporan": "5", "l.0.0": "6", "l.1.x": "7", "0": "8",
		"a.b.e": nil, "l.2": nil, "l.-1": nil, "l.x": nil, "l.+1.x": nil, "n": nil, "n.x": nil, "a.b.c.d": nil, ".": nil, "": nil, "a.": nil,
	} {
		got := At(tree, path)
		if number, ok := got.(json.Number); ok {
			got = number.String()
		}
		if got != want {
			t.Errorf("At(%q) = %v, want %v", path, got, want)
		}
	}
}

func TestTextKeepsEveryDigit(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{json.Number("12345678901234567890"), "12345678901234567890"}, {json.Number("0.10"), "0.10"}, {int64(math.MaxInt64), "9223372036854775807"},
		{uint64(math.MaxUint64), "18446744073709551615"}, {1e19, "10000000000000000000"}, {float32(0.1), "0.1"}, {21030, "21030"}, {true, "true"},
		{[]byte("abc"), "abc"}, {time.Unix(0, 0).UTC(), "1970-01-01T00:00:00Z"}, {complaint.Ref("SP-1"), "SP-1"},
	} {
		if got, err := textOf(c.value); err != nil || got != c.want {
			t.Errorf("textOf(%T %v) = %q, %v; want %q", c.value, c.value, got, err, c.want)
		}
	}
	for _, value := range []any{map[string]any{}, []any{}, struct{}{}, func() {}} {
		if got, err := textOf(value); err == nil {
			t.Errorf("textOf(%T) = %q, want an error", value, got)
		}
	}
}

func TestFlags(t *testing.T) {
	for value, want := range map[any]bool{
		"ya": true, " YA ": true, "y": true, "Yes": true, "TRUE": true, "1": true, "on": true, json.Number("1"): true, true: true, 1: true, 1.0: true,
		"tidak": false, "Tdk": false, "n": false, "no": false, "false": false, "0": false, "off": false, false: false, int64(0): false,
	} {
		flag := !want
		if err := setFlag(&flag, value); err != nil || flag != want {
			t.Errorf("setFlag(%v) = %v, %v", value, flag, err)
		}
	}
	for _, value := range []any{"t", "f", "mungkin", "2", 0.5, []any{true}} {
		if err := setFlag(new(bool), value); err == nil {
			t.Errorf("setFlag(%v) is no error", value)
		}
	}
}

func TestAMapperDoesNotChangeTheRecordAndGivesTheSameEachTime(t *testing.T) {
	m := mapper(t, portal)
	sent := record(t, `{"ticket": 1, "message": "x", "desa": "Ranai", "kecamatan": "Bunguran Timur", "messages": [{"at": 1767423900}]}`)
	before, _ := json.Marshal(sent)
	first, err1 := m.Map(sent)
	second, err2 := m.Map(sent)
	after, _ := json.Marshal(sent)
	if err1 != nil || err2 != nil || !bytes.Equal(before, after) || first.ContentHash() != second.ContentHash() {
		t.Errorf("%v %v\n%s\n%s", err1, err2, before, after)
	}
}

func TestEveryFieldCanBeMapped(t *testing.T) {
	for _, field := range MappingFields() {
		value := map[string]string{
			"class": "aspiration", "anonymous": "ya", "secret": "ya", "place.lat": "3.9", "place.long": "108.3", "incident_at": "2026-01-03", "reported_at": "2026-01-03",
		}[field]
		if value == "" {
			value = "isi"
		}
		var empty, filled complaint.Complaint
		if err := setField(&filled, field, value, reading{zone: wib()}); err != nil || cmp.Equal(empty, filled) {
			t.Errorf("%s: %v, %+v", field, err, filled)
		}
	}
}

func TestAWrongMappingIsExplained(t *testing.T) {
	for text, want := range map[string][]string{
		"{}":                                                           {"map.id: is required: say where a complaint's id comes from", "map.text: is required: say where a complaint's text comes from"},
		"{id: a, text: b, reporter.fone: c}":                           {"map.reporter.fone: is no field of a complaint; did you mean reporter.phone?"},
		"{id: a, text: b, phone: c}":                                   {"map.phone: is no field of a complaint; did you mean reporter.phone?"},
		"{id: a, text: b, Title: c}":                                   {"map.Title: is no field of a complaint; did you mean title?"},
		"{id: a, text: b, zzzzzzzzzzzz: c}":                            {"map.zzzzzzzzzzzz: is no field of a complaint; the fields are id, title, text, "},
		"{id: {from: a, expr: b}, text: c}":                            {"map.id: has both from and expr; keep one"},
		"{id: {default: a}, text: c}":                                  {"map.id: needs from or expr: each complaint has its own id"},
		"{id: a, text: b, title: {}}":                                  {"map.title: says nothing; give a key of the record, expr or default"},
		"{id: a, text: {expr: 'a +'}}":                                 {"map.text.expr: column 3: unexpected token EOF"},
		"{id: a, text: {expr: 'string(now())'}}":                       {"map.text.expr: there is no function now"},
		"{id: a, text: {expr: 'uper(b)'}}":                             {"map.text.expr: there is no function uper"},
		"{id: a, text: {from: b, layout: '02-01-2006'}}":               {"map.text.layout: is for times only"},
		"{id: a, text: b, reported_at: {from: c, layout: dd-mm-yyyy}}": {"map.reported_at.layout: has no day, month and year; write them as Go does: 02-01-2006 15:04"},
		"{id: a, text: b, class: {from: c, default: urgent}}":          {"map.class.default: is not one of supervised, ordinary, aspiration, information; translate it with lookup"},
		"{id: a, text: b, anonymous: {default: mungkin}}":              {"map.anonymous.default: is neither yes nor no (ya, tidak, true, false, 1, 0, yes, no)"},
	} {
		err := mapping(t, text).Validate()
		got := split(err)
		if len(got) != len(want) {
			t.Errorf("%s: %v", text, err)
			continue
		}
		for i := range want {
			var fault *config.FieldError
			if !errors.As(got[i], &fault) || !strings.HasPrefix(got[i].Error(), want[i]) {
				t.Errorf("%s:\n got %v\nwant %s", text, got[i], want[i])
			}
		}
		if _, err := mapping(t, text).Compile(wib()); err == nil {
			t.Errorf("%s: compiles", text)
		}
	}
}

func TestAValueIsReadStrictly(t *testing.T) {
	got := mapping(t, `{id: 5, text: {from: Isi Laporan, default: "-"}, reported_at: {from: w, layout: [02-01-2006, 2006-01-02]}, class: {expr: x, lookup: {1: ordinary}}}`)
	want := Mapping{
		"id": {From: "5"}, "text": {From: "Isi Laporan", Default: "-"}, "reported_at": {From: "w", Layout: []string{"02-01-2006", "2006-01-02"}},
		"class": {Expr: "x", Lookup: map[string]string{"1": "ordinary"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"5", "Isi Laporan", "w"}, got.Keys()); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]string{
		"{id: {fron: a}}":          `gateway.yaml:1:12: map.id: unknown key "fron"; did you mean "from"?`,
		"{id: [a]}":                `gateway.yaml:1:11: map.id: want a key of the record, or from, expr, layout, lookup, default, not a list`,
		"{id: }":                   `gateway.yaml:1:11: map.id: want a key of the record, or from, expr, layout, lookup, default, not nothing`,
		"{id: {from: [a]}}":        `gateway.yaml:1:18: map.id.from: want text, not a list`,
		"{id: {lookup: a}}":        `gateway.yaml:1:20: map.id.lookup: want a mapping, not "a"`,
		"{id: {layout: {a: b}}}":   `gateway.yaml:1:20: map.id.layout: want one text or a list, not a mapping`,
		"{id: {layout: [[a]]}}":    `gateway.yaml:1:21: map.id.layout[0]: want text, not a list`,
		"{id: {lookup: {a: [b]}}}": `gateway.yaml:1:24: map.id.lookup.a: want text, not a list`,
		"{id: {from: a, from: b}}": `gateway.yaml:1:21: map.id: duplicate key "from"; it stands on line 1 already`,
	} {
		if _, problems := decodeMapping(t, text); problems.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", text, problems, want)
		}
	}
}

func TestNoRecordBreaksAMapper(t *testing.T) {
	m := mapper(t, portal)
	leaf := rapid.OneOf(rapid.Just[any](nil), rapid.String().AsAny(), rapid.Float64().AsAny(), rapid.Bool().AsAny(), rapid.Just[any](json.Number("1e999")),
		rapid.Just[any](map[string]any{"name": 1, "at": []any{}}), rapid.Just[any]([]any{map[string]any{"at": "x"}}))
	keys := rapid.SampledFrom([]string{"ticket", "subject", "message", "jenis", "topik", "hide_name", "rahasia", "sender", "desa", "lat", "lng", "created", "messages"})
	rapid.Check(t, func(t *rapid.T) {
		got, err := m.Map(rapid.MapOf(keys, leaf).Draw(t, "record"))
		if err == nil && (got.SourceID == "" || got.Text == "" || got.Title == "" || got.Check() != nil) {
			t.Fatalf("accepted: %+v", got)
		}
	})
}
