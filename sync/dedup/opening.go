package dedup

import (
	"regexp"
	"strings"
)

// What channels and forwarding put before a text: a WhatsApp export's line head, "Fwd:", "SMS dari 0812…:".
var (
	lineHead  = regexp.MustCompile(`^\s*\[?\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4},? +\d{1,2}[.:]\d{2}(?:[.:]\d{2})?\]?(?: ?[AaPp][Mm])?(?: -)? [^:\n]{1,40}: `)
	forwarded = regexp.MustCompile(`^\s*[*_\[>]*(?i:fwd?|fw|forwarded(?: many times)?|diteruskan(?: berkali-kali)?|pesan diteruskan)[*_\]]*\s*(?::|\n|\])+`)
	sender    = regexp.MustCompile(`^\s*[*_\[]*(?i:(?:sms|pesan|wa|whatsapp)(?: masuk)?(?: dari| from)?|dari|from|pengirim)[ :]+(?:[^:\n]{0,40}?)\+?\d[\d -]{7,16}[^:\n]{0,25}[*_\]]*(?::|\n|\])+`)
	channel   = regexp.MustCompile(`^\s*[*_\[]*(?i:sms|wa|whatsapp|via sms|via wa|isi|isi pesan|isi laporan|pesan|laporan)[*_\]]*\s*:+`)
)

// opened is a text without such heads.
func opened(text string) string {
	const mostHeads = 4
	for range mostHeads {
		before := text
		for _, head := range []*regexp.Regexp{lineHead, forwarded, sender, channel} {
			if at := head.FindStringIndex(text); at != nil {
				text = text[at[1]:]
			}
		}
		if text == before {
			break
		}
	}
	return text
}

// addressed drops "Yth. <agency>," and its like: to whom a complaint is addressed is not what it is about.
func addressed(all []token) []token {
	const longest = 14
	out := all[:0]
	for i := 0; i < len(all); i++ {
		if all[i].word != "yth" {
			out = append(out, all[i])
			continue
		}
		end := i + 1
		for end < len(all) && end-i <= longest && !endsAddress(all[end]) {
			end++
		}
		if end-i > longest {
			end = i + 1
		}
		if end < len(all) && all[end].gap != '\n' {
			all[end].gap = ','
		}
		i = end - 1
	}
	return out
}

func endsAddress(t token) bool {
	if t.gap == '\n' || t.gap == ',' {
		return true
	}
	switch t.word {
	case "mohon", "tolong", "saya", "kami", "ada", "selamat", "assalamualaikum", "lapor", "melaporkan", "ini", "bahwa", "dengan", "minta", "tlg", "mhn", "sy":
		return true
	}
	return false
}

// unsigned drops what follows the thanks at the end: a name, an office.
func unsigned(all []token) []token {
	const longest = 6
	for i := len(all) - 1; i >= 0 && i >= len(all)-1-longest; i-- {
		t := all[i]
		if t.number() || t.is(isMarker) {
			return all
		}
		if t.is(thanks) && (t.word != "kasih" || i > 0 && strings.HasSuffix(all[i-1].word, "rima")) {
			return all[:i]
		}
	}
	return all
}
