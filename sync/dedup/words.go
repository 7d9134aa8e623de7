package dedup

import (
	"math"
	"sync"
)

// Words is how rare each word is in a region's own complaints. It starts from the words that are common everywhere and
// learns from every print it is given, in any order: two gateways that saw the same complaints agree. It is safe for
// several goroutines, and holds at most about ten megabytes.
type Words struct {
	mu    sync.RWMutex
	seen  map[uint64]uint32 // in how many prints, by the word's hash
	total uint32
}

// What is known before anything is learnt, in complaints.
const (
	assumed       = 1000 // as if that many had been seen
	assumedCommon = 60   // a common word was in that many of them
	assumedOther  = 0.5  // and any other in so many

	mostWords = 300_000 // words kept; when there are more, those seen once are forgotten
)

// NewWords knows the words that are common in complaints everywhere.
func NewWords() *Words { return &Words{seen: map[uint64]uint32{}} }

// Learn counts the words of a print.
func (w *Words) Learn(p Print) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.total++
	for _, word := range p.Words {
		w.seen[uint64(hashed(word))]++ //nolint:gosec // a hash
	}
	if len(w.seen) > mostWords {
		for h, n := range w.seen {
			if n == 1 {
				delete(w.seen, h)
			}
		}
	}
}

// Rarity is how much a word says: near 0 for one that many complaints have, 1 for one never seen.
func (w *Words) Rarity(word string) float64 {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.scale().rarity(w.seen[uint64(hashed(word))], lexicon()[word].sense) //nolint:gosec // a hash
}

// scale is how words are weighed as long as nothing is learnt; who holds the lock has it.
type scale struct {
	total  float64
	log    float64 // of total
	rarest float64
}

func (w *Words) scale() scale {
	total := float64(w.total) + assumed
	log := math.Log(total)
	return scale{total, log, log - math.Log(assumedOther)}
}

// rarity is that of a word that so many complaints have.
func (s scale) rarity(seen uint32, of sense) float64 {
	return max(0, min(1, (s.log-logs().of(seen, of&isKnown != 0))/s.rarest))
}

// fewSeen are the numbers of complaints whose logarithms are at hand: each word of each candidate is weighed by one.
const fewSeen = 1 << 12

// seenLogs are the logarithms of how many complaints have a word, those before anything was learnt among them.
type seenLogs struct{ common, other [fewSeen]float64 }

var logs = sync.OnceValue(func() *seenLogs {
	l := &seenLogs{}
	for n := range fewSeen {
		l.common[n], l.other[n] = math.Log(assumedCommon+float64(n)), math.Log(assumedOther+float64(n))
	}
	return l
})

func (l *seenLogs) of(seen uint32, common bool) float64 {
	switch {
	case seen < fewSeen && common:
		return l.common[seen]
	case seen < fewSeen:
		return l.other[seen]
	case common:
		return math.Log(assumedCommon + float64(seen))
	}
	return math.Log(assumedOther + float64(seen))
}

// share is in which part of the complaints a word was that so many have, as far as learnt; 0 before enough were seen to tell.
func (s scale) share(seen uint32) float64 {
	const enough = 1000
	if s.total < assumed+enough {
		return 0
	}
	return float64(seen) / (s.total - assumed)
}
