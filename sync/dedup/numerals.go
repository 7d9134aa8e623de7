package dedup

import (
	"strconv"
	"strings"
)

// digits reads a number with what belongs to it: 12, 12a, 1.750.000, 0812-0000-0123.
func (s *scanner) digits(rest string) {
	if n, end := longNumber(rest); n != "" {
		s.at += end
		s.put("#"+brief(n), false)
		return
	}
	if rest[0] == '+' {
		s.at++
		return
	}
	end, number := 0, ""
	for {
		from := end
		for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
			end++
		}
		number += rest[from:end]
		if !thousands(rest[end:]) || len(number) > 12 {
			break
		}
		end++
	}
	from := end
	for end < len(rest) && asciiLetter(rest[end]) {
		end++
	}
	suffix := strings.ToLower(rest[from:end])
	if len(suffix) > 2 { // 20meter, 2orang: two words
		suffix, end = "", from
	}
	number = strings.TrimLeft(number, "0")
	if number == "" {
		number = "0"
	}
	s.at += end
	s.put(number+suffix, false)
}

// thousands says that a point or comma and three digits come next, and no fourth.
func thousands(rest string) bool {
	if len(rest) < 4 || rest[0] != '.' && rest[0] != ',' {
		return false
	}
	for _, b := range []byte(rest[1:4]) {
		if b < '0' || b > '9' {
			return false
		}
	}
	return len(rest) == 4 || rest[4] < '0' || rest[4] > '9'
}

// longNumber reads a phone number or another number of nine digits and more, in one spelling, and says where it ends.
func longNumber(rest string) (number string, end int) {
	const least, most = 9, 20
	var n []byte
	plus := rest[0] == '+'
	i := 0
	if plus {
		i = 1
	}
	start := i
	for ; i < len(rest) && len(n) <= most; i++ {
		b := rest[i]
		if b >= '0' && b <= '9' {
			n, end = append(n, b), i+1
			continue
		}
		phoneLike := plus || rest[start] == '0' || strings.HasPrefix(rest[start:], "62")
		if !phoneLike || strings.IndexByte(" -.", b) < 0 || len(n) < 2 || i+1 == len(rest) || rest[i+1] < '0' || rest[i+1] > '9' {
			break
		}
	}
	if len(n) < least || thousandsWritten(rest[start:end]) {
		return "", 0
	}
	if p := phone(string(n)); p != "" && len(n) < 15 {
		return p, end
	}
	return string(n), end
}

func thousandsWritten(s string) bool {
	dot := strings.IndexByte(s, '.')
	return dot > 0 && dot <= 3 && s[0] != '0' && thousands(s[dot:])
}

// joined makes one number of "12 A" and numbers of Roman numerals, where such stand.
func joined(all []token) []token {
	out := all[:0]
	for i, t := range all {
		last := len(out) - 1
		if n := roman(t, out); n > 0 {
			t.word, t.entry = strconv.Itoa(n), entry{}
		}
		if last >= 0 && belongs(out[last], t, all[i+1:]) {
			out[last].word += t.word
			continue
		}
		out = append(out, t)
	}
	return out
}

// belongs says that a letter is part of the number before it: 12 A, 27-B.
func belongs(before, t token, after []token) bool {
	if len(t.word) != 1 || !asciiLetter(t.word[0]) || strings.Trim(before.word, "0123456789") != "" || len(before.word) > 4 {
		return false
	}
	if t.gap != ' ' && t.gap != '-' {
		return false
	}
	if len(after) > 0 && after[0].gap == ' ' && after[0].number() {
		return false
	}
	return t.upper || strings.IndexByte("abcefgh", t.word[0]) >= 0
}

// roman reads a Roman numeral up to 39 where it can be one: two letters and more, or a capital after a name.
func roman(t token, before []token) int {
	if t.word == "" || strings.IndexByte("ivx", t.word[0]) < 0 || strings.Trim(t.word, "ivx") != "" {
		return 0
	}
	if len(t.word) == 1 {
		if !t.upper || len(before) == 0 {
			return 0
		}
		p := before[len(before)-1]
		if t.gap != ' ' || !p.name() && p.word != "gang" && p.word != "rt" && p.word != "rw" {
			return 0
		}
	}
	value := map[byte]int{'i': 1, 'v': 5, 'x': 10}
	n := 0
	for i := range len(t.word) {
		v := value[t.word[i]]
		if i+1 < len(t.word) && v < value[t.word[i+1]] {
			v = -v
		}
		n += v
	}
	if n < 1 || n > 39 {
		return 0
	}
	return n
}
