package relay

import "testing"

func TestSmallTalkIsNoMatterAndNothingElseIs(t *testing.T) {
	for text, want := range map[string]remark{
		"":                                greeting,
		"👋":                               greeting,
		"P":                               greeting,
		"ppp":                             greeting,
		"tes":                             greeting,
		"Halooo min":                      greeting,
		"Assalamualaikum wr. wb.":         greeting,
		"Ass. wr wb, selamat siang Pak":   greeting,
		"Selamat pagi, admin":             greeting,
		"Permisi":                         greeting,
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
		"110":                                  matter,
		"tolong!! kebakaran":                   matter,
	} {
		if got := remarkOf(text); got != want {
			t.Errorf("%q is taken for %d, want %d", text, got, want)
		}
	}
}
