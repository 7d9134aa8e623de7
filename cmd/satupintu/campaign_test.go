package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// campaignFor is the environment variable that says how long a campaign lasts on each store, such as 30m; `make campaign`
// sets it.
const campaignFor = "SATUPINTU_CAMPAIGN"

// TestCampaignOfFaultsLosesNothingDoublesNothingAndTellsInOrder runs the whole against everything that breaks: gateways,
// database, disk, clock, platform, portal and WhatsApp, in an order drawn from a seed. The seed is printed; SATUPINTU_SEED
// replays the order. What is checked is seen from outside only: at the platform, at the portal, by who writes on WhatsApp, and
// by the program's commands.
func TestCampaignOfFaultsLosesNothingDoublesNothingAndTellsInOrder(t *testing.T) {
	storetest.Needs(t, "five minutes")
	t.Parallel() // most of it is waiting
	lasts := 5 * time.Minute
	if d, err := time.ParseDuration(os.Getenv(campaignFor)); err == nil {
		lasts = d
	}
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("SATUPINTU_SEED"), 10, 64); err == nil {
		seed = s
	}
	var both sync.WaitGroup // not parallel subtests: these would be two of the two tests that run at once
	both.Go(func() {
		t.Run("sqlite", func(t *testing.T) { newCampaign(t, nil, seed, lasts).fight() })
	})
	both.Go(func() {
		t.Run("postgres", func(t *testing.T) { newCampaign(t, storetest.StartPostgres(t), seed, lasts).fight() })
	})
	both.Wait()
}

// campaignLease and campaignSettle are as short as the configuration lets them be beside requests of one second.
const (
	campaignLease  = 5 * time.Second
	campaignSettle = 4 * time.Second
)

// campaign is one store's share.
type campaign struct {
	*region
	database *storetest.Postgres // nil: SQLite
	dsn      string
	disk     *smallDisk // nil: none could be mounted
	portal   *receiver
	stations []*station
	seed     uint64
	random   *rand.Rand // of the order of faults alone
	ends     time.Time
	clock    string      // the file that makes the gateways' clocks jump
	turned   []time.Time // when they did

	points []relay.Point // that gateways are armed with, in turn
	armed  int

	compares bool // the gateways compare complaints; else they decide, and claim, as they keep

	tally    tally
	source   source
	citizens citizens
}

// station is one gateway's place: its configuration, and the life that runs there now.
type station struct {
	*region
	life  *life
	point string    // that its life dies at, "create:answer#3"; empty: none
	again time.Time // when a dead one is started again
}

func newCampaign(t *testing.T, database *storetest.Postgres, seed uint64, lasts time.Duration) *campaign {
	t.Logf("SATUPINTU_SEED=%d", seed)
	c := &campaign{
		database: database, portal: newReceiver(t), seed: seed, random: rand.New(rand.NewPCG(seed, 1)), ends: time.Now().Add(lasts),
		compares: seed/2%3 > 0,
	}
	dsn, gateways := "sqlite:disk/natuna.db", 1
	if database != nil {
		dsn, gateways = database.Database(t), 2+int(seed%2)
	}
	c.dsn = dsn
	c.citizens.graph, c.citizens.deaf = newGraph(t), make(chan struct{})
	c.region = newRegion(t, dsn, channelsThatAreTold(c.portal.URL)+c.citizens.graph.connector(), campaignScenarios()...)
	c.write("wa-app-secret", messengerSecret)
	c.edit("map: { id: ticket, text: message }", "map: { id: ticket, text: message, reporter.phone: phone }",
		"timeout: 1s", "timeout: 1s\n  sync: { fresh: 1s, old: 3s }",
		"settle: 2s", fmt.Sprintf("settle: %s", campaignSettle),
		"breaker: { failures: 5, open_for: 2s }", "breaker: { failures: 8, open_for: 1s }",
		"lease: 5s", fmt.Sprintf("lease: %s", campaignLease),
		fmt.Sprintf("store: { dsn: %q }", dsn), fmt.Sprintf("store: { dsn: %q, files: disk/files }", dsn))
	if !c.compares {
		t.Log("nothing is compared")
		c.edit("review_above: 1", "mode: off")
	}
	c.clock = c.write("clock", "0s")
	c.disk = mountSmallDisk(t, c.folder+"/disk", lasts)
	for i := range gateways {
		here := c.region
		if i > 0 {
			here = c.beside(fmt.Sprintf("gateway-%d", i+1))
		}
		c.stations = append(c.stations, &station{region: here})
	}
	for _, p := range slices.Concat(relay.Points(), relay.TalkPoints(), followUpPoints()) {
		if !strings.HasPrefix(string(p), "hand-over:") { // nothing is handed over here: it would be told, too
			c.points = append(c.points, p)
		}
	}
	c.random.Shuffle(len(c.points), func(i, j int) { c.points[i], c.points[j] = c.points[j], c.points[i] })
	c.source.folder = c.write("inbox/.begun", "")
	return c
}

