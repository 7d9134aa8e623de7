package nationaltest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/satupintu/satupintu/sync/national"
)

// ErrDied is what a Journal answers when the gateway dies in it.
var ErrDied = errors.New("the gateway died")

const mostResult = 4 << 10

// Journal is a national.Journal in memory. It can die at a chosen place and goes on, after Restart, with what was
// recorded.
type Journal struct {
	mu      sync.Mutex
	done    map[string]string
	ran     map[string]int
	inPass  map[string]bool
	order   []string
	misuse  []error
	last    string // the step that said that none follows
	dies    string // name of the step at which it dies
	dieWhen moment
}

type moment int

const (
	never      moment = iota
	beforeRun         // the step's start is not recorded yet
	beforeDone        // the step ran, its outcome is not recorded
	afterDone         // the outcome is recorded, the caller never hears of it
)

// NewJournal is an empty journal.
func NewJournal() *Journal {
	return &Journal{done: map[string]string{}, ran: map[string]int{}, inPass: map[string]bool{}}
}

// dieAt makes the journal die once at a step.
func (j *Journal) dieAt(step string, when moment) { j.dies, j.dieWhen = step, when }

// Restart begins another pass over the same record.
func (j *Journal) Restart() { j.dieWhen, j.inPass, j.last = never, map[string]bool{}, "" }

// whole notes when a submission that succeeded named no last step.
func (j *Journal) whole() {
	if j.last == "" {
		j.misuse = append(j.misuse, errors.New("no step called itself the last"))
	}
}

// Complete records a step as done, as a lookup that found the ticket does.
func (j *Journal) Complete(step, result string) { j.done[step] = result }

// Do implements national.Journal.
func (j *Journal) Do(ctx context.Context, step national.Step, run func(context.Context) (string, error)) (string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.inPass[step.Name] {
		j.misuse = append(j.misuse, fmt.Errorf("the step %q came twice in one pass", step.Name))
	}
	j.inPass[step.Name] = true
	if j.last != "" && j.last != step.Name {
		j.misuse = append(j.misuse, fmt.Errorf("the step %q follows %q, which called itself the last", step.Name, j.last))
	}
	if step.Last {
		j.last = step.Name
	}
	if step.Name == national.StepCreate && step.Harmless {
		j.misuse = append(j.misuse, errors.New("create calls itself harmless"))
	}
	if result, ok := j.done[step.Name]; ok {
		return result, nil
	}
	if j.here(step, beforeRun) {
		return "", ErrDied
	}
	j.ran[step.Name]++
	j.order = append(j.order, step.Name)
	result, err := run(ctx)
	if err != nil {
		return "", err
	}
	if len(result) > mostResult {
		j.misuse = append(j.misuse, fmt.Errorf("the result of %q has %d bytes", step.Name, len(result)))
	}
	if j.here(step, beforeDone) {
		return "", ErrDied
	}
	j.done[step.Name] = result
	if j.here(step, afterDone) {
		return "", ErrDied
	}
	return result, nil
}

func (j *Journal) here(step national.Step, when moment) bool {
	return j.dieWhen == when && j.dies == step.Name
}
