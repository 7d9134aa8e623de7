package privacy

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func everything() Redactor { return NewRedactor([]string{"nik", "kk", "phone", "email"}) }

// Every number here is made up: the sequence numbers and subscribers are zeros and short counts.
func TestRedactRemoves(t *testing.T) {
	for _, tt := range []struct {
		kind Kind
		in   string
		want string
	}{
		{NIK, "NIK 2103014505900001 warga Ranai", "NIK [NIK dihapus] warga Ranai"},
		{NIK, "saya2103014505900001.", "saya[NIK dihapus]."},
		{NIK, "2103 0145 0590 0001", "[NIK dihapus]"},
		{NIK, "210301 450590 0001", "[NIK dihapus]"},
		{NIK, "210301.450590.0001", "[NIK dihapus]"},
		{NIK, "21.03.01.45.05.90.0001", "[NIK dihapus]"},
		{NIK, "2103-0145-0590-0001", "[NIK dihapus]"},
		{NIK, "210301 - 450590 - 0001", "[NIK dihapus]"},
		{NIK, "2 1 0 3 0 1 4 5 0 5 9 0 0 0 0 1", "[NIK dihapus]"},
		{NIK, "2103\u00a00145\u20110590\u00a00001", "2103\u00a00145\u20110590\u00a00001"}, // blank and dash mixed: not one number …
		{NIK, "NIK: 2103\u00a00145\u20110590\u00a00001", "NIK: [NIK dihapus]"},            // … unless it is called one
		{NIK, "２１０３０１４５０５９００００１", "[NIK dihapus]"},
		{NIK, "RT 01 2103014505900001", "RT 01 [NIK dihapus]"},
		{NIK, "no 12 2103014505900001 5", "no 12 [NIK dihapus] 5"},
		{NIK, "ktp saya 9999999999999999", "ktp saya [NIK dihapus]"},
		{NIK, "2103011507850001, 2103015507850002", "[NIK dihapus], [NIK dihapus]"},
		{KK, "No. KK 2103010101200001", "No. KK [KK dihapus]"},
		{KK, "Kartu Keluarga nomor: 2103 0101 0120 0001", "Kartu Keluarga nomor: [KK dihapus]"},
		{KK, "KKnya 2103010101200001", "KKnya [KK dihapus]"},
		{KK, "9999999999999999", "[KK dihapus]"},
		{KK, "2103013505900001", "[KK dihapus]"}, // born on the 35th
		{KK, "2103014505900000", "[KK dihapus]"}, // number nought
		{KK, "2103004505900001", "[KK dihapus]"}, // no district
		{Phone, "hubungi 081200000123 ya", "hubungi [telepon dihapus] ya"},
		{Phone, "0812-0000-0123", "[telepon dihapus]"},
		{Phone, "0812 0000 0123", "[telepon dihapus]"},
		{Phone, "0812.0000.0123", "[telepon dihapus]"},
		{Phone, "081.200.000.123", "[telepon dihapus]"},
		{Phone, "(0812) 0000 0123", "[telepon dihapus]"},
		{Phone, "(0812 0000 0123)", "([telepon dihapus])"},
		{Phone, "0811234567", "[telepon dihapus]"},
		{Phone, "0812 345 678 90", "[telepon dihapus]"},
		{Phone, "0 8 1 2 0 0 0 0 0 1 2 3", "[telepon dihapus]"},
		{Phone, "+6281200000123", "[telepon dihapus]"},
		{Phone, "+62 812-0000-0123", "[telepon dihapus]"},
		{Phone, "+62 812 345 678 90", "[telepon dihapus]"},
		{Phone, "+62.812.345.678", "[telepon dihapus]"},
		{Phone, "(+62) 812 0000 0123", "[telepon dihapus]"},
		{Phone, "+62 (0)812 0000 0123", "[telepon dihapus]"},
		{Phone, "6281200000123", "[telepon dihapus]"},
		{Phone, "0062 812 0000 0123", "[telepon dihapus]"},
		{Phone, "\u202a+62\u00a0812\u20110000\u20110123\u202c", "\u202a[telepon dihapus]\u202c"},
		{Phone, "wa.me/6281200000123", "wa.me/[telepon dihapus]"},
		{Phone, "WA081200000123", "WA[telepon dihapus]"},
		{Phone, "0812 0000 0123/0813 0000 0124", "[telepon dihapus]/[telepon dihapus]"},
		{Phone, "081200000123 081300000124", "[telepon dihapus] [telepon dihapus]"},
		{Phone, "081200000123 2 orang", "[telepon dihapus] 2 orang"},
		{Phone, "(0773) 31234", "[telepon dihapus]"},
		{Phone, "0773-312345", "[telepon dihapus]"},
		{Phone, "0773/31234", "[telepon dihapus]"},
		{Phone, "021 555 1234", "[telepon dihapus]"},
		{Phone, "021 55512", "[telepon dihapus]"}, // no number we look for is shorter
		{Phone, "+62 773 31234", "[telepon dihapus]"},
		{Phone, "02155512345", "[telepon dihapus]"},
		{Phone, "0811 234 567 081 200 000 123", "[telepon dihapus] [telepon dihapus]"},
		{Phone, "0812\u200b0000\u200e  0123", "[telepon dihapus]"},
		{Phone, "62.812.345.678", "[telepon dihapus]"},
		{Phone, "telp. 077331234", "telp. [telepon dihapus]"},
		{Phone, "hp saya 812 0000 0123", "hp saya [telepon dihapus]"},
		{Phone, "WA: 81200000123", "WA: [telepon dihapus]"},
		{Phone, "+60 12-345 6789", "[telepon dihapus]"},
		{Email, "surel: Warga.Ranai+lapor@desa.example.", "surel: [e-mail dihapus]."},
		{Email, "081200000123@surat.example", "[e-mail dihapus]"},
		{Email, "<a_b@c-d.co.id>,e@f.id", "<[e-mail dihapus]>,[e-mail dihapus]"},
	} {
		got, found := everything().Redact(tt.in)
		if got != tt.want {
			t.Errorf("%q\n got %q\nwant %q", tt.in, got, tt.want)
		}
		if n := strings.Count(tt.want, tt.kind.removed()); found[tt.kind] != n || n > 0 && len(found) != 1 {
			t.Errorf("%q: counted %v", tt.in, found)
		}
	}
}

