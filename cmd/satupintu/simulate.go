package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

// simulation is what the command simulate is asked for.
type simulation struct {
	listen  string
	state   string
	latency string
	faults  []string
	options simulator.Options
}

func simulateCommand() *cobra.Command {
	var s simulation
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a simulated national platform until SIGTERM, to rehearse against; it can be told to misbehave",
		Long: "simulate behaves like SP4N-LAPOR!'s v3 interface so far as that is publicly known. It is for rehearsals and\n" +
			"demonstrations: anybody who reaches its address can read what it was told.\n\n" + faultHelp() + "\n" + exitHelp,
		Example: "  satupintu simulate --search --speed 10000\n" +
			"  satupintu simulate --latency 20ms-400ms --fault create:500_after:0.05 --fault create:429,next=3,retry_after=5s",
		Args: exactly(0),
	}
	f := c.Flags()
	f.StringVar(&s.listen, "listen", "127.0.0.1:8399", "address to serve on; port 0 takes a free one")
	f.StringVar(&s.options.Base, "base", "", "path before every call, such as /lapor/3.0.0")
	f.StringVar(&s.state, "state", "", "file in which it remembers what it was told (personal data too); none: memory only")
	f.Float64Var(&s.options.Speed, "speed", 1, "how many times faster than in life complaints move through their statuses")
	f.Uint64Var(&s.options.Seed, "seed", 0, "decides what becomes of which complaint, and chances")
	f.BoolVar(&s.options.Search, "search", false, "have the search call that lookup: search asks")
	f.StringVar(&s.latency, "latency", "0s", "how long every call takes: 50ms, or a range such as 20ms-400ms")
	f.StringArrayVar(&s.faults, "fault", nil, "CALL:FAULT[:CHANCE][,OPTION=VALUE…]; may be repeated, the first that fits is met")
	f.StringVar(&s.options.Auth, "authorization", simulator.DefaultAuth, "whole value of the Authorization header it accepts")
	f.StringVar(&s.options.Token, "token", simulator.DefaultToken, "whole value of the token header it accepts, braces included")
	c.RunE = func(c *cobra.Command, _ []string) error { return s.run(c.Context(), c.OutOrStdout()) }
	return c
}

func (s *simulation) run(ctx context.Context, out io.Writer) error {
	if err := s.read(); err != nil {
		return usageError{err}
	}
	sim, err := simulator.Open(s.options, s.state)
	if err != nil {
		return err
	}
	at, err := openSocket(ctx, s.listen, sim)
	if err != nil {
		return errors.Join(err, sim.Close())
	}
	if err := s.introduce(out, at); err != nil {
		return errors.Join(err, at.close(), sim.Close())
	}
	select {
	case <-ctx.Done():
	case <-at.ended:
	}
	return errors.Join(at.close(), sim.Close())
}

// read turns the flags into options. Its errors are a wrong call.
func (s *simulation) read() error {
	if !(s.options.Speed > 0) {
		return errors.New("--speed must be above zero")
	}
	latency, err := parseLatency(s.latency)
	if err != nil {
		return fmt.Errorf("--latency %q: %w", s.latency, err)
	}
	s.options.Faults = simulator.Faults{Latency: latency}
	for _, text := range s.faults {
		rule, err := parseFault(text)
		if err != nil {
			return fmt.Errorf("--fault %q: %w", text, err)
		}
		s.options.Faults.Rules = append(s.options.Faults.Rules, rule)
	}
	return nil
}

// introduce says what a gateway needs to speak to it. Values that were given are not repeated: they may be real ones.
func (s *simulation) introduce(out io.Writer, at *socket) error {
	shown := func(value, invented string) string {
		if value == invented {
			return value
		}
		return "(as given)"
	}
	lookup := "none (search is not there without --search)"
	if s.options.Search {
		lookup = `search, with search: { path: complaints/search, query: { keyword: "{ref}" } }`
	}
	_, err := fmt.Fprintf(out, `a simulated national platform is served at %[1]s

what a gateway needs, under national.settings:
  base_url  %[1]s%[2]s
  headers   Authorization: %[3]s
            token: %[4]s
  lookup    %[5]s

to look inside and to make it misbehave, without sign-in:
  GET  %[1]s/_sim/            everything there is here
  GET  %[1]s/_sim/complaints  what it holds
  GET  %[1]s/_sim/stats       calls and faults, counted
  POST %[1]s/_sim/faults      misbehave; DELETE to behave
`, at.url(), basePath(s.options.Base), shown(s.options.Auth, simulator.DefaultAuth), shown(s.options.Token, simulator.DefaultToken), lookup)
	return err
}
