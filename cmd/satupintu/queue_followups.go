package main

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"
)

func queueFollowUps() *cobra.Command {
	c := &cobra.Command{Use: "followups", Short: "List follow-ups the platform has not been told on the earlier ticket yet, or refused, oldest first", Args: exactly(0)}
	asJSON := jsonFlag(c)
	most := c.Flags().IntP("limit", "n", 50, "the most to list")
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, _ *plan, _ []string) error {
		untold, err := b.store.FollowUps(ctx, *most)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), untold)
		}
		t := newTable(c.OutOrStdout(), "REF", "ABOUT", "STATE", "ATTEMPTS", "CHANGED", "REASON", "DETAIL")
		for _, f := range untold {
			t.row(string(f.Ref), string(f.About), string(f.State), strconv.Itoa(f.Attempts), ago(f.Changed), f.Reason, short(f.Detail, 100))
		}
		return t.flush()
	})
}
