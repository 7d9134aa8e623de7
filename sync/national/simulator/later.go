package simulator

import (
	"context"
	"sync"
	"time"
)

// later keeps the acts that are still to come. It holds timers and no goroutines.
type later struct {
	mu      sync.Mutex
	idle    *sync.Cond
	made    int
	pending map[int]*time.Timer
	running int
}

func newLater() *later {
	l := &later{pending: map[int]*time.Timer{}}
	l.idle = sync.NewCond(&l.mu)
	return l
}

// after carries act out when d is over, whatever becomes of the context, and answers if the client is still there.
func (l *later) after(ctx context.Context, d time.Duration, act func() answer) (answer, error) {
	done := make(chan answer, 1)
	l.mu.Lock()
	l.made++
	number := l.made
	l.pending[number] = time.AfterFunc(d, func() {
		if l.begin(number) {
			defer l.end()
			done <- act()
		}
	})
	l.mu.Unlock()

	select {
	case out := <-done:
		return out, nil
	case <-ctx.Done():
		return answer{}, context.Cause(ctx)
	}
}

// begin says whether an act whose time has come is still wanted.
func (l *later) begin(number int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, wanted := l.pending[number]; !wanted {
		return false
	}
	delete(l.pending, number)
	l.running++
	return true
}

func (l *later) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
	l.idle.Broadcast()
}

func (l *later) wait() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.pending)+l.running > 0 {
		l.idle.Wait()
	}
}

// drop forgets what has not begun and waits for what has.
func (l *later) drop() {
	l.mu.Lock()
	for number, timer := range l.pending {
		timer.Stop()
		delete(l.pending, number)
	}
	l.idle.Broadcast()
	l.mu.Unlock()
	l.wait()
}
