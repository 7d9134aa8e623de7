package connectors

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
)

// Reach is how far back the first reading of a channel goes: a span before it, a day, or everything. What is older was there
// before the gateway, and most of it was dealt with; forwarding it cannot be taken back, and leaving it alone can.
type Reach struct {
	All  bool
	Back config.Duration
	Day  string // 2006-01-02, in place of Back
}

// UsualReach is what channels that hold a history are read by, unless they are told otherwise.
func UsualReach() Reach { return Reach{Back: config.Duration(7 * 24 * time.Hour)} }

// TypeName is the type's name in the reference.
func (Reach) TypeName() string { return "duration, date or all" }

func (r Reach) String() string {
	switch {
	case r.All:
		return "all"
	case r.Day != "":
		return r.Day
	}
	return r.Back.String()
}

const reachWords = "how far back: a duration such as 7d, a date such as 2026-01-31, or all"

// DecodeNode reads 7d, 2026-01-31 or all.
func (r *Reach) DecodeNode(d *config.Decoder, node *yaml.Node, path string) {
	text, ok := d.Text(node, path, reachWords)
	if !ok {
		return
	}
	_, err := time.Parse(time.DateOnly, text)
	switch {
	case text == "all":
		*r = Reach{All: true}
	case err == nil:
		*r = Reach{Day: text}
	case text == "" || strings.Trim(text, "0123456789ydhms") != "":
		d.Want(node, path, reachWords)
	default:
		var back config.Duration
		back.DecodeNode(d, node, path)
		*r = Reach{Back: back}
	}
}

// Begun is a cursor's note of a first reading that did not go back to the beginning, in Unix seconds.
type Begun struct {
	At    int64 `json:"at"`    // when it was, by the hour: the same page read twice has the same cursor
	Start int64 `json:"start"` // what is older was left alone
}

// Begin is the note of a first reading now; nil when everything is read. A day begins in zone.
func (r Reach) Begin(now time.Time, zone *time.Location) *Begun {
	if r.All {
		return nil
	}
	at := now.Truncate(time.Hour)
	return &Begun{At: at.Unix(), Start: r.start(at, zone).Unix()}
}

func (r Reach) start(first time.Time, zone *time.Location) time.Time {
	if day, err := time.ParseInLocation(time.DateOnly, r.Day, zone); err == nil {
		return day
	}
	return first.Add(-r.Back.D())
}

// Wider says whether the setting reaches further back by now than a first reading did, and gives the note of one that begins
// anew. What was taken in comes again then, and is known. Without a note, the channel was read from its beginning, or before
// there was this setting.
func (r Reach) Wider(was *Begun, zone *time.Location) (*Begun, bool) {
	switch {
	case was == nil:
		return nil, false
	case r.All:
		return nil, true
	}
	start := r.start(time.Unix(was.At, 0), zone).Unix()
	return &Begun{At: was.At, Start: start}, start < was.Start
}

// Time is when the reading begins; zero with everything.
func (b *Begun) Time() time.Time {
	if b == nil {
		return time.Time{}
	}
	return time.Unix(b.Start, 0)
}

// LeftAlone says of older complaints how they are taken in after all, by a setting.
func (b *Begun) LeftAlone(setting string, zone *time.Location) string {
	return fmt.Sprintf("older than %s: they are left alone; set %s to all, to a date or to a longer time to take them in, now or later",
		b.Time().In(zone).Format("02-01-2006 15:04"), setting)
}
