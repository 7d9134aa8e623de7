package sql

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
)

func TestNamedParametersBecomeTheDriversOwn(t *testing.T) {
	mark := func(n int) string { return fmt.Sprint("$", n) }
	for _, tt := range []struct {
		text, want, names string
	}{
		{"UPDATE a SET b = {note} WHERE id = {id};\n", "UPDATE a SET b = $1 WHERE id = $2", "note id"},
		{"{id}{id}", "$1$2", "id id"},
		{`SELECT '{"a": 1}', {id}, '{Lain}'`, `SELECT '{"a": 1}', $1, '{Lain}'`, "id"},
		{"SELECT 'it''s', {id}", "SELECT 'it''s', $1", "id"},
	} {
		got, err := parseNamed(tt.text, []string{"id", "note"}, mark)
		if err != nil || got.text != tt.want || strings.Join(got.names, " ") != tt.names {
			t.Errorf("%s: got %q %q, %v", tt.text, got.text, got.names, err)
		}
	}
	for text, says := range map[string]string{
		"UPDATE a SET b = '{note}'": "between quotes", "UPDATE a SET b = {nota}": "none of {id}, {note}", "SELECT 'a": "without its end", " ; ": "is blank",
	} {
		_, err := parseNamed(text, []string{"id", "note"}, mark)
		if err == nil {
			t.Errorf("%s is taken", text)
			continue
		}
		wantPart(t, text, err.Error(), says)
	}
}

func TestNamesAreOnlyNames(t *testing.T) {
	for driver, want := range map[string]string{
		mysqlDriver: "`public`.`a``; DROP TABLE b`", postgresDriver: `"public"."a` + "`" + `; DROP TABLE b"`,
	} {
		if got := dialects()[driver].table("public.a`; DROP TABLE b"); got != want {
			t.Errorf("%s: %s, want %s", driver, got, want)
		}
	}
	if got := dialects()[serverDriver].table("dbo.a]; DROP TABLE b"); got != "[dbo].[a]]; DROP TABLE b]" {
		t.Errorf("sqlserver: %s", got)
	}
	if got := dialects()[postgresDriver].quote(`a" OR 1=1 --`); got != `"a"" OR 1=1 --"` {
		t.Errorf("postgres: %s", got)
	}
}

func TestPartsOfALongSMSAreRead(t *testing.T) {
	for text, want := range map[string]part{
		"050003D30201":             {ref: 0xD3, total: 2, n: 1},
		" 050003d30202 ":           {ref: 0xD3, total: 2, n: 2},
		"060804123403 02":          {},
		"06080412340302":           {ref: 0x1234, wide: true, total: 3, n: 2},
		"0B05041583000000030A0301": {ref: 0x0A, total: 3, n: 1}, // after port numbers
		"":                         {},
		"05":                       {},
		"050003D30101":             {}, // one of one
		"050003D30200":             {},
		"050003D30203":             {},
		"0B0003D302":               {},
		"06050415830000":           {}, // ports alone
		"050003D302":               {},
		"zz":                       {},
	} {
		got, ok := parseUDH(text)
		if ok != (want != part{}) || ok && got != want {
			t.Errorf("%q: %+v, %v; want %+v", text, got, ok, want)
		}
	}
}

func FuzzUDH(f *testing.F) {
	for _, seed := range []string{"050003D30201", "06080412340302", "0B05041583000000030A0301", "0500", "zz", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := parseUDH(text)
		if ok && (p.n < 1 || p.n > p.total || p.total < 2 || p.total > 255 || !p.wide && p.ref > 255) {
			t.Errorf("%q is read as %+v", text, p)
		}
		if !ok || p.wide {
			return
		}
		if again, ok := parseUDH(udh(byte(p.ref), p.total, p.n)); !ok || again != p {
			t.Errorf("%+v is written and read as %+v", p, again)
		}
	})
}

