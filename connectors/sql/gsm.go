package sql

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
	mostParts                 = 20 // far fewer than the 255 of the header: each costs money
)

// SMSD's names of the codings.
const (
	gsmCoding     = "Default_No_Compression"
	unicodeCoding = "Unicode_No_Compression"
)

// splitSMS cuts a text into the parts of an SMS, at most most of them; a longer text ends in "...". Typographic quotes,
// dashes and spaces become plain ones first, because one of them would halve what an SMS holds.
func splitSMS(text string, most int) (coding string, parts []string) {
	text = strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`, "–", "-", "—", "-", "…", "...", "\u00a0", " ", "\t", " ").Replace(text)
	coding, width, alone, each := gsmCoding, gsmWidth, gsmAlone, gsmPart
	for _, r := range text {
		if gsmWidth(r) == 0 {
			coding, width, alone, each = unicodeCoding, unicodeWidth, unicodeAlone, unicodePart
			break
		}
	}
	if parts = cut(text, alone, width); len(parts) <= 1 {
		return coding, parts
	}
	parts = cut(text, each, width)
	if len(parts) > most {
		parts = parts[:most]
		parts[most-1] = cut(parts[most-1], each-len("..."), width)[0] + "..."
	}
	return coding, parts
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

// cut cuts a text into pieces of at most size places, never inside a character.
func cut(text string, size int, width func(rune) int) []string {
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
