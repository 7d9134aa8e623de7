package main

import (
	"context"
	"errors"
	"os"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
)

// orderFlags are what every order about duplicates says beside its complaints.
type orderFlags struct{ by, why string }

func (f *orderFlags) add(c *cobra.Command, why string) {
	c.Flags().StringVar(&f.by, "by", "", "who orders it; your user name unless you say")
	c.Flags().StringVar(&f.why, "why", "", why)
}

func (f *orderFlags) order() store.Order {
	by := f.by
	if by == "" {
		by = operator()
	}
	return store.Order{By: by, Why: strings.TrimSpace(f.why)}
}

// operator is who runs this command, as far as the machine knows.
func operator() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "an operator"
}

func duplicatesLink() *cobra.Command {
	c := &cobra.Command{
		Use: "link REF PRIMARY --why REASON", Args: exactly(2),
		Short: "Link a complaint to another that stands for it: it is held back, and its reporter hears the other's answers",
		Long: "link holds REF back and lets its channel hear what becomes of PRIMARY, or of the complaint that stands for that one. A complaint\n" +
			"that is at the platform already keeps its own ticket: it is linked for the answers alone. unlink undoes it.\n\n" + exitHelp,
	}
	var f orderFlags
	f.add(c, "why they are one matter; kept with the link (required)")
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, _ *plan, args []string) error {
		ref, err := refArg(args)
		if err != nil {
			return err
		}
		primary, err := refArg(args[1:])
		if err != nil {
			return err
		}
		o := f.order()
		if o.Why == "" {
			return usageError{errors.New("link: --why is missing: whoever reads the link must know why it was made")}
		}
		as, err := b.store.Link(ctx, ref, primary, o)
		if as.Ticket {
			return said(c, err, "%s keeps its own ticket at the platform; its channel hears the answers to %s too", ref, as.Primary)
		}
		return said(c, err, "%s is linked to %s and is not forwarded by itself", ref, as.Primary)
	})
}

func duplicatesUnlink() *cobra.Command {
	c := &cobra.Command{
		Use: "unlink REF", Args: exactly(1),
		Short: "Undo a link: what was held back is forwarded, what repeats it stays with it, and it is not linked to the same primary again by itself",
	}
	var f orderFlags
	f.add(c, "why they are not one matter; kept with the link")
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, _ *plan, args []string) error {
		ref, err := refArg(args)
		if err != nil {
			return err
		}
		o := f.order()
		primary, err := b.store.Unlink(ctx, ref, o)
		return said(c, err, "%s is no longer linked to %s; what was held back of it is forwarded", ref, primary)
	})
}

func duplicatesDecide() *cobra.Command {
	c := &cobra.Command{
		Use: "decide REF --same | --different", Args: exactly(1),
		Short: "Say whether a complaint that waits for a review is the same matter as the earlier one; the model learns from it",
	}
	same := c.Flags().Bool("same", false, "one matter: link it")
	different := c.Flags().Bool("different", false, "another matter: forward it")
	var f orderFlags
	f.add(c, "your reason")
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, _ *plan, args []string) error {
		ref, err := refArg(args)
		if err != nil {
			return err
		}
		if *same == *different {
			return usageError{errors.New("decide: give either --same or --different")}
		}
		o := f.order()
		return decided(c, b.store, ref, *same, o)
	})
}

func decided(c *cobra.Command, in *store.Store, ref complaint.Ref, same bool, o store.Order) error {
	primary, err := in.DecideReview(c.Context(), ref, same, o)
	if same {
		return said(c, err, "%s is linked to %s", ref, primary)
	}
	return said(c, err, "%s goes on as a matter of its own", ref)
}
