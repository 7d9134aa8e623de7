package dedup

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed lexicon.txt
var lexiconText string

// sense is what the lexicon says of a word, several at once.
type sense uint32

const (
	saysNothing  sense = 1 << iota // never tells one matter from another
	isCommon                       // says what a matter is about, not which
	isDay                          // a weekday or a month
	isState                        // may turn a matter into its opposite
	isDirection                    // makes another place of the same name
	isMarker                       // stands before a part of an address
	namesPlaces                    // common, and part of many names
	fillsStreets                   // "raya": part of a street's name that people leave out
	thanks
	earlierTold
	unanswered
	isOver // said after "sudah" when the trouble is over

	isKnown = saysNothing | isCommon | isDay | isState | isDirection | isMarker | thanks | earlierTold | unanswered | isOver // it is no name
)

// concept is what a complaint is about, coarsely: a set of bits.
type concept uint32

// private are the concepts of which each citizen has a matter of their own: what two of them say in the same words are
// two matters.
const private = aid | identityPapers | school | land | job

const (
	lamp concept = 1 << iota
	road
	drain
	rubbish
	tree
	water
	power
	traffic
	order
	network
	fire
	animal
	health
	fuel
	farm
	corruption
	aid
	identityPapers
	school
	land
	job
)

type entry struct {
	as    string // what it is written as
	sense sense
	about concept
}

// lexicon is the words of lexicon.txt.
var lexicon = sync.OnceValue(func() map[string]entry { return readLexicon(lexiconText) })

func readLexicon(text string) map[string]entry {
	senses := map[string]sense{
		"nothing said": saysNothing, "common": isCommon, "day": isDay, "state": isState, "direction": isDirection, "place marker": isMarker,
		"place name": namesPlaces, "street filler": fillsStreets, "thanks": thanks, "earlier": earlierTold, "not answered": unanswered, "over": isOver,
	}
	words, section := map[string]entry{}, ""
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			section = strings.TrimSuffix(name, "]")
			continue
		}
		as, line := written(line)
		for _, w := range strings.Fields(line) {
			e := words[w]
			if as != "" {
				e.as = as
			}
			e.sense |= senses[section]
			e.about |= conceptNamed(strings.TrimPrefix(section, "concept "))
			words[w] = e
		}
	}
	return words
}

// written splits "tidak = tdk gak" into what the words are written as, and the words.
func written(line string) (as, words string) {
	if left, right, ok := strings.Cut(line, "="); ok {
		return strings.TrimSpace(left), right
	}
	return "", line
}

func conceptNamed(name string) concept {
	for i, known := range conceptNames() {
		if name == known {
			return 1 << i
		}
	}
	return 0
}

func conceptNames() []string {
	return []string{
		"lamp", "road", "drain", "rubbish", "tree", "water", "power", "traffic", "order", "network", "fire", "animal", "health", "fuel",
		"farm", "corruption", "aid", "identity", "school", "land", "job",
	}
}
