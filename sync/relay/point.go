package relay

import (
	"strings"

	"github.com/satupintu/satupintu/sync/national"
)

// Point names a moment at which the gateway may die without losing or doubling anything. Tests make it die there.
type Point string

// The moments around what is recorded. A step has four of its own, see stepMoments.
const (
	BeforeKeep   Point = "keep:before"
	AfterKeep    Point = "keep:after"
	BeforeDecide Point = "decide:before"
	AfterDecide  Point = "decide:after"
	AfterClaim   Point = "claim:after"
	BeforeSettle Point = "settle:before"
	AfterSettle  Point = "settle:after"
	BeforeSync   Point = "sync:before"
	AfterSync    Point = "sync:after"
	BeforeTell   Point = "tell:before"
	BeforeTold   Point = "tell:told"
	AfterTell    Point = "tell:after"
	PageKept     Point = "poll:kept"
	TalkClaimed  Point = "talk:claimed"
	FileFetched  Point = "talk:fetched"
	FileSaved    Point = "talk:saved"
	BeforeAsk    Point = "talk:ask"
	Asked        Point = "talk:asked"
	BeforeFile   Point = "talk:file"
	AfterFile    Point = "talk:filed"
)

// Points lists every moment at which Options.At is called, but for those that few gateways come to: of a conversation in
// TalkPoints, and of a follow-up, which are stepMoments of its one step.
func Points() []Point {
	points := []Point{
		BeforeKeep, AfterKeep, PageKept, BeforeDecide, AfterDecide, AfterClaim, BeforeSettle, AfterSettle, BeforeSync, AfterSync,
		BeforeTell, BeforeTold, AfterTell,
	}
	for _, step := range []string{"upload", national.StepCreate, national.StepHandOver} {
		for _, moment := range stepMoments() {
			points = append(points, stepPoint(national.Step{Name: step}, moment))
		}
	}
	return points
}

// TalkPoints lists the moments of a conversation, which a gateway without any never comes to.
func TalkPoints() []Point {
	return []Point{TalkClaimed, FileFetched, FileSaved, BeforeAsk, Asked, BeforeFile, AfterFile}
}

// stepMoments are those of a step: before its start is recorded (or after, where its claim recorded it), before its request goes
// out, before its answer is recorded, and after that.
func stepMoments() []string { return []string{"begin", "request", "answer", "recorded"} }

// stepPoint names a moment of a step; the steps that upload files are one.
func stepPoint(step national.Step, moment string) Point {
	kind, _, _ := strings.Cut(step.Name, " ")
	return Point(kind + ":" + moment)
}
