package dedup

// Fact is one thing an address says: what kind of thing, and its value in one spelling.
type Fact struct {
	Kind  FactKind
	Value string
}

// FactKind is what a part of an address names.
type FactKind byte

// The kinds of facts. Place numbers are of a street that is numbered itself, or of a gang: people write "Merdeka 3" and
// "Merdeka gang III" for one place.
const (
	Street      FactKind = 's'
	PlaceNumber FactKind = 'x'
	House       FactKind = 'n'
	Block       FactKind = 'b'
	Gang        FactKind = 'g' // one with a name
	RT          FactKind = 'r'
	RW          FactKind = 'w'
	Floor       FactKind = 'l'
	Point       FactKind = 't' // titik B
	Asset       FactKind = 'a' // a pole, a substation
	Village     FactKind = 'v' // by its name
	District    FactKind = 'd' // by its name
	Region      FactKind = 'k' // a code, of a village or district that is named
	Form        FactKind = 'c' // a code, tapped on a form
	Landmark    FactKind = 'm'
	Date        FactKind = 'e' // a day of the month: of no place, but read alike
	City        FactKind = 'y' // kota, kabupaten: common to all of a region
)

// kinds is a set of kinds.
type kinds uint32

func (k FactKind) bit() kinds { return 1 << (k & 31) } // lower-case letters: none shares its bit with another

func set(all ...FactKind) (k kinds) {
	for _, one := range all {
		k |= one.bit()
	}
	return k
}

// Sets that are asked for: the facts that tell one place from its neighbours, those that name it less exactly, and the
// areas it lies in.
const (
	precise = kinds(1<<(House&31) | 1<<(PlaceNumber&31) | 1<<(Block&31) | 1<<(Gang&31) | 1<<(RT&31) | 1<<(RW&31) | 1<<(Floor&31) | 1<<(Point&31) | 1<<(Asset&31))
	street  = kinds(1 << (Street & 31))
	mark    = kinds(1 << (Landmark & 31))
	area    = kinds(1<<(Village&31) | 1<<(District&31) | 1<<(Region&31) | 1<<(Form&31))
	village = area &^ (1 << (District & 31))
	day     = kinds(1 << (Date & 31))
)
