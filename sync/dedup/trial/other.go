package trial

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/satupintu/satupintu/sync/complaint"
)

// mark is one thing that tells two matters apart. A complaint that has it gets another in every place where it stands; one
// that has none in its text is told first, in a clause of its own.
type mark struct {
	kind   string
	found  *regexp.Regexp                           // what stands before, the value, what stands behind
	clause func(r *rand.Rand, value string) string  // a sentence with a value
	some   func(r *rand.Rand, unlike string) string // a value, another than this; nil: what the state becomes
	name   bool                                     // the value is a name, and changed wherever it stands, whatever stands before it
}

// properName is up to three words that begin with a capital.
const properName = `(\p{Lu}[\p{L}]+(?: \p{Lu}[\p{L}]+){0,2})(\b)`

// otherMarks are the changes that make it another matter.
func otherMarks() []mark {
	return []mark{
		{kind: "house number", found: regexp.MustCompile(`(?i)(\bno(?:mor)?\.?[ ]?)(\d{1,3})(\b)`), some: number(1, 99), clause: said(
			"Lokasinya di Jl. Hang Tuah No. %s.", "Tepatnya depan rumah jalan pramuka no %s ya.", "Alamat: Jl Cempaka nomor %s.")},
		{kind: "gang", found: regexp.MustCompile(`(?i)(\b(?:gang|gg)\b\.?[ ]?(?:melati )?)(\d{1,2}|[IVX]{1,4}|[A-Z])(\b)`), some: gang, clause: said(
			"Lokasinya masuk Gang Melati %s.", "Rumahnya di gg. %s dari jalan besar.", "Tepatnya di Gang %s sebelah kiri.")},
		{kind: "RT", found: regexp.MustCompile(`(?i)(\brt[ ./:]{0,3}0*)(\d{1,2})(\b)`), some: number(1, 9), clause: said(
			"Kami tinggal di RT 0%s RW 02.", "ini di rt %s ya pak.", "Alamat RT.%s/RW.01.")},
		{kind: "point", found: regexp.MustCompile(`(?i)(\btitik )([a-h])(\b)`), some: oneOf("A", "B", "C", "D", "E", "F"), clause: said(
			"Ini untuk titik %s.", "Lokasi yang dimaksud adalah Titik %s pada denah.", "(TITIK %s)")},
		{kind: "street", name: true, found: regexp.MustCompile(`(\b(?:(?:[Jj]alan|JALAN) |(?:[Jj]ln|JLN|[Jj]l|JL)\b\.? ?))` + properName), some: oneOf(streets()...), clause: said(
			"Lokasinya di Jl. %s.", "Kejadian di sepanjang Jl. %s.", "Tepatnya Jl. %s dekat tikungan.")},
		{kind: "village", name: true, found: regexp.MustCompile(`(\b(?:[Dd]esa|[Kk]elurahan) )` + properName), some: oneOf(villageNames()...), clause: said(
			"Kami warga Desa %s.", "Lokasi di Desa %s.", "Ini terjadi di Desa %s.")},
		{kind: "pupil", name: true, found: regexp.MustCompile(`(\bbernama )` + properName), some: oneOf(pupils()...), clause: said(
			"Ini tentang anak saya bernama %s, kelas 4.", "Murid yang kami maksud bernama %s.", "Anak bernama %s belum mendapat haknya di sekolah.")},
		{kind: "asset", found: regexp.MustCompile(`(?i)(\b(?:tiang|gardu|meteran|pju|pompa)[ ](?:nomor |no\.? ?)?(?:[A-Z]{1,3}-)?0*)(\d{1,4})(\b)`), some: alike, clause: said(
			"Tiang nomor PJU-0%s.", "Nomor pada tiang PJU-0%s.", "Ini meteran nomor 21%s.")},
		{kind: "polarity", found: regexp.MustCompile(`(?i)(\b(?:lampu jalan|lampu|lampunya|pju|jalan|sampah|selokan|musala|pompa air desa) )(mati|rusak|menumpuk|tersumbat)(\b)`), some: nil, clause: said(
			"Lampu di depan musala %s.", "Sampai hari ini lampunya %s.", "Pompa air desa %s.")},
		{kind: "date", found: regexp.MustCompile(`(?i)(\b(?:tanggal|tgl)\.? )(\d{1,2})(\b)`), some: number(1, 28), clause: said(
			"Kejadiannya tanggal %s Februari malam.", "Terjadi pada tgl %s Januari 2026.", "Ini untuk kejadian tanggal %s Februari 2026.")},
	}
}

func villageNames() []string {
	var names []string
	for _, v := range villages() {
		names = append(names, v[0])
	}
	return names
}

func pupils() []string {
	return []string{"Rahmat", "Siti", "Dewi", "Hasan", "Nurul", "Zulkifli", "Aminah", "Fauzan"}
}

func said(sentences ...string) func(*rand.Rand, string) string {
	return func(r *rand.Rand, value string) string { return fmt.Sprintf(pick(r, sentences), value) }
}

