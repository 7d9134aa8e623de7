package open311

import "github.com/satupintu/satupintu/connectors"

// note is the cursor. Times are Unix seconds, as fine as the protocol is.
//
// A sweep asks for everything since Low, window by window, and ends with one that has no end. Then Low moves to Overlap
// before the time it began, and Seen holds what lies after Low, so that the next sweep does not hand it out again.
type note struct {
	Low   int64            `json:"low"`             // everything before it is read
	Clock int64            `json:"clock,omitempty"` // when the sweep under way began; 0: none is
	At    int64            `json:"at,omitempty"`    // up to where the sweep under way has come
	Step  int64            `json:"step,omitempty"`  // the window that the server did not cap
	Seen  connectors.Marks `json:"seen,omitempty"`  // by the sum of id and words: a request that was edited is another
}

const mostSeen = 20_000 // requests; 22 bytes each

// meet notes requests, and says of each whether it is new. One that is known already stays for as long as the newer of both
// times says: those without a time of their own are met with another each time.
func (n *note) meet(met []connectors.Mark) (fresh []bool) {
	times := make(map[uint64]int64, len(n.Seen)+len(met))
	for _, one := range n.Seen {
		times[one.Sum] = one.Time
	}
	for _, one := range met {
		at, known := times[one.Sum]
		if !known || one.Time > at {
			times[one.Sum] = one.Time
		}
		fresh = append(fresh, !known)
	}
	all := make(connectors.Marks, 0, len(times))
	for sum, at := range times {
		all = append(all, connectors.Mark{Time: at, Sum: sum})
	}
	n.Seen = all.With()
	return fresh
}

// forget leaves out what lies before a time, and the oldest of what is too much.
func (n *note) forget(before int64) { n.Seen, _ = n.Seen.After(before, mostSeen) }
