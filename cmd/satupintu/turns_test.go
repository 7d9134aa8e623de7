package main

import (
	"runtime"
	"testing"
)

func TestFewProcessorsTakeTwiceAsManyTurnsBesideAServer(t *testing.T) {
	for _, c := range []struct {
		kind             string
		processors, want int
	}{
		{"postgres", 1, 2}, {"postgres", 2, 4}, {"postgres", 4, 8}, {"postgres", 5, 0}, {"postgres", 64, 0},
		{"sqlite", 1, 0}, {"sqlite", 2, 0}, {"sqlite", 64, 0},
	} {
		if got := turns(c.kind, c.processors); got != c.want {
			t.Errorf("%d processors beside %s: %d, want %d", c.processors, c.kind, got, c.want)
		}
	}
}

func TestTurnsAreNotDoubledTwiceAndLeftToWhoeverSetThem(t *testing.T) {
	t.Setenv("GOMAXPROCS", "")
	runtime.SetDefaultGOMAXPROCS()
	t.Cleanup(runtime.SetDefaultGOMAXPROCS)
	usual := runtime.GOMAXPROCS(0)
	beside := max(usual, turns("postgres", usual))
	for _, c := range []struct {
		said, kind string
		want       int
	}{
		{"", "sqlite", usual}, {"", "postgres", beside}, {"", "postgres", beside}, {"", "sqlite", usual},
		{"3", "postgres", usual},
	} {
		t.Setenv("GOMAXPROCS", c.said)
		takeTurns(c.kind)
		if got := runtime.GOMAXPROCS(0); got != c.want {
			t.Errorf("GOMAXPROCS=%q beside %s: %d, want %d", c.said, c.kind, got, c.want)
		}
	}
}
