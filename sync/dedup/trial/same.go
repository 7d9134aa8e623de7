package trial

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/charmap"
)

// Shares of words that people write otherwise than a formal writer would, of 24,470 words in 1,922 sentences that were
// written informally and then formally (STIF-Indonesia): letters wrong, vowels left out, another word.
const (
	typoShare  = 0.032
	vowelShare = 0.047
	slangShare = 0.083
)

// Shares of complaints, of 1,627 to a governor's channel and 333 to a city's: that begin with a greeting, that end at
// the 160 characters of an SMS, that hold mojibake. How often a message is forwarded with a head, and how often two
// words change places, is a guess.
const (
	greetingShare = 0.50
	cutShare      = 0.05
	mojibakeShare = 0.02
	headShare     = 0.05
	orderShare    = 0.10
	formatShare   = 0.50
)

// change makes another telling of the same matter. rate is how many times the natural rate. ok is false where the text
// has nothing that this changes.
type change struct {
	kind  string
	apply func(r *rand.Rand, rate float64, text string) (changed string, ok bool)
	ready func(r *rand.Rand, text string) string // gives both tellings what is then changed; nil: nothing is needed
}

// sameChanges are the changes that leave the matter what it is.
func sameChanges() []change {
	return []change{
		{"typos", typos, nil}, {"vowels dropped", vowels, nil}, {"slang and abbreviations", slang, nil}, {"word order", order, nil},
		{"cut to 160 characters", cut, nil}, {"greeting and thanks", greeting, nil}, {"channel head", head, nil},
		{"number and phone formats", formats, withFormats}, {"mojibake", mojibake, nil}, {"all at once", everything, nil},
	}
}

// word is letters only: numbers tell matters apart and are never mistyped here.
var word = regexp.MustCompile(`\p{L}[\p{L}]{3,}`)

// some replaces a share of the words that f can change, at least one.
func some(r *rand.Rand, share float64, text string, f func(string) (string, bool)) (string, bool) {
	words := word.FindAllStringIndex(text, -1)
	total := len(strings.Fields(text))
	todo := 1
	for range total {
		if r.Float64() < share {
			todo++
		}
	}
	todo = max(1, todo-1)
	r.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	swap := map[int]string{}
	for _, w := range words {
		if len(swap) == todo {
			break
		}
		if new, ok := f(text[w[0]:w[1]]); ok {
			swap[w[0]] = new
		}
	}
	var out strings.Builder
	last := 0
	for _, w := range word.FindAllStringIndex(text, -1) {
		if new, ok := swap[w[0]]; ok {
			out.WriteString(text[last:w[0]] + new)
			last = w[1]
		}
	}
	return out.String() + text[last:], len(swap) > 0
}

func typos(r *rand.Rand, rate float64, text string) (string, bool) {
	return some(r, rate*typoShare, text, func(w string) (string, bool) { return typo(r, []rune(w)) })
}

func typo(r *rand.Rand, w []rune) (string, bool) {
	i := 1 + r.IntN(len(w)-2) // the first and the last letter are seldom wrong
	was := string(w)
	switch r.IntN(4) {
	case 0: // two letters change places
		w[i], w[i+1] = w[i+1], w[i]
	case 1: // one is left out
		w = append(w[:i:i], w[i+1:]...)
	case 2: // one is typed twice
		w = append(w[:i:i], append([]rune{w[i]}, w[i:]...)...)
	default: // the key beside it
		w[i] = neighbour(w[i])
	}
	return string(w), string(w) != was
}

func neighbour(c rune) rune {
	const keys = "qwertyuiop asdfghjkl zxcvbnm "
	i := strings.IndexRune(keys, unicode.ToLower(c))
	if i < 0 {
		return c
	}
	if next := rune(keys[i+1]); next != ' ' {
		return next
	}
	return rune(keys[i-1])
}

func vowels(r *rand.Rand, rate float64, text string) (string, bool) {
	return some(r, rate*vowelShare, text, func(w string) (string, bool) {
		if w[0] < 'a' || w[0] > 'z' { // people shorten words, not names
			return w, false
		}
		short := w[:1] + strings.Map(func(c rune) rune {
			if strings.ContainsRune("aiueo", c) {
				return -1
			}
			return c
		}, w[1:])
		return short, len(short) >= 2 && short != w
	})
}

