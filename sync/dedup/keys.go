package dedup

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// The bounds of one look for duplicates: the keys and probes a print has, the newest complaints that are looked at for one
// key, for one that says little, and the complaints sharing most that are compared.
const (
	MostKeys       = 16
	MostProbes     = 32
	MostPerKey     = 64
	MostPerWeakKey = 16
	MostCandidates = 16
)

// Most is how many of the newest complaints that share a key are looked at.
func (k Key) Most() int {
	if k.Weight <= saysLittle {
		return MostPerWeakKey
	}
	return MostPerKey
}

// How much it says that two complaints share a key: those that share more are compared first.
const (
	weighsRef       = 20
	weighsText      = 10
	weighsFile      = 6
	weighsReporter  = 4 // more with the same concern
	weighsConcern   = 4
	weighsHouse     = 5
	weighsStreet    = 3
	weighsLandmark  = 3
	weighsCell      = 3
	weighsBand      = 2
	weighsRTRW      = 2
	weighsVillage   = 1
	weighsNeighbour = 2 // a cell beside

	saysLittle  = 2 // such a key is shared by whole villages, and two of them make nobody the likeliest
	fewestWords = 3 // a text of fewer has no key of its words: they say too little
)

// Keys are what a complaint is found by, at most MostKeys, the weightiest first, none twice. They depend on nothing that
// is learnt: the same complaint has the same keys in every gateway, at any time.
func (p Print) Keys() []Key {
	k := keys{known: make(map[int64]bool, MostKeys)}
	p.told(&k)
	if p.Ref != "" {
		k.add(weighsRef, "ref", string(p.Ref))
	}
	if p.Located {
		lat, long := cell(p.Lat, p.Long)
		k.add(weighsCell, "cell", at(lat, long))
	}
	return k.first(MostKeys)
}

// Probes are what earlier complaints are looked for by: Keys without the complaint's own reference, and the eight cells
// around its point. At most MostProbes.
func (p Print) Probes() []Key {
	k := keys{known: make(map[int64]bool, MostProbes)}
	p.told(&k)
	if p.Located {
		lat, long := cell(p.Lat, p.Long)
		k.add(weighsCell, "cell", at(lat, long))
		for north := -1; north <= 1; north++ {
			for east := -1; east <= 1; east++ {
				k.add(weighsNeighbour, "cell", at(lat+north, long+east))
			}
		}
	}
	return k.first(MostProbes)
}

type keys struct {
	all   []Key
	known map[int64]bool
}

func (k *keys) add(weight float64, parts ...string) {
	h := hashed(strings.Join(parts, "\x00"))
	if !k.known[h] {
		k.known[h] = true
		k.all = append(k.all, Key{Hash: h, Weight: weight})
	}
}

func (k *keys) first(most int) []Key {
	slices.SortStableFunc(k.all, func(a, b Key) int { return int(2 * (b.Weight - a.Weight)) })
	return k.all[:min(most, len(k.all))]
}

// told is the keys of what was told, who told it, and where it lies by its address.
func (p Print) told(k *keys) {
	for _, q := range p.Quoted {
		k.add(weighsRef, "ref", string(q))
	}
	concern := strconv.FormatUint(uint64(p.About&-p.About), 36) // its first concept
	for _, r := range p.Reporters {
		k.add(weighsReporter, "reporter", r)
		k.add(weighsConcern, "concern", r, concern)
	}
	if len(p.Words) >= fewestWords {
		k.add(weighsText, "text", number(uint64(p.InText))) //nolint:gosec // a hash
		for i, band := range bands(p.Words) {
			k.add(weighsBand, "band", strconv.Itoa(i), number(band))
		}
	}
	for _, f := range p.Files[:min(2, len(p.Files))] {
		k.add(weighsFile, "file", f)
	}
	p.placed(k, concern)
}

func (p Print) placed(k *keys, concern string) {
	area := p.first(Region, Form, Village)
	house := p.first(House, PlaceNumber, Block, Asset)
	if street := p.first(Street); street != "" {
		s := strings.ReplaceAll(skeleton(street), " ", "")
		k.add(weighsStreet, "street", s)
		if house != "" {
			k.add(weighsHouse, "house", s, house)
		}
		if concern != "0" {
			k.add(weighsStreet, "street", s, concern)
		}
	} else if mark := p.first(Landmark, Gang); mark != "" {
		k.add(weighsLandmark, "landmark", skeleton(mark))
	}
	if rt, rw := p.first(RT), p.first(RW); rt != "" && rw != "" {
		k.add(weighsRTRW, "rtrw", rt, rw, concern)
	}
	if area != "" {
		k.add(weighsVillage, "area", area, concern)
		if house != "" {
			k.add(weighsRTRW, "area and house", area, house)
		}
	}
}

// first is the first fact of the first kind there is.
func (p Print) first(kinds ...FactKind) string {
	for _, k := range kinds {
		for _, f := range p.Facts {
			if f.Kind == k {
				return f.Value
			}
		}
	}
	return ""
}

// skeleton is a name without its vowels and doubled letters: most misspellings leave it as it is.
func skeleton(name string) string {
	out := make([]byte, 0, len(name))
	for i := range len(name) {
		b := name[i]
		first := i == 0 || name[i-1] == ' '
		if !first && strings.IndexByte("aeiouh", b) >= 0 || len(out) > 0 && out[len(out)-1] == b {
			continue
		}
		out = append(out, b)
	}
	return string(out)
}

// Cells are 0.003 degrees wide, at the equator about 330 m.
const cellsADegree = 333

func cell(lat, long float64) (int, int) {
	return int(math.Floor(lat * cellsADegree)), int(math.Floor(long * cellsADegree))
}

func at(lat, long int) string { return strconv.Itoa(lat) + " " + strconv.Itoa(long) }

const (
	manyBands = 4
	bandRows  = 3
)

// bands are MinHash bands of the character trigrams of the words: texts of which most trigrams are the same share a band
// however the words are ordered or misspelt.
func bands(words []string) [manyBands]uint64 {
	var least [manyBands * bandRows]uint64
	for i := range least {
		least[i] = math.MaxUint64
	}
	for _, w := range words {
		if len(w) < 3 {
			mix(&least, uint64(hashed(w))) //nolint:gosec // a hash
			continue
		}
		for i := 0; i+3 <= len(w); i++ {
			mix(&least, uint64(w[i])<<16|uint64(w[i+1])<<8|uint64(w[i+2]))
		}
	}
	var out [manyBands]uint64
	for i := range out {
		h := uint64(14695981039346656037)
		for _, l := range least[i*bandRows : (i+1)*bandRows] {
			h = (h ^ l) * 1099511628211
		}
		out[i] = h
	}
	return out
}

// mix takes one trigram into the least hashes, each of another hash function.
func mix(least *[manyBands * bandRows]uint64, x uint64) {
	for i := range least {
		h := (x + uint64(i+1)*0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9 //nolint:gosec // small
		h ^= h >> 31
		h *= 0x94d049bb133111eb
		h ^= h >> 29
		least[i] = min(least[i], h)
	}
}
