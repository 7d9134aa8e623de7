package spreadsheet

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func findIn(text string, rule headerRule) (*header, error) {
	return rule.find(newCSVLines(strings.NewReader(text), ','))
}

func TestHeadersAreFound(t *testing.T) {
	named := headerRule{names: []string{"No", "Laporan"}}
	for name, c := range map[string]struct {
		text string
		rule headerRule
		row  int
		want []string
	}{
		"first row":            {"No,Laporan\n1,x\n", named, 1, []string{"No", "Laporan"}},
		"below banners":        {"KABUPATEN NATUNA\nRekap Laporan, 2026\n\nNo,Nama,Laporan\n", named, 4, []string{"No", "Nama", "Laporan"}},
		"case and blanks":      {" NO ,\"Isi\n Laporan\"\n", headerRule{names: []string{"no", "Isi laporan"}}, 1, []string{"NO", "Isi Laporan"}},
		"a mark":               {"\ufeffNo,Laporan\n", named, 1, []string{"No", "Laporan"}},
		"twice the same":       {"No,Ket,Laporan,Ket,Ket\n", named, 1, []string{"No", "Ket", "Laporan", "Ket (2)", "Ket (3)"}},
		"a column without one": {"No,,Laporan,\n", named, 1, []string{"No", "column 2", "Laporan", "column 4"}},
		"by itself":            {"Rekap 2026\n1,2\nA,A\nNomor,Isi\n1,x\n", headerRule{}, 4, []string{"Nomor", "Isi"}},
		"by number":            {"x,y\nNo,Laporan\nNo,Laporan\n", headerRule{row: 3, names: named.names}, 3, []string{"No", "Laporan"}},
		"far down by number":   {strings.Repeat("x\n", 80) + "No,Laporan\n", headerRule{row: 81, names: named.names}, 81, []string{"No", "Laporan"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := findIn(c.text, c.rule)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.names); diff != "" || got.row != c.row {
				t.Errorf("row %d\n%s", got.row, diff)
			}
		})
	}
}

func TestAMissingHeaderIsExplained(t *testing.T) {
	named := headerRule{names: []string{"Laporan", "No"}}
	const advice = ": write the columns in map as the file names them, or give a default"
	for name, c := range map[string]struct {
		text string
		rule headerRule
		want string
	}{
		"renamed":        {"Rekap\nNo,Isi\n1,x\n", named, `none of the first 50 rows has every column of map; row 2 comes nearest and lacks the column "Laporan"` + advice},
		"too far down":   {strings.Repeat("x\n", 50) + "No,Laporan\n", named, `none of the first 50 rows has every column of map; row 1 comes nearest and lacks the column "Laporan", "No"` + advice},
		"wrong number":   {"No,Laporan\n1,x\n", headerRule{row: 2, names: named.names}, `row 2, the header, lacks the column "Laporan", "No"` + advice},
		"empty number":   {"No,Laporan\n\n1,x\n", headerRule{row: 2, names: named.names}, "row 2 should be the header (setting header) and is empty or not there"},
		"beyond the end": {"No,Laporan\n", headerRule{row: 7, names: named.names}, "row 7 should be the header (setting header) and is empty or not there"},
		"only numbers":   {"1,2\n3,4\n", headerRule{}, "none of the first 50 rows looks like a header: give its row number in the setting header"},
	} {
		t.Run(name, func(t *testing.T) {
			head, err := findIn(c.text, c.rule)
			var misfit *headerError
			if !errors.As(err, &misfit) || err.Error() != c.want {
				t.Errorf("got %v, %v\nwant %s", head, err, c.want)
			}
		})
	}
	if head, err := findIn("\n\n", named); head != nil || err != nil {
		t.Errorf("a table without rows: %v, %v", head, err)
	}
}

func TestTheMappingsSpellingFindsItsColumn(t *testing.T) {
	head, err := findIn("laporan,No,Laporan,Catatan\n", headerRule{names: []string{"Laporan", "no"}, maybe: []string{"catatan", "Foto"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"Laporan": 2, "no": 1, "catatan": 3}, head.under); diff != "" {
		t.Error(diff)
	}
}

func TestTheHeaderOnceMoreIsNoRow(t *testing.T) {
	head := &header{names: []string{"No", "column 2", "Laporan"}}
	for _, c := range []struct {
		cells []string
		want  bool
	}{
		{[]string{"No", "", "Laporan"}, true},
		{[]string{" NO", "", "laporan "}, true},
		{[]string{"No", "", "Lampu"}, false},
		{[]string{"No"}, false},
	} {
		if got := head.repeatedAt(c.cells); got != c.want {
			t.Errorf("%q: %t", c.cells, got)
		}
	}
}

// Whatever the file, a header that is found has every column asked for, one name a column, and lies where it may.
func FuzzHeader(f *testing.F) {
	f.Add("No,Laporan\n1,x\n", "No", "Laporan", 0)
	f.Add("Rekap\n\n a ,\"b\nc\",a\n", "A", "b c", 0)
	f.Add("x\ny,z\n", "", "", 2)
	f.Add(",column 1,column 1 (2)\n", "column 1", "", 1)
	f.Fuzz(func(t *testing.T, text, one, two string, row int) {
		rule := headerRule{row: max(row, 0)}
		for _, name := range []string{one, two} {
			if name != "" {
				rule.names = append(rule.names, name)
			}
		}
		head, err := findIn(text, rule)
		if err != nil || head == nil {
			return
		}
		if rule.row == 0 && head.row > headerRows || rule.row > 0 && head.row != rule.row {
			t.Errorf("found in row %d", head.row)
		}
		names := slices.Sorted(slices.Values(head.names))
		if len(slices.Compact(names)) != len(head.names) {
			t.Errorf("one name for two columns: %q", head.names)
		}
		for _, name := range rule.names {
			if _, found := head.under[name]; !found {
				t.Errorf("no column for %q among %q", name, head.names)
			}
		}
	})
}
