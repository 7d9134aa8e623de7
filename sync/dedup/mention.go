package dedup

import "github.com/satupintu/satupintu/sync/complaint"

// Mentions finds what a text names earlier complaints by: our references, and the national platform's tracking ids.
func Mentions(text string) (refs []complaint.Ref, tracks []string) {
	refs = quoted(text)
	return refs, tracked(tokens(tidied(writtenRef.ReplaceAllString(text, " "))))
}
