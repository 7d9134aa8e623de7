package main

// The words the demonstration's complaints are made of. The places are Natuna's; people, numbers and matters are invented.

func places() []string {
	return []string{
		"Ranai", "Ranai Darat", "Sungai Ulu", "Batu Hitam", "Bandarsyah", "Sepempang", "Sedanau", "Midai", "Serasan", "Subi",
		"Pulau Tiga", "Pulau Laut", "Kelarik", "Cemaga", "Bunguran Timur", "Bunguran Barat",
	}
}

func firstNames() []string {
	return []string{
		"Siti", "Hamzah", "Rosnah", "Zulkifli", "Marlina", "Awang", "Halimah", "Syahrul", "Nurbaya", "Tengku", "Dayang", "Ismail",
	}
}

// matter is what people complain about; each sentence takes a place and how long it has been so.
type matter struct {
	category  string
	sentences []string
}

func matters() []matter {
	return []matter{
		{"Lampu jalan", []string{
			"lampu jalan di %s padam sudah %s. Kalau malam gelap sekali, anak-anak takut lewat.",
			"tiang lampu di %s miring dan lampunya mati sudah %s.",
		}},
		{"Jalan", []string{
			"jalan di %s berlubang besar, sudah %s belum ditambal. Kemarin ada motor jatuh.",
			"jalan di %s terendam kalau hujan, sudah %s begitu terus karena parit tersumbat.",
		}},
		{"Air PDAM", []string{
			"air PDAM di %s mati sudah %s. Kami terpaksa beli air galon.",
			"air PDAM di %s keruh dan bau sudah %s, tidak bisa dipakai mandi.",
		}},
		{"Sampah", []string{
			"sampah di %s menumpuk sudah %s tidak diangkut, baunya sampai ke rumah.",
			"bak sampah di %s rusak sudah %s, sampah berserak ke jalan.",
		}},
		{"Pasar", []string{
			"atap los pasar di %s bocor sudah %s, kalau hujan dagangan basah semua.",
			"toilet pasar di %s tidak ada air sudah %s.",
		}},
		{"Dermaga", []string{
			"papan dermaga di %s lapuk sudah %s, bahaya waktu bongkar muat.",
			"lampu dermaga di %s mati sudah %s, kapal susah sandar malam hari.",
		}},
		{"Puskesmas", []string{
			"puskesmas pembantu di %s sudah %s kehabisan obat darah tinggi.",
			"puskesmas pembantu di %s sudah %s tidak ada petugas kalau sore.",
		}},
		{"Sinyal", []string{
			"sinyal telepon di %s hilang sudah %s, mau telepon keluarga saja susah.",
			"sinyal di %s naik turun sudah %s, anak sekolah tidak bisa kirim tugas.",
		}},
	}
}

func greetings() []string {
	return []string{"Selamat pagi, ", "Selamat siang, ", "Assalamualaikum, ", "Mohon maaf mengganggu, ", "Pak, ", "Bu, "}
}

func spans() []string {
	return []string{"tiga hari", "seminggu", "sepuluh hari", "dua minggu", "sebulan", "dua bulan"}
}

func closings() []string {
	return []string{
		" Mohon segera diperbaiki.", " Tolong ditindaklanjuti.", " Terima kasih.", " Mohon bantuannya.", " Kami tunggu kabarnya.",
	}
}
