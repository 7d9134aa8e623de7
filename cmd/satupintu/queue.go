package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/store"
)

func queueCommand() *cobra.Command {
	c := asGroup(&cobra.Command{Use: "queue", Short: "Look at deliveries and give orders about them, beside a running gateway"})
	c.AddCommand(queueList(), queueShow(), queueRefused(), queueRevisions(), queueUntold(), queueFollowUps(), queueRetry(), queueDrop(), queueResolve(), queueRetire(), queuePause(), queueResume())
	return c
}

// onStore makes a command that works on the configuration's store.
func onStore(c *cobra.Command, f func(ctx context.Context, c *cobra.Command, b *base, p *plan, args []string) error) *cobra.Command {
	file := configFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		return withStore(c.Context(), *file, func(b *base, p *plan) error { return f(c.Context(), c, b, p, args) })
	}
	return c
}

func refArg(args []string) (complaint.Ref, error) {
	ref, err := complaint.ParseRef(args[0])
	if err != nil {
		return "", usageError{err}
	}
	return ref, nil
}

func queueList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List deliveries, oldest first", Args: exactly(0)}
	asJSON := jsonFlag(c)
	most := c.Flags().IntP("limit", "n", 50, "the most to list")
	after := c.Flags().String("after", "", "go on after this reference")
	states := c.Flags().StringSlice("state", []string{"new", "ready", "leased", "unknown", "held", "dead"}, "states to list, of "+stateNames())
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, _ *plan, _ []string) error {
		wanted, err := parseStates(*states)
		if err != nil {
			return usageError{err}
		}
		entries, err := b.store.List(ctx, wanted, complaint.Ref(*after), *most)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), entries)
		}
		t := newTable(c.OutOrStdout(), "REF", "STATE", "AGE", "DUE", "ATTEMPTS", "SOURCE", "TO", "REASON")
		for _, e := range entries {
			t.row(string(e.Ref), string(e.State), ago(e.AcceptedAt), ago(e.DueAt), strconv.Itoa(e.Attempts), e.Source, e.Agency, e.Reason)
		}
		return t.flush()
	})
}

func stateNames() string {
	var names []string
	for _, s := range store.States() {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

func parseStates(names []string) ([]store.State, error) {
	var states []store.State
	for _, name := range names {
		if !strings.Contains(", "+stateNames()+", ", ", "+name+", ") {
			return nil, fmt.Errorf("--state %q: want some of %s", name, stateNames())
		}
		states = append(states, store.State(name))
	}
	if len(states) == 0 {
		return nil, errors.New("--state: name at least one")
	}
	return states, nil
}

func queueShow() *cobra.Command {
	c := &cobra.Command{Use: "show REF", Short: "Tell everything that happened to one complaint", Args: exactly(1)}
	asJSON := jsonFlag(c)
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, _ *plan, args []string) error {
		ref, err := refArg(args)
		if err != nil {
			return err
		}
		story, err := b.store.Story(ctx, ref)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), story)
		}
		return printStory(c, story)
	})
}

func printStory(c *cobra.Command, s store.Story) error {
	t := newTable(c.OutOrStdout(), "WHAT", "VALUE")
	for _, line := range [][2]string{
		{"reference", string(s.Ref)}, {"source", s.Source + " " + s.SourceID}, {"state", string(s.State)},
		{"accepted", localTime(s.AcceptedAt)}, {"agency", s.Agency}, {"category", s.Category}, {"why", s.Why},
		{"national id", s.NationalID}, {"tracking id", s.TrackingID}, {"status", string(s.Status) + " (" + s.StatusRaw + ")"},
		{"primary", string(s.Primary)}, {"linked because", s.LinkWhy}, {"reason", s.Reason}, {"detail", s.Detail},
		{"attempts", strconv.Itoa(s.Attempts)}, {"revisions", revisionsOf(s)},
	} {
		if strings.Trim(line[1], " ()") != "" {
			t.row(line[0], line[1])
		}
	}
	if f := s.FollowUp; f != nil {
		t.row("follow-up", strings.TrimSpace(string(f.State)+", on the ticket of "+string(f.About)+" "+f.Reason+" "+f.Detail))
	}
	for _, a := range s.Attempted {
		t.row("attempt "+localTime(a.Ended), a.Reason+" "+a.Detail)
	}
	for _, step := range s.Steps {
		t.row("step "+localTime(step.Started), step.Name+" "+step.State)
	}
	for _, e := range s.Events {
		words := strings.TrimSpace(e.Status + " " + e.Raw + " " + e.Agency + " " + short(e.Note, 80))
		if !e.Applied {
			words += " (an illegal move: kept, not told)"
		}
		t.row("event "+localTime(e.At), words)
	}
	return t.flush()
}

// revisionsOf says how often a complaint came again with other content, and where to read it.
func revisionsOf(s store.Story) string {
	if len(s.Revisions) == 0 {
		return "0"
	}
	return fmt.Sprintf("%d, kept and not forwarded: satupintu queue revisions %s", len(s.Revisions), s.Ref)
}

