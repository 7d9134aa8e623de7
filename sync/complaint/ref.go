package complaint

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Ref is our reference of a complaint, such as SP-1KAZ5T8M3Q0X4RD: a prefix, 9 digits of milliseconds since 1970 and 6
// digits of chance, in Crockford's base 32. Refs sort by the time they were made, have no letters that a reader
// confuses (I, L, O, U), and fit into an SMS beside a sentence.
type Ref string

const (
	refPrefix    = "SP-"
	timeDigits   = 9
	chanceDigits = 6
	refDigits    = timeDigits + chanceDigits
	refAlpha     = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	mostChance   = 1<<(5*chanceDigits) - 1
)

// Minter makes references. Within one Minter they rise strictly, even when the clock stands still or steps back; across
// gateways 30 bits of chance in each millisecond keep them apart, and the store's primary key has the last word.
type Minter struct {
	now func() time.Time

	mu     sync.Mutex
	milli  uint64
	chance uint64
}

// NewMinter returns a Minter on the given clock.
func NewMinter(now func() time.Time) *Minter { return &Minter{now: now} }

// Mint returns a new reference.
func (m *Minter) Mint() Ref {
	milli, chance := uint64(m.now().UnixMilli()), someChance()

	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case milli > m.milli:
		m.milli, m.chance = milli, chance
	case m.chance < mostChance:
		m.chance++
	default:
		m.milli, m.chance = m.milli+1, chance
	}
	return Ref(refPrefix + base32(m.milli, timeDigits) + base32(m.chance, chanceDigits))
}

func someChance() uint64 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails: it ends the program instead
	return uint64(binary.BigEndian.Uint32(b[:])) >> 2
}

func base32(n uint64, digits int) string {
	out := make([]byte, digits)
	for i := digits - 1; i >= 0; i-- {
		out[i] = refAlpha[n&31]
		n >>= 5
	}
	return string(out)
}

// ParseRef reads a reference as people type it: any case, with or without the dash, with O for 0 and I or L for 1.
func ParseRef(s string) (Ref, error) {
	typed := strings.ToUpper(strings.TrimSpace(s))
	digits, ok := strings.CutPrefix(typed, "SP")
	digits = strings.TrimPrefix(digits, "-")
	if !ok || len(digits) != refDigits {
		return "", fmt.Errorf("%q is not a reference: want SP- and %d letters or digits", s, refDigits)
	}
	digits = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(digits)
	if strings.Trim(digits, refAlpha) != "" {
		return "", fmt.Errorf("%q is not a reference: it has a sign that references never have", s)
	}
	return Ref(refPrefix + digits), nil
}

// FirstRef is the lowest reference that can be made at a time: those made before it sort before it.
func FirstRef(at time.Time) Ref {
	return Ref(refPrefix + base32(uint64(max(at.UnixMilli(), 0)), timeDigits) + base32(0, chanceDigits)) //nolint:gosec // not below zero
}
