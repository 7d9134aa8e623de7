package dedup

import (
	"slices"
	"strings"
)

// term is a word of a print as it is compared.
type term struct {
	word   string
	hash   uint64
	sounds uint32 // which consonants it has
	sense  sense
	rarity float64
	common bool // many of the region's complaints have it
	text   bool // it is in the text, not only in the address
	met    bool // the other print has it
}

// bag is the words of one print, in their order, those of the address after those of the text.
type bag struct {
	print *Print
	terms []term
	mass  float64 // the rarity of the text's words together
}

func (e *Engine) bag(p *Print) bag {
	b := bag{terms: make([]term, 0, len(p.Words)+len(p.Where))}
	b.fill(e, p)
	return b
}

// fill makes the bag that of another print.
func (b *bag) fill(e *Engine, p *Print) {
	b.print, b.terms, b.mass = p, b.terms[:0], 0
	words := lexicon()
	for i, list := range [2][]string{p.Words, p.Where} {
		for _, w := range list {
			b.terms = append(b.terms, term{word: w, hash: uint64(hashed(w)), sounds: sounds(w), sense: words[w].sense, text: i == 0}) //nolint:gosec // a hash
		}
	}
	e.o.Words.weigh(b.terms)
	for i := range b.terms {
		if t := &b.terms[i]; t.text {
			b.mass += t.rarity
		}
	}
}

// weigh gives terms their rarity.
func (w *Words) weigh(terms []term) {
	const often = 0.05
	w.mu.RLock()
	defer w.mu.RUnlock()
	by := w.scale()
	for i := range terms {
		t := &terms[i]
		seen := w.seen[t.hash]
		t.rarity = by.rarity(seen, t.sense)
		t.common = by.share(seen) >= often
	}
}

// meet marks the words that both bags have, in one spelling or nearly, and returns the rarity of what the texts share.
func meet(a, b *bag, loose bool) (shared float64) {
	for i := range b.terms {
		b.terms[i].met = false
	}
	for i := range a.terms {
		t := &a.terms[i]
		t.met = false
		for j := range b.terms {
			if u := &b.terms[j]; t.hash == u.hash && t.word == u.word {
				t.met, u.met = true, true
				if t.text && u.text {
					shared += t.rarity
				}
				break
			}
		}
	}
	if loose || 3*shared > min(a.mass, b.mass) {
		shared += misspelt(a, b, loose)
		misspelt(b, a, loose) // second mentions
		glued(a, b)
		glued(b, a)
	}
	return shared
}

// misspelt marks words that are one, misspelt.
func misspelt(a, b *bag, loose bool) (shared float64) {
	for i := range a.terms {
		t := &a.terms[i]
		if t.met {
			continue
		}
		for j := range b.terms {
			u := &b.terms[j]
			again := u.met && t.sense&isKnown == 0 // a second mention, misspelt
			if u.met && !again || t.sense&isKnown != 0 && u.sense&isKnown != 0 || farApart(t, u) || !near(t.word, u.word, loose) {
				continue
			}
			t.met, u.met = true, true
			if t.text && u.text && !again {
				shared += min(t.rarity, u.rarity)
			}
			break
		}
	}
	return shared
}

// glued marks words of a that are two words of b written as one, and those two.
func glued(a, b *bag) {
	const least = 6
	for i := range a.terms {
		t := &a.terms[i]
		if t.met || len(t.word) < least || t.sense&isKnown != 0 {
			continue
		}
		for cut := 2; cut <= len(t.word)-2; cut++ {
			if b.halves(t.word[:cut], t.word[cut:]) {
				t.met = true
				break
			}
		}
	}
}

// halves says that both are words of the bag, or one is and the other says nothing, and marks them as met.
func (b *bag) halves(first, second string) bool {
	at := func(w string) int { return slices.IndexFunc(b.terms, func(t term) bool { return t.word == w }) }
	i, j := at(first), at(second)
	if i < 0 && j < 0 || i < 0 && lexicon()[first].sense&saysNothing == 0 || j < 0 && lexicon()[second].sense&saysNothing == 0 {
		return false
	}
	for _, k := range []int{i, j} {
		if k >= 0 {
			b.terms[k].met = true
		}
	}
	return true
}

// lone are the words of one bag alone that may make another matter of it, by what they are.
type lone struct {
	numbers, states, days, directions, names int
	places                                   int // of the names, those of places
}

func (l lone) sum() int { return l.numbers + l.states + l.days + l.directions + l.names }

// alone counts them among the first words of the text, and in the whole address.
func (e *Engine) alone(b *bag, other *Print, first int) (l lone) {
	for i, t := range b.terms {
		if t.met || t.text && i >= first || isCity(other, t.word) {
			continue
		}
		switch {
		case t.number():
			l.numbers++
		case t.sense&isDay != 0:
			l.days++
		case t.sense&isState != 0 || stateful(t.word):
			l.states++
		case t.sense&isDirection != 0:
			l.directions++
		case len(t.word) == 1:
			l.numbers++
		case t.tells() || e.o.Gazetteer.has(t.word) || namesPlace(b.print, t.word):
			l.names++
			if namesPlace(b.print, t.word) {
				l.places++
			}
		}
	}
	return l
}

// tells says that a word may tell one matter from another: it is no word of many complaints.
func (t term) tells() bool {
	return t.sense&isKnown == 0 && !stateful(t.word) && len(t.word) > 2 && !t.common && !inflected(t.word) && !abbreviated(t.word)
}

// abbreviated says that a word has no vowel: ordinary words are shortened so, names seldom.
func abbreviated(w string) bool { return !strings.ContainsAny(w, "aeiou0123456789#") && isASCII(w) }

// inflected says that a word has the ends of a verb, which names do not have.
func inflected(w string) bool {
	if stem, ok := strings.CutSuffix(w, "kan"); ok && len(stem) >= 5 {
		for _, p := range []string{"me", "di", "ter", "ber", "pe"} {
			if strings.HasPrefix(w, p) {
				return true
			}
		}
	}
	return strings.HasSuffix(w, "nya") && len(w) >= 7
}

func (t term) number() bool { return digital(t.word) }

// slips counts the lone words that tell something but are one letter away from an ordinary word.
func (e *Engine) slips(b *bag, other *Print, first int) (n int) {
	for i := range b.terms {
		t := &b.terms[i]
		if t.met || t.text && i >= first || isCity(other, t.word) || !t.tells() || e.o.Gazetteer.has(t.word) || namesPlace(b.print, t.word) {
			continue
		}
		if spelling().word(t.word, true) != "" {
			n++
		}
	}
	return n
}

// namesPlace says that a word, however common, is part of a street's, lane's or village's name: Batu Hitam.
func namesPlace(p *Print, word string) bool {
	const named = street | 1<<(Gang&31) | 1<<(Village&31)
	for i := range p.Facts {
		f := &p.Facts[i]
		if f.Kind.bit()&named == 0 {
			continue
		}
		for rest := f.Value; rest != ""; {
			var w string
			if w, rest, _ = strings.Cut(rest, " "); w == word {
				return true
			}
		}
	}
	return false
}

func isCity(p *Print, word string) bool {
	return slices.ContainsFunc(p.Facts, func(f Fact) bool { return f.Kind == City && f.Value == word })
}
