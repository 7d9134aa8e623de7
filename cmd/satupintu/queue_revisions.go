package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/sync/complaint"
)

func queueRevisions() *cobra.Command {
	c := &cobra.Command{
		Use:   "revisions [REF]",
		Short: "List what came under a known id with other words, newest first; it is kept and not forwarded. Shows complaints",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return exactly(1)(c, args)
			}
			return nil
		},
	}
	asJSON := jsonFlag(c)
	most := c.Flags().IntP("limit", "n", 50, "the most to list")
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, _ *plan, args []string) error {
		if *most < 1 {
			return usageError{errors.New("revisions: --limit must be at least 1")}
		}
		var ref complaint.Ref
		if len(args) > 0 {
			var err error
			if ref, err = refArg(args); err != nil {
				return err
			}
		}
		revisions, err := b.store.RevisionsOf(ctx, ref, *most)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), revisions)
		}
		t := newTable(c.OutOrStdout(), "SEEN", "REF", "SOURCE", "ID", "BEFORE", "NOW")
		for _, r := range revisions {
			t.row(localTime(r.Seen), string(r.Ref), r.Source, short(r.SourceID, 40), short(r.Before, 60), short(r.Text, 60))
		}
		return t.flush()
	})
}