func queueUntold() *cobra.Command {
	c := &cobra.Command{Use: "untold", Short: "List what channels have not been told yet, or refused to hear, oldest first", Args: exactly(0)}
	asJSON := jsonFlag(c)
	most := c.Flags().IntP("limit", "n", 50, "the most to list")
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, _ *plan, _ []string) error {
		untold, err := b.store.NotTold(ctx, *most)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), untold)
		}
		t := newTable(c.OutOrStdout(), "REF", "SEQ", "SOURCE", "STATE", "ATTEMPTS", "REASON", "DETAIL")
		for _, n := range untold {
			t.row(string(n.Ref), strconv.FormatInt(n.Seq, 10), n.Source, string(n.State), strconv.Itoa(n.Attempts), n.Reason, short(n.Detail, 100))
		}
		return t.flush()
	})
}

func queueRetry() *cobra.Command {
	c := &cobra.Command{
		Use: "retry REF", Args: exactly(1),
		Short: "Put a held, dead or waiting delivery or follow-up, and news a channel refused, back into the queue; an open outcome is looked up first",
	}
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, _ *plan, args []string) error {
		ref, err := refArg(args)
		if err != nil {
			return err
		}
		return said(c, b.store.Retry(ctx, ref), "%s is in the queue again", ref)
	})
}

func queueDrop() *cobra.Command {
	c := &cobra.Command{Use: "drop REF", Short: "End a delivery that is not at the platform, with a reason", Args: exactly(1)}
	reason := c.Flags().String("reason", "", "why; kept with the complaint (required)")
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, _ *plan, args []string) error {
		ref, err := refArg(args)
		if err != nil {
			return err
		}
		if strings.TrimSpace(*reason) == "" {
			return usageError{errors.New("drop: --reason is missing: a complaint is never dropped without one")}
		}
		return said(c, b.store.Drop(ctx, ref, *reason), "%s is set aside for good", ref)
	})
}

func queueResolve() *cobra.Command {
	c := &cobra.Command{
		Use: "resolve REF --sent ID | --not-sent", Args: exactly(1),
		Short: "Say what a person found out about an unknown outcome: the platform has it, or has not",
	}
	sent := c.Flags().String("sent", "", "the platform has it, under this complaint id")
	tracking := c.Flags().String("tracking", "", "with --sent: its public tracking id")
	notSent := c.Flags().Bool("not-sent", false, "the platform does not have it, and its request is older than delivery.settle: send it again")
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, p *plan, args []string) error {
		ref, err := refArg(args)
		if err != nil {
			return err
		}
		switch {
		case (*sent != "") == *notSent:
			return usageError{errors.New("resolve: give either --sent ID or --not-sent")}
		case *notSent:
			return said(c, b.store.ResolveNotSent(ctx, ref, p.Delivery.Settle.D()), "%s will be sent again", ref)
		}
		ticket := national.Ticket{ID: *sent, TrackingID: *tracking}
		return said(c, b.store.ResolveSent(ctx, ref, ticket, time.Now()), "%s is at the platform as %s", ref, *sent)
	})
}

func queueRetire() *cobra.Command {
	c := &cobra.Command{
		Use: "retire CHANNEL", Args: exactly(1),
		Short: "Say that a channel is gone for good: what it was still to be told is told no more",
		Long: "retire ends a channel that is in no gateway's configuration any more. Without it what becomes of that channel's complaints is kept\n" +
			"for it, for when it comes back. Its complaints go on, and are answered on the platform. A name for which nothing is kept,\n" +
			"misspelt or retired before, is an error.\n\n" + exitHelp,
	}
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, p *plan, args []string) error {
		for _, one := range p.Connectors {
			if one.Name == args[0] {
				return usageError{fmt.Errorf("retire: %s is in the configuration: take it out there and reload every gateway first", one.Name)}
			}
		}
		untold, err := b.store.Retire(ctx, args[0], operator())
		return said(c, err, "%s is told nothing more; %d waited to be told", args[0], untold)
	})
}

func queuePause() *cobra.Command {
	c := &cobra.Command{Use: "pause", Short: "Forward nothing until resume; intake goes on", Args: exactly(0)}
	forHow := c.Flags().Duration("for", 0, "end the pause by itself after this long, such as 2h")
	reason := c.Flags().String("reason", "an operator paused", "why; shown to the next operator")
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, _ *plan, _ []string) error {
		pause := store.Pause{Why: *reason}
		until := "until queue resume"
		if *forHow > 0 {
			pause.Until = time.Now().Add(*forHow)
			until = "until " + localTime(pause.Until)
		}
		return said(c, b.store.SetPause(ctx, pause), "forwarding is paused %s", until)
	})
}

func queueResume() *cobra.Command {
	c := &cobra.Command{Use: "resume", Short: "End a pause", Args: exactly(0)}
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, _ *plan, _ []string) error {
		return said(c, b.store.Resume(ctx), "forwarding goes on")
	})
}

func said(c *cobra.Command, err error, format string, values ...any) error {
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), format+"\n", values...)
	return err
}
