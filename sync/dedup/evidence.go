package dedup

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// said is how a code of evidence reads in each language. A %s takes the amount.
type said struct {
	code, english, indonesian string
	amount                    func(float64) (english, indonesian string)
}

// Codes are all codes that evidence has.
func Codes() []string {
	codes := make([]string, 0, 48)
	for _, s := range sentences() {
		codes = append(codes, s.code)
	}
	return codes
}

// sentences is the closed set of evidence.
func sentences() []said {
	return []said{
		{"quoted", "it quotes the reference of the earlier complaint", "menyebut nomor laporan sebelumnya", nil},
		{"asks", "it asks about an earlier complaint", "menanyakan laporan sebelumnya", nil},
		{"reporter", "same reporter", "pelapor yang sama", nil},
		{"other_reporter", "another reporter", "pelapor lain", nil},
		{"other_name", "the reporters have other names", "nama pelapor berbeda", nil},
		{"shared_contact", "many people use this contact", "kontak ini dipakai banyak orang", nil},
		{"whole_text", "exactly the same text and address", "teks dan alamat persis sama", nil},
		{"words", "%s of the words the same", "%s kata-katanya sama", percent},
		{"cut", "one text is the other cut short", "teks yang satu potongan dari yang lain", nil},
		{"rare_words", "rare words the same", "kata-kata khas yang sama", nil},
		{"street", "same street", "jalan yang sama", nil},
		{"precise_place", "same house, block, lane or neighbourhood number", "nomor rumah, blok, gang atau RT/RW yang sama", nil},
		{"landmark", "same landmark", "patokan lokasi yang sama", nil},
		{"village", "same village", "kelurahan atau desa yang sama", nil},
		{"near", "%s between the points", "jarak titik %s", metresApart},
		{"time", "%s apart", "selisih waktu %s", timeApart},
		{"concept", "the same kind of matter", "jenis masalah yang sama", nil},
		{"category", "same category", "kategori yang sama", nil},
		{"file", "same photo or file", "foto atau berkas yang sama", nil},

		{"other_house", "other house numbers", "nomor rumah berbeda", nil},
		{"other_number", "other street or lane numbers", "nomor jalan atau gang berbeda", nil},
		{"other_block", "other blocks", "blok berbeda", nil},
		{"other_gang", "other lanes", "gang berbeda", nil},
		{"other_rt", "other RT", "RT berbeda", nil},
		{"other_rw", "other RW", "RW berbeda", nil},
		{"other_floor", "other floors", "lantai berbeda", nil},
		{"other_point", "other points", "titik berbeda", nil},
		{"other_asset", "other poles or installations", "tiang atau gardu berbeda", nil},
		{"other_street", "other streets", "jalan berbeda", nil},
		{"other_village", "other villages", "kelurahan atau desa berbeda", nil},
		{"other_landmark", "other landmarks", "patokan lokasi berbeda", nil},
		{"far", "%s between the points", "jarak titik %s", metresApart},
		{"number_alone", "a number that one of them alone has", "ada angka yang hanya disebut salah satu", nil},
		{"word_alone", "a name or rare word that one of them alone has", "ada nama atau kata khas yang hanya disebut salah satu", nil},
		{"state_alone", "one of them says it is otherwise now", "keadaan yang disebut berbeda", nil},
		{"day_alone", "another day", "hari berbeda", nil},
		{"direction_alone", "another direction", "arah berbeda", nil},
		{"other_concept", "another kind of matter", "jenis masalah lain", nil},
		{"private", "a private matter, of which each person has their own", "urusan pribadi yang dimiliki masing-masing orang", nil},
		{"other_file", "other photos", "foto berbeda", nil},
		{"closed", "the earlier one was closed before", "laporan sebelumnya sudah ditutup", nil},
		{"late", "%s apart: the same trouble again", "selisih waktu %s: masalah yang sama terulang", timeApart},
		{"few_words", "few words the same", "sedikit kata yang sama", nil},
	}
}

// evidence is what speaks for one matter and what against.
func (c *contrast) evidence() (pro, con []Evidence) {
	for _, s := range c.speaksFor() {
		if s.is {
			pro = append(pro, s.Evidence)
		}
	}
	for _, s := range c.speaksAgainst() {
		if s.is {
			con = append(con, s.Evidence)
		}
	}
	return pro, con
}

type spoken struct {
	Evidence
	is bool
}

func says2(code string, is bool) spoken { return spoken{Evidence{Code: code}, is} }

