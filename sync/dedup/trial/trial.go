// Package trial measures how well complaints are compared: against pairs that a person read, against made cases in which
// one thing is changed, and on a stream in time order. It reads tables and calls the engine as the gateway does; it
// changes nothing and knows no database. Equal input, options and seed give equal figures.
//
// What it reports holds row numbers, ids and codes of evidence, never a word of a complaint.
package trial

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/satupintu/satupintu/sync/dedup"
)

// Hashes is a Hasher for measuring: without a secret, so for nothing that is kept.
type Hashes struct{}

// Hash returns the same hash for the same value of a domain.
func (Hashes) Hash(domain, value string) string {
	sum := sha256.Sum256([]byte(domain + "\x00" + value))
	return hex.EncodeToString(sum[:16])
}

// Ready fills in what measuring needs and options do not say: hashes, a window of 90 days, words that start afresh.
func Ready(o dedup.Options) dedup.Options {
	const day = 24 * time.Hour
	if o.Hasher == nil {
		o.Hasher = Hashes{}
	}
	if o.Window == 0 {
		o.Window = 90 * day
	}
	if o.Words == nil {
		o.Words = dedup.NewWords()
	}
	return o
}
