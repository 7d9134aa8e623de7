package dedup

import (
	"regexp"
	"strings"
)

// What channels and forwarding put before a text: a WhatsApp export's line head, "Fwd:", "SMS dari 0812…:".
var (
	lineHead  = regexp.MustCompile(`^\s*\[?\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4},? +\d{1,2}[.:]\d{2}(?:[.:]\d{2})?\]?(?: ?[AaPp][Mm])?(?: -)? [^:\n]{1,40}: `)
	forwarded = regexp.MustCompile(`^\s*[*_\[>]*(?i:(?:pesan|sms|wa|whatsapp|fwd?|fw|forward(?:ed)?|diteruskan|teruskan|dari|from|masuk|via|isi|laporan|aduan|pengirim|many|times|berkali-kali)[ *_]*){1,5}(?:\+?\d[\d -]{7,16})?[\])*_ ]*(?::|\n|\])\s*`)
)

// opened is a text without such heads.
func opened(text string) string {
	const mostHeads = 8
	for range mostHeads {
		before := text
		for _, head := range []*regexp.Regexp{lineHead, forwarded} {
			if at := head.FindStringIndex(text); at != nil && at[1] < len(text) {
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
		for end < len(all) && end-i <= longest && !endsAddress(all[end-1], all[end]) {
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

func endsAddress(before, t token) bool {
	const title = 3 // letters of a shortened one: Yth., Drs.
	if t.gap == '\n' || t.gap == ',' || t.gap == '.' && len(before.word) > title || t.number() || t.is(isMarker) && t.word != "kabupaten" && t.word != "kota" && t.word != "provinsi" && t.word != "kecamatan" && t.word != "desa" && t.word != "kelurahan" {
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
		if t.number() || t.is(isMarker|isCommon) || t.word == "yang" || t.word == "kami" || t.word == "bernama" { // a sentence goes on
			return all
		}
		if t.is(thanks) && (t.word != "kasih" || i > 0 && strings.HasSuffix(all[i-1].word, "rima")) {
			return all[:i]
		}
	}
	return all
}