func TestRedactLeavesAlone(t *testing.T) {
	for _, text := range []string{
		"", "lampu jalan mati", "SP-1KAZ5T8M3Q0X4RD", "sp-081234567890123", "SP-0812345678ABCDE", "[Ref SP-ABCDE0812345678]",
		"tanggal 17-08-2026", "08-12-2026 08:30", "08.12.2026 12.30 WIB", "2026-08-12T08:15:00+07:00", "08/12/2026", "20260812 0830",
		"surat 0773 12-08-2026", "12-08-2026 10-09-2026", "12.08.2026 - 10.09.2026", "1 Januari 2026 sampai 2 Februari 2027", "tahun 2023 2024 2025 2026",
		"pukul 08.15-09.30 10.00", "jam 08:00 - 12:00",
		"RT 01/RW 02 No. 12", "RT 001 RW 002", "RT.021 29783", "RT 021/RW 005, 29783", "rumah no 12-14, kode pos 29783", "Blok A2 No 0812",
		"Rp 1.500.000", "Rp1.500.000.000,00", "Rp. 62812345678", "anggaran 1.081.234.567.890", "2.103.014.505.900.001", "IDR 1,500,000",
		"aduan 1234567", "nomor 7654321098", "tiket 8123456789", "no 0773312345", "id 210301450",
		"3.945612, 108.388012", "+3.9456123456", "3.0812345678, 108.0812345678", "108.0812345678, 3.0812345678", "lat: 3.081234567890", "-0.8123456789, 104.0812345678",
		"3,945612; 108,0812345678", "koordinat 3.9456", "kode wilayah 21.03.01.2001", "21.03.01.2001 08-12-26",
		"NIP 198503302003121002", "123456789012345", "12345678901234567", "panggil 112 atau 110",
		"@dinas.natuna", "a@b", "user@", "@", "harga @5.000", "0812 sampai 0813", "0 0 0 0",
	} {
		if got, found := everything().Redact(text); got != text || len(found) != 0 {
			t.Errorf("%q became %q (%v)", text, got, found)
		}
	}
}

// A title is cut after 80 characters wherever that is: half of a number says whose it is, and is found by no rule for whole ones.
func TestATitleThatIsCutInTheMiddleOfANumberHoldsNoneOfIt(t *testing.T) {
	for _, c := range []struct{ title, text, want string }{
		{"Mohon dicek. NIK 2103 0112 0590…", "Mohon dicek. NIK 2103 0112 0590 0003, Midai", "Mohon dicek. NIK [NIK dihapus]…"},
		{"Lampu mati, HP 0812 3456…", "Lampu mati, HP 0812\n3456 7890 ya", "Lampu mati, HP [telepon dihapus]…"},
		{"HP 0812 3456 7890, lampu mati di Ranai…", "HP 0812 3456 7890, lampu mati di Ranai Darat", "HP [telepon dihapus], lampu mati di Ranai…"},
		{"3456 7890, lampu…", "0812 3456 7890, lampu mati", "[telepon dihapus], lampu…"}, // by whom it was cut in front
		{"Hubungi saya di 0812 3456…", "lain", "Hubungi saya di…"},
		{"Jalan rusak di RT 02 RW 05…", "lain", "Jalan rusak di RT 02 RW 05…"},
		{"Anggaran Rp 1.500.000…", "Anggaran Rp 1.500.000 dipakai untuk apa", "Anggaran Rp 1.500.000…"},
		{"NIK 2103011205900003", "lain", "NIK [NIK dihapus]"},
		{"lampu…", "", "lampu…"},
	} {
		if got := everything().Title(c.title, c.text); got != c.want {
			t.Errorf("%q of %q became %q, want %q", c.title, c.text, got, c.want)
		}
	}
	if got := (Redactor{}).Title("NIK 2103 0112…", "lain"); got != "NIK 2103 0112…" {
		t.Errorf("where nothing is removed it became %q", got)
	}
}