func FuzzCursor(f *testing.F) {
	n := note{Low: 1, Top: 2, Clock: 3, At: &key{4, rowID{"5", true}}, Unit: "ms", Void: &rowID{Text: "a"}, Seen: connectors.Marks{{Time: 1, Sum: 2}, {Time: 3, Sum: 4}}, Parts: []waiting{{rowID{"7", true}, 8}}, Timeless: connectors.Marks{{Time: 0, Sum: 5}}, Floor: new(int64)}
	written, err := n.cursor()
	must(f, err)
	f.Add(string(written))
	f.Add("")
	f.Add(`{"seen":"AAAA"}`)
	f.Add(`{"seen":"AAZhC5FmSxaK8xq+FjxHKQ=="}`)
	f.Fuzz(func(t *testing.T, text string) {
		n, err := connectors.ReadCursor[note](connectors.Cursor(text))
		if err != nil {
			return
		}
		written, err := n.cursor()
		if err != nil {
			return
		}
		again, err := connectors.ReadCursor[note](written)
		must(t, err)
		if twice, err := again.cursor(); err != nil || twice != written {
			t.Errorf("written again the cursor is %s, %v; it was %s", twice, err, written)
		}
	})
}

func TestACursorThatIsBrokenOffIsAnError(t *testing.T) {
	for _, text := range []string{"{", `{"seen":"AAAA"}`, `{"seen":"?"}`, `{"at":7}`} {
		if n, err := connectors.ReadCursor[note](connectors.Cursor(text)); err == nil {
			t.Errorf("%s is read as %+v", text, n)
		}
	}
}

func TestSeenRowsAreBoundedAndForgetTheOldest(t *testing.T) {
	var rows connectors.Marks
	for i := range mostSeen + 10 {
		rows = append(rows, seenOf(key{int64(i), rowID{Text: "a"}}))
	}
	kept, cut := connectors.Marks{}.With(rows...).After(5, mostSeen)
	if !cut || len(kept) != mostSeen || kept.Has(rows[9]) || !kept.Has(rows[10]) {
		t.Errorf("kept %d, cut %v", len(kept), cut)
	}
	full := note{Seen: kept, Timeless: rows[:mostTimeless], At: &key{1, rowID{Text: strings.Repeat("x", 100)}}}
	for i := range mostWaiting {
		full.Parts = append(full.Parts, waiting{rowID{fmt.Sprint(1_000_000_000 + i), true}, 1_795_577_372_284_160})
	}
	if written, err := full.cursor(); err != nil || len(written) > connectors.MostCursor {
		t.Errorf("the fullest cursor has %d bytes, %v", len(written), err)
	}
}

func TestSMSAreCodedAsSMSDNamesIt(t *testing.T) {
	for text, want := range map[string]string{"lampu mati": gsmCoding, "lampu 猫": unicodeCoding} {
		if coding, parts := splitSMS(text, 3); coding != want || len(parts) != 1 || parts[0] != text {
			t.Errorf("%s: %s %q, want %s", text, coding, parts, want)
		}
	}
}

func TestTheRightsOfAGrant(t *testing.T) {
	for _, tt := range []struct {
		grant  string
		writes bool
		want   string
	}{
		{"GRANT USAGE ON *.* TO `gateway`@`%` IDENTIFIED BY PASSWORD '*AB, SUPER'", false, ""},
		{"GRANT SELECT ON `natuna`.* TO `gateway`@`%`", false, ""},
		{"GRANT SELECT, INSERT, UPDATE ON `natuna`.* TO `gateway`@`%`", true, ""},
		{"GRANT SELECT, INSERT, UPDATE ON `natuna`.* TO `gateway`@`%`", false, "INSERT UPDATE"},
		{"GRANT SELECT, INSERT ON *.* TO `gateway`@`%`", true, "INSERT"},
		{"GRANT SELECT, UPDATE (status, jawaban) ON `natuna`.`aduan` TO `gateway`@`%`", true, ""},
		{"GRANT SELECT, DELETE (x) ON `natuna`.`aduan` TO `gateway`@`%`", true, "DELETE"},
		{"GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION", true, "ALL PRIVILEGES"},
	} {
		if got := strings.Join(excess(tt.grant, tt.writes), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.grant, got, tt.want)
		}
	}
}

func TestAZoneIsToldWithoutItsName(t *testing.T) {
	for zone, want := range map[int]string{7 * 3600: "+07:00", 0: "+00:00", -(3*3600 + 1800): "-03:30"} {
		if got := offset(time.FixedZone("x", zone)); got != want {
			t.Errorf("%d: %s, want %s", zone, got, want)
		}
	}
}
