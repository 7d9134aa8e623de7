// Command satupintu is the gateway between a region's complaint channels and the national platform. This package is the
// composition root: the only place that knows every other.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	throughOurLog(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	os.Exit(execute(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Exit codes of every command.
const (
	exitOK     = 0
	exitFailed = 1 // the command did its work and the answer is no: a bad configuration, a ledger that does not balance
	exitUsage  = 2 // the command was called wrongly
)

const exitHelp = "Exit codes: 0 success; 1 the answer is no, or it failed; 2 called wrongly."

// usageError is a call that makes no sense.
type usageError struct{ error }

func execute(ctx context.Context, arguments []string, out, errOut io.Writer) int {
	root := newRoot()
	root.SetArgs(arguments)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintf(errOut, "satupintu: %v\nsee satupintu --help\n", err)
		return exitUsage
	default:
		fmt.Fprintf(errOut, "%v\n", err)
		return exitFailed
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "satupintu",
		Short: "One door: a region's complaint channels on one side, the national platform on the other",
		Long: "Satu Pintu takes in complaints from a region's channels, forwards each one once to the national platform\n" +
			"SP4N-LAPOR!, and brings the answer back to the channel it came from.\n\n" + exitHelp,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	asGroup(root)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		runCommand(), checkCommand(), previewCommand(), queueCommand(), importCommand(), auditCommand(),
		duplicatesCommand(), connectorsCommand(), simulateCommand(), demoCommand(), versionCommand(),
	)
	return root
}

// asGroup makes a command that only holds others print its help, and refuse a word that names none of them.
func asGroup(c *cobra.Command) *cobra.Command {
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usageError{fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())}
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	return c
}

// exactly is the count of arguments a command takes; another one is a usage error that says what to write.
func exactly(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) == n:
			return nil
		case n > 0:
			return usageError{fmt.Errorf("%s: %d arguments given, want %d: %s", c.Name(), len(args), n, c.UseLine())}
		case c.Flags().Lookup("config") != nil:
			return usageError{fmt.Errorf("%s takes no argument: name the file with --config FILE", c.Name())}
		}
		return usageError{fmt.Errorf("%s takes no argument, and %q is one: %s", c.Name(), args[0], c.UseLine())}
	}
}

// configFlag adds --config.
func configFlag(c *cobra.Command) *string {
	return c.Flags().StringP("config", "c", "gateway.yaml", "configuration file")
}

// jsonFlag adds --json.
func jsonFlag(c *cobra.Command) *bool {
	return c.Flags().Bool("json", false, "print JSON for programs instead of a table for people")
}
