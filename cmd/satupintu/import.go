package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/privacy"
	"github.com/satupintu/satupintu/sync/reconcile"
	"github.com/satupintu/satupintu/sync/relay"
)

func importCommand() *cobra.Command {
	c := asGroup(&cobra.Command{Use: "import", Short: "Read what a person downloaded from the platform, beside a running gateway"})
	c.AddCommand(importExport())
	return c
}

// importFlags are what the operator says about the file.
type importFlags struct {
	dryRun, complete, restored bool
	asOf, from, csv            string
	most                       int
}

func importExport() *cobra.Command {
	c := &cobra.Command{
		Use: "lapor-export FILE.xlsx", Args: exactly(1),
		Short: "Compare with the platform's official spreadsheet: settle unknown outcomes, take statuses, report what differs",
		Long: "lapor-export finds our references in the official spreadsheet. What it finds is not sent again, and statuses that are\n" +
			"news are recorded and told to the channels. What it does not find stays unknown, unless --complete says that the file\n" +
			"holds everything that reached the platform in the time it covers. The same file again changes nothing.\n\n" + exitHelp,
	}
	var f importFlags
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "change nothing and say what would be")
	c.Flags().BoolVar(&f.complete, "complete", false, "the file holds everything from its first row (--from) to when it was made (--as-of)")
	c.Flags().StringVar(&f.asOf, "as-of", "", "when the file was made, in the region's time, such as \"2026-11-24 10:15\"")
	c.Flags().StringVar(&f.from, "from", "", "since when the file is whole; the first arrival in it unless you know better")
	c.Flags().BoolVar(&f.restored, "restored", false, "the database is an old copy: what the file has was sent, known or not; what may have been is held")
	c.Flags().StringVar(&f.csv, "csv", "", "also write the whole report into this new file")
	c.Flags().IntVarP(&f.most, "limit", "n", 50, "the most lines of one kind to print")
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, p *plan, args []string) error {
		o, err := f.options(p)
		if err != nil {
			return err
		}
		if o.List, err = readExport(ctx, p, args[0]); err != nil {
			return err
		}
		o.Store = b.store
		return f.compare(ctx, c, o, p.Region.Timezone.Location())
	})
}

// options reads what the flags say of the file.
func (f importFlags) options(p *plan) (reconcile.Options, error) {
	o := reconcile.Options{
		Complete: f.complete, Restored: f.restored, DryRun: f.dryRun, Settle: p.Delivery.Settle.D(), Redactor: privacy.NewRedactor(p.Privacy.Redact),
	}
	for _, moment := range []struct {
		flag, value string
		into        *time.Time
	}{{"--as-of", f.asOf, &o.AsOf}, {"--from", f.from, &o.From}} {
		if moment.value == "" {
			continue
		}
		at, err := connectors.ParseTime(moment.value, nil, p.Region.Timezone.Location())
		if err != nil {
			return o, usageError{fmt.Errorf("import: %s %w", moment.flag, err)}
		}
		if at.After(time.Now()) {
			return o, usageError{fmt.Errorf("import: %s lies in the future", moment.flag)}
		}
		*moment.into = at
	}
	return o, nil
}

// readExport has the platform's kind read a file; the platform itself is not asked.
func readExport(ctx context.Context, p *plan, name string) (export national.Export, err error) {
	var o open
	if o.platform, err = openPlatform(p, relay.NewLimiter(float64(p.National.Rate)), &o.wires, slog.New(slog.DiscardHandler)); err != nil {
		return export, err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	if o.platform.Export == nil {
		return export, fmt.Errorf("national: the kind %s has no official export", p.National.Kind)
	}
	file, err := os.Open(name)
	if err != nil {
		return export, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if export, err = o.platform.Export.Export(ctx, file); err != nil {
		return export, fmt.Errorf("%s: %w", name, err)
	}
	return export, nil
}

// compare opens the CSV file first, so that a report which cannot be written changes nothing.
func (f importFlags) compare(ctx context.Context, c *cobra.Command, o reconcile.Options, zone *time.Location) (err error) {
	var sheet *os.File
	if f.csv != "" {
		if sheet, err = os.OpenFile(f.csv, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
			return fmt.Errorf("--csv: %w", err)
		}
		defer func() { err = errors.Join(err, sheet.Close()) }()
	}
	r, err := reconcile.Run(ctx, o)
	if err != nil {
		return err
	}
	if sheet != nil {
		err = reportCSV(sheet, r, zone)
	}
	return errors.Join(err, printReport(c.OutOrStdout(), r, zone, f))
}
