package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/relay"
)

func checkCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "check",
		Short: "Check a configuration: every mistake with its line and column; exit 1 when there is one",
		Args:  exactly(0),
	}
	file := configFlag(c)
	online := c.Flags().Bool("online", false, "also sign in to the platform, open every channel, and say what was seen")
	c.RunE = func(c *cobra.Command, _ []string) error {
		p, err := loadPlan(*file)
		if err != nil {
			return err
		}
		out := c.OutOrStdout()
		for _, notice := range p.notices() {
			fmt.Fprintln(out, "note:", notice)
		}
		if *online {
			err = checkOnline(c.Context(), p, out)
		}
		if err == nil {
			fmt.Fprintf(out, "%s is in order\n", *file)
		}
		return err
	}
	return c
}

// checkOnline tries everything the configuration reaches and changes none of it, but for one empty file in a bucket.
func checkOnline(ctx context.Context, p *plan, out io.Writer) error {
	log := slog.New(slog.DiscardHandler)
	failed := 0
	say := func(what, saw string, err error) {
		if err != nil {
			failed++
			fmt.Fprintf(out, "%s: FAILED: %v\n", what, err)
			return
		}
		fmt.Fprintf(out, "%s: %s\n", what, saw)
	}
	var o open
	var err error
	o.platform, err = openPlatform(p, relay.NewLimiter(float64(p.National.Rate)), &o.wires, log)
	saw := ""
	if err == nil {
		saw, err = o.platform.Probe.Probe(ctx)
	}
	say("platform "+p.National.Kind, saw, err)
	if _, _, isBucket := p.Store.Bucket(); isBucket { // a folder is the service's own: whoever checks may be somebody else
		saw, err = checkFiles(ctx, p.Store)
		say("store.files", saw, err)
	}
	o.channels, err = openChannels(p, keeping{files: noFiles{}}, &o.wires, log)
	if err != nil {
		say("channels", "", err)
	}
	for _, channel := range o.channels {
		saw, err := checkChannel(ctx, channel)
		say("connector "+channel.Name, saw, err)
	}
	if err := o.close(); err != nil {
		say("closing", "", err)
	}
	if failed > 0 {
		return fmt.Errorf("%d of the checks failed", failed)
	}
	return nil
}

func checkFiles(ctx context.Context, s config.Store) (string, error) {
	files, err := openFiles(s)
	if err != nil {
		return "", err
	}
	saw, err := files.Check(ctx)
	return saw, errors.Join(err, files.Close())
}

// noFiles keeps nothing: a check and a preview change nothing.
type noFiles struct{}

func (noFiles) Put(_ context.Context, name string, r io.Reader) (complaint.Attachment, error) {
	size, err := io.Copy(io.Discard, r)
	return complaint.Attachment{Name: name, Size: size}, err
}

var errNotPolled = errors.New("it is not polled: its channel sends to /in/{connector}; nothing can be shown before it does")
