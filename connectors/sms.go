package connectors

import (
	"strings"
	"unicode/utf16"
)

// The GSM 7-bit default alphabet (3GPP TS 23.038); a character of the extension takes two places.
const (
	gsmAlphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "\f^{}\\[~]|€"
)

// What one SMS holds, alone and as a part, in places of the alphabet and in UTF-16 units.
const (
	gsmAlone, gsmPart         = 160, 153
	unicodeAlone, unicodePart = 70, 67
)

// MostSMSParts is how many parts an SMS may have: far fewer than the 255 of its header, each costs money.
const MostSMSParts = 20

// SMS is a text as it is sent in parts.
type SMS struct {
	Unicode bool     // in UCS-2: a character is not in the GSM alphabet
	Parts   []string // one at least
}

// Text is what the parts say together.
func (s SMS) Text() string { return strings.Join(s.Parts, "") }

// FoldSMS cuts a text into the parts of an SMS, at most most of them; a longer text ends at a word, and in "...".
// Typographic quotes, dashes and spaces become plain ones first, because one of them would halve what an SMS holds.
func FoldSMS(text string, most int) SMS {
	text = strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`, "–", "-", "—", "-", "…", "...", "\u00a0", " ", "\t", " ").Replace(text)
	sms, width, alone, each := SMS{}, gsmWidth, gsmAlone, gsmPart
	for _, r := range text {
		if gsmWidth(r) == 0 {
			sms.Unicode, width, alone, each = true, unicodeWidth, unicodeAlone, unicodePart
			break
		}
	}
	if sms.Parts = cutSMS(text, alone, width); len(sms.Parts) <= 1 {
		return sms
	}
	if most == 1 {
		each = alone
	}
	sms.Parts = cutSMS(text, each, width)
	if len(sms.Parts) > most {
		sms.Parts = sms.Parts[:most]
		sms.Parts[most-1] = cutSMS(sms.Parts[most-1], each-len("..."), width)[0]
		sms.Parts = endAtWord(sms.Parts)
	}
	return sms
}

// endAtWord takes a broken word off the end of the last part, where it has another, and puts "..." there.
func endAtWord(parts []string) []string {
	last := parts[len(parts)-1]
	if space := strings.LastIndexAny(last, " \n"); space > 0 {
		last = strings.TrimRight(last[:space], " \n,;:-")
	}
	parts[len(parts)-1] = last + "..."
	return parts
}

// gsmWidth is how many places a character takes; 0 when the alphabet lacks it.
func gsmWidth(r rune) int {
	switch {
	case strings.ContainsRune(gsmAlphabet, r):
		return 1
	case strings.ContainsRune(gsmExtended, r):
		return 2
	}
	return 0
}

func unicodeWidth(r rune) int { return len(utf16.AppendRune(nil, r)) }

// cutSMS cuts a text into pieces of at most size places, never inside a character.
func cutSMS(text string, size int, width func(rune) int) []string {
	var pieces []string
	start, used := 0, 0
	for i, r := range text {
		if used+width(r) > size {
			pieces = append(pieces, text[start:i])
			start, used = i, 0
		}
		used += width(r)
	}
	return append(pieces, text[start:])
}
