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

const (
	leastSpelt  = 5 // letters of a word below which one wrong letter may make a name of it
	leastLosing = 4 // and below which even the lexicon's words are too short to tell
)

var spelling = sync.OnceValue(func() *speller { return newSpeller(lexicon()) })

func newSpeller(words map[string]entry) *speller {
	s := &speller{bones: map[string]string{}, losing: map[string]string{}}
	for w, e := range words {
		if e.sense&isKnown == 0 && e.as == "" || strings.ContainsAny(w, "0123456789/.-") {
			continue
		}
		s.learn(s.bones, consonants(w), w)
		if len(w) >= leastLosing {
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
// and differs in more than one letter; one of four letters only where short is said.
func (s *speller) word(w string, short bool) string {
	if len(w) < 2 || !isASCII(w) {
		return ""
	}
	if consonants(w) == w {
		if full, ok := s.bones[w]; ok {
			return full
		}
		return s.bones[strings.TrimSuffix(w, "ny")] // slknny: selokannya
	}
	if len(w) < leastSpelt && (!short || len(w) < leastLosing) {
		return ""
	}
	if full, ok := s.losing[w]; ok { // a letter was left out
		return full
	}
	for i := 1; i < len(w); i++ {
		less := w[:i] + w[i+1:]
		if _, ok := lexicon()[less]; ok && len(less) >= leastLosing { // one was typed too many
			return less
		}
		if full, ok := s.losing[less]; ok && len(full) == len(w) && distance(w, full, 1) == 1 {
			return full
		}
	}
	return ""
}
