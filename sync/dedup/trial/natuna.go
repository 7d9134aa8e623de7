package trial

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Invented returns so many invented complaints as the people of a small island region might write them. The same seed
// gives the same complaints.
func Invented(n int, seed uint64) []complaint.Complaint {
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // for chance that can be repeated
	all := make([]complaint.Complaint, n)
	for i := range all {
		all[i] = invented(r, i)
	}
	return all
}

func invented(r *rand.Rand, i int) complaint.Complaint {
	t := pick(r, troubles())
	spot := newSpot(r)
	parts := []string{pick(r, openings()), pick(r, t.said) + " " + spot.said(r) + ".", pick(r, since()), pick(r, t.harm), pick(r, t.detail), pick(r, requests())}
	var said []string
	for j, p := range parts {
		if p != "" && (j == 1 || r.IntN(4) > 0) { // the trouble itself always, the rest mostly
			said = append(said, p)
		}
	}
	return complaint.Complaint{
		Source: "made", SourceID: fmt.Sprint(i), Class: complaint.Ordinary, Category: t.topic,
		Text:       strings.Join(said, " "),
		Place:      complaint.Place{Address: spot.address()},
		ReportedAt: time.Date(2026, 3, 2, 7, 0, 0, 0, time.FixedZone("WIB", 7*60*60)).Add(time.Duration(i) * 37 * time.Minute),
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// spot is an invented place.
type spot struct {
	street, village, district string
	number, rt, rw            int
}

func newSpot(r *rand.Rand) spot {
	v := pick(r, villages())
	return spot{street: pick(r, streets()), village: v[0], district: v[1], number: 1 + r.IntN(98), rt: 1 + r.IntN(9), rw: 1 + r.IntN(5)}
}

// said is the place as it stands in a sentence.
func (s spot) said(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return fmt.Sprintf("di jalan %s no %d", s.street, s.number)
	case 1:
		return fmt.Sprintf("di Jl. %s No. %d RT %02d RW %02d", s.street, s.number, s.rt, s.rw)
	case 2:
		return fmt.Sprintf("di Jl %s, desa %s", s.street, s.village)
	}
	return fmt.Sprintf("di %s, dekat %s", s.village, pick(r, landmarks()))
}

func (s spot) address() string {
	return fmt.Sprintf("Jl. %s No. %d, Kelurahan %s, Kecamatan %s", s.street, s.number, s.village, s.district)
}

func streets() []string {
	return []string{"Hang Tuah", "Datuk Kaya", "Pelabuhan Lama", "Cempaka", "Batu Hitam", "Pramuka", "Kelapa Gading", "Imam Bonjol", "Tanjung Datuk", "Mutiara"}
}

func villages() [][2]string {
	return [][2]string{
		{"Ranai", "Bunguran Timur"}, {"Sungai Ulu", "Bunguran Timur"}, {"Sedanau", "Bunguran Barat"},
		{"Sabang Barat", "Midai"}, {"Kelarik", "Bunguran Utara"}, {"Cemaga", "Bunguran Selatan"}, {"Serasan", "Serasan"},
	}
}

func landmarks() []string {
	return []string{"masjid raya", "pasar ikan", "kantor desa", "lapangan bola", "dermaga lama", "SDN 003", "puskesmas", "tugu nelayan"}
}

func openings() []string {
	return []string{"", "Kami warga setempat ingin melaporkan keadaan ini.", "Saya mau menyampaikan laporan dari lingkungan kami.", "Mohon perhatian dari dinas terkait."}
}

func since() []string {
	return []string{"Sudah tiga minggu keadaannya begini.", "Kejadian ini sudah berlangsung sejak bulan lalu.", "Sejak hujan deras kemarin tidak ada yang memperbaiki.", "Sudah lama dan belum ada petugas yang datang."}
}

func requests() []string {
	return []string{"Tolong segera diperbaiki.", "Mohon petugas datang untuk memeriksa.", "Kami berharap ada tindakan secepatnya.", "Tolong dibantu supaya warga tidak resah."}
}

// trouble is a kind of complaint, with several ways to say each part of it.
type trouble struct {
	topic              string
	said, harm, detail []string
}

func troubles() []trouble {
	return []trouble{
		{"Lampu jalan", []string{"Lampu jalan mati", "Lampu penerangan tidak menyala"}, []string{"Kalau malam gelap sekali dan anak-anak takut pulang mengaji.", "Pengendara motor hampir jatuh karena gelap."}, []string{"Tiangnya juga sudah miring.", "Kabelnya menggantung rendah.", ""}},
		{"Jalan rusak", []string{"Jalan rusak", "Aspal jalan sudah hancur"}, []string{"Banyak motor yang jatuh ketika lewat.", "Mobil ambulans susah masuk ke kampung kami."}, []string{"Lubangnya selebar satu meter.", "Kalau hujan lubangnya tidak kelihatan.", ""}},
		{"Sampah", []string{"Sampah menumpuk", "Tempat sampah penuh dan berserakan"}, []string{"Baunya masuk sampai ke rumah.", "Lalat banyak sekali dan anak-anak mulai sakit perut."}, []string{"Truk pengangkut jarang lewat.", "Anjing liar membongkar plastiknya.", ""}},
		{"Air bersih", []string{"Air PDAM tidak mengalir", "Air yang keluar dari keran keruh dan berbau"}, []string{"Kami terpaksa membeli air galon untuk memasak.", "Warga mandi dengan air hujan."}, []string{"Tagihan tetap datang setiap bulan.", "Meteran berputar padahal airnya kosong.", ""}},
		{"Drainase", []string{"Selokan tersumbat", "Parit mampet sehingga banjir"}, []string{"Air masuk ke teras rumah warga setinggi mata kaki.", "Jentik nyamuk banyak sekali di genangan."}, []string{"Isinya lumpur dan botol plastik.", "Tutup selokannya pecah.", ""}},
		{"Pelayanan", []string{"Petugas kelurahan meminta biaya untuk surat pengantar", "Antrean pelayanan di kantor sangat lama"}, []string{"Kami sudah bolak-balik empat kali tanpa hasil.", "Orang tua saya tidak kuat menunggu berdiri."}, []string{"Loket tutup sebelum jam istirahat.", "Tidak ada nomor antrean yang dibagikan.", ""}},
		{"Ternak", []string{"Sapi berkeliaran tanpa penjaga", "Kambing masuk ke kebun warga"}, []string{"Tanaman sayur kami habis dimakan.", "Pengendara pernah menabraknya waktu subuh."}, []string{"Pemiliknya sudah ditegur tetapi diam saja.", "Kotorannya ada di mana-mana.", ""}},
		{"Kebisingan", []string{"Musik karaoke terlalu keras", "Suara genset bengkel sangat bising"}, []string{"Bayi saya tidak bisa tidur sampai larut.", "Orang sakit di sebelah rumah terganggu."}, []string{"Mulainya selalu sesudah jam sepuluh malam.", "Getarannya terasa sampai dinding.", ""}},
	}
}
