package spreadsheet

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/unicode"
)

func TestEncodings(t *testing.T) {
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("No\tLaporan\nAbadi – Ranai\n")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("lampu jalan mati ", 10_000)
	for name, c := range map[string]struct{ raw, setting, want string }{
		"ASCII":                     {"lampu mati", autoEncoding, "lampu mati"},
		"UTF-8":                     {"Ranai – “gelap”", autoEncoding, "Ranai – “gelap”"},
		"UTF-8 with a mark":         {"\xef\xbb\xbfNo,Laporan", autoEncoding, "No,Laporan"},
		"UTF-16 with a mark":        {utf16, autoEncoding, "No\tLaporan\nAbadi – Ranai\n"},
		"windows-1252":              {"Ranai \x96 \x93gelap\x94", autoEncoding, "Ranai – “gelap”"},
		"windows-1252 far down":     {long + "caf\xe9", autoEncoding, long + "café"},
		"UTF-8 far down":            {long + "café", autoEncoding, long + "café"},
		"UTF-8 with one bad byte":   {"“gelap” – Sedanau \xff", autoEncoding, "“gelap” – Sedanau \ufffd"},
		"named":                     {"caf\xe9", winEncoding, "café"},
		"a mark outweighs the name": {"\xef\xbb\xbfcafé", winEncoding, "café"},
		"named against the bytes":   {"caf\xe9", utf8Encoding, "caf\ufffd"},
	} {
		t.Run(name, func(t *testing.T) {
			encoding := c.setting
			if encoding == autoEncoding {
				var err error
				if encoding, err = detectEncoding(iotest.HalfReader(strings.NewReader(c.raw))); err != nil {
					t.Fatal(err)
				}
			}
			got, err := io.ReadAll(decoded(strings.NewReader(c.raw), encoding))
			if err != nil || string(got) != c.want {
				t.Errorf("as %s: %.80q, %v", encoding, got, err)
			}
		})
	}
}

func TestARuneCutByTheBufferIsNoDamage(t *testing.T) {
	for shift := range 4 {
		text := strings.Repeat("x", shift) + strings.Repeat("é–", 1<<16)
		if got, err := detectEncoding(iotest.OneByteReader(strings.NewReader(text[:2000+shift*3]))); err != nil || got != utf8Encoding {
			t.Errorf("shift %d, by bytes: %s, %v", shift, got, err)
		}
		if got, err := detectEncoding(strings.NewReader(text)); err != nil || got != utf8Encoding {
			t.Errorf("shift %d: %s, %v", shift, got, err)
		}
	}
}

func TestDelimiters(t *testing.T) {
	named := headerRule{names: []string{"No", "Laporan"}}
	for name, c := range map[string]struct {
		text string
		rule headerRule
		want rune
	}{
		"comma":              {"No,Laporan\n1,lampu mati\n", named, ','},
		"semicolon":          {"No;Laporan\n1;lampu, jalan, mati\n2;x, y, z, z\n", named, ';'},
		"tab":                {"No\tLaporan\n1\tlampu, mati; gelap\n", named, '\t'},
		"banners in commas":  {"Kabupaten Natuna, Kantor Camat, Ranai, 2026\n\nNo;Laporan\n1;a, b, c, d\n", named, ';'},
		"without names":      {"a;b;c\n1;2,5;3\n4;5,5;6\n", headerRule{}, ';'},
		"other names":        {"Nomor;Isi\n1;a\n2;b\n3;c, d\n", named, ';'},
		"one column":         {"Laporan\nlampu mati\n", headerRule{names: []string{"Laporan"}}, ','},
		"nothing":            {"", named, ','},
		"quoted line breaks": {"No;Laporan\n1;\"a,b\nc,d\ne,f\"\n2;x\n", named, ';'},
	} {
		if got := detectComma([]byte(c.text), c.rule); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func FuzzEncoding(f *testing.F) {
	f.Add([]byte("Ranai \x96"))
	f.Add([]byte("\xff\xfeN\x00"))
	f.Add([]byte("\xef\xbb\xbf\xe2\x80"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		encoding, err := detectEncoding(bytes.NewReader(raw))
		if err != nil || encoding != utf8Encoding && encoding != winEncoding {
			t.Fatalf("%s, %v", encoding, err)
		}
		text, err := io.ReadAll(decoded(bytes.NewReader(raw), encoding))
		if err != nil || !bytes.Equal(text, bytes.ToValidUTF8(text, nil)) {
			t.Fatalf("%q, %v", text, err)
		}
	})
}