func number(from, to int) func(*rand.Rand, string) string {
	return func(r *rand.Rand, unlike string) string {
		was, _ := strconv.Atoi(unlike)
		for {
			if n := from + r.IntN(to-from+1); n != was {
				return strconv.Itoa(n)
			}
		}
	}
}

// gang is a number, unlike one in Roman numerals too.
func gang(r *rand.Rand, unlike string) string {
	roman := []string{"", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"}
	if i := slices.Index(roman, strings.ToUpper(unlike)); i > 0 {
		unlike = strconv.Itoa(i)
	}
	return number(1, 12)(r, unlike)
}

// alike is a number with another last digit, as that of the pole beside it; without one to be unlike, one of two digits.
func alike(r *rand.Rand, unlike string) string {
	if unlike == "" {
		return number(11, 99)(r, "")
	}
	last := len(unlike) - 1
	return unlike[:last] + number(0, 9)(r, unlike[last:])
}

func oneOf(values ...string) func(*rand.Rand, string) string {
	return func(r *rand.Rand, unlike string) string {
		for {
			if v := pick(r, values); !strings.EqualFold(v, unlike) {
				return v
			}
		}
	}
}

// ended is what is said when the trouble is over.
func ended(state string) string {
	return map[string]string{
		"mati": "sudah menyala lagi", "rusak": "sudah diperbaiki", "menumpuk": "sudah diangkut", "tersumbat": "sudah lancar lagi",
	}[strings.ToLower(state)]
}

// two makes two complaints that differ in this mark alone; ok is false where the base cannot be changed so.
func (m mark) two(r *rand.Rand, base complaint.Complaint) (one, another complaint.Complaint, ok bool) {
	value := m.value(base.Text)
	if value == "" {
		value = m.given(r, &base)
	}
	new := ended(value)
	if m.some != nil {
		new = m.some(r, value)
	}
	another = base
	another.Text = m.replaced(base.Text, value, new)
	another.Place.Address = m.replaced(base.Place.Address, value, new)
	return base, another, value != "" && another.Text != base.Text
}

// given adds the clause, with what the address says where it has this mark.
func (m mark) given(r *rand.Rand, c *complaint.Complaint) string {
	value := m.value(c.Place.Address)
	switch {
	case value != "":
	case m.some == nil:
		value = "mati"
	default:
		value = m.some(r, "")
	}
	c.Text = inside(c.Text, m.clause(r, value))
	return m.value(c.Text) // a clause may put more before it: of the meter 2115 all four digits
}

// inside puts a sentence where people say such things: after the last sentence before they say thanks.
func inside(text, sentence string) string {
	end := len(text)
	if thanks := regexp.MustCompile(`(?i)t(?:e|)rima\s?kasih|makasih|tri?ms|suwun|nuwun|\bksh|\btks|demikian|mo?ho?n (?:di|se?ge?ra)`).FindStringIndex(text); thanks != nil {
		end = thanks[0]
	} else if last := strings.TrimSpace(text); last != "" {
		return strings.TrimRight(last, ".") + ". " + sentence
	}
	at := 0
	for _, stop := range regexp.MustCompile(`\p{Ll}{4,}[.!?]+\s|\n|\\n`).FindAllStringIndex(text[:end], -1) {
		at = stop[1]
	}
	if at > 0 && text[at-1] == 'n' { // a written-out line end must not become a letter of the sentence
		sentence = " " + sentence
	}
	return text[:at] + sentence + " " + text[at:]
}

// value is the first value of this kind of mark in a text, empty where there is none.
func (m mark) value(text string) string {
	for _, parts := range m.found.FindAllStringSubmatch(text, -1) {
		if !m.name {
			return parts[2]
		}
		if name := nameOnly(parts[2]); name != "" {
			return name
		}
	}
	return ""
}

// nameOnly is the words before the first that is no part of a name, though it begins with a capital.
func nameOnly(words string) string {
	no := []string{"No", "NO", "Nomor", "RT", "Rt", "RW", "Rw", "Gang", "Gg", "GG", "Blok", "Kelurahan", "KEL", "Kel", "Kecamatan", "KEC", "Kec", "Desa", "Kab", "Kota", "Kabupaten", "Dinas",
		"Berlubang", "Rusak", "Terimakasih", "Terima", "Mohon"}
	name := strings.Fields(words)
	if i := slices.IndexFunc(name, func(w string) bool { return slices.Contains(no, w) }); i >= 0 {
		name = name[:i]
	}
	return strings.Join(name, " ")
}

// replaced puts the new value wherever the old one stands as this kind of mark.
func (m mark) replaced(text, value, new string) string {
	if m.name {
		anywhere := regexp.MustCompile(`(?i)(^|[^\p{L}])` + regexp.QuoteMeta(value) + `($|[^\p{L}])`)
		return anywhere.ReplaceAllString(text, "${1}"+new+"${2}")
	}
	return m.found.ReplaceAllStringFunc(text, func(found string) string {
		parts := m.found.FindStringSubmatch(found)
		if !strings.EqualFold(parts[2], value) {
			return found
		}
		return parts[1] + new + parts[3]
	})
}
