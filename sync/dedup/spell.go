package dedup

import (
	"strings"
	"sync"
)

// speller finds the word of the lexicon that a word is when its vowels were left out, or one letter is wrong.
type speller struct {
	bones  map[string]string // by the word without its vowels
	losing map[string]string // by the word without one of its letters
}

const leastSpelt = 5 // letters of a word below which one wrong letter may make another word of it

var spelling = sync.OnceValue(func() *speller { return newSpeller(lexicon()) })

func newSpeller(words map[string]entry) *speller {
	s := &speller{bones: map[string]string{}, losing: map[string]string{}}
	for w, e := range words {
		if e.sense&isKnown == 0 && e.as == "" || strings.ContainsAny(w, "0123456789/.-") {
			continue
		}
		s.learn(s.bones, consonants(w), w)
		if len(w) >= leastSpelt {
			for i := 1; i < len(w); i++ {
				s.learn(s.losing, w[:i]+w[i+1:], w)
			}
		}
	}
	return s
}

// learn keeps the word that comes first in the alphabet, so that the map's order does not matter.
func (s *speller) learn(in map[string]string, key, word string) {
	if old, ok := in[key]; len(key) >= 2 && (!ok || word < old) {
		in[key] = word
	}
}

// consonants is a word without its vowels but for one at its beginning.
func consonants(w string) string {
	return w[:1] + strings.Map(func(r rune) rune {
		if strings.ContainsRune("aeiou", r) {
			return -1
		}
		return r
	}, w[1:])
}

// word returns the lexicon's word for one that it does not know, or "". It never changes a word that has all its vowels
// and differs in more than one letter.
func (s *speller) word(w string) string {
	if len(w) < 2 || !isASCII(w) {
		return ""
	}
	if consonants(w) == w {
		if full, ok := s.bones[w]; ok {
			return full
		}
		return ""
	}
	if len(w) < leastSpelt-1 {
		return ""
	}
	if full, ok := s.losing[w]; ok { // a letter was left out
		return full
	}
	for i := 1; i < len(w); i++ {
		short := w[:i] + w[i+1:]
		if _, ok := lexicon()[short]; ok && len(short) >= leastSpelt-1 { // one was typed too many
			return short
		}
		if full, ok := s.losing[short]; ok && len(full) == len(w) && distance(w, full, 1) == 1 {
			return full
		}
	}
	return ""
}
