// Package simulator behaves like the national platform's v3 REST interface, so far as that is publicly known, and can be
// told to misbehave. It is for tests, rehearsals and demonstrations; it is not the specification. It imports none of the
// gateway's packages: both sides of the conversation are written down independently.
//
// One Simulator serves in two ways, with the same calls, the same switches and the same memory:
//
//   - as an http.Handler behind a socket (ServeHTTP);
//   - as an http.RoundTripper without sockets (Transport), which also works inside a testing/synctest bubble. Make the
//     Simulator inside the bubble then.
//
// What it promises:
//
//   - A complaint it has answered for, or lost the answer of, is in Complaints exactly once.
//   - A fault named "before" leaves nothing behind; one named "after" leaves what the call does, once.
//   - Statuses and follow-ups depend only on the seed, the complaint's number and the clock: no goroutine moves them.
//   - A complaint's id (eight digits) is never its tracking id (seven digits).
//
// Where the platform is known by one client only and answers in several ways, the simulator takes turns: see Shape and Rows.
package simulator

import (
	"errors"
	"fmt"
	"time"
)

// Simulator is one simulated platform. Its methods may be called from several goroutines.
type Simulator struct {
	options Options
	ledger  *ledger
	faults  *switchboard
	stats   *counters
	later   *later
}

// New makes a platform that keeps everything in memory and starts empty. New(Options{}) accepts DefaultAuth and
// DefaultToken. Faults in the options are not checked here; see Open.
func New(options Options) *Simulator {
	options = options.withDefaults()
	return &Simulator{
		options: options,
		ledger:  &ledger{lean: options.Lean},
		faults:  newSwitchboard(options.Seed, options.Faults),
		stats:   newCounters(),
		later:   newLater(),
	}
}

// Open is New for a platform that remembers: what it is told is appended to a file of JSON lines, which holds personal
// data where the complaints do, and read back the next time. The bytes of uploaded files are not remembered, their hashes
// are. A line cut short by a crash is dropped. An empty path means memory only.
func Open(options Options, path string) (*Simulator, error) {
	if err := options.Faults.check(); err != nil {
		return nil, err
	}
	s := New(options)
	if path == "" {
		return s, nil
	}
	book, err := openJournal(path, s.ledger.replay)
	if err != nil {
		return nil, fmt.Errorf("reading the simulator's state: %w", err)
	}
	s.ledger.journal = book
	return s, nil
}

// Close forgets the acts that are still to come (see Late) and closes the state file. Requests that hang end with their
// own context: give the http.Server a BaseContext that ends when it stops.
func (s *Simulator) Close() error {
	s.later.drop()
	return s.ledger.close()
}

// Wait returns when every late act has been carried out.
func (s *Simulator) Wait() { s.later.wait() }

// SetStatus moves a complaint by hand; its scenario moves it no further. id is the complaint's id, not its tracking id.
// Any status name is taken: the platform knows more of them than anybody has seen.
func (s *Simulator) SetStatus(id, status, note string) error {
	if status == "" {
		return errors.New("a status must have a name")
	}
	rec, ok := s.ledger.find(id)
	if !ok {
		return errNoComplaint(id)
	}
	holder := s.holder(rec)
	return s.ledger.add(rec, entry{
		At: s.now(), Status: status, Template: templateStatus, Text: note, From: holder, To: holder,
	})
}

// AddFollowUp adds what an agency says about a complaint. The complaint goes on through its scenario.
func (s *Simulator) AddFollowUp(id string, f FollowUp) error {
	rec, ok := s.ledger.find(id)
	if !ok {
		return errNoComplaint(id)
	}
	holder := s.holder(rec)
	e := entry{At: s.now(), Template: f.Template, Text: f.Text, From: holder, To: holder, Files: f.Attachments, Secret: f.Secret}
	if f.From != "" {
		e.From = s.institution(f.From)
	}
	if f.To != "" {
		e.To = s.institution(f.To)
	}
	if e.Template == "" {
		e.Template = templateAnswer
	}
	return s.ledger.add(rec, e)
}

func errNoComplaint(id string) error { return fmt.Errorf("there is no complaint with the id %q", id) }

func (s *Simulator) now() time.Time { return s.options.Now() }
