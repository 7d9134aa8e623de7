package dedup

import (
	"math"
	"sync"
)

// Words is how rare each word is in a region's own complaints. It starts from words that are common everywhere and
// learns from every print it is given, in any order. It is safe for several goroutines.
type Words struct {
	mu    sync.RWMutex
	seen  map[string]uint32 // in how many prints
	total uint32
}

// NewWords knows the words that are common in complaints everywhere.
func NewWords() *Words { return &Words{seen: map[string]uint32{}} }

// Learn counts the words of a print.
func (w *Words) Learn(p Print) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.total++
}

// Rarity is how much a word says: 0 for one that nearly every complaint has, 1 for one never seen.
func (w *Words) Rarity(word string) float64 {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.total == 0 {
		return 1
	}
	return 1 - math.Log1p(float64(w.seen[word]))/math.Log1p(float64(w.total))
}
