package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store"
)

// report says what happened to whom, what was survived, and whether everything is where it was promised to be. Its last
// line is the ledger.
func (d *demo) report(ctx context.Context, took time.Duration) error {
	all, err := d.outcomes(ctx)
	if err != nil {
		return err
	}
	if err := d.printOutcomes(ctx, all); err != nil {
		return err
	}
	d.printSurvived(all, took)
	wrong := d.wrong(all)
	for _, w := range wrong {
		fmt.Fprintln(d.out, "WRONG:", w)
	}
	if d.keep {
		d.printAddresses()
	}
	return d.printLedger(ctx, lost(all), len(wrong))
}

// printOutcomes shows a few of each kind.
func (d *demo) printOutcomes(ctx context.Context, all []outcome) error {
	fmt.Fprintln(d.out)
	t := newTable(d.out, "SOURCE", "ID", "REF", "NATIONAL ID", "CHANNEL HEARD", "NOTE")
	for _, o := range someOfEach(all) {
		heard := string(o.heard)
		if heard == "" {
			heard = "(a file hears nothing)"
		}
		t.row(o.source, o.sourceID, string(o.story.Ref), o.story.NationalID, heard, o.note())
	}
	refusals, err := d.look.store.Refusals(ctx, 10)
	if err != nil {
		return err
	}
	for _, r := range refusals {
		t.row(r.Source, r.SourceID, "-", "", "", "set aside: "+r.Where+": "+short(r.Detail, 80))
	}
	return t.flush()
}

// someOfEach picks outcomes that show something.
func someOfEach(all []outcome) []outcome {
	kinds := []struct {
		most int
		is   func(o *outcome) bool
	}{
		{1, func(o *outcome) bool { return o.source == portalName && o.note() == "" }},
		{2, func(o *outcome) bool { return len(o.answers) > 1 }},
		{2, func(o *outcome) bool { return o.story.State == store.Linked && o.source == portalName }},
		{1, func(o *outcome) bool { return o.story.State == store.Linked && o.source == counterName }},
		{2, func(o *outcome) bool { return o.path == lookedUp }},
		{1, func(o *outcome) bool { return o.path == sentAgain }},
		{1, func(o *outcome) bool { return o.path == waited }},
		{1, func(o *outcome) bool { return o.photo != nil }},
		{1, func(o *outcome) bool { return o.source == counterName && o.note() == "" }},
	}
	var picked []outcome
	taken := map[complaint.Ref]bool{}
	for _, kind := range kinds {
		for i := range all {
			if kind.most > 0 && !taken[all[i].story.Ref] && kind.is(&all[i]) {
				taken[all[i].story.Ref] = true
				picked = append(picked, all[i])
				kind.most--
			}
		}
	}
	return picked
}

// printSurvived counts what went wrong on the way.
func (d *demo) printSurvived(all []outcome, took time.Duration) {
	stats := d.sim.Stats()
	var faults []string
	for _, fault := range simulator.KnownFaults() {
		if n := stats.Faults[fault]; n > 0 {
			faults = append(faults, fmt.Sprintf("%s ×%d", fault, n))
		}
	}
	paths := map[path]int{}
	for _, o := range all {
		paths[o.path]++
	}
	n := d.portal.counted()
	fmt.Fprintf(d.out, "\nsurvived in %.1f s: %s\n", took.Seconds(), strings.Join(faults, ", "))
	fmt.Fprintf(d.out, "of them: %d answers lost and found by lookup, %d complaints proven absent and then sent again, %d sent later\n",
		paths[lookedUp], paths[sentAgain], paths[waited])
	fmt.Fprintf(d.out, "the portal sent %d complaints again on its own, was told %d statuses and refused %d of them at first\n",
		len(d.regency.twice)+n.again, n.statuses, n.turned)
}

// wrong is everything that must not be, seen from outside: at the platform by the reference, and at the portal.
func (d *demo) wrong(all []outcome) []string {
	wrong := wrongLinks(all)
	tickets := 0
	for _, o := range all {
		tickets += len(o.tickets)
		if w := o.wrong(); w != "" {
			wrong = append(wrong, w)
		}
	}
	if n := len(d.sim.Complaints()); n != tickets {
		wrong = append(wrong, fmt.Sprintf("the platform holds %d complaints, %d of them ours", n, tickets))
	}
	if n := d.portal.counted(); n.strange > 0 {
		wrong = append(wrong, fmt.Sprintf("the portal heard %d statuses out of order or not signed as agreed", n.strange))
	}
	slices.Sort(wrong)
	return wrong
}

// lost counts the complaints that a channel was told are safe and that are neither at the platform nor with one that is.
func lost(all []outcome) int {
	primaries := map[complaint.Ref]bool{}
	for _, o := range all {
		if o.story.State == store.Done && len(o.tickets) > 0 {
			primaries[o.story.Ref] = true
		}
	}
	n := 0
	for _, o := range all {
		if !o.safe(primaries) {
			n++
		}
	}
	return n
}

// printLedger prints the last line.
func (d *demo) printLedger(ctx context.Context, lost, wrong int) error {
	l, err := d.look.store.Audit(ctx)
	if err != nil {
		return err
	}
	if l.Balanced && lost == 0 && wrong == 0 {
		_, err = fmt.Fprintf(d.out, "ledger: balanced, accepted=%d delivered=%d linked=%d lost=0\n", l.Accepted, l.Delivered, l.Linked)
		return err
	}
	fmt.Fprintf(d.out, "ledger: NOT balanced, accepted=%d delivered=%d linked=%d waiting=%d held=%d dead=%d lost=%d wrong=%d %s\n",
		l.Accepted, l.Delivered, l.Linked, l.Waiting, l.Held, l.Dead, lost, wrong, strings.Join(l.Problems, "; "))
	return errors.New("the demonstration's ledger does not balance: report this, with the lines above")
}

// printAddresses says where everything is that --keep leaves running.
func (d *demo) printAddresses() {
	fmt.Fprintf(d.out, `
everything goes on running until it is interrupted:
  intake             http://%[1]s/in/%[2]s
  metrics, health    http://%[3]s/metrics  http://%[3]s/-/ready
  platform's inside  %[4]s/_sim/
  configuration      %[5]s/gateway.yaml (satupintu audit -c FILE works beside it)
  database           %[5]s/natuna.db
  log                %[5]s/gateway.log

`, d.at.Intake, portalName, d.at.Admin, d.at.Platform, d.folder)
}
