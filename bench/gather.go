package main

import (
	"context"
	"sync"

	"github.com/riverqueue/river"
)

// gatherer commits the inserts that arrive together in one call, so that river's senders share each sync to disk as ours
// do: while one group is written the next one gathers. An id that it has inserted just now is answered from memory: on a
// conflict river's insert locks the job that is there, several of them in one call deadlock with the call that completes
// jobs, and PostgreSQL takes a second to find that out.
type gatherer struct {
	queue   chan inserting
	running sync.WaitGroup

	mu     sync.Mutex
	recent map[string]bool
}

type inserting struct {
	report Report
	reply  chan error
}

const (
	mostTogether = 500     // inserts in one call
	mostRecent   = 100_000 // ids that are remembered
)

func gather(writers int, insert func(context.Context, []river.InsertManyParams) error) *gatherer {
	g := &gatherer{queue: make(chan inserting, mostTogether), recent: map[string]bool{}}
	for range writers {
		g.running.Go(func() {
			for first := range g.queue {
				g.write(g.group(first), insert)
			}
		})
	}
	return g
}

func (g *gatherer) group(first inserting) []inserting {
	group := []inserting{first}
	for len(group) < mostTogether {
		select {
		case next, open := <-g.queue:
			if !open {
				return group
			}
			group = append(group, next)
		default:
			return group
		}
	}
	return group
}

// write inserts a group. An id that comes twice in it goes once: river refuses a group that repeats itself.
func (g *gatherer) write(group []inserting, insert func(context.Context, []river.InsertManyParams) error) {
	params := make([]river.InsertManyParams, 0, len(group))
	seen := make(map[string]bool, len(group))
	for _, one := range group {
		if !seen[one.report.ID] {
			seen[one.report.ID] = true
			params = append(params, river.InsertManyParams{Args: one.report})
		}
	}
	err := insert(context.Background(), params)
	if err == nil {
		g.remember(params)
	}
	for _, one := range group {
		one.reply <- err
	}
}

func (g *gatherer) remember(params []river.InsertManyParams) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.recent) > mostRecent {
		clear(g.recent)
	}
	for _, p := range params {
		if r, ok := p.Args.(Report); ok {
			g.recent[r.ID] = true
		}
	}
}

func (g *gatherer) known(id string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.recent[id]
}

func (g *gatherer) insert(ctx context.Context, r Report) error {
	if g.known(r.ID) {
		return nil
	}
	one := inserting{r, make(chan error, 1)}
	select {
	case g.queue <- one:
	case <-ctx.Done():
		return ctx.Err()
	}
	return <-one.reply
}

func (g *gatherer) close() {
	close(g.queue)
	g.running.Wait()
}
