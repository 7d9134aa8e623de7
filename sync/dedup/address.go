package dedup

import (
	"slices"
	"strings"
)

// reader collects facts from tokens.
type reader struct {
	all   []token
	facts []Fact
	more  bool // there were more facts than are kept
	where *Gazetteer
}

func (r *reader) add(k FactKind, value string) {
	f := Fact{k, value}
	switch {
	case value == "" || slices.Contains(r.facts, f):
	case len(r.facts) == mostFacts:
		r.more = true
	default:
		r.facts = append(r.facts, f)
	}
}

// mostFacts bounds a print: a list of thirty houses is one matter by its text, not by its facts.
const mostFacts = 24

// facts reads what tokens say of places. An address field may begin with a street's name without the word for it.
func (r *reader) read(all []token, field bool) {
	r.all = all
	if field {
		r.bareStreet()
	}
	for i := range all {
		switch all[i].word {
		case "jalan":
			r.street(i + 1)
		case "gang":
			r.gang(i + 1)
		case "nomor":
			r.house(i)
		case "rt":
			r.numbers(RT, i+1)
		case "rw":
			if i == 0 || all[i-1].word != "rt" { // rt/rw 3/5 is read at rt
				r.numbers(RW, i+1)
			}
		case "rtrw":
			r.numbers(RT, i+1)
		case "blok":
			r.block(i + 1)
		case "titik":
			r.point(i + 1)
		case "lantai", "lt":
			r.numbers(Floor, i+1)
		case "tanggal":
			r.numbers(Date, i+1)
		case "tiang", "gardu":
			r.asset(i + 1)
		default:
			r.area(i, field)
		}
	}
}

// area reads villages, districts, cities and landmarks.
func (r *reader) area(i int, field bool) {
	switch r.all[i].word {
	case "kelurahan":
		r.named(Village, i+1, true)
	case "desa", "kampung", "dusun":
		if code, n := r.where.longest(r.all, i); n > 1 { // Kampung Hilir
			r.add(Region, code)
			return
		}
		r.named(Village, i+1, field)
	case "kecamatan":
		r.named(District, i+1, true)
	case "kota", "kabupaten", "provinsi":
		r.city(i + 1)
	case "depan", "dekat", "samping", "sebelah", "belakang", "seberang":
		r.landmark(i + 1)
	default:
		r.known(i, field)
	}
}

func (r *reader) at(i int) (token, bool) {
	if i < 0 || i >= len(r.all) {
		return token{}, false
	}
	return r.all[i], true
}

// name collects the words of a name from i on, and says where it ends.
func (r *reader) name(i, most int) (words []string, end int) {
	for ; len(words) < most; i++ {
		t, ok := r.at(i)
		written := len(words) > 0 && t.title && !t.is(saysNothing|isMarker) && !t.number() // Batu Hitam
		if !ok || !t.name() && !written && !(t.is(fillsStreets) && len(words) == 0) {
			break
		}
		if len(words) > 0 && t.gap != ' ' && t.gap != '-' || len(words) == 0 && (t.gap == '\n' || t.gap == ',') {
			break
		}
		if t.is(fillsStreets) {
			most++
		}
		words = append(words, t.word)
	}
	return words, i
}

func (r *reader) bareStreet() {
	if words, end := r.name0(); len(words) > 0 {
		r.add(Street, strings.Join(words, " "))
		r.streetNumber(end)
	}
}

// name0 is the name at the very beginning, before which stands no word.
func (r *reader) name0() ([]string, int) {
	if len(r.all) == 0 || !r.all[0].name() && !r.all[0].is(fillsStreets) {
		return nil, 0
	}
	gap := r.all[0].gap
	r.all[0].gap = ' '
	words, end := r.name(0, 4)
	r.all[0].gap = gap
	return unfilled(words), end
}

func (r *reader) street(i int) {
	words, end := r.name(i, 4)
	words = unfilled(words)
	if len(words) == 0 || len(words) == 1 && words[0] == "baru" {
		return
	}
	r.add(Street, strings.Join(words, " "))
	r.streetNumber(end)
}

func unfilled(words []string) []string {
	words = slices.DeleteFunc(words, func(w string) bool { return lexicon()[w].sense&fillsStreets != 0 })
	if len(words) == 1 && lexicon()[words[0]].sense&isDirection != 0 {
		return nil
	}
	return words
}

