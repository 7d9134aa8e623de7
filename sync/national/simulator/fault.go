package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Call is one kind of request.
type Call string

// The calls.
const (
	CallInstitutions Call = "institutions"
	CallTemplates    Call = "templates"
	CallFile         Call = "file"
	CallCreate       Call = "create"
	CallReject       Call = "reject"
	CallStatus       Call = "status"
	CallFollowUps    Call = "followups"
	CallFollowUp     Call = "followup_add"
	CallSearch       Call = "search"
	CallUnknown      Call = "unknown" // a path the platform does not have
)

// Calls lists every call.
func Calls() []Call {
	return []Call{
		CallInstitutions, CallTemplates, CallFile, CallCreate, CallReject, CallStatus, CallFollowUps, CallFollowUp, CallSearch,
		CallUnknown,
	}
}

// Fault is one way to misbehave. Before and after are before and after the request was carried out.
type Fault string

// The faults.
const (
	Throttle             Fault = "429"          // without a body; Retry-After when the rule has it
	Unavailable          Fault = "503"          // the API manager suspended the platform; Retry-After when the rule has it
	LostBefore           Fault = "503_before"   // a proxy lost the platform after it had passed the request on
	LostAfter            Fault = "503_after"    //
	ServerErrorBefore    Fault = "500_before"   //
	ServerErrorAfter     Fault = "500_after"    //
	BadGatewayBefore     Fault = "502_before"   // an HTML page of a proxy
	BadGatewayAfter      Fault = "502_after"    //
	GatewayTimeoutBefore Fault = "504_before"   //
	GatewayTimeoutAfter  Fault = "504_after"    //
	Malformed            Fault = "malformed"    // carried out, then 200 with JSON that stops in the middle
	Empty                Fault = "empty"        // carried out, then 200 without a body
	CloseBefore          Fault = "close_before" // the connection closes, no answer
	CloseAfter           Fault = "close_after"  //
	HangBefore           Fault = "hang_before"  // no answer until the client gives up
	HangAfter            Fault = "hang_after"   //
	Unauthorized         Fault = "401"          // the API manager knows no such token
	Forbidden            Fault = "403"          // the API manager does not let the token in here
	Unpublished          Fault = "404"          // the API manager does not publish the API just now
	Refuse               Fault = "422"          // the platform refuses, with the rule's message
	Slow                 Fault = "slow"         // carried out after the rule's delay, unless the client has gone by then
	Late                 Fault = "late"         // carried out after the rule's delay, whether or not the client has gone
	Refused              Fault = "refused"      // nobody listens; Transport only, a served handler cannot do it
)

// KnownFaults lists every fault.
func KnownFaults() []Fault {
	return []Fault{
		Throttle, Unavailable, LostBefore, LostAfter, ServerErrorBefore, ServerErrorAfter, BadGatewayBefore, BadGatewayAfter,
		GatewayTimeoutBefore, GatewayTimeoutAfter, Malformed, Empty, CloseBefore, CloseAfter, HangBefore, HangAfter, Unauthorized,
		Forbidden, Unpublished, Refuse, Slow, Late, Refused,
	}
}

// Acts says whether a call that meets the fault is carried out all the same.
func (f Fault) Acts() bool {
	switch f {
	case LostAfter, ServerErrorAfter, BadGatewayAfter, GatewayTimeoutAfter, Malformed, Empty, CloseAfter, HangAfter, Slow, Late:
		return true
	}
	return false
}

// Faults is how a platform misbehaves now: every call takes a time between Latency.Min and Latency.Max, and the first
// rule that fits a call decides what goes wrong with it.
type Faults struct {
	Latency Latency
	Rules   []Rule
}

// Latency is a range; Max below Min counts as Min. A client that gives up in that time has not been served.
type Latency struct{ Min, Max time.Duration }

