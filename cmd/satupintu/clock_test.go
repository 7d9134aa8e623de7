package main

import (
	"context"
	"os"
	"strings"
	"sync"
	"time"
)

// clockFile names a file that holds how far the program's wall clock is off, such as "1h" or "-1h"; empty or not there,
// it is right. A test that changes the file makes the clock jump.
const clockFile = "SATUPINTU_CLOCK"

func byClock(ctx context.Context, file string) context.Context {
	if file == "" {
		return ctx
	}
	clock := &wrongClock{file: file}
	return context.WithValue(ctx, clockKey{}, clock.now)
}

// wrongClock reads its file anew every clockEvery.
type wrongClock struct {
	file string

	mu   sync.Mutex
	read time.Time
	off  time.Duration
}

const clockEvery = 20 * time.Millisecond

func (c *wrongClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Sub(c.read) >= clockEvery {
		c.read = now
		text, err := os.ReadFile(c.file)
		if off, wrong := time.ParseDuration(strings.TrimSpace(string(text))); err == nil && wrong == nil {
			c.off = off
		}
	}
	return now.Add(c.off)
}