func TestOnlyTheKindsThatAreConfiguredAreRemoved(t *testing.T) {
	const text = "NIK 2103014505900001 KK 2103010101200001 hp 081200000123 surel a@b.id"
	for kinds, want := range map[string]string{
		"":           text,
		"passport":   text,
		"nik":        "NIK [NIK dihapus] KK [NIK dihapus] hp 081200000123 surel a@b.id",
		"kk":         "NIK [KK dihapus] KK [KK dihapus] hp 081200000123 surel a@b.id",
		"phone":      "NIK 2103014505900001 KK 2103010101200001 hp [telepon dihapus] surel a@b.id",
		"email":      "NIK 2103014505900001 KK 2103010101200001 hp 081200000123 surel [e-mail dihapus]",
		"nik kk":     "NIK [NIK dihapus] KK [KK dihapus] hp 081200000123 surel a@b.id",
		"phone nik ": "NIK [NIK dihapus] KK [NIK dihapus] hp [telepon dihapus] surel a@b.id",
	} {
		if got, _ := NewRedactor(strings.Fields(kinds)).Redact(text); got != want {
			t.Errorf("%q:\n got %s\nwant %s", kinds, got, want)
		}
	}
	if got, found := (Redactor{}).Redact(text); got != text || len(found) != 0 {
		t.Errorf("the zero Redactor made %q", got)
	}
	_, found := everything().Redact(text)
	if want := map[Kind]int{NIK: 1, KK: 1, Phone: 1, Email: 1}; !maps.Equal(found, want) {
		t.Errorf("counted %v, want %v", found, want)
	}
}

func TestEveryKindHasItsOwnReplacementThatIsNoPersonalDataItself(t *testing.T) {
	seen := map[string]Kind{}
	for _, kind := range Kinds() {
		label := kind.removed()
		if other, clash := seen[label]; clash {
			t.Errorf("%s and %s are both replaced with %s", kind, other, label)
		}
		seen[label] = kind
		if got, _ := everything().Redact(label); got != label {
			t.Errorf("%s is redacted to %s", label, got)
		}
	}
}

func TestEveryNIKIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.IntRange(1, 28).Draw(t, "day") + 40*rapid.IntRange(0, 1).Draw(t, "woman")
		nik := fmt.Sprintf("2103%02d%02d%02d%02d%04d", rapid.IntRange(1, 20).Draw(t, "district"), day,
			rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(0, 99).Draw(t, "year"), rapid.IntRange(1, 9999).Draw(t, "sequence"))
		sep := rapid.SampledFrom([]string{"", " ", "-", ".", " - ", "\u00a0"}).Draw(t, "separator")
		cuts := rapid.SampledFrom([][]int{{4, 8, 12}, {6, 12}, {2, 4, 6, 8, 10, 12}, {6}}).Draw(t, "cuts")
		checkRemoved(t, grouped(nik, sep, cuts), NIK)
	})
}

func TestEveryMobileNumberIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.SampledFrom([]string{"0", "+62", "62", "+62 "}).Draw(t, "prefix")
		number := rapid.StringMatching(`8[1-35-9][0-9]{8,10}`).Draw(t, "number")
		sep := rapid.SampledFrom([]string{"", " ", "-", ".", "\u2011"}).Draw(t, "separator")
		cuts := rapid.SampledFrom([][]int{{3, 7}, {3}, {3, 6}, {2, 6}, {7}}).Draw(t, "cuts")
		checkRemoved(t, prefix+grouped(number, sep, cuts), Phone)
	})
}

func grouped(n, sep string, cuts []int) string {
	var parts []string
	from := 0
	for _, to := range append(cuts, len(n)) {
		parts = append(parts, n[from:to])
		from = to
	}
	return strings.Join(parts, sep)
}

