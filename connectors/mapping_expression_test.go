package connectors

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestExpressionsSeeTheRecord(t *testing.T) {
	for expression, want := range map[string]string{
		`sheet + '/' + No`:                 "Januari/17",
		`row["Isi Laporan"]`:               "lampu",
		`$env["Isi Laporan"]`:              "lampu",
		`string(n) + "-" + string(big)`:    "5-12345678901234567890",
		`n + 1`:                            "6",
		`f * 2`:                            "3.9",
		`nothing ?? "x"`:                   "x",
		`nothing?.deep ?? "x"`:             "x",
		`list[1].a`:                        "2",
		`n > 4 ? "besar" : "kecil"`:        "besar",
		`date("2026-01-03", "2006-01-02")`: "2026-01-03T00:00:00+07:00",
		`upper(trim(" a "))`:               "A",
		`date`:                             "hari ini",
	} {
		m := Mapping{"id": {From: "No"}, "text": {Expr: expression}}
		compiled, err := m.Compile(wib())
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		got, err := compiled.Map(record(t, `{"sheet": "Januari", "No": "17", "Isi Laporan": "lampu", "n": 5, "f": 1.95,
			"big": 12345678901234567890, "list": [{"a": 1}, {"a": 2}], "date": "hari ini"}`))
		if err != nil || got.Text != want {
			t.Errorf("%s = %q, %v; want %q", expression, got.Text, err, want)
		}
	}
}

func TestNamesAreWhatExpressionsRead(t *testing.T) {
	for expression, want := range map[string][]string{
		`Kerahasiaan == 'Anonim'`:                               {"Kerahasiaan"},
		`lower($env['Tipe Laporan'] ?? '') contains 'anonim'`:   {"Tipe Laporan"},
		`$env.Sifat == "x" or $env?.Jenis == "y"`:               {"Jenis", "Sifat"},
		`row["Sifat"] + row`:                                    {"Sifat", "row"},
		`get($env, "Sifat") ?? ("Nama" in $env)`:                {"Nama", "Sifat"},
		`hashOf(ID, lower(No)) + sender.name`:                   {"ID", "No", "sender"},
		`join(filter([$env['Desa'], list[i]], # != nil), ', ')`: {"Desa", "i", "list"},
		`any(messages, .flag == Rahasia)`:                       {"Rahasia", "messages"},
		`let kind = lower(Sifat); kind == "anonim"`:             {"Sifat"},
		`let x = 1; let y = x + a; x + y + b`:                   {"a", "b"},
		`(let x = 1; x) + x`:                                    {"x"},
		`Anonim ? 'ya' : Rahasia`:                               {"Anonim", "Rahasia"},
		`{"a": b}[c].d + e[f:g]`:                                {"b", "c", "e", "f", "g"},
		`date`:                                                  {"date"},
		`"ya"`:                                                  nil,
		`$env["a" + b]`:                                         {"b"},
	} {
		m := Mapping{"id": {From: "No Urut"}, "anonymous": {Expr: expression}}
		if diff := cmp.Diff(want, m["anonymous"].Names(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", expression, diff)
		}
		all := slices.Sorted(slices.Values(append(want, "No Urut")))
		if diff := cmp.Diff(all, m.Names()); diff != "" {
			t.Errorf("%s: %s", expression, diff)
		}
	}
}

func TestAColumnCalledRowKeepsItsName(t *testing.T) {
	m := mapper(t, `{id: {expr: "string(row)"}, text: {expr: '$env["Isi Laporan"]'}}`)
	got, err := m.Map(map[string]any{"row": 17, "Isi Laporan": "lampu"})
	if err != nil || got.SourceID != "17" || got.Text != "lampu" {
		t.Errorf("got %q %q, %v", got.SourceID, got.Text, err)
	}
}

func TestAnExpressionWithoutAResultIsMissing(t *testing.T) {
	m := mapper(t, `{id: a, text: b, category: {expr: nothing}, title: {expr: "nothing", default: Aduan}}`)
	got, err := m.Map(map[string]any{"a": "1", "b": "x"})
	if err != nil || got.Category != "" || got.Title != "Aduan" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAnExpressionIsBounded(t *testing.T) {
	for _, c := range []Mapping{
		{"id": {From: "a"}, "text": {Expr: `len(1..10000000) > 0 ? "x" : "y"`}},
		{"id": {From: "a"}, "text": {Expr: `repeat(a, 10000000)`}},
		{"id": {From: "a"}, "text": {Expr: `a.b.c`}},
		{"id": {From: "a"}, "text": {Expr: `a + 1`}},
	} {
		compiled, err := c.Compile(wib())
		if err != nil {
			t.Errorf("%s: %v", c["text"].Expr, err)
			continue
		}
		_, err = compiled.Map(map[string]any{"a": "PRIBADI"})
		if fields := faulty(err); !slices.Contains(fields, "text") || strings.Contains(err.Error(), "PRIBADI") {
			t.Errorf("%s: %v", c["text"].Expr, err)
		}
	}
}

func TestAnIDOfSeveralValuesIsTheSameEachTimeAndAnotherForEachChange(t *testing.T) {
	m := mapper(t, `{id: {expr: "hashOf(ID, hp, at)"}, text: isi}`)
	at := time.Date(2026, 1, 3, 14, 5, 0, 0, wib())
	id := func(number, phone, at any) string {
		got, err := m.Map(map[string]any{"ID": number, "hp": phone, "at": at, "isi": "lampu mati"})
		if err != nil || len(got.SourceID) != 32 {
			t.Errorf("%v %v %v: %q, %v", number, phone, at, got.SourceID, err)
		}
		return got.SourceID
	}
	one := id(int64(7), "6281255501234", at)
	for _, same := range []string{id("7", "6281255501234", at.UTC()), id(json.Number("7"), "6281255501234", at)} {
		if same != one {
			t.Errorf("the same values have the ids %s and %s", one, same)
		}
	}
	ids := map[string]bool{one: true}
	for _, other := range []string{
		id(int64(8), "6281255501234", at), id(int64(7), "6281255509999", at), id(int64(7), "6281255501234", at.Add(time.Second)),
		id(int64(76), "281255501234", at), id(int64(7), "6281255501234", nil), id(nil, nil, nil),
	} {
		ids[other] = true
	}
	if len(ids) != 7 {
		t.Errorf("%d ids of 7 records", len(ids))
	}
	if _, err := m.Map(map[string]any{"ID": []any{}, "isi": "a"}); err == nil {
		t.Error("a list is taken for part of an id")
	}
}