// followUpPoints are the moments of telling a follow-up.
func followUpPoints() []relay.Point {
	return []relay.Point{"follow-up:begin", "follow-up:request", "follow-up:answer", "follow-up:recorded"}
}

// fight runs sources and faults beside each other, lets everything come to rest, and looks.
func (c *campaign) fight() {
	c.look()
	var sources sync.WaitGroup
	stop := make(chan struct{})
	sources.Go(func() { c.writeSheets(stop) })
	sending, giveUp := context.WithCancel(c.Context())
	defer giveUp()
	sources.Go(func() { c.arrive(sending, stop) })
	for n := range senders {
		sources.Go(func() { c.send(sending, n, stop) })
	}
	for !c.Failed() && time.Now().Before(c.ends) {
		c.strike()
		c.calm(c.between(500*time.Millisecond, 2500*time.Millisecond))
	}
	for c.missing() && time.Now().Before(c.ends.Add(30*time.Second)) {
		c.calm(time.Second) // the crash points that a strike always forestalled
	}
	close(stop)
	c.peace()
	time.AfterFunc(time.Minute, func() { close(c.citizens.deaf) })
	time.AfterFunc(90*time.Second, giveUp) // who speaks by then is answered
	sources.Wait()
	c.comeToRest()
	c.judge()
	c.judgeIndex()
	c.tally.print(c)
}

// missing says whether a crash point was not hit yet.
func (c *campaign) missing() bool {
	for _, p := range c.points {
		if c.tally.of("crash point "+string(p)) == 0 {
			return true
		}
	}
	return false
}

func (c *campaign) between(least, most time.Duration) time.Duration {
	return least + time.Duration(c.random.Int64N(int64(most-least)))
}

// calm lets time pass, and starts gateways again that have died.
func (c *campaign) calm(d time.Duration) {
	c.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(d); time.Now().Before(until); <-tick.C {
		c.look()
	}
}

// look takes notice of gateways that have ended and starts those whose time has come. Each new life is armed with the
// next crash point that was not hit yet; every third with none.
func (c *campaign) look() {
	c.Helper()
	for _, s := range c.stations {
		if s.life != nil && s.life.over() {
			c.buried(s)
		}
		if s.life == nil && time.Now().After(s.again) {
			c.revive(s)
		}
	}
}

func (c *campaign) buried(s *station) {
	if s.point != "" && s.life.killed() {
		name := s.point[:len(s.point)-2]
		c.tally.add("crash point "+name, time.Now().Add(-time.Second), time.Now())
	} else {
		c.tally.add("starts that failed", time.Now(), time.Now()) // the disk was full, or the database away
	}
	s.life, s.again = nil, time.Now().Add(300*time.Millisecond)
}

func (c *campaign) revive(s *station) {
	c.armed++
	s.point = ""
	env := []string{clockFile + "=" + c.clock}
	if c.armed%3 != 0 {
		at := c.points[c.armed%len(c.points)]
		for range c.points {
			if c.tally.of("crash point "+string(at)) == 0 {
				break
			}
			c.armed++
			at = c.points[c.armed%len(c.points)]
		}
		s.point = fmt.Sprintf("%s#%d", at, 1+c.armed%3)
		env = append(env, deathPoint+"="+s.point)
	}
	s.life = s.launch(env...)
}