func checkRemoved(t *rapid.T, typed string, kind Kind) {
	before := rapid.SampledFrom([]string{"", "saya, ", "warga RT 01 ", "(", "no: ", "pada 17-08-2026, ", "/"}).Draw(t, "before")
	after := rapid.SampledFrom([]string{"", ".", ", Ranai", ")", "\n12 orang", " terima kasih", "/2"}).Draw(t, "after")
	text := before + typed + after
	want := before + kind.removed() + after
	if got, _ := everything().Redact(text); got != want {
		t.Fatalf("%q became %q, want %q", text, got, want)
	}
}

func TestNoReferenceDateOrPriceIsTouched(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), 0).UTC()
		layout := rapid.SampledFrom([]string{"02-01-2006 15:04", "02.01.2006 15.04", "2006-01-02", "2/1/2006", "02-01-2006 - 15.04", "20060102"}).Draw(t, "layout")
		parts := []string{
			"SP-" + rapid.StringMatching(`[0-9A-HJKMNP-TV-Z]{15}`).Draw(t, "ref"),
			at.Format(layout),
			"Rp " + rapid.StringMatching(`[1-9][0-9]{0,2}(\.[0-9]{3}){1,4}`).Draw(t, "price"),
			rapid.StringMatching(`[1-57][0-9]{6,9}`).Draw(t, "tracking id"),
			fmt.Sprintf("%.12f, %.12f", rapid.Float64Range(-11, 6).Draw(t, "lat"), rapid.Float64Range(95, 141).Draw(t, "long")),
		}
		text := strings.Join(rapid.Permutation(parts).Draw(t, "parts"), ", lalu ")
		if got, found := everything().Redact(text); got != text {
			t.Fatalf("%q became %q (%v)", text, got, found)
		}
	})
}

func FuzzRedact(f *testing.F) {
	for _, seed := range []string{
		"NIK 2103014505900001", "+62 (0)812-0000 0123", "a@b.id 0812.0000.0123", "\xff0812\u200b00000123", "0773/31234 RT 021", "62 8", "+", "(0812) ", "２１０３",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once, found := everything().Redact(text)
		total := 0
		for kind, n := range found {
			if strings.Count(once, kind.removed()) < n {
				t.Fatalf("%q: %d of %s counted in %q", text, n, kind, once)
			}
			total += n
		}
		if total == 0 && once != text {
			t.Fatalf("%q became %q and nothing was counted", text, once)
		}
		if twice, _ := everything().Redact(once); twice != once {
			t.Fatalf("%q: once %q, twice %q", text, once, twice)
		}
		if runOf(once, cardLength) {
			t.Fatalf("%q: 16 digits are left in %q", text, once)
		}
	})
}

// runOf says that there is a run of exactly n ASCII digits that no kept part explains.
func runOf(text string, n int) bool {
	for _, g := range newDigits(text, kept(text)).groups {
		if g.end-g.start == n && len(g.n) == n {
			return true
		}
	}
	return false
}

// What is looked at for one number is bounded, so that a long text costs no more than its length.
func TestTheReachOfANumberIsBounded(t *testing.T) {
	far := strings.Repeat(" ", 100)
	long := newDigits(strings.Repeat("1", 100_000), nil)
	if n := len(long.groups[0].n); len(long.groups) != 1 || n > longest+1 {
		t.Errorf("%d digits of a run are kept", n)
	}
	if got := joint(far); got != apart {
		t.Errorf("groups %d blanks apart are joined by %q", len(far), got)
	}
	if d := newDigits("hp"+far+"81200000123", nil); d.said(saidPhone, 0) {
		t.Error("a word far before a number counts as said of it")
	}
	if d := newDigits("+"+far+"6281200000123", nil); d.plus(0) >= 0 {
		t.Error("a plus sign far before a number counts as its own")
	}
}

func BenchmarkRedactALongText(b *testing.B) {
	for _, part := range []string{"Lampu jalan di Ranai mati. ", "0812 ", "08.", "62-", "kk 1 "} {
		text := strings.Repeat(part, 100_000/len(part))
		b.Run(part, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				everything().Redact(text)
			}
		})
	}
}

// Whether a text may hold a number at all is asked first, because it is cheap. It must never say no where there is one.
func TestNoNumberIsMissedForTheShortWay(t *testing.T) {
	r := NewRedactor([]string{"nik", "kk", "phone"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.OneOf(
			rapid.StringMatching(`[0-9]{1,9}`), rapid.SampledFrom([]string{" ", "-", ".", "/", ") ", "(", "+62 ", "hp ", "0812", "0773", "rt ", "jalan ", ", ", "\u00a0"}),
		), 0, 12).Draw(t, "parts"), "")
		if found := r.numbers(newDigits(text, kept(text))); len(found) > 0 && !newDigits(text, nil).mayIdentify() {
			t.Fatalf("%q holds %v and was not looked at", text, found)
		}
	})
}
