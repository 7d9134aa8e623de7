package simulator

import (
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// switchboard holds the faults in force and how far each rule has counted.
type switchboard struct {
	mu     sync.Mutex
	faults Faults
	seen   []int // calls each rule has looked at
	dice   *rand.Rand
}

func newSwitchboard(seed uint64, faults Faults) *switchboard {
	b := &switchboard{dice: rand.New(rand.NewPCG(seed, 0x5a7))}
	b.set(faults)
	return b
}

func (b *switchboard) set(faults Faults) {
	b.mu.Lock()
	defer b.mu.Unlock()
	rules := append([]Rule(nil), faults.Rules...)
	for i := range rules {
		rules[i].Fired = 0
	}
	b.faults = Faults{Latency: faults.Latency, Rules: rules}
	b.seen = make([]int, len(rules))
}

func (b *switchboard) add(rule Rule) {
	b.mu.Lock()
	defer b.mu.Unlock()
	rule.Fired = 0
	b.faults.Rules = append(b.faults.Rules, rule)
	b.seen = append(b.seen, 0)
}

func (b *switchboard) get() Faults {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Faults{Latency: b.faults.Latency, Rules: append([]Rule(nil), b.faults.Rules...)}
}

// choose returns the rule a call meets, the zero rule for none. Rules that refuse the connection are looked at before the
// request is written, all others after: connecting says which of the two it is.
func (b *switchboard) choose(call Call, connecting bool, spoken func() string) Rule {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.faults.Rules {
		rule := &b.faults.Rules[i]
		if (rule.Fault == Refused) == connecting && rule.fits(call, spoken) && b.fires(i) {
			rule.Fired++
			return *rule
		}
	}
	return Rule{}
}

func (r Rule) fits(call Call, spoken func() string) bool {
	if r.Call != "" && r.Call != call {
		return false
	}
	return r.Word == "" || strings.Contains(strings.ToLower(spoken()), strings.ToLower(r.Word))
}

func (b *switchboard) fires(i int) bool {
	rule := b.faults.Rules[i]
	if rule.Next > 0 && rule.Fired >= rule.Next {
		return false
	}
	b.seen[i]++
	turn := b.seen[i] - rule.Skip
	switch {
	case turn <= 0:
		return false
	case rule.Every > 0 && turn%rule.Every != 0:
		return false
	case rule.Chance > 0 && b.dice.Float64() >= rule.Chance:
		return false
	}
	return true
}

func (b *switchboard) latency() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	least, most := b.faults.Latency.Min, b.faults.Latency.Max
	if most <= least {
		return least
	}
	return least + time.Duration(b.dice.Int64N(int64(most-least)+1))
}

// SetFaults replaces every fault and starts counting anew. Faults that make no sense change nothing.
func (s *Simulator) SetFaults(f Faults) error {
	if err := f.check(); err != nil {
		return err
	}
	s.faults.set(f)
	return nil
}

// AddRule puts one more rule behind those in force.
func (s *Simulator) AddRule(r Rule) error {
	if err := r.check(); err != nil {
		return err
	}
	s.faults.add(r)
	return nil
}

// ClearFaults makes the platform behave. Late acts that are on their way are carried out all the same.
func (s *Simulator) ClearFaults() { s.faults.set(Faults{}) }

// Faults returns the faults in force, with how often each rule was met.
func (s *Simulator) Faults() Faults { return s.faults.get() }
