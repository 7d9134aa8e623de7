package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/relay"
)

// refusedFlags are what the operator asks about what was set aside.
type refusedFlags struct {
	again        string // the channel
	dryRun, json bool
	most         int
}

func queueRefused() *cobra.Command {
	c := &cobra.Command{
		Use: "refused [--again CHANNEL]", Args: exactly(0),
		Short: "List what was set aside and never accepted, newest first, with the reason, or read it again with the settings of now",
		Long: "refused lists what was set aside and never accepted, newest first, with the reason.\n\n" +
			"With --again it reads what CHANNEL set aside with the reasons bad_field and same_id again, with the map of the configuration\n" +
			"as it stands in the file. What fits now is taken in as if it had just come, and is no longer listed; the running gateway\n" +
			"forwards it. What still does not fit stays, with its new reason. It may be done again: nothing is taken in twice.\n\n" + exitHelp,
	}
	var f refusedFlags
	c.Flags().StringVar(&f.again, "again", "", "the channel whose rows are read again, once its settings are corrected")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "with --again: change nothing and say what would come in")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON for programs instead of a table for people")
	c.Flags().IntVarP(&f.most, "limit", "n", 50, "the most to list")
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, p *plan, _ []string) error {
		switch {
		case f.again != "":
			return f.readAgain(ctx, c, b, p)
		case f.dryRun || c.Flags().Changed("again"):
			return usageError{errors.New("refused: name the channel that is to be read again: --again CHANNEL")}
		}
		return f.list(ctx, c, b)
	})
}

func (f refusedFlags) list(ctx context.Context, c *cobra.Command, b *base) error {
	refusals, err := b.store.Refusals(ctx, f.most)
	if err != nil {
		return err
	}
	if f.json {
		return printJSON(c.OutOrStdout(), refusals)
	}
	t := newTable(c.OutOrStdout(), "SEEN", "SOURCE", "WHERE", "REASON", "DETAIL")
	for _, r := range refusals {
		t.row(localTime(r.Seen), r.Source, r.Where, r.Reason, short(r.Detail, 100))
	}
	return t.flush()
}

// readAgain opens the channel as the gateway does, and reads nothing from it but files and what was not kept of a row.
func (f refusedFlags) readAgain(ctx context.Context, c *cobra.Command, b *base, p *plan) (err error) {
	i := slices.IndexFunc(p.Connectors, func(c config.Connector) bool { return c.Name == f.again })
	if i < 0 {
		return usageError{fmt.Errorf("refused: the configuration has no channel %q; it has %s", f.again, strings.Join(namesOf(p.Connectors), ", "))}
	}
	p.Connectors, p.connectors = p.Connectors[i:i+1], p.connectors[i:i+1]
	k := b.keeping()
	if f.dryRun {
		k.files = noFiles{}
	}
	var o open
	defer func() { err = errors.Join(err, o.close()) }()
	if o.channels, err = openChannels(p, k, &o.wires, b.log); err != nil {
		return err
	}
	again, err := relay.ReadAgain(ctx, relay.AgainOptions{Store: b.store, Channel: o.channels[0], Show: f.most, DryRun: f.dryRun})
	if f.json {
		return errors.Join(printJSON(c.OutOrStdout(), again), err)
	}
	return errors.Join(f.report(c, again), err) // what came in before an error is in
}

func (f refusedFlags) report(c *cobra.Command, again relay.Again) error {
	t := newTable(c.OutOrStdout(), "SET ASIDE BY "+f.again, "ROWS")
	cameIn := "came in"
	if f.dryRun {
		cameIn = "would come in"
	}
	for _, line := range []struct {
		what   string
		rows   int
		always bool
	}{
		{cameIn, again.TakenIn, true}, {"files of them that could not be had", again.Missing, false}, {"were known already", again.Known, true},
		{"of them with other words, kept as revisions", again.Revised, false}, {"still do not fit", again.Unfit, true},
		{"cannot be read again", again.NotKept, true},
	} {
		if line.always || line.rows > 0 {
			t.row(line.what, strconv.Itoa(line.rows))
		}
	}
	if err := t.flush(); err != nil || len(again.First) == 0 {
		return err
	}
	still := newTable(c.OutOrStdout(), "STILL SET ASIDE", "REASON", "DETAIL")
	for _, s := range again.First {
		still.row(s.Where, s.Reason, short(s.Detail, 160))
	}
	fmt.Fprintln(c.OutOrStdout())
	return still.flush()
}
