package simulator

import (
	"strings"
	"time"
)

// What New(Options{}) takes as signed in.
const (
	DefaultAuth  = "Bearer simulator"
	DefaultToken = "{00000000-0000-0000-0000-000000000000}"
)

// Options is how a platform behaves when it behaves. The zero value is complete.
type Options struct {
	Base string // path before every call, such as /lapor/3.0.0; default: none

	AuthHeader  string // default Authorization
	Auth        string // its whole value; default DefaultAuth
	TokenHeader string // default token
	Token       string // its whole value, braces included; default DefaultToken
	XMLFaults   bool   // the API manager answers in XML; without it, it does so only to who accepts nothing but XML

	Search    bool          // GET complaints/search?keyword= is there; without it, it is 404
	SearchLag time.Duration // how long a new complaint is missing from what the search finds

	Shape       Shape // how the create call answers; default: in turn
	Rows        Rows  // how follow-ups look; default: in turn
	NewestFirst bool  // order of follow-ups; default oldest first
	PageSize    int   // rows on a page of follow-ups; default 5

	Institutions []Named // default Institutions(); the first one is the region's own
	Categories   []Named // default Categories()
	KnownIDs     bool    // refuse numeric ids that are in neither list; default: take them

	Scenarios []Scenario       // what becomes of complaints; default Scenarios()
	Speed     float64          // how many times faster than their scenario complaints move; default 1
	Seed      uint64           // decides scenarios and chances
	Now       func() time.Time // default time.Now; delays of faults are not on this clock but on time's own
	Zone      *time.Location   // of the local times in answers; default WIB, +7

	MaxBody int64 // bytes of a request; default 64 MiB
	Lean    bool  // keep no request bodies, headers or file contents
	Faults  Faults
}

// Shape is where the create call's answer carries the new id.
type Shape int

// The shapes. ShapeDataID carries the id as a string, the others as a number.
const (
	ShapeInTurn     Shape = iota // by the complaint's number
	ShapeID                      // complaint_id
	ShapeResults                 // results.complaint.id
	ShapeDataID                  // data.complaint_id
	ShapeDataNested              // data.results.complaint.id
)

// Rows is how a follow-up row carries its institutions, attachments and time.
type Rows int

// The row variants.
const (
	RowsInTurn Rows = iota // by the row's id
	RowsFlat               // institution_from_name and _to_name, attachments a list, placeholders without blanks
	RowsNested             // institution_from_id.name and institution_to.{id,name}, attachments {docs: […]}, placeholders with blanks
	RowsSingle             // institution.name, date in place of created_at, attachments null
)

// Named is an id and the name that goes with it.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (o Options) withDefaults() Options {
	fill := func(s *string, value string) {
		if *s == "" {
			*s = value
		}
	}
	fill(&o.AuthHeader, "Authorization")
	fill(&o.Auth, DefaultAuth)
	fill(&o.TokenHeader, "token")
	fill(&o.Token, DefaultToken)
	if o.Base = strings.Trim(o.Base, "/"); o.Base != "" {
		o.Base = "/" + o.Base
	}
	if o.Institutions == nil {
		o.Institutions = Institutions()
	}
	if o.Categories == nil {
		o.Categories = Categories()
	}
	return o.withDefaultLimits()
}

func (o Options) withDefaultLimits() Options {
	if len(o.Scenarios) == 0 {
		o.Scenarios = Scenarios()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.FixedZone("WIB", 7*60*60)
	}
	if o.Speed <= 0 {
		o.Speed = 1
	}
	if o.PageSize <= 0 {
		o.PageSize = 5
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 64 << 20
	}
	return o
}
