package dedup

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// token is a word or number of a text, in one spelling, with what the address reader needs to know of how it was typed.
type token struct {
	word  string
	upper bool // it began with a capital
	title bool // and went on in small letters
	gap   byte // what stood before it: ' ' , . / - or a line end
	entry entry
}

func (t token) is(s sense) bool { return t.entry.sense&s != 0 }

// number says that the token has a digit.
func (t token) number() bool { return hasDigit(t.word) }

// name says that the token may be part of a name: letters that the lexicon knows nothing of, or only as part of names.
func (t token) name() bool {
	if t.number() || utf8.RuneCountInString(t.word) < 2 {
		return false
	}
	return !t.is(isKnown) || t.is(namesPlaces|isDirection) && !t.is(isMarker&^isCommon)
}

// The bounds of the work that a text makes: 3,000 words are more than any person reads of a complaint, and what is longer than a word
// can be stands for itself only.
const (
	mostTokens  = 3000
	longestWord = 48 // bytes
)

// scanner reads tokens off a tidied text.
type scanner struct {
	text   string
	at     int
	gap    byte
	title  bool
	tokens []token
	words  map[string]entry
}

// tokens reads a tidied text.
func tokens(text string) []token {
	all, _ := scanned(text, nil)
	return joined(all)
}

// scanned reads a text into a list that is empty, and says whether it says more than was read of it.
func scanned(text string, into []token) (all []token, more bool) {
	s := scanner{text: text, gap: '\n', words: lexicon(), tokens: slices.Grow(into, min(len(text)/5+4, mostTokens))}
	for s.at < len(s.text) && len(s.tokens) < mostTokens {
		s.step()
	}
	return s.tokens, strings.ContainsFunc(s.text[s.at:], func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}

// tokenLists are lists of tokens that are read, used and done with: the largest thing that is made for each complaint.
var tokenLists = sync.Pool{New: func() any { return new([]token) }}

// withTokens has a tidied text's tokens used until use returns. It says whether the text says more than they do.
func withTokens(text string, use func([]token)) (more bool) {
	list, ok := tokenLists.Get().(*[]token)
	if !ok {
		list = new([]token)
	}
	*list, more = scanned(text, *list)
	used := len(*list)
	use(joined(*list))
	clear((*list)[:used]) // they hold the text
	*list = (*list)[:0]
	tokenLists.Put(list)
	return more
}

func (s *scanner) step() {
	rest := s.text[s.at:]
	switch b := rest[0]; {
	case b == 'h' && strings.HasPrefix(rest, "http"):
		s.link(rest)
	case b >= '0' && b <= '9' || b == '+' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
		s.digits(rest)
	case b < utf8.RuneSelf && !asciiLetter(b):
		s.sign(b)
	default:
		s.letters(rest)
	}
}

func asciiLetter(b byte) bool { return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' }

// sign remembers the strongest sign between two tokens.
func (s *scanner) sign(b byte) {
	s.at++
	switch {
	case b == '\n' || s.gap == '\n':
		s.gap = '\n'
	case (b == '.' || b == '!' || b == '?') && s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\n'):
		s.gap = '.'
	case strings.IndexByte(",;:()", b) >= 0 && s.gap != '.':
		s.gap = ','
	case (b == '/' || b == '-') && s.gap == ' ':
		s.gap = b
	}
}

func (s *scanner) put(word string, upper bool) {
	if len(word) > longestWord {
		word = "#" + brief(word)
	}
	s.tokens = append(s.tokens, token{word: word, upper: upper, title: upper && s.title, gap: s.gap, entry: s.words[word]})
	s.gap = ' '
}

func (s *scanner) link(rest string) {
	end := strings.IndexFunc(rest, unicode.IsSpace)
	if end < 0 {
		end = len(rest)
	}
	s.at += end
	s.put("#"+brief(rest[:end]), false)
}

// brief is eight signs that stand for something that need not be kept itself.
func brief(s string) string {
	return strconv.FormatUint(uint64(hashed(s))>>32|1<<32, 32) //nolint:gosec // a hash
}

// letters reads a word. An apostrophe inside it does not count; a number at its end is a number of its own where an
// address word stands before it (rt05), and the sign for a doubled word otherwise (anak2).
func (s *scanner) letters(rest string) {
	if n := plainLetters(rest); n > 0 {
		s.at += n
		s.title = false
		s.known(rest[:n], false)
		return
	}
	var word strings.Builder
	word.Grow(16) // longer ones are few
	upper, end, run, longest, last := false, len(rest), 0, 0, rune(0)
	s.title = len(rest) > 1 && rest[0] >= 'A' && rest[0] <= 'Z' && rest[1] >= 'a' && rest[1] <= 'z'
	for i, r := range rest {
		if r == '\'' || r == '’' || r == '`' {
			if i > 0 {
				continue
			}
		}
		if !(r < utf8.RuneSelf && asciiLetter(byte(r))) && (notWord(r) || unicode.IsNumber(r)) { //nolint:gosec // of one byte
			end = i
			break
		}
		if i == 0 {
			upper = unicode.IsUpper(r)
		}
		r = unicode.ToLower(r)
		if r == last {
			run++
		} else {
			run, last = 1, r
		}
		longest = max(longest, run)
		word.WriteRune(r)
	}
	if end == 0 {
		_, n := utf8.DecodeRuneInString(rest)
		s.at += n
		if s.gap == ' ' && n > 1 {
			s.gap = ','
		}
		return
	}
	s.at += end
	w := word.String()
	if longest > 2 && strings.Trim(w, "ivx") != "" {
		w = drawn(w)
	}
	if next := rest[end:]; next != "" && next[0] >= '0' && next[0] <= '9' {
		s.beforeDigit(w, next, upper)
		return
	}
	s.known(w, upper)
}

// plainLetters is how long a word is of which nothing needs to be changed, as most are: small letters, none three times in a row, with a
// blank or a sign behind it that ends words.
func plainLetters(rest string) int {
	run := 0
	for i := range len(rest) {
		b := rest[i]
		switch {
		case b < 'a' || b > 'z':
			if strings.IndexByte(" .,;:!?()/-\n\"", b) < 0 {
				return 0
			}
			return i
		case i > 0 && b == rest[i-1]:
			if run++; run > 1 {
				return 0
			}
		default:
			run = 0
		}
	}
	return len(rest)
}

// drawn is a word without letters typed three times and more: parahhh.
func drawn(w string) string {
	letters, out := []rune(w), make([]rune, 0, len(w))
	for i := 0; i < len(letters); {
		end := i
		for end < len(letters) && letters[end] == letters[i] {
			end++
		}
		out = append(out, letters[i])
		if end-i == 2 {
			out = append(out, letters[i])
		}
		i = end
	}
	return string(out)
}

func (s *scanner) beforeDigit(w, next string, upper bool) {
	const doubled = "2"
	n := 0
	for n < len(next) && next[n] >= '0' && next[n] <= '9' {
		n++
	}
	e := s.words[w]
	switch {
	case e.as != "" && s.words[e.as].sense&isMarker != 0, e.sense&isMarker != 0:
		s.known(w, upper)
	case next[:n] == doubled && len(w) >= 3: // anak2, pohon2nya
		s.at++
		if strings.HasPrefix(next[1:], "nya") {
			s.at += 3
		}
		s.known(w, upper)
	case len(w) <= 4: // a code: p1000, a2
		s.at += n
		s.put(w+strings.TrimLeft(next[:n], "0"), upper)
	default:
		s.known(w, upper)
	}
}

// known puts a word as the lexicon writes it.
func (s *scanner) known(w string, upper bool) {
	e, ok := s.words[w]
	if !ok {
		if stem, cut := strings.CutSuffix(w, "nya"); cut {
			if se, known := s.words[stem]; known {
				w, e = stem, se
			}
		}
	}
	if e.as != "" {
		w = e.as
	}
	s.put(w, upper)
}
