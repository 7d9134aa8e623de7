package dedup

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/sync/complaint"
)

func wordsOf(text string) string {
	return strings.Join(NewEngine(Options{Hasher: openHash{}}).Print(complaint.Complaint{Text: text}).Words, " ")
}

func TestOneMatterHasOneSpelling(t *testing.T) {
	const want = "lampu mati datuk kaya 12"
	for _, typed := range []string{
		"Lampu mati di Jl. Datuk Kaya No. 12",
		"lampu mati di jln datuk kaya no.12",
		"LAMPU MATI DI JL DATUK KAYA NOMOR 012!!!",
		"Assalamualaikum wr. wb. Selamat malam Bapak/Ibu, mohon maaf mengganggu. Lampu mati di Jl. Datuk Kaya No. 12. Terima kasih, Hasan",
		"Yth. Dinas Perhubungan Kabupaten Natuna,\nlampu mati di Jl. Datuk Kaya No. 12\nTerima kasih",
		`Lampu mati\ndi Jl. Datuk Kaya No. 12\n`,
		"Lampu mati di Jl. Datuk Kaya No. 12 ðŸ™ðŸ™",
		"Lampu “mati” di Jl. Datuk Kaya No. 12",
		"Lampu â€œmatiâ€\u009d di Jl. Datuk Kaya No. 12",
		"lmpu mti di jl Datuk Kaya no 12",
		"Lampuuuu mati di Jl. Datuk Kaya No. 12",
		"[24/11/26 08.15] +62 812-7000-4411: Lampu mati di Jl. Datuk Kaya No. 12",
		"SMS dari 081270004411: Lampu mati di Jl. Datuk Kaya No. 12",
		"Fwd: Pesan diteruskan: Lampu mati di Jl. Datuk Kaya No. 12",
	} {
		got := strings.TrimPrefix(wordsOf(typed), "malam ")
		if got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func TestWordsKeepWhatMakesAnotherMatter(t *testing.T) {
	seen := map[string]string{}
	for _, text := range []string{
		"lampu mati di Jl Merdeka no 12", "lampu mati di Jl Merdeka no 21", "lampu mati di Jl Merdeka no 12a", "lampu mati di Jl Merdeka Barat no 12",
		"lampu tidak mati di Jl Merdeka no 12", "lampu nyala di Jl Merdeka no 12", "lampu mati sudah diperbaiki di Jl Merdeka no 12", "lampu mati TITIK B di Jl Merdeka no 12",
		"lampu mati TITIK F di Jl Merdeka no 12", "lampu mati hari Senin di Jl Merdeka no 12", "lampu mati di Jl Merdeka no 1200", "lampu mati di Jl Beringin no 12",
	} {
		w := wordsOf(text)
		if other, clash := seen[w]; clash {
			t.Errorf("%q and %q are both %q", text, other, w)
		}
		seen[w] = text
	}
}

func TestNamesAreNeverStemmedNorSpeltOtherwise(t *testing.T) {
	for _, name := range []string{"Beringin", "Berlian", "Melati", "Terara", "Dipati", "Kenanga", "Mawar", "Serasan", "Sedanau"} {
		text := "lampu mati di Jalan " + name
		if got := wordsOf(text); got != "lampu mati "+strings.ToLower(name) {
			t.Errorf("%q: %q", text, got)
		}
		if got := wordsOf(strings.ToLower(text)); got != "lampu mati "+strings.ToLower(name) {
			t.Errorf("%q in small letters: %q", text, got)
		}
	}
}

func TestNumbersOfPeopleAreNotKept(t *testing.T) {
	e := NewEngine(Options{Hasher: openHash{}})
	phones := []string{"0812-7000-4411", "081270004411", "+62 812 7000 4411"}
	var first string
	for _, n := range phones {
		encoded := e.Print(complaint.Complaint{Text: "hubungi " + n + " NIK 2103014505900001 ya", Reporter: complaint.Reporter{Name: "Hasan Basri"}}).Encode()
		for _, personal := range []string{"7000", "4411", "210301", "Hasan", "hasan"} {
			if strings.Contains(encoded, personal) {
				t.Errorf("%s is kept in %q", personal, encoded)
			}
		}
		words := wordsOf("hubungi " + n)
		if first == "" {
			first = words
		}
		if words != first {
			t.Errorf("%q is %q, not %q", n, words, first)
		}
	}
}

func TestReferencesAndQuestionsAreRead(t *testing.T) {
	e := NewEngine(Options{Hasher: openHash{}})
	for text, want := range map[string]struct {
		quoted, tracks string
		asks           bool
	}{
		"Bagaimana tindak lanjut laporan saya SP-1KAZ5T8M3Q0X4RD?": {"SP-1KAZ5T8M3Q0X4RD", "", true},
		"sp1kaz5t8m3q0x4rd belum dijawab":                          {"SP-1KAZ5T8M3Q0X4RD", "", true},
		"Laporan dengan nomor 1878360 belum ditanggapi":            {"", "1878360", true},
		"laporan saya kemarin belum ditanggapi":                    {"", "", true},
		"menyambung pengaduan kami sebelumnya tiket 23393":         {"", "23393", true},
		"mohon laporan ini ditindaklanjuti":                        {"", "", false},
		"lampu mati, mohon ditindaklanjuti":                        {"", "", false},
		"pipa bocor, kerugian 1878360 rupiah":                      {"", "", false},
		"jalan di depan SPBU rusak":                                {"", "", false},
	} {
		p := e.Print(complaint.Complaint{Text: text})
		var quoted []string
		for _, q := range p.Quoted {
			quoted = append(quoted, string(q))
		}
		if strings.Join(quoted, " ") != want.quoted || strings.Join(p.Tracks, " ") != want.tracks || p.Asks != want.asks {
			t.Errorf("%q: quotes %v, ids %v, asks %v", text, quoted, p.Tracks, p.Asks)
		}
	}
}

func fullPrint() Print {
	lat, long := 3.94, 108.38
	return NewEngine(Options{Hasher: openHash{}}).Print(complaint.Complaint{
		Ref: "SP-1KAZ5T8M3Q0X4RD", Text: "Bagaimana laporan saya SP-2KAZ5T8M3Q0X4RD dan laporan nomor 1878360? Lampu di Jl. Datuk Kaya Gang Cempaka No. 12 RT 03 tidak menyala.",
		Reporter: complaint.Reporter{Name: "Warga", Phone: "081270004411"}, Category: "Penerangan Jalan", ReceivedAt: time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC),
		Place:       complaint.Place{Region: "21.03.07.2002", Address: "dekat musala Al-Ikhlas", Lat: &lat, Long: &long},
		Attachments: []complaint.Attachment{{SHA256: strings.Repeat("ab", 32), Look: "eeeddddbbbb7776e"}},
	})
}

func TestAPrintIsKeptAsThisPageShows(t *testing.T) {
	const golden = "testdata/print.golden"
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := fullPrint().Encode() + "\n"; got != string(want) {
		t.Errorf("an encoded print is\n%s\nwant, as %s,\n%s\nA print of another form is not found by those that are kept.", got, golden, want)
	}
}

func TestPrintsComeBackAsTheyWere(t *testing.T) {
	p := fullPrint()
	if again := kept(t, p); again.Encode() != p.Encode() || again.Lat != p.Lat || len(again.Looks) != 1 || !slices.Equal(again.Facts, p.Facts) || !again.At.Equal(p.At) {
		t.Errorf("%+v\nis not\n%+v", again, p)
	}
	e := NewEngine(Options{Hasher: openHash{}})
	rapid.Check(t, func(t *rapid.T) {
		p := e.Print(complaint.Complaint{
			Ref: "SP-1KAZ5T8M3Q0X4RD", Text: rapid.String().Draw(t, "text"), Category: rapid.String().Draw(t, "category"),
			Place: complaint.Place{Address: rapid.String().Draw(t, "address"), Region: rapid.StringMatching(`[0-9.]{0,13}`).Draw(t, "region")},
		})
		again, err := DecodePrint(p.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if again.Encode() != p.Encode() || !slices.Equal(again.Words, p.Words) || !slices.Equal(again.Keys(), p.Keys()) {
			t.Fatalf("%q\nis not\n%q", again.Encode(), p.Encode())
		}
	})
}

func TestAUsualPrintIsSmall(t *testing.T) {
	p := NewEngine(Options{Hasher: openHash{}}).Print(usualComplaint(1))
	if n := len(p.Encode()); n > 600 {
		t.Errorf("%d bytes", n)
	}
	long := NewEngine(Options{Hasher: openHash{}}).Print(complaint.Complaint{Text: strings.Repeat("satu dua tiga empat lima kata1 kata2 kata3 ", 4000), Place: complaint.Place{Address: strings.Repeat("Jl Merdeka no 1 ", 4000)}})
	if n := len(long.Encode()); n > 4000 {
		t.Errorf("of a very long text: %d bytes", n)
	}
}

func FuzzDecodePrint(f *testing.F) {
	f.Add(fullPrint().Encode())
	f.Add("P2\nfs\nw\np1 2\nh1 2\nt0\nL-1")
	e := NewEngine(Options{Hasher: openHash{}})
	other := fullPrint()
	f.Fuzz(func(t *testing.T, encoded string) {
		p, err := DecodePrint(encoded)
		if err != nil {
			return
		}
		if len(p.Keys()) > MostKeys || len(p.Probes()) > MostProbes {
			t.Fatalf("%d keys, %d probes", len(p.Keys()), len(p.Probes()))
		}
		if v := e.Judge(p, []Earlier{{Ref: "SP-1", Print: &other}, {Ref: "SP-2", Print: &p}}); v.Why("id") == "" {
			t.Fatal("no reason")
		}
	})
}

func FuzzPrint(f *testing.F) {
	for _, text := range []string{usual, "â€œmatiâ€", `\n\r\n\t`, "rt/rw 3/", "no", "jl", "+", "0812", "h", "https://", "İß\u0345", "\xff", "iiiiiii", "1.000.", "sp-"} {
		f.Add(text)
	}
	e := NewEngine(Options{Hasher: openHash{}})
	f.Fuzz(func(t *testing.T, text string) {
		p := e.Print(complaint.Complaint{Text: text, Place: complaint.Place{Address: text}})
		if v := e.Judge(p, []Earlier{{Ref: "SP-1", Print: &p}}); v.Answer == Review && v.Score < e.o.ReviewAbove {
			t.Fatalf("a review of %v", v.Score)
		}
		for _, w := range append(p.Words, p.Where...) {
			if w == "" || strings.ContainsAny(w, " \n") {
				t.Fatalf("a word %q", w)
			}
		}
	})
}

func TestKeysAreBoundedAndTheWeightiestFirst(t *testing.T) {
	p := fullPrint()
	p.Reporters = []string{"phone:1", "e-mail:2", "identity number:3"}
	for _, keys := range [][]Key{p.Keys(), p.Probes()} {
		seen := map[int64]bool{}
		for i, k := range keys {
			if seen[k.Hash] {
				t.Error("a key twice")
			}
			seen[k.Hash] = true
			if i > 0 && k.Weight > keys[i-1].Weight {
				t.Errorf("key %d weighs %v after %v", i, k.Weight, keys[i-1].Weight)
			}
		}
	}
	if len(p.Keys()) > MostKeys || len(p.Probes()) > MostProbes {
		t.Errorf("%d keys, %d probes", len(p.Keys()), len(p.Probes()))
	}
	if keys := (Print{Words: []string{"lampu"}}).Keys(); len(keys) != 0 {
		t.Errorf("what is common to everybody has keys: %v", keys)
	}
}

func TestANeighbouringCellIsProbed(t *testing.T) {
	a, b := Print{Located: true, Lat: 3.94201, Long: 108.38099}, Print{Located: true, Lat: 3.94199, Long: 108.38101}
	hashes := map[int64]bool{}
	for _, k := range a.Keys() {
		hashes[k.Hash] = true
	}
	if !slices.ContainsFunc(b.Probes(), func(k Key) bool { return hashes[k.Hash] }) {
		t.Error("a point three metres away is not found")
	}
}

func TestMisspeltTextsShareABand(t *testing.T) {
	a := wordsOf("Lampu jalan di depan musala sudah dua minggu mati, warga takut lewat malam hari karena gelap dan licin")
	b := wordsOf("Karena gelap dan licn warga takut lewat mlam hari, lampu jaln di depan musala sudah dua minggu mati")
	x, y := bands(strings.Fields(a)), bands(strings.Fields(b))
	same := 0
	for i := range x {
		if x[i] == y[i] {
			same++
		}
	}
	if same == 0 {
		t.Errorf("%q and %q share no band", a, b)
	}
}

func TestWordsAgreeInAnyOrderOfLearning(t *testing.T) {
	e := NewEngine(Options{Hasher: openHash{}})
	var prints []Print
	for _, text := range []string{"Genset desa rusak", "Genset dermaga rusak", "Pompa dermaga bocor", "Genset Sedanau mati"} {
		prints = append(prints, e.Print(complaint.Complaint{Text: text}))
	}
	one, other := NewWords(), NewWords()
	for i := range prints {
		one.Learn(prints[i])
		other.Learn(prints[len(prints)-1-i])
	}
	for _, w := range []string{"genset", "dermaga", "sedanau", "rusak", "unseen"} {
		if one.Rarity(w) != other.Rarity(w) {
			t.Errorf("%s: %v and %v", w, one.Rarity(w), other.Rarity(w))
		}
	}
	if !(one.Rarity("unseen") > one.Rarity("sedanau") && one.Rarity("sedanau") > one.Rarity("genset") && one.Rarity("genset") > 0) {
		t.Errorf("unseen %v, seen once %v, thrice %v", one.Rarity("unseen"), one.Rarity("sedanau"), one.Rarity("genset"))
	}
	if one.Rarity("jalan") > one.Rarity("sedanau") {
		t.Errorf("jalan %v says as much as sedanau %v", one.Rarity("jalan"), one.Rarity("sedanau"))
	}
}
