package relay_test

import (
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store"
)

// hot is what the queue says of a delivery while its request is about to go out.
type hot struct {
	State, Step string
	SentAt      int64 `db:"sent_at"`
}

// beforeItsRequest sends one complaint and returns how it lay in the queue when its first request was about to go out.
func beforeItsRequest(t *testing.T, mode string, rate config.Rate, c complaint.Complaint) (lay hot, decides int) {
	bubble(t, func(r *rig) {
		r.cfg.Dedup.Mode, r.cfg.National.Rate = mode, rate
		var (
			mu   sync.Mutex
			been = map[relay.Point]int{}
		)
		decided := func() int {
			mu.Lock()
			defer mu.Unlock()
			return been[relay.BeforeDecide]
		}
		r.at = func(p relay.Point) {
			mu.Lock()
			defer mu.Unlock()
			been[p]++
			if (p == "create:begin" || p == "upload:begin") && lay == (hot{}) {
				r.must(r.store.Handle().Get(&lay, "SELECT state, step, sent_at FROM delivery"))
			}
		}
		r.start()
		pass(time.Second)
		before := decided()
		if len(c.Attachments) > 0 {
			c.Attachments = []complaint.Attachment{r.put("lampu.jpg", "foto lampu")}
		}
		ref := r.takeIn(c)[0]
		pass(time.Second)
		decides = decided() - before
		r.until(ref, store.Done)
		if n := r.atPlatform(ref); n != 1 {
			t.Errorf("it is %d times at the platform", n)
		}
		r.balanced()
	})
	return lay, decides
}

// What can go out at once is recorded as begun by the commit that claims it, so that one commit fewer stands before its request.
// Where requests go out seldom none is: what is recorded and did not go out has to be looked up after a crash.
func TestARequestThatGoesOutAtOnceIsBegunWithItsClaim(t *testing.T) {
	withPhoto := report(1)
	withPhoto.Attachments = make([]complaint.Attachment, 1)
	for name, c := range map[string]struct {
		mode  string
		rate  config.Rate
		what  complaint.Complaint
		begun bool
	}{
		"compared":                {"link", 100, report(1), true},
		"compared with nothing":   {"off", 100, report(1), true},
		"seldom":                  {"link", 5, report(1), false},
		"seldom, not compared":    {"off", 5, report(1), false},
		"its photo is sent first": {"link", 100, withPhoto, false},
	} {
		t.Run(name, func(t *testing.T) {
			lay, decides := beforeItsRequest(t, c.mode, c.rate, c.what)
			if begun := lay.SentAt > 0 && lay.Step == "create"; lay.State != "leased" || begun != c.begun {
				t.Errorf("before its first request it lies as %+v; want it begun: %t", lay, c.begun)
			}
			if born := decides == 0; born != (c.mode == "off") {
				t.Errorf("undecided complaints were looked for %d times in mode %s", decides, c.mode)
			}
		})
	}
}

// What comes in after the end is kept, and waits for the next start.
func TestNothingIsClaimedAfterTheEnd(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Dedup.Mode = "off"
		r.start()
		pass(time.Second)
		r.stop()
		<-r.done
		ref := r.takeIn(report(1))[0]
		if story := r.story(ref); story.State != store.New {
			t.Errorf("it is %s", story.State)
		}
		r.must(r.store.Close())
		r.start()
		r.until(ref, store.Done)
	})
}

// While the last answers are still told, what comes in is left to whoever decides after the end: it may be routed otherwise by then.
func TestNothingIsDecidedWhileTheGatewayEnds(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Dedup.Mode, r.channel.delay = "off", 5*time.Second
		r.start()
		r.until(r.takeIn(report(1))[0], store.Done)
		pass(time.Second) // its channel is being told
		r.stop()
		pass(time.Second)
		select {
		case <-r.done:
			r.Fatal("it has ended already")
		default:
		}
		ref := r.takeIn(report(2))[0]
		if story := r.story(ref); story.State != store.New {
			t.Errorf("it is %s", story.State)
		}
		<-r.done
		r.must(r.store.Close())
		r.start()
		r.until(ref, store.Done)
	})
}

// However slow the platform is, and however much waits for it, what comes in is kept without waiting for it.
func TestASlowPlatformHoldsUpNothingThatComesIn(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Dedup.Mode, r.cfg.National.Rate, r.cfg.National.Concurrency = "off", 1, 2
		r.start()
		pass(time.Second)
		began := time.Now()
		var refs []complaint.Ref
		for n := range 200 {
			refs = append(refs, r.takeIn(report(n))...)
		}
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("200 complaints were kept in %s", took)
		}
		for _, ref := range refs {
			r.until(ref, store.Done)
		}
		if ledger := r.balanced(); ledger.Delivered != 200 {
			t.Errorf("%+v", ledger)
		}
	})
}
