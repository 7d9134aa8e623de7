package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/sync/store"
)

// listed is what duplicates list prints as JSON.
type listed struct {
	Reviews []store.Reviewed `json:"reviews,omitempty"`
	Links   []store.Tie      `json:"links,omitempty"`
}

func duplicatesList() *cobra.Command {
	c := &cobra.Command{
		Use: "list [--reviews | --links]", Args: exactly(0),
		Short: "List the reviews that wait for a person, the most urgent first, or the links, the newest first",
	}
	asJSON := jsonFlag(c)
	most := c.Flags().IntP("limit", "n", 50, "the most to list")
	reviews := c.Flags().Bool("reviews", false, "only what waits for a person (this is what is listed unless you say)")
	links := c.Flags().Bool("links", false, "only the links in force")
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, _ *plan, _ []string) error {
		if *reviews && *links {
			return usageError{errors.New("list: give either --reviews or --links")}
		}
		var l listed
		var err error
		if *links {
			l.Links, err = b.store.Links(ctx, *most)
		} else {
			l.Reviews, err = b.store.Reviews(ctx, *most)
		}
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), l)
		}
		return l.print(c, *links)
	})
}

func (l listed) print(c *cobra.Command, links bool) error {
	if links {
		t := newTable(c.OutOrStdout(), "REF", "PRIMARY", "KIND", "SAME", "LINKED", "BY", "WHY")
		for _, k := range l.Links {
			t.row(string(k.Ref), string(k.Primary), string(k.Kind), share(k.Score), ago(k.Made), byWhom(k.By), short(k.Why, 120))
		}
		return t.flush()
	}
	t := newTable(c.OutOrStdout(), "REF", "EARLIER", "KIND", "SAME", "GOES ON", "WHY")
	for _, r := range l.Reviews {
		t.row(string(r.Ref), string(r.Earlier), string(r.Kind), share(r.Score), ago(r.Until), short(r.Why, 120))
	}
	return t.flush()
}

// share is a probability for people.
func share(p float64) string { return fmt.Sprintf("%.0f %%", 100*p) }

func byWhom(name string) string {
	if name == "" {
		return "the gateway"
	}
	return name
}
