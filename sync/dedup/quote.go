package dedup

import (
	"regexp"
	"slices"
	"strings"

	"github.com/satupintu/satupintu/sync/complaint"
)

const mostQuoted = 3

var writtenRef = regexp.MustCompile(`(?i)\bSP-?[0-9A-Z]{15}\b`)

// quoted finds our own references in a text.
func quoted(text string) []complaint.Ref {
	if !strings.Contains(text, "SP") && !strings.Contains(text, "sp") && !strings.Contains(text, "Sp") { // keyboards of telephones begin so
		return nil
	}
	var refs []complaint.Ref
	for _, found := range writtenRef.FindAllString(text, mostQuoted) {
		if ref, err := complaint.ParseRef(found); err == nil && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs
}

// tracked finds the national platform's tracking ids: five to eight digits after a word such as "laporan" or "ID".
func tracked(all []token) []string {
	const least, most, reach = 5, 8, 3
	var ids []string
	for i, t := range all {
		if len(t.word) < least || len(t.word) > most || strings.Trim(t.word, "0123456789") != "" || len(ids) == mostQuoted {
			continue
		}
		for k := i - 1; k >= 0 && k >= i-reach; k-- {
			if announcesTrack(all[k].word) && !slices.Contains(ids, t.word) {
				ids = append(ids, t.word)
				break
			}
		}
	}
	return ids
}

func announcesTrack(word string) bool {
	switch word {
	case "laporan", "pengaduan", "aduan", "id", "tracking", "tiket", "ticket", "lapor", "sp4n":
		return true
	}
	return false
}

// asks says that a text speaks of an earlier complaint of its author that waits, or goes on from it: "laporan saya
// kemarin belum ditanggapi", "menyambung pengaduan kami sebelumnya".
func asks(all []token) bool {
	const reach = 3
	own, waits := false, false
	for i, t := range all {
		after, before := all[i+1:min(len(all), i+1+reach)], all[max(0, i-reach):i]
		switch {
		case t.is(earlierTold) && anyOf(after, ownedBefore):
			own = true
		case goesOn(t.word):
			waits = true
		}
		if t.is(unanswered) && anyOf(before, unansweredBefore) {
			waits = true
		}
	}
	return own && waits
}

func anyOf(all []token, is func(string) bool) bool {
	return slices.ContainsFunc(all, func(t token) bool { return is(t.word) })
}

func ownedBefore(word string) bool {
	switch word {
	case "saya", "sy", "kami", "sebelumnya", "kemarin", "lalu", "terdahulu", "pertama", "nomor", "tiket", "tadi", "aku":
		return true
	}
	return false
}

func unansweredBefore(word string) bool {
	switch word {
	case "belum", "tidak", "bagaimana", "gimana", "kapan", "mana", "sampai", "menanyakan", "tanya", "apakah":
		return true
	}
	return false
}

func goesOn(word string) bool {
	switch word {
	case "menyambung", "menambahkan", "melanjutkan", "menindaklanjuti", "menanyakan", "sejauh":
		return true
	}
	return false
}
