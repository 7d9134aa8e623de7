package trial

import (
	"math/rand/v2"
	"regexp"
	"strings"
)

// everyday is how words of complaints are written in a hurry.
func everyday() map[string][]string {
	return map[string][]string{
		"yang": {"yg"}, "dengan": {"dgn", "dg"}, "tidak": {"tdk", "gak", "nggak", "ga"}, "sudah": {"sdh", "udah", "udh"},
		"belum": {"blm", "belom"}, "untuk": {"utk", "buat"}, "jalan": {"jln"}, "karena": {"krn", "karna"}, "saya": {"sy", "aku"},
		"kami": {"kmi"}, "kalau": {"klo", "kalo"}, "juga": {"jg"}, "dari": {"dr"}, "pada": {"pd"}, "orang": {"org"},
		"segera": {"sgr"}, "mohon": {"mhn"}, "tolong": {"tlg", "tlong"}, "sampai": {"smp", "sampe"}, "banyak": {"bnyk"},
		"sekali": {"skali", "bgt"}, "sangat": {"sgt", "bgt"}, "dekat": {"dkt", "deket"}, "depan": {"dpn"}, "rumah": {"rmh"},
		"malam": {"mlm", "malem"}, "bulan": {"bln"}, "warga": {"wrga"}, "bisa": {"bs"}, "anak": {"ank"}, "kemarin": {"kmrn", "kemaren"},
		"terima": {"trima"}, "diperbaiki": {"dibenerin", "dibetulkan"}, "memperbaiki": {"benerin"}, "tetapi": {"tp", "tapi"},
		"setiap": {"tiap", "stiap"}, "supaya": {"spy", "biar"}, "ketika": {"pas", "wktu"}, "lewat": {"lwt"}, "sejak": {"sjk"},
		"masih": {"msh"}, "lagi": {"lg"}, "hanya": {"cuma", "cm"}, "bagaimana": {"gimana", "gmn"}, "pemerintah": {"pemerinth", "pmrintah"},
		"bapak": {"bpk", "pak"}, "kepada": {"kpd"}, "tersebut": {"tsb"}, "daerah": {"drh"}, "sekarang": {"skrg", "skr"}, "keadaannya": {"kondisinya"},
	}
}

// format is one thing that people write in several ways.
type format struct {
	found *regexp.Regexp
	ways  []string // for Expand
}

func allFormats() []format {
	return []format{
		{regexp.MustCompile(`(?i)\bno(?:mor)?\.?[ ]?(\d{1,3})\b`), []string{"no $1", "No.$1", "nomor $1", "nmr $1", "No. $1", "no.$1"}},
		{regexp.MustCompile(`(?i)\brt[ ./]?0*(\d{1,2})\b`), []string{"RT $1", "rt.$1", "RT.0$1", "rt0$1", "Rt $1"}},
		{regexp.MustCompile(`(?i)\brw[ ./]?0*(\d{1,2})\b`), []string{"RW $1", "rw.$1", "RW.0$1", "rw0$1", "Rw $1"}},
		{regexp.MustCompile(`\b(?:[Jj]alan|[Jj]ln|[Jj]l)\b\.? ([A-Z])`), []string{"Jl. $1", "jln $1", "jl $1", "Jalan $1", "JL.$1"}},
		{regexp.MustCompile(`(?i)\b(?:gang|gg)\b\.? (\w)`), []string{"Gang $1", "gg $1", "Gg. $1", "gg.$1"}},
		{regexp.MustCompile(`(?:\+62|\b0)[ -]?(8\d\d)[ -]?(\d{4})[ -]?(\d{4})\b`), []string{"0$1$2$3", "+62$1$2$3", "0$1-$2-$3", "+62 $1-$2-$3", "0$1 $2 $3"}},
	}
}

// formats writes a number, an address word or a phone number in another way: one at the natural rate, three at three
// times that.
func formats(r *rand.Rand, rate float64, text string) (string, bool) {
	all := allFormats()
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	changed := 0
	for _, f := range all {
		if changed >= int(rate) {
			break
		}
		m := f.found.FindStringSubmatchIndex(text)
		if m == nil {
			continue
		}
		was := text[m[0]:m[1]]
		way := string(f.found.ExpandString(nil, pick(r, f.ways), text, m))
		if way == was {
			continue
		}
		text = text[:m[0]] + way + text[m[1]:]
		changed++
	}
	return text, changed > 0
}

// withFormats gives a text that has nothing to write in another way an invented place and a number to call.
func withFormats(r *rand.Rand, text string) string {
	for _, f := range allFormats() {
		if f.found.MatchString(text) {
			return text
		}
	}
	s := newSpot(r)
	return strings.TrimRight(text, " .") + ". Lokasi Jl. " + s.street + " No. 7 RT 02 RW 01, hubungi 0812-7000-4411."
}
