package main

import (
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

// strike does one thing that goes wrong, drawn by the seed. The weather at the platform and the portal changes with it.
func (c *campaign) strike() {
	c.weather()
	strikes := []func(){c.killOne, c.killOne, c.freezeOne, c.fillDisk, c.jump}
	if c.database != nil {
		strikes = append(strikes, c.killDatabase, c.restartDatabase)
	}
	strikes[c.random.IntN(len(strikes))]()
}

func (c *campaign) killOne() {
	s, again := c.stations[c.random.IntN(len(c.stations))], c.between(50*time.Millisecond, 1500*time.Millisecond)
	if s.life == nil {
		return
	}
	s.life.kill()
	s.life, s.again = nil, time.Now().Add(again)
	c.tally.add("kill -9 of a gateway", time.Now(), time.Now())
}

// freezeOne stops a gateway for longer than its leases, while the others go on and take over.
func (c *campaign) freezeOne() {
	s, extra := c.stations[c.random.IntN(len(c.stations))], c.between(500*time.Millisecond, 2*time.Second)
	if s.life == nil || s.life.over() {
		return
	}
	began, frozen := time.Now(), s.life
	frozen.freeze()
	c.calm(campaignLease + extra)
	frozen.thaw()
	c.tally.add("SIGSTOP past a lease", began, time.Now().Add(time.Second))
}

// fillDisk leaves no room on the disk of the store and the attachments for a while.
func (c *campaign) fillDisk() {
	full := c.between(time.Second, 3*time.Second)
	if c.disk == nil {
		return
	}
	began := time.Now()
	c.disk.fill(c)
	c.calm(full)
	c.disk.free(c)
	c.tally.add("full disk", began, time.Now().Add(time.Second))
}

// jump sets the gateways' clocks wrong, two days ahead or an hour behind, or right again.
func (c *campaign) jump() {
	off := []string{"49h", "-1h", "0s"}[c.random.IntN(3)]
	c.setClock(off)
	c.tally.add("clock jump", time.Now(), time.Now().Add(2*time.Second))
}

func (c *campaign) setClock(off string) {
	c.turned = append(c.turned, time.Now())
	next := c.clock + ".next"
	if err := os.WriteFile(next, []byte(off), 0o600); err != nil {
		c.Fatal(err)
	}
	if err := os.Rename(next, c.clock); err != nil {
		c.Fatal(err)
	}
}

func (c *campaign) killDatabase() {
	down, began := c.between(200*time.Millisecond, 2*time.Second), time.Now()
	c.database.Kill()
	c.calm(down)
	c.database.Start(c.region)
	c.tally.add("kill -9 of PostgreSQL", began, time.Now().Add(time.Second))
}

func (c *campaign) restartDatabase() {
	down, began := c.between(0, time.Second)+1, time.Now()
	c.database.Stop()
	c.calm(down)
	c.database.Start(c.region)
	c.tally.add("restart of PostgreSQL", began, time.Now().Add(time.Second))
}

// weather draws what goes wrong at the platform and at the portal until the next strike.
func (c *campaign) weather() {
	faults := simulator.Faults{Latency: simulator.Latency{Min: time.Millisecond, Max: 40 * time.Millisecond}, Rules: []simulator.Rule{refuses()}}
	kinds := []simulator.Rule{
		{Fault: simulator.Throttle, RetryAfter: time.Second}, {Fault: simulator.Unavailable, RetryAfter: time.Second},
		{Fault: simulator.ServerErrorBefore}, {Fault: simulator.ServerErrorAfter}, {Fault: simulator.BadGatewayBefore},
		{Fault: simulator.BadGatewayAfter}, {Fault: simulator.GatewayTimeoutBefore}, {Fault: simulator.GatewayTimeoutAfter},
		{Fault: simulator.Malformed}, {Fault: simulator.Empty}, {Fault: simulator.CloseBefore}, {Fault: simulator.CloseAfter},
		{Fault: simulator.HangBefore}, {Fault: simulator.HangAfter}, {Fault: simulator.Slow, Delay: 700 * time.Millisecond},
		{Fault: simulator.Late, Delay: 1500 * time.Millisecond}, {Fault: simulator.Unauthorized, Next: 1}, {Fault: simulator.Forbidden, Next: 1},
		{Fault: simulator.Unpublished}, {Fault: simulator.LostBefore}, {Fault: simulator.LostAfter},
	}
	for _, i := range c.random.Perm(len(kinds))[:5] {
		rule := kinds[i]
		rule.Chance = 0.02 + 0.15*c.random.Float64()
		rule.Call = []simulator.Call{"", simulator.CallCreate, simulator.CallCreate, simulator.CallFile}[c.random.IntN(4)]
		faults.Rules = append(faults.Rules, rule)
	}
	rule := kinds[c.random.IntN(len(kinds))] // follow-ups are few: they have one of their own
	rule.Call, rule.Chance = simulator.CallFollowUp, 0.3+0.5*c.random.Float64()
	faults.Rules = append(faults.Rules, rule)
	if err := c.sim.SetFaults(faults); err != nil {
		c.Fatal(err)
	}
	c.portal.misbehave(c.mischief())
	c.citizens.graph.misbehave(c.mischief())
}

// mischief draws how often a channel fails to answer, and in which ways.
func (c *campaign) mischief() func() receiverFault {
	share, dice := 0.3*c.random.Float64(), rand.New(rand.NewPCG(c.random.Uint64(), 0))
	return func() receiverFault {
		if dice.Float64() >= share {
			return receiverBehaves
		}
		return receiverFaults()[dice.IntN(len(receiverFaults()))]
	}
}

// clearSky ends what goes wrong at the platform and the portal, and waits until no request is under way any more.
func (c *campaign) clearSky() {
	if err := c.sim.SetFaults(simulator.Faults{Rules: []simulator.Rule{refuses()}}); err != nil {
		c.Fatal(err)
	}
	c.portal.misbehave(nil)
	c.citizens.graph.misbehave(nil)
	c.calm(3 * time.Second)
	c.sim.Wait()
}

func refuses() simulator.Rule {
	return simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Refuse, Word: refuseWord}
}

// peace ends everything that goes wrong. The clocks are right, and what they put off while they were ahead is brought back.
func (c *campaign) peace() {
	c.clearSky()
	began := time.Now()
	for _, s := range c.stations {
		if s.life != nil {
			s.life.kill()
		}
	}
	c.setClock("6m") // past what a killed gateway was about to ask, and far behind what a clock put off that was ahead
	for _, s := range c.stations {
		s.point = ""
		s.life = s.launch(clockFile + "=" + c.clock)
	}
	c.tally.add("last start", began, time.Now().Add(time.Second))
}

// smallDisk is a disk of a few MiB that a test can fill.
type smallDisk struct{ folder string }

// mountSmallDisk mounts one for the test; nil, said in words, where that is not allowed.
func mountSmallDisk(t *testing.T, folder string, lasts time.Duration) *smallDisk {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	size := "size=64m"
	if lasts > 5*time.Minute {
		size = "size=512m"
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, size); err != nil {
		t.Logf("no full disk in this campaign: mounting a small one takes root's rights: %v", err)
		return nil
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return &smallDisk{folder}
}

func (d *smallDisk) fill(t testing.TB) {
	file, err := os.Create(d.folder + "/ballast")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for size := 1 << 20; size > 0; {
		if _, err := file.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
}

func (d *smallDisk) free(t testing.TB) {
	if err := os.Remove(d.folder + "/ballast"); err != nil {
		t.Fatal(err)
	}
}
