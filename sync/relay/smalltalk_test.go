package relay

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSmallTalkIsNoMatterAndNothingElseIs(t *testing.T) {
	for text, want := range map[string]remark{
		"":                                greeting,
		"👋":                               greeting,
		"P":                               greeting,
		"ppp":                             greeting,
		"tes":                             greeting,
		"/lapor":                          greeting,
		"Halooo min":                      greeting,
		"Assalamualaikum wr. wb.":         greeting,
		"Ass. wr wb, selamat siang Pak":   greeting,
		"Selamat pagi, admin":             greeting,
		"Permisi":                         greeting,
		"Mau lapor pak camat":             greeting,
		"Izin bertanya, bisa di sini?":    greeting,
		"sudah ada?":                      asking,
		"Bagaimana laporan saya kemarin?": asking,
		"gmn pak?":                        asking,
		"?":                               asking,
		"Halo min, kok belum ada kabar":   asking,
		"Terima kasih":                    thanking,
		"ok siap 👍":                       thanking,
		"Baik, makasih banyak min":        thanking,
		// One word that says something, and it is a matter.
		"air belum ada":                        matter,
		"Halo, lampu mati":                     matter,
		"banjir":                               matter,
		"Sedanau":                              matter,
		"sudah lama listrik padam":             matter,
		"terima kasih, tapi jalan masih rusak": matter,
		"mau lapor banjir":                     matter,
		"110":                                  matter,
		"tolong!! kebakaran":                   matter,
	} {
		if got := remarkOf(text); got != want {
			t.Errorf("%q is taken for %d, want %d", text, got, want)
		}
	}
}

// However much small talk stands around it, one word that says something is heard.
func TestOneWordAmongSmallTalkIsHeard(t *testing.T) {
	small := rapid.SampledFrom([]string{"halo", "min", "terima", "kasih", "sudah", "ada", "belum", "laporan", "saya", "mau", "lapor", "👋", "?", "...", "Pak"})
	telling := rapid.SampledFrom([]string{"banjir", "lampu", "Sedanau", "kebakaran", "3", "air", "rusak", "PLN"})
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(small, 0, 12).Draw(t, "small talk")
		if got := remarkOf(strings.Join(words, " ")); got == matter {
			t.Fatalf("%q is taken for a matter", words)
		}
		words = slices.Insert(words, rapid.IntRange(0, len(words)).Draw(t, "at"), telling.Draw(t, "word"))
		if got := remarkOf(strings.Join(words, " ")); got != matter {
			t.Fatalf("%q is taken for %d", words, got)
		}
	})
}
