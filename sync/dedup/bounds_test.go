package dedup

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// twiceTold is how an engine answers to what two people may have told within minutes: the second telling beside the first. Who they are
// is not known, or they have one phone.
func twiceTold(t *testing.T, phone string, first, second complaint.Complaint) Verdict {
	t.Helper()
	e := NewEngine(Options{Hasher: openHash{}})
	first.ReceivedAt, second.ReceivedAt = time.Unix(1.7e9, 0), time.Unix(1.7e9+300, 0)
	first.Reporter.Phone, second.Reporter.Phone = phone, phone
	a, b := e.Print(first), e.Print(second)
	return e.Judge(b, []Earlier{{Ref: "SP-1", Print: &a}})
}

func eachPhone() []string { return []string{"", "081200001111"} }

// apart are two complaints that are told apart by what stands behind the bounds of a print, and the same with less before it.
type apart struct{ first, second complaint.Complaint }

func toldAt(text, address string) complaint.Complaint {
	return complaint.Complaint{Text: text, Place: complaint.Place{Address: address}}
}

func TestWhatAPrintHasNoRoomForLinksNobody(t *testing.T) {
	roof := "Tolong bantu, rumah kami roboh kena angin ribut tadi malam, atap seng terbang sampai sungai, kelambu basah semua, anak menggigil"
	var way strings.Builder
	for _, a := range "bdfgjklmprst" {
		for _, b := range "aeou" {
			fmt.Fprintf(&way, "%[1]c%[2]cran%[1]c%[2]c ", a, b)
		}
	}
	lamps := "Lampu jalan mati di Perumahan Bandarsyah Sedanau, warga Kartini Hamid Serasan Midai resah: rumah nomor 1, 2, 3, 4, 5, 6, 7, 8. " +
		"Juga nomor 9, 10, 11, 12, 13, 14, 15, 16. Juga nomor 17, 18, 19, 20, 21, 22, 23, 24. Juga nomor 25, 26."
	plea := strings.Repeat("Mohon Bapak Bupati Hamid membaca keluhan warga Sedanau Pulau Tiga Midai Serasan ini. ", 300)
	for name, c := range map[string]apart{
		"the words of an address": {toldAt(roof, "Perumahan "+way.String()+"rumah panggung Zulkarnain"), toldAt(roof, "Perumahan "+way.String()+"rumah panggung Marsinah")},
		"facts":                   {toldAt(lamps, "RT 5 RW 2"), toldAt(lamps, "RT 7 RW 3")},
		"the words of a text":     {toldAt(plea+"Anak saya dipukul guru di kelas.", ""), toldAt(plea+"Jembatan Teluk Buton roboh, dua orang hanyut.", "")},
		"a long address":          {toldAt(roof, strings.Repeat("Bandarsyah ", mostTokens)+"Zulkarnain"), toldAt(roof, strings.Repeat("Bandarsyah ", mostTokens)+"Marsinah")},
	} {
		for _, phone := range eachPhone() {
			if v := twiceTold(t, phone, c.first, c.second); v.Answer == Link {
				t.Errorf("%s, phone %q: linked: %s", name, phone, v.Why("en"))
			}
		}
		if v := twiceTold(t, "081200001111", c.first, c.first); v.Answer != Link {
			t.Errorf("%s: the very same is %s: %s", name, v.Answer, v.Why("en"))
		}
	}
}

// Who the text names in passing is told apart by the address all the same.
func TestAnAddressTellsApartWhomTheTextNamesToo(t *testing.T) {
	text := "Rumah roboh kena angin ribut tadi malam, atap seng terbang, kelambu basah; keluarga Marsinah serta Zulkarnain belum dapat terpal bantuan Hamid Kartini"
	for _, phone := range eachPhone() {
		if v := twiceTold(t, phone, toldAt(text, "rumah panggung Zulkarnain"), toldAt(text, "rumah panggung Marsinah")); v.Answer == Link {
			t.Errorf("phone %q: linked: %s", phone, v.Why("en"))
		}
	}
	for _, again := range []string{"rumah panggung Zulkarnain", "rumah panggung Zulkarnaen", "rumah panggung Zulkarnain, Hamid Kartini"} {
		if v := twiceTold(t, "081200001111", toldAt(text, "rumah panggung Zulkarnain"), toldAt(text, again)); v.Answer != Link {
			t.Errorf("told again with the address %q: %s: %s", again, v.Answer, v.Why("en"))
		}
	}
}

// A word as long as a text costs no more than a text.
func TestNoTextHoldsUpTheOthers(t *testing.T) {
	e := NewEngine(Options{Hasher: openHash{}})
	long := strings.Repeat("abuk", complaint.MaxText/4-2)
	for name, c := range map[string]complaint.Complaint{
		"one word in the text":    {Text: "mohon " + long},
		"one word in the address": {Text: "lampu", Place: complaint.Place{Address: long}},
		"one word with a capital": {Text: "mohon Z" + long},
	} {
		p := e.Print(c)
		for _, w := range append(p.Words, p.Where...) {
			if len(w) > longestWord {
				t.Errorf("%s: a word of %d bytes is kept", name, len(w))
			}
		}
	}
	if a, b := e.Print(complaint.Complaint{Text: "mohon " + long}), e.Print(complaint.Complaint{Text: "mohon " + long + "x"}); a.InText == b.InText {
		t.Error("two long words are the same")
	}
}

// Prints of long texts are kept in memory, and the texts are not.
func TestAPrintHoldsNothingOfItsText(t *testing.T) {
	e := NewEngine(Options{Hasher: openHash{}})
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc) //nolint:gosec // far less
	}
	const prints = 100
	for _, says := range []string{" lampu mati", " lampu mati di Jalan kartini", " lampu mati di nomor 14", " laporan 1234567 belum", ""} {
		before, kept := heap(), make([]Print, prints)
		for i := range kept {
			c := complaint.Complaint{Text: "mati" + says + strings.Repeat(" !", 50_000), Place: complaint.Place{Address: "pantai kencana" + strings.Repeat(" !", 50_000) + fmt.Sprint(i)}}
			kept[i] = e.Print(c)
		}
		if each := (heap() - before) / prints; each > 20_000 {
			t.Errorf("with %q: each print holds %d bytes", says, each)
		}
		runtime.KeepAlive(kept)
	}
}

// A region that is no code is no line of a print.
func TestARegionThatIsNoCodeIsNotKept(t *testing.T) {
	e := NewEngine(Options{Hasher: openHash{}})
	p := e.Print(complaint.Complaint{Text: "Lampu jalan mati di Ranai", Place: complaint.Place{Region: "21.03.07\nt!"}, ReceivedAt: time.Unix(1.7e9, 0)})
	again, err := DecodePrint(p.Encode())
	if err != nil || again.Encode() != p.Encode() || strings.Contains(p.Encode(), "21.03") {
		t.Errorf("%v: kept as %q", err, p.Encode())
	}
	p = e.Print(complaint.Complaint{Text: "Lampu jalan mati", Place: complaint.Place{Region: " 21.03.07 "}})
	if len(p.Facts) != 1 || p.Facts[0] != (Fact{Form, "21.03.07"}) {
		t.Errorf("a code is %v", p.Facts)
	}
}
