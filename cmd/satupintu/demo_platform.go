package main

import (
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

// demoPlatform is a platform that loses every tenth answer, is now and then busy or away, and is through with a
// complaint in seconds instead of days.
func demoPlatform(seed uint64) simulator.Options {
	return simulator.Options{
		Base: "/lapor/3.0.0", Search: true, Seed: seed, Speed: demoSpeed(4 * time.Second),
		Faults: simulator.Faults{
			Latency: simulator.Latency{Min: 2 * time.Millisecond, Max: 15 * time.Millisecond},
			Rules: []simulator.Rule{
				{Call: simulator.CallCreate, Fault: simulator.Throttle, Skip: 60, Every: 100, Next: 2, RetryAfter: time.Second},
				{Call: simulator.CallCreate, Fault: simulator.Unavailable, Skip: 120, Every: 90, Next: 2, RetryAfter: time.Second},
				{Call: simulator.CallCreate, Fault: simulator.HangAfter, Skip: 20, Every: 80, Next: 3},
				{Call: simulator.CallCreate, Fault: simulator.ServerErrorAfter, Chance: .04},
				{Call: simulator.CallCreate, Fault: simulator.CloseAfter, Chance: .03},
				{Call: simulator.CallCreate, Fault: simulator.BadGatewayAfter, Chance: .02},
				{Call: simulator.CallCreate, Fault: simulator.Malformed, Chance: .02},
				{Call: simulator.CallCreate, Fault: simulator.ServerErrorBefore, Chance: .015},
				{Call: simulator.CallCreate, Fault: simulator.CloseBefore, Chance: .015},
				{Call: simulator.CallFile, Fault: simulator.BadGatewayBefore, Every: 6},
				{Call: simulator.CallSearch, Fault: simulator.Unavailable, Every: 15},
				{Call: simulator.CallStatus, Fault: simulator.ServerErrorBefore, Chance: .01},
				{Call: simulator.CallFollowUps, Fault: simulator.Malformed, Chance: .005},
			},
		},
	}
}

// demoSpeed is how much faster than in life complaints must move for the slowest of them to end within the time.
func demoSpeed(within time.Duration) float64 {
	var slowest time.Duration
	for _, scenario := range simulator.Scenarios() {
		var whole time.Duration
		for _, step := range scenario.Steps {
			whole += step.After
		}
		slowest = max(slowest, whole)
	}
	return float64(slowest) / float64(within)
}