// streetNumber reads what follows a street's name: 4, 4/14 (house 14 in street 4), 2a.
func (r *reader) streetNumber(i int) {
	t, ok := r.at(i)
	if !ok || !t.placeNumber() || t.gap == '\n' || t.gap == ',' {
		return
	}
	r.add(PlaceNumber, t.word)
	if next, ok := r.at(i + 1); ok && next.gap == '/' && next.placeNumber() {
		r.add(House, next.word)
	}
}

// placeNumber says that a token is a number of the size that houses and lanes have.
func (t token) placeNumber() bool {
	return t.number() && len(t.word) <= 5 && t.word[0] >= '0' && t.word[0] <= '9'
}

func (r *reader) gang(i int) {
	t, ok := r.at(i)
	if !ok || t.gap == '\n' || t.gap == ',' {
		return
	}
	if t.placeNumber() {
		r.add(PlaceNumber, t.word)
		if next, ok := r.at(i + 1); ok && next.gap == '/' && next.placeNumber() {
			r.add(House, next.word)
		}
		return
	}
	words, end := r.name(i, 3)
	if len(words) == 0 {
		return
	}
	r.add(Gang, strings.Join(words, " "))
	if n, ok := r.at(end); ok && n.placeNumber() && n.gap == ' ' {
		r.add(PlaceNumber, n.word)
	}
}

// house reads the numbers after "nomor", unless they are of something that is no house.
func (r *reader) house(i int) {
	if before, ok := r.at(i - 1); ok {
		switch before.word {
		case "tiket", "laporan", "pengaduan", "hp", "telp", "telepon", "wa", "rekening", "id", "kk", "nik", "antrian", "surat", "polisi", "plat", "seri", "resi":
			return
		case "tiang", "gardu", "panel", "halte", "kode":
			r.asset(i + 1)
			return
		}
	}
	r.numbers(House, i+1)
	if t, ok := r.at(i + 1); ok && len(t.word) == 1 && asciiLetter(t.word[0]) && t.upper { // no A2, /90
		r.add(House, t.word)
	}
}

// numbers reads a list of numbers: 3; 39, 33a, 32; 1 dan 4; 1 sampai 6.
func (r *reader) numbers(k FactKind, i int) {
	const most = 8
	for n := 0; n < most; {
		t, ok := r.at(i)
		if !ok || t.gap == '\n' || n == 0 && t.gap == ',' && k == House {
			return
		}
		switch {
		case t.placeNumber():
			if n > 0 && t.gap == '/' && k == RT { // rt 3/5
				r.add(RW, t.word)
				return
			}
			if n > 0 && t.gap == ' ' && r.all[i-1].number() {
				return
			}
			r.add(k, t.word)
			n++
		case n > 0 && (t.word == "dan" || t.word == "sampai" || t.word == "sd" || t.word == "s" || t.word == "d"):
		case n == 0 && t.word == "rw" && k == RT: // rt/rw 3/5
			r.pair(i + 1)
			return
		default:
			return
		}
		i++
	}
}

// pair reads 3/5 after rt/rw.
func (r *reader) pair(i int) {
	a, ok := r.at(i)
	b, okToo := r.at(i + 1)
	if ok && okToo && a.placeNumber() && b.placeNumber() {
		r.add(RT, a.word)
		r.add(RW, b.word)
	}
}

func (r *reader) block(i int) {
	t, ok := r.at(i)
	if !ok || len(t.word) > 4 || !t.number() && len(t.word) > 2 || t.gap == '\n' || t.gap == ',' {
		return
	}
	r.add(Block, t.word)
	if n, ok := r.at(i + 1); ok && n.placeNumber() && n.gap != '\n' && n.gap != ',' && !t.number() {
		r.add(House, n.word)
	}
}

// point reads titik B. In "3 titik" the number counts points and names none.
func (r *reader) point(i int) {
	if t, ok := r.at(i); ok && t.gap == ' ' && (len(t.word) == 1 && (t.upper || t.number()) || t.number() && len(t.word) == 2) {
		r.add(Point, t.word)
	}
}

func (r *reader) asset(i int) {
	if t, ok := r.at(i); ok && t.word == "nomor" {
		i++
	}
	if t, ok := r.at(i); ok && t.number() && t.gap != '\n' && t.gap != ',' {
		r.add(Asset, t.word)
	}
}
