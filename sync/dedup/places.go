package dedup

import (
	"math"
	"slices"
	"strings"
)

// places is how the facts of two prints compare.
type places struct {
	agree  kinds   // both name it, and the same
	differ kinds   // each names what the other does not
	metres float64 // between the points; negative: there are not two
	same   bool    // the facts are the same, and some tell one place from others

	ofA, ofB kinds // what each has facts of
}

func (p *places) agrees(any kinds) bool  { return p.agree&any != 0 }
func (p *places) differs(any kinds) bool { return p.differ&any != 0 }

// comparePlaces compares facts of each kind that both have.
func comparePlaces(a, b *Print, wrongTaps bool) places {
	p := places{metres: -1, ofA: a.kinds(), ofB: b.kinds()}
	p.exact(a, b, PlaceNumber, House)
	for _, k := range []FactKind{Block, RT, RW, Floor, Point, Asset, Date} {
		p.exact(a, b, k, k)
	}
	p.compare(Gang, a, b, Gang.bit(), func(x, y *Fact) bool { return y.Kind == Gang && sameGang(x.Value, y.Value) })
	p.loose(a, b, Street)
	p.loose(a, b, Village)
	p.loose(a, b, District)
	p.loose(a, b, Landmark)
	p.codes(a, b, Region)
	p.codes(a, b, Form)
	if wrongTaps && p.agrees(street) {
		p.differ &^= Form.bit()
	}
	if a.Located && b.Located {
		p.metres = metres(a, b)
	}
	p.same = len(a.Facts) > 0 && slices.Equal(a.Facts, b.Facts) && p.agrees(precise|street|mark)
	return p
}

// compare compares facts of some kinds, which are those that equal has equals among. One that has none of them agrees and differs in
// nothing.
func (p *places) compare(as FactKind, a, b *Print, of kinds, equal func(x, y *Fact) bool) {
	if p.ofA&of == 0 || p.ofB&of == 0 {
		return
	}
	onlyA, both := covered(a, b, of, equal)
	onlyB, _ := covered(b, a, of, equal)
	switch {
	case onlyA && onlyB:
		p.differ |= as.bit()
	case both:
		p.agree |= as.bit()
	}
}

// exact compares values that are equal or not. Where one print has a number as the street's and the other as the
// house's, the kinds are compared together: "Merdeka 14" may be "Merdeka no 14".
func (p *places) exact(a, b *Print, k, kin FactKind) {
	both := set(k, kin)
	if k != kin && p.ofA&both != p.ofB&both {
		p.compare(kin, a, b, both, func(x, y *Fact) bool { return y.Kind.bit()&both != 0 && x.Value == y.Value })
		return
	}
	p.compare(k, a, b, k.bit(), func(x, y *Fact) bool { return y.Kind == k && x.Value == y.Value })
	if kin != k {
		p.exact(a, b, kin, kin)
	}
}

// kinds are the kinds of facts it has.
func (p *Print) kinds() (k kinds) {
	for i := range p.Facts {
		k |= p.Facts[i].Kind.bit()
	}
	return k
}

// covered says whether a fact of a has no equal in b, and whether one has.
func covered(a, b *Print, of kinds, equal func(x, y *Fact) bool) (only, both bool) {
	for i := range a.Facts {
		x := &a.Facts[i]
		if x.Kind.bit()&of == 0 {
			continue
		}
		found := false
		for j := range b.Facts {
			found = found || equal(x, &b.Facts[j])
		}
		both = both || found
		only = only || !found
	}
	return only, both
}

// loose compares names, which people misspell and shorten.
func (p *places) loose(a, b *Print, k FactKind) {
	p.compare(k, a, b, k.bit(), func(x, y *Fact) bool { return y.Kind == k && sameName(x.Value, y.Value) })
}

// sameName says that two names may be of one place: the same words but for spelling, or some more in one. A word more
// that makes names of names makes another place: Merdeka, Merdeka Barat.
func sameName(a, b string) bool {
	if a == b {
		return true
	}
	as, bs := strings.Fields(a), strings.Fields(b)
	if strings.ReplaceAll(a, " ", "") == strings.ReplaceAll(b, " ", "") {
		return true
	}
	more, fewer := as, bs
	if len(as) < len(bs) {
		more, fewer = bs, as
	}
	for _, f := range fewer {
		i := slices.IndexFunc(more, func(m string) bool { return m == f || !known(m, f) && near(m, f, true) })
		if i < 0 {
			return false
		}
		more = slices.Delete(slices.Clone(more), i, i+1)
	}
	return !slices.ContainsFunc(more, func(w string) bool { return lexicon()[w].sense&(isDirection|namesPlaces) != 0 })
}

// sameGang is sameName for the lanes of one quarter, which lie side by side and differ in one word: Cempaka, Cempaka Dalam.
func sameGang(a, b string) bool {
	return strings.Count(a, " ") == strings.Count(b, " ") && sameName(a, b)
}

func known(a, b string) bool {
	return lexicon()[a].sense&isKnown != 0 && lexicon()[b].sense&isKnown != 0
}

// codes compares region codes: one that begins with the other lies in it.
func (p *places) codes(a, b *Print, k FactKind) {
	p.compare(k, a, b, k.bit(), func(x, y *Fact) bool {
		return y.Kind == k && (strings.HasPrefix(x.Value, y.Value) || strings.HasPrefix(y.Value, x.Value))
	})
}

func metres(a, b *Print) float64 {
	const degree = 111_195 // of latitude
	north := (a.Lat - b.Lat) * degree
	east := (a.Long - b.Long) * degree * math.Cos(a.Lat*math.Pi/180)
	return math.Hypot(north, east)
}
