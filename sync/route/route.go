// Package route says which agency of the platform gets a complaint, under which category and location, and why. It is
// pure: the same complaint and the same table always give the same route, and nothing is turned away: what no rule
// matches goes to the fallback.
package route

import (
	"fmt"
	"strings"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
)

// Fallback is Route.Rule where no rule matched.
const Fallback = -1

// Route is where a complaint goes, in the platform's own ids.
type Route struct {
	Agency   string
	Category string
	Location string // may be empty
	HandOver string // the agency it is handed over to, because it is not Agency's to answer; may be empty
	Rule     int    // index of the rule that matched, from 0; Fallback when none did
	// Why is one sentence for operators. It quotes the configuration, never the complaint, and counts rules from 1 as
	// people do: `rule 2: text has "lampu jalan"`.
	Why string
}

// Table is a routing table made ready for comparing. It is never changed after New and may be shared.
type Table struct {
	fallback config.Target
	rules    []rule
}

type rule struct {
	conditions []condition
	to         config.Target
}

// New prepares a routing table. A rule that gives no condition never matches: the fallback is for everything.
func New(cfg config.Routing) *Table {
	t := &Table{fallback: cfg.Fallback, rules: make([]rule, len(cfg.Rules))}
	for i, r := range cfg.Rules {
		t.rules[i] = rule{conditions: conditions(r.When), to: r.To}
	}
	return t
}

// Decide finds the first rule all of whose given conditions match. A category or location the rule leaves out is the
// fallback's.
func (t *Table) Decide(c complaint.Complaint) Route {
	if len(t.rules) == 0 {
		return t.route(t.fallback, Fallback, noRule)
	}
	s := subjectOf(c)
	for i, r := range t.rules {
		if because, ok := r.match(s); ok {
			return t.route(r.to, i, fmt.Sprintf("rule %d: %s", i+1, because))
		}
	}
	return t.route(t.fallback, Fallback, noRule)
}

const noRule = "fallback: no rule matched"

func (t *Table) route(to config.Target, rule int, why string) Route {
	return Route{
		Agency:   to.Agency,
		Category: firstGiven(to.Category, t.fallback.Category),
		Location: firstGiven(to.Location, t.fallback.Location),
		HandOver: to.HandOver,
		Rule:     rule,
		Why:      why,
	}
}

func (r rule) match(s subject) (because string, ok bool) {
	var reasons []string
	for _, c := range r.conditions {
		i := c.find(s)
		if i < 0 {
			return "", false
		}
		reasons = append(reasons, c.says+" "+c.entries[i].said)
	}
	return strings.Join(reasons, " and "), len(reasons) > 0
}

func firstGiven(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
