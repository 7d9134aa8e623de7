package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/store"
)

func auditCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "audit",
		Short: "Prove from the database that every complaint is somewhere; exit 1 when the ledger does not balance",
		Long: "audit counts what was accepted against delivered + linked + waiting + held + dead. Unknown outcomes are waiting,\n" +
			"reviews are held; refused was never accepted. Messages of conversations are counted apart: what was heard against waiting\n" +
			"+ asked about + noted + joined + followed. It runs beside a running gateway.\n\n" + exitHelp,
		Args: exactly(0),
	}
	file, asJSON := configFlag(c), jsonFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return withStore(c.Context(), *file, func(b *base, p *plan) error {
			ledger, err := b.store.Audit(c.Context())
			if err != nil {
				return err
			}
			findForgotten(&ledger, p)
			if *asJSON {
				err = printJSON(c.OutOrStdout(), ledger)
			} else {
				err = printLedger(c, ledger)
			}
			if !ledger.Balanced {
				err = errors.Join(err, errors.New("the ledger does not balance: report this, with the output of audit --json"))
			}
			return err
		})
	}
	return c
}

// findForgotten adds the senders nobody will ever look at: a connector that was removed or renamed is looked at by no gateway.
// Those of the others are only late.
func findForgotten(l *store.Ledger, p *plan) {
	for _, source := range slices.Sorted(maps.Keys(l.Late)) {
		if !slices.ContainsFunc(p.Connectors, func(one config.Connector) bool { return one.Name == source }) {
			l.Problems = append(l.Problems, fmt.Sprintf("%d senders should have been looked at over an hour ago, and no connector is named %q: was it removed or renamed?", l.Late[source], source))
		}
	}
	l.Balanced = len(l.Problems) == 0
}

func printLedger(c *cobra.Command, l store.Ledger) error {
	t := newTable(c.OutOrStdout(), "WHAT", "COMPLAINTS")
	for _, line := range []struct {
		what string
		n    int64
	}{
		{"accepted", l.Accepted}, {"= delivered", l.Delivered}, {"+ linked", l.Linked}, {"+ waiting", l.Waiting},
		{"+ held", l.Held}, {"+ dead", l.Dead}, {"refused (never accepted)", l.Refused},
	} {
		t.row(line.what, strconv.FormatInt(line.n, 10))
	}
	for _, line := range []struct {
		what string
		n    int64
	}{
		{"messages heard", l.Messages.Heard}, {"= waiting for more", l.Messages.Waiting}, {"+ asked about", l.Messages.Asked},
		{"+ noted", l.Messages.Noted}, {"+ joined", l.Messages.Joined}, {"+ followed", l.Messages.Followed},
	} {
		if l.Messages.Heard > 0 {
			t.row(line.what, strconv.FormatInt(line.n, 10))
		}
	}
	late := int64(0)
	for _, n := range l.Late {
		late += n
	}
	if late > 0 {
		t.row("senders looked at too late", strconv.FormatInt(late, 10))
	}
	verdict := "yes"
	if !l.Balanced {
		verdict = "NO"
	}
	t.row("balanced", verdict)
	for _, problem := range l.Problems {
		t.row("problem", problem)
	}
	return t.flush()
}

// withStore opens a configuration's store for a command that runs beside the gateway.
func withStore(ctx context.Context, file string, f func(*base, *plan) error) error {
	p, err := loadPlan(file)
	if err != nil {
		return err
	}
	b, err := openBase(ctx, p.Config, "", slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(f(b, p), b.files.Close(), b.store.Close())
}
