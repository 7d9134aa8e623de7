package dedup

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Print is what a complaint is compared by. It is made once and kept; it holds the reporter's identities and name as
// keyed hashes only, and of the text no more than the complaint itself: phone and identity numbers in it are hashed too.
type Print struct {
	Ref       complaint.Ref
	At        time.Time
	Reporters []string // as ReporterKeys makes them
	Name      string   // keyed hash of the reporter's name; empty: none was given

	Words   []string // what the text says, in its order, each word once, in one spelling
	Where   []string // what the address says beyond that
	Also    []string // what the address says of it once more
	Facts   []Fact   // what both say of the place
	About   concept  // coarsely, what the matter is
	Runes   int      // how long the text is
	Ends    bool     // the text ends as sentences do: it was not cut short
	More    bool     // text or address say more than is kept here
	Whole   int64    // hash of the whole text and address
	InText  int64    // hash of the words of the text
	Subject string   // the channel's category, in one spelling

	Located   bool // whether there is a point
	Lat, Long float64

	Files  []string // what the attachments hash to
	Looks  []uint64 // what their pictures look like: difference hashes, 64 bits
	Quoted []complaint.Ref
	Tracks []string // national tracking ids that the text quotes
	Asks   bool     // it asks about an earlier complaint
}

const (
	mostPrintWords = 200 // words of a text that are kept
	mostWhere      = 40  // and of an address
	mostFiles      = 8
	briefFile      = 16 // hex digits kept of a file's SHA-256
)

// Print makes what a complaint is compared by.
func (e *Engine) Print(c complaint.Complaint) Print {
	p := Print{
		Ref: c.Ref, At: c.OccurredAt(), Reporters: ReporterKeys(e.o.Hasher, c), Runes: len([]rune(c.Text)), Subject: Normalise(c.Category),
		Whole: hashed(Normalise(c.Text) + "\x00" + Normalise(c.Place.Address)),
	}
	if name := Normalise(c.Reporter.Name); name != "" {
		p.Name = e.o.Hasher.Hash("reporter name", name)
	}
	text := opened(tidied(c.Text))
	p.Ends = strings.HasSuffix(text, ".") || strings.HasSuffix(text, "!") || strings.HasSuffix(text, "?")
	if p.Quoted = quoted(text); len(p.Quoted) > 0 {
		text = writtenRef.ReplaceAllString(text, " ")
	}
	p.More = withTokens(text, func(said []token) {
		p.Tracks = tracked(said)
		p.Asks = asks(said) || len(p.Quoted) > 0
		said = unsigned(addressed(said))
		p.words(e.o.Gazetteer, said)
		p.place(e.o.Gazetteer, c.Place, said)
	}) || p.More
	p.own()
	for _, a := range c.Attachments {
		if len(p.Files) < mostFiles && len(a.SHA256) >= briefFile {
			p.Files = append(p.Files, a.SHA256[:briefFile])
		}
		if look, err := strconv.ParseUint(a.Look, 16, 64); err == nil && len(p.Looks) < mostFiles {
			p.Looks = append(p.Looks, look)
		}
	}
	return p
}

func (p *Print) words(g *Gazetteer, said []token) {
	p.Words = make([]string, 0, min(len(said), mostPrintWords))
	cased := usesCapitals(said)
	for i := range said {
		spelt(g, said, i, cased)
	}
	joined := false
	for i, t := range said {
		p.About |= t.entry.about
		if joined {
			joined = false
			continue
		}
		var word string
		word, joined = stated(said, i)
		if !says(said, i) || slices.Contains(p.Words, word) {
			continue
		}
		if len(p.Words) == mostPrintWords {
			p.More = true
			break
		}
		p.Words = append(p.Words, word)
	}
	all := strings.Join(p.Words, " ")
	p.InText = hashed(all)
	p.Words = pieces(all, p.Words)
}

// own has the print hold nothing of the text that it was read from: many prints are kept in memory, and a text may be long.
func (p *Print) own() {
	for i := range p.Facts {
		p.Facts[i].Value = strings.Clone(p.Facts[i].Value)
	}
	for _, words := range [][]string{p.Where, p.Also, p.Tracks} {
		for i := range words {
			words[i] = strings.Clone(words[i])
		}
	}
}

// pieces are words as pieces of them all, joined by blanks: many prints are kept in memory.
func pieces(all string, words []string) []string {
	if len(words) == 1 {
		all = strings.Clone(all) // strings.Join has not
	}
	own := make([]string, len(words))
	for i, w := range words {
		own[i], all = all[:len(w)], all[min(len(w)+1, len(all)):]
	}
	return own
}

