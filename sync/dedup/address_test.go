package dedup

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/sync/complaint"
)

const natuna = `kode,nama
21.03,Kabupaten Natuna
21.03.04,Midai
21.03.04.2001,Sebelat
21.03.05.1008,Sedanau
21.03.06,Serasan
21.03.06.1003,Serasan
21.03.06.2002,Kampung Hilir
21.03.07.2002,Sungai Ulu
21.03.07.2004,Sepempang
21.02.01.2001,Sepempang
`

func natunaNames(t *testing.T) *Gazetteer {
	t.Helper()
	g, err := ReadGazetteer(strings.NewReader(natuna), "21.03")
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func factsOf(p Print) string {
	var all []string
	for _, f := range p.Facts {
		all = append(all, fmt.Sprintf("%c:%s", f.Kind, f.Value))
	}
	return strings.Join(all, " ")
}

func TestAddressesAsPeopleTypeThem(t *testing.T) {
	e := NewEngine(Options{Hasher: openHash{}})
	for text, want := range map[string]string{
		"Jl. Datuk Kaya No. 12 RT 03 RW 02":           "n:12 r:3 s:datuk kaya w:2",
		"jln datuk kaya no12 rt03/rw02":               "n:12 r:3 s:datuk kaya w:2",
		"JALAN RAYA DATUK KAYA NOMOR 012 RT.03/RW.02": "n:12 r:3 s:datuk kaya w:2",
		"dijalan Datuk Kaya rt/rw 3/2":                "r:3 s:datuk kaya w:2",
		"Jl Merdeka Gang III nomor 7a":                "n:7a s:merdeka x:3",
		"jl merdeka 4/14":                             "n:14 s:merdeka x:4",
		"Jl. Merdeka IV No. 27-B":                     "n:27b s:merdeka x:4",
		"gg. Cempaka 2 dekat musala":                  "g:cempaka m:musala x:2",
		"Perumahan Bukit Arai Blok C No 4":            "b:c n:4",
		"blok L.10":                                   "b:l n:10",
		"penerangan TITIK B tidak berfungsi":          "t:b",
		"ada 3 titik lampu mati":                      "",
		"Jl Pramuka no 39, 33A, 32 dan 30":            "n:30 n:32 n:33a n:39 s:pramuka",
		"tiang nomor 1042":                            "a:1042",
		"Rusun lantai 4 no 2":                         "l:4 n:2",
		"Kelurahan Sungai Ulu, Kecamatan Bunguran":    "d:bunguran v:sungai ulu",
		"akses desa terputus sejak hujan":             "",
		"akses desa kami terputus":                    "",
		"jalan rusak dan berlubang":                   "",
		"no telp 0812-7000-4411, no tiket 23393":      "",
		"tanggal 12 Maret":                            "e:12",
	} {
		if got := factsOf(e.Print(complaint.Complaint{Text: text})); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestAnAddressFieldNeedsNoWordForStreet(t *testing.T) {
	e := NewEngine(Options{Hasher: openHash{}})
	for address, want := range map[string]string{
		"Datuk Kaya 12":                  "s:datuk kaya x:12",
		"Pramuka nmr 78":                 "n:78 s:pramuka",
		"Merdeka 4 RT 03 RW 10":          "r:3 s:merdeka w:10 x:4",
		"Jl. Pramuka, Kabupaten Natuna":  "s:pramuka y:natuna",
		"di depan kantor camat":          "m:kantor",
		"Mohon bantuan jalan berlubang!": "",
	} {
		if got := factsOf(e.Print(complaint.Complaint{Place: complaint.Place{Address: address}})); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

func TestVillagesAreKnownByTheGazetteer(t *testing.T) {
	e := NewEngine(Options{Hasher: openHash{}, Gazetteer: natunaNames(t)})
	for text, want := range map[string]string{
		"Jembatan rusak di Desa Sungai Ulu":      "k:21.03.07.2002",
		"jembatan rusak di sungai ulu":           "k:21.03.07.2002",
		"warga Sepempang mengeluh":               "k:21.03.07.2004",
		"jembatan Kampung Hilir rusak":           "k:21.03.06.2002",
		"lampu di Serasan mati":                  "k:21.03.06",
		"akses desa terputus, desa Maju Jaya":    "",
		"sampah di sungai, air sungai menghitam": "",
	} {
		if got := factsOf(e.Print(complaint.Complaint{Text: text})); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestGazetteerSaysWhatIsWrong(t *testing.T) {
	for content, want := range map[string]string{
		"":                     `nothing lies in the region "21.03"`,
		"21.04.01,Elsewhere\n": `nothing lies in the region "21.03"`,
		"\"":                   "read region codes",
	} {
		if _, err := ReadGazetteer(strings.NewReader(content), "21.03"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", content, err)
		}
	}
}

// Whatever is typed, the reader ends, its facts are bounded and each has a value.
func TestAnyTextHasBoundedFacts(t *testing.T) {
	pieces := []string{"jl", "Jl.", "gang", "no", "rt", "rw", "blok", "titik", "desa", "kel", "kec", "depan", "kota", "IV", "12", "4/14", "33A,", "Ranai", "\n", ",", "-", "dan", "tanggal", "tiang"}
	e := NewEngine(Options{Hasher: openHash{}, Gazetteer: natunaNames(t)})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 60).Draw(t, "pieces"), " ") + rapid.String().Draw(t, "rest")
		p := e.Print(complaint.Complaint{Text: text, Place: complaint.Place{Address: text}})
		if len(p.Facts) > mostFacts {
			t.Fatalf("%d facts", len(p.Facts))
		}
		for _, f := range p.Facts {
			if f.Value == "" || strings.ContainsAny(f.Value, "\n\x00") {
				t.Fatalf("a fact %c without a value, or with a line end: %q", f.Kind, f.Value)
			}
		}
	})
}
