package dedup

import "strings"

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
