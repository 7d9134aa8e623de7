package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

// demo is one demonstration: an invented region, a platform that misbehaves, and the real gateway between them.
type demo struct {
	seed     uint64
	keep     bool
	crowd    crowd
	patience time.Duration // how long it may take before it says what is missing
	out      io.Writer

	folder   string
	sim      *simulator.Simulator
	portal   *portal
	platform *socket
	callback *socket
	log      *os.File
	gateway  *gatewayRun
	look     *base // the gateway's database, seen from beside it
	at       demoAddresses
	regency  regency
	closers  []func() error // the last one first
}

func demoCommand() *cobra.Command {
	d := &demo{crowd: demoCrowd(), patience: 55 * time.Second}
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show it all in half a minute: invented complaints, a platform that misbehaves, and the ledger at the end",
		Long: "demo runs the real gateway between two invented channels and a simulated platform that fails often, in a\n" +
			"temporary folder and on free ports of this machine. It ends by itself. Its last line is the ledger; the exit code\n" +
			"is 1 when anything was lost, doubled or is still on its way.\n\n" + exitHelp,
		Args: exactly(0),
	}
	c.Flags().BoolVar(&d.keep, "keep", false, "leave it running at the end, until interrupted, and say where everything is")
	c.Flags().Uint64Var(&d.seed, "seed", 2103, "decides the complaints and what goes wrong")
	c.RunE = func(c *cobra.Command, _ []string) error {
		d.out = c.OutOrStdout()
		return d.run(c.Context())
	}
	return c
}

func (d *demo) run(ctx context.Context) error {
	err := d.open(ctx)
	if err == nil {
		err = d.show(ctx)
	}
	if d.keep && d.gateway != nil {
		<-ctx.Done()
	}
	err = errors.Join(err, d.close())
	switch {
	case d.folder == "" || d.keep:
		return err
	case err != nil && ctx.Err() == nil:
		return fmt.Errorf("%w\nsee %s", err, filepath.Join(d.folder, "gateway.log"))
	}
	return errors.Join(err, os.RemoveAll(d.folder))
}

// show sends everything, waits for its end, and says what came of it.
func (d *demo) show(ctx context.Context) error {
	fmt.Fprintf(d.out, `an invented region: %d complaints at a portal (webhook), %d in a sub-district's spreadsheet, some told or sent twice.
the platform loses every tenth answer, is busy or away now and then, and settles a matter in seconds instead of days.

`, len(d.regency.portal), len(d.regency.counter))
	began := time.Now()
	patient, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	sent := make(chan error, 1)
	go func() { sent <- d.tellAll(patient) }()
	waitErr := d.await(patient, began)
	cancel()
	if err := errors.Join(<-sent, waitErr); err != nil {
		return err
	}
	return d.report(ctx, time.Since(began))
}

// tellAll lets the people of the region complain: at the portal, and at a counter whose list is copied over meanwhile.
func (d *demo) tellAll(ctx context.Context) error {
	r := d.regency
	file, err := counterFile(r.counter)
	if err != nil {
		return err
	}
	if err := putIntoInbox(filepath.Join(d.folder, "inbox"), "rekap-aduan.csv", file); err != nil {
		return err
	}
	all, err := sendings(r.portal)
	if err != nil {
		return err
	}
	d.portal.send(ctx, append(all, again(all, r.twice)...))
	return nil
}

// again are the sendings of some ids once more, byte for byte.
func again(all []sending, ids []string) []sending {
	byID := map[string]sending{}
	for _, s := range all {
		byID[s.id] = s
	}
	var repeated []sending
	for _, id := range ids {
		repeated = append(repeated, byID[id])
	}
	return repeated
}

// open starts everything; close ends what was started.
func (d *demo) open(ctx context.Context) error {
	var err error
	if d.folder, err = os.MkdirTemp("", "satupintu-demo-"); err != nil {
		return err
	}
	d.regency = newRegency(d.seed, time.Now(), d.crowd)
	if err := d.openOutside(ctx); err != nil {
		return err
	}
	if d.log, err = os.OpenFile(filepath.Join(d.folder, "gateway.log"), os.O_WRONLY|os.O_CREATE, 0o600); err != nil {
		return err
	}
	d.closers = append(d.closers, d.log.Close)
	free, err := freeAddresses(ctx, 2)
	if err != nil {
		return err
	}
	d.at = demoAddresses{Intake: free[0], Admin: free[1], Platform: d.platform.url(), Portal: d.callback.url()}
	d.portal.intake = "http://" + d.at.Intake + "/in/" + portalName
	configFile, err := layOut(d.folder, d.at, d.portal.secret)
	if err != nil {
		return err
	}
	if d.gateway, err = startGateway(ctx, configFile, d.at.Admin, d.log); err != nil {
		return err
	}
	d.closers = append(d.closers, d.gateway.close)
	return d.openLook(ctx, configFile)
}

// openOutside starts the platform and the portal's ear.
func (d *demo) openOutside(ctx context.Context) error {
	d.sim = simulator.New(demoPlatform(d.seed))
	d.closers = append(d.closers, d.sim.Close)
	// They outlive the interrupt, so that the gateway can end its requests in order.
	staying := context.WithoutCancel(ctx)
	var err error
	if d.platform, err = openSocket(staying, "127.0.0.1:0", d.sim); err != nil {
		return err
	}
	d.closers = append(d.closers, d.platform.close)
	d.portal = newPortal(newSecret())
	if d.callback, err = openSocket(staying, "127.0.0.1:0", d.portal); err != nil {
		return err
	}
	d.closers = append(d.closers, d.callback.close)
	return nil
}

// openLook opens the database beside the gateway, as satupintu audit does.
func (d *demo) openLook(ctx context.Context, configFile string) error {
	p, err := loadPlan(configFile)
	if err != nil {
		return err
	}
	if d.look, err = openBase(ctx, p.Config, "", slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	d.closers = append(d.closers, d.look.store.Close)
	return nil
}

func (d *demo) close() error {
	var errs []error
	for i := len(d.closers) - 1; i >= 0; i-- {
		errs = append(errs, d.closers[i]())
	}
	return errors.Join(errs...)
}
