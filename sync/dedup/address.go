package dedup

import (
	"slices"
	"strings"
)

// Fact is one thing an address says: what kind of thing, and its value in one spelling.
type Fact struct {
	Kind  FactKind
	Value string
}

// FactKind is what a part of an address names.
type FactKind byte

// The kinds of facts. Place numbers are of a street that is numbered itself, or of a gang: people write "Merdeka 3" and
// "Merdeka gang III" for one place.
const (
	Street      FactKind = 's'
	PlaceNumber FactKind = 'x'
	House       FactKind = 'n'
	Block       FactKind = 'b'
	Gang        FactKind = 'g' // one with a name
	RT          FactKind = 'r'
	RW          FactKind = 'w'
	Floor       FactKind = 'l'
	Point       FactKind = 't' // titik B
	Asset       FactKind = 'a' // a pole, a substation
	Village     FactKind = 'v' // by its name
	District    FactKind = 'd' // by its name
	Region      FactKind = 'k' // a code, of a village or district that is named
	Form        FactKind = 'c' // a code, tapped on a form
	Landmark    FactKind = 'm'
	Date        FactKind = 'e' // a day of the month: of no place, but read alike
	City        FactKind = 'y' // kota, kabupaten: common to all of a region
)

// kinds is a set of kinds.
type kinds uint32

func (k FactKind) bit() kinds { return 1 << (k & 31) } // lower-case letters: none shares its bit with another

func set(all ...FactKind) (k kinds) {
	for _, one := range all {
		k |= one.bit()
	}
	return k
}

// Sets that are asked for: the facts that tell one place from its neighbours, those that name it less exactly, and the
// areas it lies in.
const (
	precise = kinds(1<<(House&31) | 1<<(PlaceNumber&31) | 1<<(Block&31) | 1<<(Gang&31) | 1<<(RT&31) | 1<<(RW&31) | 1<<(Floor&31) | 1<<(Point&31) | 1<<(Asset&31))
	street  = kinds(1 << (Street & 31))
	mark    = kinds(1 << (Landmark & 31))
	area    = kinds(1<<(Village&31) | 1<<(District&31) | 1<<(Region&31) | 1<<(Form&31))
	village = area &^ (1 << (District & 31))
	day     = kinds(1 << (Date & 31))
)

// reader collects facts from tokens.
type reader struct {
	all   []token
	facts []Fact
	where *Gazetteer
}

func (r *reader) add(k FactKind, value string) {
	f := Fact{k, value}
	if value != "" && !slices.Contains(r.facts, f) && len(r.facts) < mostFacts {
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
		if !ok || !t.name() && !(t.is(fillsStreets) && len(words) == 0) {
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

// named reads the name of a village or district. Where a name is not certain to come (a sentence goes on after "desa"), it
// must begin with a capital or be in the gazetteer: "akses desa terputus" names none.
func (r *reader) named(k FactKind, i int, certain bool) {
	if code, n := r.where.longest(r.all, i); n > 0 {
		r.add(Region, code)
		return
	}
	t, ok := r.at(i)
	if !ok || !certain && !t.upper || !certain && r.where != nil || affixed(t.word) && !t.upper {
		return
	}
	words, _ := r.name(i, 3)
	if r.where == nil || certain {
		r.add(k, strings.Join(words, " "))
	}
}

// affixed says that a word looks like a verb: what is no name unless it is written like one.
func affixed(w string) bool {
	if len(w) < 7 {
		return false
	}
	for _, p := range []string{"ter", "ber", "me", "di", "pe", "se"} {
		if strings.HasPrefix(w, p) {
			return true
		}
	}
	return false
}

func (r *reader) city(i int) {
	words, _ := r.name(i, 2)
	for _, w := range words {
		r.add(City, w)
	}
}

// landmark keeps the first words after "depan" and its like.
func (r *reader) landmark(i int) {
	const most = 3
	var words []string
	for ; len(words) < most; i++ {
		t, ok := r.at(i)
		if !ok || t.gap != ' ' || t.number() || t.is(isMarker) && !t.is(namesPlaces) {
			break
		}
		if !t.is(saysNothing) && utf8Long(t.word) && t.word != "rumah" {
			words = append(words, t.word)
		}
	}
	if len(words) > 0 {
		r.add(Landmark, strings.Join(words, " "))
	}
}

func utf8Long(w string) bool { return len(w) > 2 }

// known finds villages and districts that are named without a word before them: in an address, and after "di" or with a
// capital in a text.
func (r *reader) known(i int, field bool) {
	if r.where == nil || !r.all[i].name() && !r.all[i].is(namesPlaces) {
		return
	}
	before, ok := r.at(i - 1)
	if ok && (before.is(isMarker) || before.name() && before.gap == ' ') {
		return
	}
	if !field && !r.all[i].upper && !(ok && before.word == "di") {
		return
	}
	if code, n := r.where.longest(r.all, i); n > 0 {
		r.add(Region, code)
	}
}
