package dedup

import (
	"fmt"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// ResubmissionWindow is how far apart two tellings of one reporter in the same words may lie to be one complaint sent
// twice: after that it is a reminder, and a person's own to make.
const ResubmissionWindow = time.Hour

// Hasher makes a keyed hash: nobody without the key can tell whose number it is. Equal values in different domains have
// different hashes.
type Hasher interface {
	Hash(domain, value string) string
}

// ReporterKeys returns one key for each thing that identifies the reporter. Two complaints that share a key are of one
// reporter. A key is the kind of evidence, a colon and a keyed hash; it has no personal data.
func ReporterKeys(h Hasher, c complaint.Complaint) []string {
	var keys []string
	for _, id := range identities(c.Reporter) {
		keys = append(keys, id.kind+":"+h.Hash("reporter "+id.kind, id.value))
	}
	return keys
}

// fewWords is how many words of a text say too little by themselves: "tolong, lihat foto" is about its photo.
const fewWords = 5

// ResubmissionKeys returns one key for each thing that identifies the reporter, made of it, the text's words and the
// place; the title does not count, since many channels make one up. Two complaints that share a key, no further apart
// than ResubmissionWindow, are one complaint sent twice. Another place is another matter, however alike the words; so is,
// with fewWords or less, another photo. A text without words has no key.
func ResubmissionKeys(h Hasher, c complaint.Complaint) []string {
	known := identities(c.Reporter)
	if len(known) == 0 {
		return nil
	}
	words := Normalise(c.Text)
	if words == "" {
		return nil
	}
	matter := strings.Join(append([]string{words}, circumstances(c, words)...), "\x00")
	var keys []string
	for _, id := range known {
		keys = append(keys, id.kind+"+words:"+h.Hash("resubmission "+id.kind, id.value+"\x00"+matter))
	}
	return keys
}

// circumstances are what two tellings in the same words must agree in to be about the same matter.
func circumstances(c complaint.Complaint, words string) []string {
	facts := []string{c.Place.Region, Normalise(c.Place.Address)}
	if c.Place.Lat != nil && c.Place.Long != nil {
		facts = append(facts, fmt.Sprintf("%.4f %.4f", *c.Place.Lat, *c.Place.Long))
	}
	if len(strings.Fields(words)) > fewWords {
		return facts
	}
	for _, a := range c.Attachments {
		facts = append(facts, a.SHA256)
	}
	return facts
}

// Explain is the sentence of a link that was made because two complaints share a key, such as "same reporter (phone),
// same words, 12 minutes apart". It has no personal data.
func Explain(key string, apart time.Duration) string {
	evidence, _, _ := strings.Cut(key, ":")
	kind, sameWords := strings.CutSuffix(evidence, "+words")
	why := "same reporter (" + kind + "), "
	if sameWords {
		why += "same words, "
	}
	return why + span(apart.Abs()) + " apart"
}

func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return count(d, time.Minute, "minute")
	case d < 2*day:
		return count(d, time.Hour, "hour")
	}
	return count(d, day, "day")
}

func count(d, unit time.Duration, name string) string {
	n := int64(d / unit)
	if n == 1 {
		return "1 " + name
	}
	return fmt.Sprintf("%d %ss", n, name)
}
