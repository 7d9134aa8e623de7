package main

import (
	"context"
	"sync"

	"github.com/riverqueue/river"
)

// gatherer commits the inserts that arrive together in one call, so that river's senders share each sync to disk as ours
// do: while one group is written the next one gathers.
type gatherer struct {
	queue   chan inserting
	running sync.WaitGroup
}

type inserting struct {
	report Report
	reply  chan error
}

// mostTogether is the most inserts of one call.
const mostTogether = 500

func gather(writers int, insert func(context.Context, []river.InsertManyParams) error) *gatherer {
	g := &gatherer{queue: make(chan inserting, mostTogether)}
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
	for _, one := range group {
		one.reply <- err
	}
}

func (g *gatherer) insert(ctx context.Context, r Report) error {
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
