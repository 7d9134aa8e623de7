package sms

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths of senders.
const (
	leastNumber = 8 // digits; a short code has fewer
	mostNumber  = 15
	mostName    = 11 // letters: what GSM gives a sender that is a name
)

// isNumber says whether a sender can be a person's: eight digits at least, and nothing that a gateway reads as more than one
// receiver.
func isNumber(sender string) bool {
	digits := strings.TrimPrefix(sender, "+")
	return len(digits) >= leastNumber && len(digits) <= mostNumber && isDigits(digits)
}

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// numberOf is a number without what people and gateways write into one: blanks, dashes, dots, brackets, the host of WhatsApp.
// A WhatsApp id that hides the number (@lid) is left as it is: its digits would be a stranger's number.
func numberOf(sender string) string {
	number, host, hosted := strings.Cut(sender, "@")
	if host == "lid" {
		return sender
	}
	if hosted {
		number, _, _ = strings.Cut(number, ":") // a device of the person's
	}
	if strings.HasPrefix(number, "+") {
		number = strings.Replace(number, "(0)", "", 1)
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("\t.()[]/", r) || unicode.In(r, unicode.Zs, unicode.Pd, unicode.Cf) {
			return -1
		}
		return r
	}, number)
}

// isService says whether a sender is a short code or a name, as operators and banks have: nobody there complains.
func isService(sender string) bool {
	if code := strings.TrimPrefix(numberOf(sender), "+"); len(code) < leastNumber && isDigits(code) {
		return true
	}
	foreign := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" .-_&+/'*#!", r)
	}
	return utf8.RuneCountInString(sender) <= mostName && strings.ContainsFunc(sender, unicode.IsLetter) && !strings.ContainsFunc(sender, foreign)
}

// isGroup knows WhatsApp's addresses of groups, lists and channels.
func isGroup(sender string) bool {
	_, host, _ := strings.Cut(sender, "@")
	return slices.Contains([]string{"g.us", "broadcast", "newsletter"}, host)
}
