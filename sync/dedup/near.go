package dedup

import (
	"math/bits"
	"strings"
	"unicode/utf8"
)

// near says that one of two words is the other misspelt. Numbers are never: another digit is another house. Nor are two
// words that the lexicon both knows, such as "barat" and "darat". Loose is for words of one person.
func near(a, b string, loose bool) bool {
	if digital(a) || digital(b) || stateful(a) != stateful(b) {
		return false
	}
	short, long := min(len(a), len(b)), max(len(a), len(b))
	if short < 3 || a[0] != b[0] && short < 5 {
		return false
	}
	if long-short > 3 {
		return loose && a[0] == b[0] && short >= 4 && (consonants(a) == b || consonants(b) == a)
	}
	most := 1
	switch {
	case short >= 9 && loose:
		most = 3
	case short >= 6:
		most = 2
	case loose && short == 3 && long == 4 && a[0] == b[0] && a[len(a)-1] == b[len(b)-1]: // kya, kaya
	case short < 4 || short < 5 && !loose:
		most = 0
	}
	if most > 0 && distance(a, b, most) <= most {
		return true
	}
	sa, sb := skeleton(a), skeleton(b)
	return len(sa) >= 3 && sa == sb && (loose || long > short) || len(sa) == 2 && sa == sb && short == 2
}

// sounds is which consonants a word has, one bit each. A silent h is none.
func sounds(w string) (set uint32) {
	const vowels = 1<<('a'-'a') | 1<<('e'-'a') | 1<<('h'-'a') | 1<<('i'-'a') | 1<<('o'-'a') | 1<<('u'-'a') //nolint:staticcheck // a is like the others
	for i := range len(w) {
		if b := w[i] - 'a'; b < 26 {
			set |= 1 << b
		}
	}
	return set &^ vowels
}

// farApart says of most words that are not near, by their consonants alone, that they are not: a slip changes two of them at
// most, and a vowel left out none.
func farApart(a, b *term) bool {
	return bits.OnesCount32(a.sounds^b.sounds) > 2*mostSlips(min(len(a.word), len(b.word)))
}

// mostSlips is how many slips near forgives at most in a word of so many letters.
func mostSlips(letters int) int {
	switch {
	case letters >= 9:
		return 3
	case letters >= 6:
		return 2
	}
	return 1
}

// digital says that a word has a digit, or stands for a number.
func digital(w string) bool { return hasDigit(w) || strings.IndexByte(w, '#') >= 0 }

func hasDigit(w string) bool {
	for i := range len(w) {
		if w[i] >= '0' && w[i] <= '9' {
			return true
		}
	}
	return false
}

// stateful says that a word was joined with one that turns it into its opposite.
func stateful(w string) bool { return w[0] == '!' || w[0] == '~' }

// distance is how many letters are added, lost, changed or swapped with their neighbour, or more than most.
func distance(a, b string, most int) int {
	const longest = 32
	if utf8.RuneCountInString(a) != len(a) || utf8.RuneCountInString(b) != len(b) || len(a) > longest || len(b) > longest {
		if a == b {
			return 0
		}
		return most + 1
	}
	var before, row, next [longest + 1]uint8
	for j := range len(b) + 1 {
		row[j] = uint8(j) //nolint:gosec // at most longest
	}
	for i := 1; i <= len(a); i++ {
		next[0] = uint8(i) //nolint:gosec // at most longest
		least := next[0]
		for j := 1; j <= len(b); j++ {
			cost := uint8(1)
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			next[j] = d
			least = min(least, d)
		}
		if int(least) > most {
			return most + 1
		}
		before, row = row, next
	}
	return int(row[len(b)])
}
