package config

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

// everything has a field of each sort the decoder knows.
type everything struct {
	Common   common            `yaml:",inline"`
	Text     string            `yaml:"text"`
	Whole    int8              `yaml:"whole"`
	Natural  uint              `yaml:"natural"`
	Number   float64           `yaml:"number"`
	Flag     bool              `yaml:"flag"`
	Words    []string          `yaml:"words" enum:"a,b,c"`
	Nested   []inner           `yaml:"nested"`
	Names    map[string]string `yaml:"names"`
	Inners   map[string]inner  `yaml:"inners"`
	Optional *inner            `yaml:"optional"`
	Raw      yaml.Node         `yaml:"raw"`
	Any      any               `yaml:"any"`
	Address  netip.Addr        `yaml:"address"`
	Old      oldStyle          `yaml:"old"`
	Tree     tree              `yaml:"tree"`
	Plain    string
	Skipped  string `yaml:"-"`
	hidden   string
}

type common struct {
	Shared string `yaml:"shared"`
}

type inner struct {
	Name string `yaml:"name" required:"true"`
	Size Size   `yaml:"size"`
}

type oldStyle struct{ text string }

func (o *oldStyle) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.MappingNode {
		return &FieldError{"part", "is too old"}
	}
	o.text = "old " + node.Value
	return nil
}

type tree struct {
	Below []tree `yaml:"below"`
}

func (everything) Validate() error { return nil }

// decodeText decodes a text as settings that stand in file f at path s.
func decodeText(t *testing.T, text string, into Settings) Problems {
	t.Helper()
	var node yaml.Node
	if err := yaml.Load([]byte(text), &node); err != nil {
		t.Fatal(err)
	}
	return Decode(&node, into, Place{File: "f", Line: 1, Column: 1, Path: "s"})
}

