package dedup

import "github.com/satupintu/satupintu/sync/complaint"

// Mentions finds what a text names earlier complaints by: our references, and the national platform's tracking ids. rest is
// the text without what looks like a reference.
func Mentions(text string) (refs []complaint.Ref, tracks []string, rest string) {
	rest = writtenRef.ReplaceAllString(text, " ")
	return quoted(text), tracked(tokens(tidied(rest))), rest
}