func (c *contrast) speaksFor() []spoken {
	p := &c.place
	near := p.metres >= 0 && !c.far()
	return []spoken{
		says2("quoted", c.quotes || c.tracks), says2("asks", c.asks && !c.quotes && !c.tracks), says2("reporter", c.relation == sameReporter), says2("whole_text", c.whole),
		{Evidence{"words", round2(c.share())}, !c.whole && c.share() >= 0.3}, says2("cut", c.cut), says2("file", c.file),
		says2("precise_place", p.agrees(precise)), says2("street", p.agrees(street)), says2("landmark", p.agrees(mark)),
		{Evidence{"near", math.Round(max(0, p.metres))}, near}, says2("rare_words", !c.whole && c.metNames >= fewestSaid),
		says2("village", p.agrees(village)),
		{Evidence{"time", math.Round(c.apart.Seconds())}, c.apart <= copied}, says2("concept", c.concept), says2("category", c.subject),
	}
}

func (c *contrast) speaksAgainst() []spoken {
	p := &c.place
	return []spoken{
		says2("closed", c.closed), {Evidence{"late", math.Round(c.apart.Seconds())}, c.apart > recurs},
		says2("other_house", p.differs(House.bit())), says2("other_number", p.differs(PlaceNumber.bit())), says2("other_block", p.differs(Block.bit())),
		says2("other_gang", p.differs(Gang.bit())), says2("other_rt", p.differs(RT.bit())), says2("other_rw", p.differs(RW.bit())), says2("other_floor", p.differs(Floor.bit())),
		says2("other_point", p.differs(Point.bit())), says2("other_asset", p.differs(Asset.bit())), says2("other_street", p.differs(Street.bit())),
		says2("other_village", p.differs(area)), says2("other_landmark", p.differs(Landmark.bit())),
		{Evidence{"far", math.Round(p.metres)}, c.far()}, says2("state_alone", c.later.states+c.early.states > 0),
		says2("number_alone", c.later.numbers+c.early.numbers > 0), says2("day_alone", c.later.days+c.early.days > 0 || p.differs(Date.bit())),
		says2("direction_alone", c.later.directions+c.early.directions > 0), says2("word_alone", c.later.names+c.early.names > 0),
		says2("other_reporter", c.relation == otherReporter && !c.names), says2("other_name", c.names), says2("shared_contact", c.crowd),
		says2("private", c.private && c.relation != sameReporter), says2("other_concept", c.otherConcept), says2("other_file", c.otherFile),
		says2("few_words", c.share() < 0.3),
	}
}

func round2(x float64) float64 { return math.Round(x*100) / 100 }

// Why is the sentence that says which evidence made the verdict and what spoke against it, in Indonesian ("id") or
// English. It holds no personal data, and nothing of the texts.
func (v Verdict) Why(language string) string {
	indonesian := language == "id"
	pro, con := listed(v.For, indonesian), listed(v.Against, indonesian)
	nothing, against := "nothing in common", "; against it: "
	if indonesian {
		nothing, against = "tidak ada yang sama", "; yang menyangkal: "
	}
	if pro == "" {
		pro = nothing
	}
	if con == "" {
		return pro
	}
	return pro + against + con
}

func listed(all []Evidence, indonesian bool) string {
	parts := make([]string, 0, len(all))
	for _, e := range all {
		i := slices.IndexFunc(sentences(), func(s said) bool { return s.code == e.Code })
		if i < 0 { // of a newer version
			continue
		}
		s := sentences()[i]
		text, n := s.english, 0
		if indonesian {
			text, n = s.indonesian, 1
		}
		if s.amount != nil {
			en, id := s.amount(e.Amount)
			text = fmt.Sprintf(text, []string{en, id}[n])
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func percent(share float64) (english, indonesian string) {
	p := fmt.Sprintf("%.0f%%", 100*share)
	return p, p
}

func metresApart(m float64) (english, indonesian string) {
	if m < 1000 {
		return fmt.Sprintf("%.0f m", m), fmt.Sprintf("%.0f m", m)
	}
	km := fmt.Sprintf("%.1f km", m/1000)
	return km, strings.Replace(km, ".", ",", 1)
}

func timeApart(seconds float64) (english, indonesian string) {
	d := time.Duration(seconds) * time.Second
	english = span(d)
	switch {
	case d < time.Minute:
		return english, "kurang dari semenit"
	case d < time.Hour:
		return english, fmt.Sprintf("%d menit", d/time.Minute)
	case d < 48*time.Hour:
		return english, fmt.Sprintf("%d jam", d/time.Hour)
	}
	return english, fmt.Sprintf("%d hari", d/(24*time.Hour))
}

func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return count(d, time.Minute, "minute")
	case d < 2*day:
		return count(d, time.Hour, "hour")
	}
	return count(d, day, "day")
}

func count(d, unit time.Duration, name string) string {
	n := int64(d / unit)
	if n == 1 {
		return "1 " + name
	}
	return fmt.Sprintf("%d %ss", n, name)
}