// Rule says which calls meet a fault. A rule without Skip, Every, Next and Chance meets every call until it is taken
// away; given together, all of them must hold. Calls that an earlier rule took are not counted by a later one.
type Rule struct {
	Call   Call    `json:"call,omitempty"` // empty: every call
	Fault  Fault   `json:"fault"`
	Word   string  `json:"word,omitempty"`   // only requests that say this, in any case; create: title or content, otherwise anywhere
	Skip   int     `json:"skip,omitempty"`   // leave this many alone first
	Every  int     `json:"every,omitempty"`  // then take every nth
	Next   int     `json:"next,omitempty"`   // at most this many, then the rule is spent
	Chance float64 `json:"chance,omitempty"` // take each with this probability, above 0 and at most 1

	RetryAfter time.Duration `json:"-"`                 // of Throttle and Unavailable; rounded up to seconds
	Delay      time.Duration `json:"-"`                 // of Slow and Late
	Message    string        `json:"message,omitempty"` // of Refuse
	XML        bool          `json:"xml,omitempty"`     // the API manager's fault in XML

	Fired int `json:"fired"` // how often it was met; only ever read
}

func (f Faults) check() error {
	var errs []error
	if f.Latency.Min < 0 || f.Latency.Max < 0 {
		errs = append(errs, errors.New("latency: must not be below zero"))
	}
	for i, r := range f.Rules {
		if err := r.check(); err != nil {
			errs = append(errs, fmt.Errorf("rules[%d]: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

func (r Rule) check() error {
	switch {
	case !slices.Contains(KnownFaults(), r.Fault):
		return fmt.Errorf("fault %q is not one of %v", r.Fault, KnownFaults())
	case r.Call != "" && !slices.Contains(Calls(), r.Call):
		return fmt.Errorf("call %q is not one of %v", r.Call, Calls())
	case r.Chance < 0 || r.Chance > 1:
		return fmt.Errorf("chance %v is not between 0 and 1", r.Chance)
	case r.Skip < 0 || r.Every < 0 || r.Next < 0 || r.Delay < 0 || r.RetryAfter < 0:
		return errors.New("skip, every, next, delay and retry_after must not be below zero")
	case r.Fault == Refused && r.Word != "":
		return errors.New("a refused connection carries no word")
	case (r.Fault == Slow || r.Fault == Late) && r.Delay == 0:
		return fmt.Errorf("fault %q needs a delay", r.Fault)
	}
	return nil
}

// span is a time span as people write it in JSON: "1m30s".
type span time.Duration

func (s span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

func (s *span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*s = span(d)
	return err
}

type plainRule Rule

type wireRule struct {
	plainRule
	RetryAfter span `json:"retry_after,omitzero"`
	Delay      span `json:"delay,omitzero"`
}

type wireFaults struct {
	Latency struct {
		Min span `json:"min"`
		Max span `json:"max"`
	} `json:"latency,omitzero"`
	Rules []wireRule `json:"rules"`
}

// MarshalJSON writes time spans as strings such as "5s".
func (f Faults) MarshalJSON() ([]byte, error) {
	wire := wireFaults{Rules: []wireRule{}}
	wire.Latency.Min, wire.Latency.Max = span(f.Latency.Min), span(f.Latency.Max)
	for _, r := range f.Rules {
		wire.Rules = append(wire.Rules, wireRule{plainRule(r), span(r.RetryAfter), span(r.Delay)})
	}
	return json.Marshal(wire)
}

// UnmarshalJSON reads what MarshalJSON writes; an unknown key is an error.
func (f *Faults) UnmarshalJSON(data []byte) error {
	var wire wireFaults
	strict := json.NewDecoder(bytes.NewReader(data))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&wire); err != nil {
		return fmt.Errorf("reading faults: %w", err)
	}
	f.Latency = Latency{time.Duration(wire.Latency.Min), time.Duration(wire.Latency.Max)}
	f.Rules = nil
	for _, w := range wire.Rules {
		rule := Rule(w.plainRule)
		rule.RetryAfter, rule.Delay = time.Duration(w.RetryAfter), time.Duration(w.Delay)
		f.Rules = append(f.Rules, rule)
	}
	return nil
}