func TestEveryTypeIsRead(t *testing.T) {
	got := everything{
		Text: "default", Names: map[string]string{"kept": "1", "changed": "2"}, Words: []string{"a"}, hidden: "h",
	}
	defaults := got.Names
	problems := decodeText(t, `
shared: umum
whole: -7
natural: 010
number: 2.5
flag: true
words: [b, c]
nested: [{ name: satu }, { name: dua, size: 1KiB }]
names: { changed: "3", new: 4 }
inners: { x: { name: tiga } }
optional: { name: empat }
raw: { a: [1] }
any: { a: [1, b] }
address: 10.0.0.1
old: word
tree: { below: [{}, { below: [{}] }] }
plain: teks
`, &got)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := everything{
		Common: common{"umum"}, Text: "default", Whole: -7, Natural: 10, Number: 2.5, Flag: true, Words: []string{"b", "c"},
		Nested: []inner{{Name: "satu"}, {"dua", 1024}}, Names: map[string]string{"kept": "1", "changed": "3", "new": "4"},
		Inners: map[string]inner{"x": {Name: "tiga"}}, Optional: &inner{Name: "empat"}, Any: map[string]any{"a": []any{1, "b"}},
		Address: netip.MustParseAddr("10.0.0.1"), Old: oldStyle{"old word"}, Tree: tree{[]tree{{}, {[]tree{{}}}}}, Plain: "teks",
		hidden: "h",
	}
	raw := got.Raw
	got.Raw = yaml.Node{}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(everything{}, oldStyle{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if raw.Kind != yaml.MappingNode || raw.Line != 12 {
		t.Errorf("the raw node is of kind %v on line %d", raw.Kind, raw.Line)
	}
	if !maps.Equal(defaults, map[string]string{"kept": "1", "changed": "2"}) {
		t.Errorf("the defaults' own map was changed: %v", defaults)
	}
}

func TestWrongTypesAreSaidInWords(t *testing.T) {
	for text, want := range map[string]string{
		`text: [a]`:                         `f:1:7: s.text: want text, not a list`,
		`text: { a: b }`:                    `f:1:7: s.text: want text, not a mapping`,
		`text:`:                             `f:1:6: s.text: want text, not nothing`,
		`text: ~`:                           `f:1:7: s.text: want text, not nothing`,
		`text: !own x`:                      `f:1:7: s.text: want text, not "x"`,
		`whole: four`:                       `f:1:8: s.whole: want a whole number, not "four"`,
		`whole: 128`:                        `f:1:8: s.whole: want a whole number, not "128"`,
		`whole: 1.5`:                        `f:1:8: s.whole: want a whole number, not "1.5"`,
		`whole: 0x10`:                       `f:1:8: s.whole: want a whole number, not "0x10"`,
		`whole: "5"`:                        `f:1:8: s.whole: want a whole number without quotes, not "5"`,
		`natural: -1`:                       `f:1:10: s.natural: want a whole number, not "-1"`,
		`number: .nan`:                      `f:1:9: s.number: want a number, not ".nan"`,
		`number: nan`:                       `f:1:9: s.number: want a number, not "nan"`,
		`number: 1e999`:                     `f:1:9: s.number: want a number, not "1e999"`,
		`flag: yes`:                         `f:1:7: s.flag: want true or false, not "yes"`,
		`flag: "true"`:                      `f:1:7: s.flag: want true or false without quotes, not "true"`,
		`words: a`:                          `f:1:8: s.words: want a list, not "a"`,
		`words: [a, d]`:                     `f:1:12: s.words[1]: want a, b or c, not "d"`,
		`names: [a]`:                        `f:1:8: s.names: want a mapping, not a list`,
		`names: { a: [] }`:                  `f:1:13: s.names.a: want text, not a list`,
		`nested: [{ size: 1KiB }]`:          `f:1:10: s.nested[0]: missing required key "name"`,
		`nested: [{ name: "" }]`:            `f:1:18: s.nested[0].name: must not be empty`,
		`nested: [{ name: a, size: x }]`:    `f:1:27: s.nested[0].size: want a size such as 512KiB or 25MiB, not "x"`,
		`inners: { x: { nme: a } }`:         `f:1:16: s.inners.x: unknown key "nme"; did you mean "name"?`,
		`optional: 5`:                       `f:1:11: s.optional: want a mapping, not "5"`,
		`address: rumah`:                    `f:1:10: s.address: ParseAddr("rumah"): unable to parse IP`,
		`address: [a]`:                      `f:1:10: s.address: want text, not a list`,
		`old: { part: x }`:                  `f:1:14: s.old.part: is too old`,
		`tekst: a`:                          `f:1:1: s: unknown key "tekst"; did you mean "text"?`,
		`Text: a`:                           `f:1:1: s: unknown key "Text"; did you mean "text"?`,
		`Skipped: a`:                        `f:1:1: s: unknown key "Skipped"; known here: shared, text, whole, natural, number, flag, words, nested, names, inners, optional, raw, any, address, old, tree, plain`,
		`{ text: a, text: b }`:              `f:1:12: s: duplicate key "text"; it stands on line 1 already`,
		`{ names: { a: b, a: c } }`:         `f:1:18: s.names: duplicate key "a"; it stands on line 1 already`,
		`? [a]` + "\n: b":                   `f:1:3: s: a key must be text`,
		`~: b`:                              `f:1:1: s: a key must be text`,
		`[a]`:                               `f:1:1: s: want a mapping, not a list`,
		`"` + "names: x" + `"`:              `f:1:1: s: want a mapping, not "names: x"`,
		`names: { "a\nb": [] }`:             `f:1:18: s.names["a\nb"]: want text, not a list`,
		`whole: ` + strings.Repeat("x", 99): `f:1:8: s.whole: want a whole number, not "` + strings.Repeat("x", 40) + `…"`,
	} {
		if got := decodeText(t, text, &everything{}).Error(); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func TestAWrongValueLeavesTheDefault(t *testing.T) {
	s := everything{Text: "t", Whole: 1, Natural: 2, Number: 3, Flag: true, Words: []string{"a"}}
	decodeText(t, "{ text: [], whole: 999, natural: -1, number: x, words: {}, names: null, nested: null }", &s)
	want := everything{Text: "t", Whole: 1, Natural: 2, Number: 3, Flag: true, Words: []string{"a"}}
	if fmt.Sprintf("%+v", s) != fmt.Sprintf("%+v", want) {
		t.Errorf("got %+v", s)
	}
}

func TestAliasesAndMergeKeysAreFollowed(t *testing.T) {
	var s everything
	problems := decodeText(t, `
inners:
  base: &base { name: dasar, size: 1KiB }
  same: *base
  more: { <<: *base, size: 2KiB }
  both: { <<: [{ size: 3KiB }, *base] }
raw: &raw { <<: *base }
any: *raw
`, &s)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := map[string]inner{
		"base": {"dasar", 1 << 10}, "same": {"dasar", 1 << 10}, "more": {"dasar", 2 << 10}, "both": {"dasar", 3 << 10},
	}
	if diff := cmp.Diff(want, s.Inners); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAliasesThatNeverEndAreRefused(t *testing.T) {
	bomb := "names: &a0 {x: y}\nany:\n"
	for i := range 30 {
		bomb += fmt.Sprintf("  k%d: &b%d { l: *a%d }\n", i, i, 0)
	}
	wide := "tree:\n  below:\n  - &t0 {}\n"
	for i := range 30 {
		wide += fmt.Sprintf("  - &t%d { below: [*t%d, *t%d, *t%d] }\n", i+1, i, i, i)
	}
	for name, text := range map[string]string{
		"a list in itself":       "tree: &a { below: [*a, *a] }",
		"any in itself":          "any: &a [*a]",
		"aliases that multiply":  wide,
		"a mapping of two tales": "<<: 5",
		"merging what is none":   "names: { <<: [a, *b] }\ntext: &b x",
	} {
		var node yaml.Node
		if err := yaml.Load([]byte(text), &node); err != nil {
			continue // the parser refuses it first
		}
		problems := Decode(&node, &everything{}, Place{File: "f", Path: "s"})
		if len(problems) == 0 || len(problems) > 3 {
			t.Errorf("%s: %d problems: %v", name, len(problems), problems)
		}
	}
	if problems := decodeText(t, "names: &a { <<: *a, x: y }", &everything{}); len(problems) > 0 {
		t.Errorf("a mapping that takes itself over adds nothing: %v", problems)
	}
	if problems := decodeText(t, bomb, &everything{}); len(problems) > 0 {
		t.Errorf("aliases of one mapping: %v", problems)
	}
}

func TestFieldErrorsStandAtTheirNearestKey(t *testing.T) {
	s := &portalSettings{}
	got := decodeText(t, `
method: PUT
search:
  item: 12
map:
  reporter.name: { from: a, layout: besok }
  at: { from: b,
        layout: besok }
`, s).Error()
	want := `f:4:3: s.search: missing required key "path"
f:4:9: s.search.item: must be at most 9
f:6:37: s.map.reporter.name.layout: this is not a layout of dates
f:8:17: s.map.at.layout: this is not a layout of dates`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestValidateIsSilentAboutWhatIsKnownToBeWrong(t *testing.T) {
	got := decodeText(t, "map: { at: { from: x, layout: besok, lyout: y } }\nsearch: { path: x, item: many }", &portalSettings{
		Search: portalSearch{Item: 99},
	}).Error()
	want := `f:1:31: s.map.at.layout: this is not a layout of dates
f:1:38: s.map.at: unknown key "lyout"; did you mean "layout"?
f:2:26: s.search.item: want a whole number, not "many"`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOwnTypesResolveSecretsAndPathsInside(t *testing.T) {
	c, problems := parseIn(t, minimal+`  - name: dua
    kind: webhook
    settings:
      path: a/b
      map:
        plain: nama
        full: { from: x, key: { env: ADA }, file: kunci.pem }
        wrong: { key: { env: TIADA }, layuot: x }
        list: [a]
`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s := portalSettings{Search: portalSearch{}}
	got := lines(c.Connectors[1].Decode(&s))
	want := `gateway.yaml:14:16: connectors[1].settings.map.wrong: missing required key "from"
gateway.yaml:14:23: connectors[1].settings.map.wrong.key: the environment variable TIADA is not set
gateway.yaml:14:39: connectors[1].settings.map.wrong: unknown key "layuot"; did you mean "layout"?
gateway.yaml:15:15: connectors[1].settings.map.list: want a mapping, not a list`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	dir := folderOf(c.File)
	if full := s.Map["full"]; full.Key.Reveal() != "nilai" || string(full.File) != filepath.Join(dir, "kunci.pem") {
		t.Errorf("inside a mapping: key %q, file %q", full.Key.Reveal(), full.File)
	}
	if s.Map["plain"].From != "nama" || string(s.Path) != filepath.Join(dir, "a/b") {
		t.Errorf("got %+v", s)
	}
}

func TestMissingSettingsAreEmptySettings(t *testing.T) {
	c, problems := parseIn(t, minimal)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s := portalSettings{Path: "bawaan", Method: "POST"}
	if problems := c.Connectors[0].Decode(&s); len(problems) > 0 {
		t.Error(problems)
	}
	if want := filepath.Join(folderOf(c.File), "bawaan"); string(s.Path) != want {
		t.Errorf("the default path is %s, want %s", s.Path, want)
	}
	got := lines(c.Connectors[0].Decode(&needy{}))
	if want := `gateway.yaml:6:5: connectors[0].settings: missing required key "key"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

type needy struct {
	Key Secret `yaml:"key" required:"true"`
}

func (needy) Validate() error { return errors.Join() }

func TestAnErrorWithoutAFieldStandsForTheWhole(t *testing.T) {
	got := decodeText(t, "x: y", &unhappy{}).Error()
	if want := "f:1:1: s: nothing fits"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

type unhappy struct{ X string }

func (unhappy) Validate() error { return errors.New("nothing fits") }

func TestPlaceFollowsKeysWithDots(t *testing.T) {
	var node yaml.Node
	if err := yaml.Load([]byte("a.b:\n  c: 1\na:\n  b:\n    d: 2\nl:\n- x\n- y: 3\nk: 1\nk.m: { n: 2 }\n"), &node); err != nil {
		t.Fatal(err)
	}
	root := Place{File: "f", Line: 1, Column: 1, node: &node}
	for path, want := range map[string]string{
		"a.b.c": "2:6", "k.m.n": "10:11", "a.b.d": "2:3", "a.x": "4:3", "l[1].y": "8:6", "l[7]": "7:1", "l[x": "7:1", "l[-1]": "7:1", "z": "1:1", "": "1:1",
	} {
		at := root.At(path)
		if got := fmt.Sprintf("%d:%d", at.Line, at.Column); got != want || at.Path != path {
			t.Errorf("%q is at %s (%s), want %s", path, got, at.Path, want)
		}
	}
}

func TestProblemsAreSortedByFileAndPosition(t *testing.T) {
	p := Problems{
		{Place{File: "b", Line: 1, Column: 1}, "5"}, {Place{File: "a", Line: 10, Column: 1}, "4"}, {Place{File: "a", Line: 9, Column: 2}, "3"},
		{Place{File: "a", Line: 9, Column: 1, Path: "x"}, "2"}, {Place{File: "a"}, "1"},
	}
	var order []string
	for line := range strings.Lines(p.Err().Error()) {
		order = append(order, strings.TrimSpace(line))
	}
	if want := []string{"a: 1", "a:9:1: x: 2", "a:9:2: 3", "a:10:1: 4", "b:1:1: 5"}; !slices.Equal(order, want) {
		t.Errorf("got %q", order)
	}
	if (Problems{}).Err() != nil {
		t.Error("no problem is an error")
	}
}

func TestTypesTheDecoderCannotReadAreProblems(t *testing.T) {
	for _, into := range []any{nil, 5, (*everything)(nil), new(chan int), new(map[int]string)} {
		d := &Decoder{at: Place{File: "f"}}
		d.Decode(&yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}, into, "x")
		if len(d.problems) != 1 {
			t.Errorf("%T: %v", into, d.problems)
		}
	}
}
