package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/store"
)

// scene is how far the demonstration has come.
type scene struct {
	ledger store.Ledger
	portal portalCount
}

func (d *demo) scene(ctx context.Context) (scene, error) {
	ledger, err := d.look.store.Audit(ctx)
	return scene{ledger, d.portal.counted()}, err
}

// missing says what the demonstration still waits for; nothing means that it is at its end.
func (d *demo) missing(s scene) []string {
	portal, counter := len(d.regency.portal), len(d.regency.counter)
	sendings := portal + len(d.regency.twice)
	var missing []string
	need := func(have, want int64, what string) {
		if have != want {
			missing = append(missing, fmt.Sprintf("%s: %d of %d", what, have, want))
		}
	}
	need(int64(s.portal.sent), int64(sendings), "the portal's complaints answered with a 2xx")
	need(s.ledger.Accepted, int64(portal+counter), "complaints accepted")
	need(s.ledger.Refused, counterBad, "bad rows set aside")
	need(s.ledger.Delivered+s.ledger.Linked, int64(portal+counter), "complaints delivered or linked")
	need(int64(s.portal.ended), int64(portal), "the portal's complaints that heard how they ended")
	return missing
}

const (
	lookEvery  = 150 * time.Millisecond
	printEvery = 2 * time.Second
)

// await shows how far things have come until nothing is missing.
func (d *demo) await(ctx context.Context, began time.Time) error {
	line := newProgress(d.out)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		s, err := d.scene(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		missing := d.missing(s)
		line.show(time.Since(began), s, err == nil && len(missing) == 0)
		if err == nil && len(missing) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-d.gateway.ended:
			return errors.New("the gateway ended by itself")
		case <-ctx.Done():
			return d.gaveUp(ctx, missing)
		}
	}
}

func (d *demo) gaveUp(ctx context.Context, missing []string) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return errors.New("the demonstration was interrupted")
	}
	why := "after " + d.patience.String() + " the demonstration is not at its end:\n  " + strings.Join(missing, "\n  ")
	d.portal.mu.Lock()
	defer d.portal.mu.Unlock()
	if d.portal.trouble != "" {
		why += "\n  the portal's last trouble: " + d.portal.trouble
	}
	return errors.New(why)
}

// progress is one line that changes on a terminal, and a line now and then elsewhere.
type progress struct {
	out     io.Writer
	live    bool
	printed time.Duration
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out, printed: -printEvery}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		p.live = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

func (p *progress) show(after time.Duration, s scene, last bool) {
	text := fmt.Sprintf("%4.1fs  accepted %d  delivered %d  linked %d  on the way %d  set aside %d  statuses back %d  ended %d",
		after.Seconds(), s.ledger.Accepted, s.ledger.Delivered, s.ledger.Linked, s.ledger.Waiting, s.ledger.Refused,
		s.portal.statuses, s.portal.ended)
	switch {
	case p.live && last:
		fmt.Fprintf(p.out, "\r%s\x1b[K\n", text)
	case p.live:
		fmt.Fprintf(p.out, "\r%s\x1b[K", text)
	case last || after-p.printed >= printEvery:
		p.printed = after
		fmt.Fprintln(p.out, text)
	}
}
