package dedup

import (
	"math"
	"slices"
	"strings"
)

// places is how the facts of two prints compare.
type places struct {
	agree  []FactKind // both name it, and the same
	differ []FactKind // each names what the other does not
	metres float64    // between the points; negative: there are not two
	same   bool       // the addresses have the same words, some of which tell one place from others
}

func (p places) agrees(kinds ...FactKind) bool {
	return slices.ContainsFunc(kinds, func(k FactKind) bool { return slices.Contains(p.agree, k) })
}

func (p places) differs(kinds ...FactKind) bool {
	return slices.ContainsFunc(kinds, func(k FactKind) bool { return slices.Contains(p.differ, k) })
}

// precise are the facts that tell one place from its neighbours.
func precise() []FactKind {
	return []FactKind{House, PlaceNumber, Block, Gang, RT, RW, Floor, Point, Asset}
}

// comparePlaces compares facts of each kind that both have.
func comparePlaces(a, b *Print, wrongTaps bool) places {
	p := places{metres: -1}
	p.exact(a, b, PlaceNumber, House)
	for _, k := range []FactKind{Block, Gang, RT, RW, Floor, Point, Asset, Date} {
		p.exact(a, b, k, k)
	}
	p.loose(a, b, Street)
	p.loose(a, b, Village)
	p.loose(a, b, District)
	p.loose(a, b, Landmark)
	p.codes(a, b, Region)
	p.codes(a, b, Form)
	if wrongTaps && p.agrees(Street) {
		p.differ = slices.DeleteFunc(p.differ, func(k FactKind) bool { return k == Form })
	}
	if a.Located && b.Located {
		p.metres = metres(a, b)
	}
	p.same = len(a.Facts) > 0 && slices.Equal(a.Facts, b.Facts) && p.agrees(append(precise(), Street, Landmark)...)
	return p
}

func (p *places) result(k FactKind, onlyA, onlyB, both bool) {
	switch {
	case onlyA && onlyB:
		p.differ = append(p.differ, k)
	case both:
		p.agree = append(p.agree, k)
	}
}

// exact compares values that are equal or not. Where one print has a number as the street's and the other as the
// house's, the kinds are compared together: "Merdeka 14" may be "Merdeka no 14".
func (p *places) exact(a, b *Print, k, kin FactKind) {
	if k == kin {
		p.result2(k, a, b, func(x, y Fact) bool { return x.Kind == k && y.Kind == k && x.Value == y.Value }, k)
		return
	}
	if has(a, k) == has(b, k) && has(a, kin) == has(b, kin) {
		p.exact(a, b, k, k)
		p.exact(a, b, kin, kin)
		return
	}
	p.result2(kin, a, b, func(x, y Fact) bool { return (y.Kind == k || y.Kind == kin) && x.Value == y.Value }, k, kin)
}

func (p *places) result2(as FactKind, a, b *Print, equal func(x, y Fact) bool, kinds ...FactKind) {
	onlyA, both := covered(a, b, equal, kinds)
	onlyB, _ := covered(b, a, equal, kinds)
	if both || has(a, kinds...) && has(b, kinds...) {
		p.result(as, onlyA, onlyB, both)
	}
}

// covered says whether a fact of a has no equal in b, and whether one has.
func covered(a, b *Print, equal func(x, y Fact) bool, kinds []FactKind) (only, both bool) {
	for _, x := range a.Facts {
		if !slices.Contains(kinds, x.Kind) {
			continue
		}
		if slices.ContainsFunc(b.Facts, func(y Fact) bool { return equal(x, y) }) {
			both = true
		} else {
			only = true
		}
	}
	return only, both
}

func has(p *Print, kinds ...FactKind) bool {
	return slices.ContainsFunc(p.Facts, func(f Fact) bool { return slices.Contains(kinds, f.Kind) })
}

// loose compares names, which people misspell and shorten.
func (p *places) loose(a, b *Print, k FactKind) {
	p.result2(k, a, b, func(x, y Fact) bool { return y.Kind == k && sameName(x.Value, y.Value) }, k)
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

func known(a, b string) bool {
	return lexicon()[a].sense&isKnown != 0 && lexicon()[b].sense&isKnown != 0
}

// codes compares region codes: one that begins with the other lies in it.
func (p *places) codes(a, b *Print, k FactKind) {
	p.result2(k, a, b, func(x, y Fact) bool {
		return y.Kind == k && (strings.HasPrefix(x.Value, y.Value) || strings.HasPrefix(y.Value, x.Value))
	}, k)
}

func metres(a, b *Print) float64 {
	const degree = 111_195 // of latitude
	north := (a.Lat - b.Lat) * degree
	east := (a.Long - b.Long) * degree * math.Cos(a.Lat*math.Pi/180)
	return math.Hypot(north, east)
}