func slang(r *rand.Rand, rate float64, text string) (string, bool) {
	words := everyday()
	return some(r, rate*slangShare, text, func(w string) (string, bool) {
		as, ok := words[strings.ToLower(w)]
		if !ok {
			return w, false
		}
		return pick(r, as), true
	})
}

// order moves something that stands elsewhere as well: two sentences, or two neighbouring words far from any number.
func order(r *rand.Rand, rate float64, text string) (string, bool) {
	ok := false
	for range int(rate) {
		if sentences := strings.SplitAfter(text, ". "); len(sentences) > 2 && r.IntN(2) == 0 {
			i := r.IntN(len(sentences) - 2) // the last has no blank behind it
			sentences[i], sentences[i+1] = sentences[i+1], sentences[i]
			text, ok = strings.Join(sentences, ""), true
			continue
		}
		if moved, can := swapped(r, text); can {
			text, ok = moved, true
		}
	}
	return text, ok
}

// plainPair is two words between blanks, of lower case: no names, no numbers.
var plainPair = regexp.MustCompile(` (\p{Ll}{4,}) (\p{Ll}{4,}) (\p{Ll}{2,})`)

func swapped(r *rand.Rand, text string) (string, bool) {
	found := plainPair.FindAllStringSubmatchIndex(text, -1)
	if len(found) == 0 {
		return text, false
	}
	m := pick(r, found)
	a, b := text[m[2]:m[3]], text[m[4]:m[5]]
	return text[:m[2]] + b + " " + a + text[m[5]:], a != b
}

const sms = 160

// cut keeps what fits into one SMS. At three times the rate a greeting and a head take their part of it first.
func cut(r *rand.Rand, rate float64, text string) (string, bool) {
	if rate > 1 {
		text, _ = greeting(r, 1, text)
		text, _ = head(r, 1, text)
	}
	runes := []rune(text)
	if len(runes) <= sms {
		return text, false
	}
	return strings.TrimSpace(string(runes[:sms])), true
}

func greeting(r *rand.Rand, rate float64, text string) (string, bool) {
	before := []string{"Assalamualaikum wr wb.", "Selamat pagi Bapak/Ibu,", "Yth. Bapak Bupati,", "Halo admin,", "Ass. wr. wb. min,"}
	after := []string{"Terima kasih.", "Demikian laporan ini, atas perhatiannya kami ucapkan terima kasih.", "Makasih ya min 🙏", "Wassalam.", "Trims."}
	r.Shuffle(len(before), func(i, j int) { before[i], before[j] = before[j], before[i] })
	r.Shuffle(len(after), func(i, j int) { after[i], after[j] = after[j], after[i] })
	n := min(len(before), int(rate))
	return strings.Join(before[:n], " ") + " " + text + " " + strings.Join(after[:n], " "), true
}

func head(r *rand.Rand, rate float64, text string) (string, bool) {
	heads := []string{"SMS dari 081270004411: ", "[24/11/26 08.15] +62 812-7000-4411: ", "Fwd: ", "*Diteruskan*\n", "Pesan WhatsApp diteruskan: ", "FORWARD SMS\n"}
	for range int(rate) {
		text = pick(r, heads) + text
	}
	return text, true
}

// mojibake is a text with typographic signs whose bytes somebody read as Windows-1252, and line ends written out.
func mojibake(r *rand.Rand, rate float64, text string) (string, bool) {
	signs := []string{"’", "“", "”", "–", "…"}
	words := strings.SplitAfter(text, " ")
	for range int(rate) {
		i := r.IntN(len(words))
		words[i] = misread(pick(r, signs)) + words[i]
	}
	if len(words) > 3 {
		words[len(words)/2] += `\n`
	}
	return strings.Join(words, ""), true
}

func misread(s string) string {
	wrong, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil {
		return s
	}
	return wrong
}

// everything makes each change as often as it comes by itself.
func everything(r *rand.Rand, rate float64, text string) (string, bool) {
	ok := false
	for _, step := range []struct {
		share float64
		apply func(*rand.Rand, float64, string) (string, bool)
	}{
		{formatShare, formats}, {orderShare, order}, {1, slang}, {1, vowels}, {1, typos}, {mojibakeShare, mojibake},
		{greetingShare, greeting}, {headShare, head}, {cutShare, cut},
	} {
		if r.Float64() >= min(0.9, step.share*rate) && step.share < 1 {
			continue
		}
		times := 1.0
		if step.share == 1 {
			times = rate
		}
		if changed, did := step.apply(r, times, text); did {
			text, ok = changed, true
		}
	}
	return text, ok
}