// spelt writes a word that is no name as the lexicon does. What is written like a name or stands where names stand is
// left alone: a changed name would be another place or person.
func spelt(g *Gazetteer, said []token, i int, cased bool) {
	t := &said[i]
	begins := i == 0 || t.gap == '.' || t.gap == '\n'
	if t.upper && !(begins && cased) || t.entry != (entry{}) || t.number() || g.has(t.word) || i > 0 && t.gap == ' ' && beforeNames(said[i-1]) {
		return
	}
	if w := spelling().word(t.word, cased); w != "" {
		e := lexicon()[w]
		if e.as != "" {
			w = e.as
			e = lexicon()[w]
		}
		t.word, t.entry = w, e
	}
}

// usesCapitals says that the writer begins names with capitals, and little else.
func usesCapitals(said []token) bool {
	upper, inside := 0, 0
	for i, t := range said {
		if i > 0 && t.gap == ' ' && !t.number() {
			inside++
			if t.upper {
				upper++
			}
		}
	}
	return upper > 0 && 2*upper < inside
}

// beforeNames says that a name may follow: an address word, "bernama", or a part of a name.
func beforeNames(t token) bool {
	switch t.word {
	case "bernama", "nama", "an", "atas", "bapak", "pak", "ibu", "bu", "mas", "mbak", "raya", "toko", "warung", "sdr", "sdri":
		return true
	}
	return t.is(isMarker) || t.upper && t.name() && t.entry == (entry{})
}

// stated is the word of a token, joined with the next where that turns it into its opposite: "tidak mengalir" is one word,
// and so is "sudah diperbaiki". Otherwise another "tidak" in the text would hide that one is missing.
func stated(said []token, i int) (word string, joined bool) {
	t := said[i]
	if i+1 == len(said) || said[i+1].gap != ' ' {
		return t.word, false
	}
	next := said[i+1]
	switch {
	case t.word == "sudah" && next.is(isOver):
		return "~beres", true
	case (t.word == "tidak" || t.word == "belum") && says(said, i+1) && !next.number():
		return "!" + next.word, true
	}
	return t.word, false
}

// says that a token tells what a complaint is about or where: no greeting, no word that only joins others, no word that
// only announces a part of an address. A single letter says something after "titik" and its like.
func says(all []token, i int) bool {
	t := all[i]
	if len(t.word) == 1 && !t.number() {
		return t.upper && i > 0 && t.gap == ' ' && lettered(all[i-1].word)
	}
	if t.is(isState | isDirection) {
		return true
	}
	return !t.is(saysNothing) && (!t.is(isMarker) || t.is(namesPlaces))
}

func lettered(word string) bool {
	switch word {
	case "titik", "blok", "gang", "kelas", "nomor", "tipe", "zona", "unit", "lantai", "pintu", "jalur", "gate", "rumah":
		return true
	}
	return false
}

func (p *Print) place(g *Gazetteer, place complaint.Place, said []token) {
	r := reader{where: g}
	r.read(said, false)
	if place.Address != "" {
		p.address(&r, place.Address)
	}
	if code := strings.TrimSpace(place.Region); strings.Count(code, ".") >= 2 && strings.Trim(code, "0123456789.") == "" {
		r.add(Form, code)
	}
	p.Facts, p.More = r.facts, p.More || r.more
	slices.SortFunc(p.Facts, func(a, b Fact) int {
		return strings.Compare(string(rune(a.Kind))+a.Value, string(rune(b.Kind))+b.Value)
	})
	if place.Lat != nil && place.Long != nil {
		p.Located, p.Lat, p.Long = true, *place.Lat, *place.Long
	}
}

func (p *Print) address(r *reader, address string) {
	field, more := scanned(tidied(address), nil)
	field = joined(field)
	p.More = p.More || more
	r.read(field, true)
	for i, t := range withoutCity(field) {
		if !says(field, i) || t.is(saysNothing) {
			continue
		}
		into := &p.Where
		if slices.Contains(p.Words, t.word) {
			into = &p.Also
		}
		switch {
		case slices.Contains(*into, t.word):
		case len(*into) == mostWhere:
			p.More = true
		default:
			*into = append(*into, t.word)
		}
	}
}

// withoutCity blanks what an address says of the city and beyond: ", Kota Natuna, Kepulauan Riau, Indonesia", a postal code.
func withoutCity(field []token) []token {
	const postal = 5
	out := slices.Clone(field)
	beyond := false
	for i, t := range out {
		switch {
		case t.word == "kota" || t.word == "kabupaten" || t.word == "provinsi":
			beyond = true
		case t.gap == '\n' || t.is(isMarker):
			beyond = false
		}
		if beyond || t.word == "indonesia" || len(t.word) == postal && strings.Trim(t.word, "0123456789") == "" {
			out[i].entry.sense |= saysNothing
			out[i].entry.sense &^= isState | isDirection
		}
	}
	return out
}
