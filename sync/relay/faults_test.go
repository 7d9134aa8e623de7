package relay_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// Each way in which the create call can fail, met once, with and without a way to look an outcome up: the complaint is
// at the platform once, or visibly held for a person.
func TestEachFaultOfCreateEndsOnceOrHeld(t *testing.T) {
	for _, c := range []struct {
		rule   simulator.Rule
		reason retry.Reason // of the first attempt
		held   bool         // without a lookup
	}{
		{simulator.Rule{Fault: simulator.Refused}, retry.Refused, false},
		{simulator.Rule{Fault: simulator.HangBefore}, retry.Timeout, true},
		{simulator.Rule{Fault: simulator.HangAfter}, retry.Timeout, true},
		{simulator.Rule{Fault: simulator.Unauthorized}, retry.SignInFailed, false},
		{simulator.Rule{Fault: simulator.Forbidden}, retry.SignInFailed, false},
		{simulator.Rule{Fault: simulator.Unpublished}, retry.Unavailable, false},
		{simulator.Rule{Fault: simulator.Throttle}, retry.Throttled, false},
		{simulator.Rule{Fault: simulator.Throttle, RetryAfter: time.Minute}, retry.Throttled, false},
		{simulator.Rule{Fault: simulator.Unavailable}, retry.Unavailable, false},
		{simulator.Rule{Fault: simulator.Unavailable, RetryAfter: time.Minute}, retry.Unavailable, false},
		{simulator.Rule{Fault: simulator.LostBefore}, retry.BadGateway, true},
		{simulator.Rule{Fault: simulator.LostAfter}, retry.BadGateway, true},
		{simulator.Rule{Fault: simulator.ServerErrorBefore}, retry.ServerError, true},
		{simulator.Rule{Fault: simulator.ServerErrorAfter}, retry.ServerError, true},
		{simulator.Rule{Fault: simulator.BadGatewayBefore}, retry.BadGateway, true},
		{simulator.Rule{Fault: simulator.BadGatewayAfter}, retry.BadGateway, true},
		{simulator.Rule{Fault: simulator.GatewayTimeoutBefore}, retry.BadGateway, true},
		{simulator.Rule{Fault: simulator.GatewayTimeoutAfter}, retry.BadGateway, true},
		{simulator.Rule{Fault: simulator.Malformed}, retry.Malformed, true},
		{simulator.Rule{Fault: simulator.Empty}, retry.Malformed, true},
		{simulator.Rule{Fault: simulator.CloseBefore}, retry.Reset, true},
		{simulator.Rule{Fault: simulator.CloseAfter}, retry.Reset, true},
		{simulator.Rule{Fault: simulator.Late, Delay: 30 * time.Second}, retry.Timeout, true},
	} {
		for _, lookup := range []string{"search", "none"} {
			name := fmt.Sprintf("%s %s, lookup %s", c.rule.Fault, c.rule.RetryAfter, lookup)
			t.Run(name, func(t *testing.T) {
				bubble(t, func(r *rig) {
					r.lookup = lookup
					rule := c.rule
					rule.Call, rule.Next = simulator.CallCreate, 1
					if rule.Fault == simulator.Refused {
						rule.Next = 2 // the quick retry of a refused connection included
					}
					r.faults(rule)
					r.start()
					ref := r.takeIn(report(1))[0]
					story := r.until(ref, store.Done, store.Held)
					want := store.Done
					if c.held && lookup == "none" {
						want = store.Held
					}
					if story.State != want {
						t.Errorf("ended %s (%s: %s), want %s", story.State, story.Reason, story.Detail, want)
					}
					if first := story.Attempted[0].Reason; first != string(c.reason) {
						t.Errorf("the first attempt ended with %s (%s), want %s", first, story.Attempted[0].Detail, c.reason)
					}
					r.sim.Wait()
					if n := r.atPlatform(ref); n > 1 || n == 0 && want == store.Done {
						t.Errorf("it is %d times at the platform", n)
					}
					r.balanced()
				})
			})
		}
	}
}

// Only an answer that speaks of the platform holds everybody for as long as it says.
func TestWhoIsHeldByARetryAfter(t *testing.T) {
	for name, c := range map[string]struct {
		answer   meeting
		everyone bool
	}{
		"429":               {answer(false, 429, "", 20*time.Minute), true},
		"503":               {answer(false, 503, proxyPage, 20*time.Minute), true},
		"413":               {answer(false, 413, proxyPage, 20*time.Minute), false},
		"422":               {answer(false, 422, `{"message":"Judul wajib diisi"}`, 20*time.Minute), false},
		"500":               {answer(false, 500, "", 20*time.Minute), false},
		"401":               {answer(false, 401, managerSays, 20*time.Minute), false},
		"200 without an id": {answer(true, 200, "{}", 20*time.Minute), false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(r *rig) {
				meddler := &meddler{path: "/complaints/complaint", meet: c.answer, left: 1, reached: map[string]int{}}
				r.between = func(base http.RoundTripper) http.RoundTripper {
					meddler.base = base
					return meddler
				}
				r.start()
				r.takeIn(report(1))
				pass(time.Minute)
				other := r.takeIn(report(2))[0]
				pass(10 * time.Minute)
				if held := r.story(other).State != store.Done; held != c.everyone {
					t.Errorf("ten minutes later another complaint is held: %t\n%s", held, r.log.String())
				}
				if r.until(other, store.Done); r.atPlatform(other) != 1 {
					t.Errorf("it is %d times at the platform", r.atPlatform(other))
				}
			})
		})
	}
}

func TestAbsenceCountsOnlyAfterTheSettleTime(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Delivery.Backoff.First = config.Duration(time.Second)
		r.cfg.National.Timeout = config.Duration(2 * time.Second)
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Late, Delay: 50 * time.Second, Next: 1})
		r.start()
		ref := r.takeIn(report(1))[0]
		pass(40 * time.Second)
		if story := r.story(ref); story.State != store.Unknown || r.sim.Stats().Calls[simulator.CallSearch] < 3 {
			t.Errorf("after 40 seconds it is %s, looked up %d times", story.State, r.sim.Stats().Calls[simulator.CallSearch])
		}
		r.until(ref, store.Done)
		if n := r.atPlatform(ref); n != 1 {
			t.Errorf("a slow platform has it %d times", n)
		}
	})
}

func TestWhatWasNeverCarriedOutIsSentAgainAfterTheSettleTime(t *testing.T) {
	bubble(t, func(r *rig) {
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.CloseBefore, Next: 1})
		r.start()
		began := time.Now()
		ref := r.takeIn(report(1))[0]
		r.until(ref, store.Done)
		if took := time.Since(began); took < r.cfg.Delivery.Settle.D() {
			t.Errorf("it was sent again after %s, before its absence could be known", took)
		}
		if n := r.atPlatform(ref); n != 1 {
			t.Errorf("it is %d times at the platform", n)
		}
	})
}

// The commit of a claim is there, and then the database is away before what was claimed is read.
func TestAClaimThatCannotBeReadIsTakenAgainInTime(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.National.Rate, r.cfg.National.Concurrency = 1, 1 // there is room for one
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Unavailable, Next: 1})
		r.start()
		ref := r.takeIn(report(1))[0]
		r.until(ref, store.Ready)
		rename := func(from, to string) {
			_, err := r.store.Handle().Exec("ALTER TABLE " + from + " RENAME TO " + to)
			r.must(err)
		}
		rename("step", "gone")
		for began := time.Now(); r.attempts(ref) < 3; pass(time.Second) {
			if time.Since(began) > time.Hour {
				t.Fatalf("it was claimed %d times\n%s", r.attempts(ref), r.log.String())
			}
		}
		rename("gone", "step")
		r.until(ref, store.Done)
		if n := r.atPlatform(ref); n != 1 {
			t.Errorf("it is %d times at the platform", n)
		}
	})
}

func (r *rig) attempts(ref complaint.Ref) (n int) {
	r.Helper()
	r.must(r.store.Handle().Get(&n, "SELECT attempts FROM delivery WHERE ref = ?", ref))
	return n
}

func TestAFailedUploadRepeatsNothingThatSucceeded(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		var files []complaint.Attachment
		for _, content := range []string{"lampu", "tiang"} {
			files = append(files, r.put(content+".txt", content))
		}
		r.faults(
			simulator.Rule{Call: simulator.CallFile, Fault: simulator.ServerErrorAfter, Skip: 1, Next: 1},
			simulator.Rule{Call: simulator.CallCreate, Fault: simulator.CloseAfter, Next: 1},
		)
		c := report(1)
		c.Attachments = files
		ref := r.takeIn(c)[0]
		r.until(ref, store.Done)
		got := r.sim.ByMarker(string(ref))
		if len(got) != 1 || len(got[0].Attachments) != 2 {
			t.Fatalf("at the platform: %+v", got)
		}
		stats := r.sim.Stats().Calls
		if stats[simulator.CallFile] != 3 || stats[simulator.CallCreate] != 1 {
			t.Errorf("%d uploads, %d creates; want 3 and 1", stats[simulator.CallFile], stats[simulator.CallCreate])
		}
	})
}

func (r *rig) put(name, content string) complaint.Attachment {
	r.Helper()
	files, err := store.OpenFiles(r.folder + "/files")
	r.must(err)
	a, err := files.Put(r.Context(), name, strings.NewReader(content))
	r.must(err)
	return a
}

func TestRefusedCredentialsPauseEverythingAndResumeByThemselves(t *testing.T) {
	bubble(t, func(r *rig) {
		r.faults(simulator.Rule{Fault: simulator.Unauthorized})
		r.start()
		var refs []complaint.Ref
		for n := range 30 {
			refs = append(refs, r.takeIn(report(n))...)
		}
		pass(20 * time.Minute)
		stats := r.sim.Stats().Calls
		if creates := stats[simulator.CallCreate]; creates > r.cfg.National.Concurrency {
			t.Errorf("%d complaints were sent while the credentials were refused", creates)
		}
		if probes := stats[simulator.CallInstitutions]; probes < 20 || probes > 90 {
			t.Errorf("%d probes in twenty minutes", probes)
		}
		if lines := strings.Count(r.log.String(), "refuses our credentials"); lines != 1 {
			t.Errorf("%d alarms:\n%s", lines, r.log.String())
		}
		r.metric(`forwarding_paused{reason="sign_in"}`, 1)
		if ledger := r.balanced(); ledger.Waiting != 30 {
			t.Errorf("the backlog was buried: %+v", ledger)
		}
		r.faults()
		for _, ref := range refs {
			r.until(ref, store.Done)
		}
		r.metric(`forwarding_paused{reason="sign_in"}`, 0)
	})
}

// metric checks one gauge or counter by its series.
func (r *rig) metric(series string, want float64) {
	r.Helper()
	name, labels, _ := strings.Cut(series, "{")
	families, err := r.registry.Gather()
	r.must(err)
	for _, f := range families {
		if f.GetName() != "satupintu_"+name {
			continue
		}
		for _, m := range f.GetMetric() {
			var said []string
			for _, l := range m.GetLabel() {
				said = append(said, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			if strings.Join(said, ",")+"}" == labels {
				if got := m.GetGauge().GetValue() + m.GetCounter().GetValue(); got != want {
					r.Errorf("%s is %v, want %v", series, got, want)
				}
				return
			}
		}
	}
	r.Errorf("there is no series %s", series)
}

func TestARefusalIsSetAsideInThePlatformsWordsAndBlocksNobody(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.National.Concurrency = 1
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Refuse, Word: "terlarang", Message: "Isi laporan tidak dapat diterima"})
		r.start()
		bad := report(1)
		bad.Text = "Kata terlarang di Midai"
		refs := r.takeIn(bad, report(2), report(3))
		story := r.until(refs[0], store.Dead)
		if !strings.Contains(story.Detail, "tidak dapat diterima") || story.Reason != string(retry.Rejected) || story.Attempts != 1 {
			t.Errorf("set aside after %d attempts with %q", story.Attempts, story.Detail)
		}
		r.until(refs[1], store.Done)
		r.until(refs[2], store.Done)
		pass(10 * time.Second)
		r.metric(`deliveries{state="dead"}`, 1)
		r.metric(`delivery_attempts_total{reason="rejected"}`, 1)
	})
}

func TestADeadGatewaysDeliveryIsTakenOverTwoSecondsAfterItsLeaseAtMost(t *testing.T) {
	bubble(t, func(r *rig) {
		r.sweep = 0
		r.start()
		r.must(r.store.SetPause(r.Context(), store.Pause{Why: "pemeliharaan", Until: time.Now().Add(time.Hour)}))
		ref := r.takeIn(report(1))[0]
		r.until(ref, store.Ready)
		ends := time.Now().Add(time.Minute + 500*time.Millisecond)
		_, err := r.store.Handle().Exec("UPDATE delivery SET state = 'leased', owner = 'sedanau/1', lease_until = $1", ends.UnixMilli())
		r.must(err)
		for r.story(ref).State == store.Leased {
			pass(100 * time.Millisecond)
		}
		if late := time.Since(ends); late < 0 || late > 2*time.Second {
			t.Errorf("it was taken over %s after its lease", late)
		}
	})
}

func TestADeadPlatformIsLeftAloneAndTheBacklogDrains(t *testing.T) {
	bubble(t, func(r *rig) {
		r.faults(simulator.Rule{Fault: simulator.Refused})
		r.start()
		var refs []complaint.Ref
		for n := range 20 {
			refs = append(refs, r.takeIn(report(n))...)
		}
		pass(20 * time.Minute)
		if n := r.sim.Stats().Faults[simulator.Refused]; n > 150 {
			t.Errorf("a dead platform was tried %d times in twenty minutes", n)
		}
		if lines := strings.Count(r.log.String(), "\n"); lines > 100 {
			t.Errorf("%d log lines about one outage", lines)
		}
		r.faults()
		for _, ref := range refs {
			r.until(ref, store.Done)
		}
		r.balanced()
	})
}

func TestADeliveryIsGivenUpByAgeAndNeverBefore(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Delivery.GiveUpAfter = config.Duration(20 * time.Minute)
		r.cfg.Delivery.Backoff.Max = config.Duration(2 * time.Minute)
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.Unavailable})
		r.start()
		ref := r.takeIn(report(1))[0]
		pass(18 * time.Minute)
		if story := r.story(ref); story.State == store.Dead {
			t.Error("given up early")
		}
		pass(7 * time.Minute)
		if story := r.story(ref); story.State != store.Dead || story.Reason != string(retry.TooOld) || !strings.Contains(story.Detail, "503") {
			t.Errorf("%s (%s: %s)", story.State, story.Reason, story.Detail)
		}
	})
}

func TestAnOpenOutcomeIsNeverGivenUpForDead(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Delivery.MaxAttempts = 2
		r.faults(
			simulator.Rule{Call: simulator.CallCreate, Fault: simulator.CloseAfter},
			simulator.Rule{Call: simulator.CallSearch, Fault: simulator.Unavailable},
		)
		r.start()
		ref := r.takeIn(report(1))[0]
		r.until(ref, store.Held)
		if n := r.atPlatform(ref); n != 1 {
			t.Errorf("it is %d times at the platform", n)
		}
		r.faults()
		r.must(r.store.Retry(r.Context(), ref))
		r.until(ref, store.Done)
		if n := r.atPlatform(ref); n != 1 {
			t.Errorf("retried, it is %d times at the platform", n)
		}
	})
}

// clumsy is a platform whose code fails on one complaint.
type clumsy struct{ national.Submitter }

func (c clumsy) Submit(ctx context.Context, s national.Submission, j national.Journal) (national.Ticket, error) {
	if strings.Contains(s.Complaint.Text, "panik") {
		var nothing map[string]int
		nothing["x"] = 1
	}
	return c.Submitter.Submit(ctx, s, j)
}

func TestAPanicIsContainedAndBounded(t *testing.T) {
	bubble(t, func(r *rig) {
		r.wrap = func(p national.Platform) national.Platform {
			p.Submit = clumsy{p.Submit}
			return p
		}
		r.start()
		bad := report(1)
		bad.Text = "Warga panik karena ombak"
		refs := r.takeIn(bad, report(2))
		r.until(refs[1], store.Done)
		story := r.until(refs[0], store.Held)
		if story.Reason != string(retry.Panicked) || story.Attempts != 5 {
			t.Errorf("held after %d attempts for %s", story.Attempts, story.Reason)
		}
		if strings.Contains(story.Detail, "ombak") {
			t.Error("the complaint's words are in the operator's detail")
		}
		r.metric(`delivery_attempts_total{reason="panic"}`, 5)
	})
}

// unsure is a lookup that no asking again makes clearer.
type unsure struct{}

func (unsure) Lookup(context.Context, complaint.Ref) (national.Ticket, error) {
	return national.Ticket{}, retry.Never(errors.New("2 complaints of the platform carry this reference"))
}

func TestALookupThatCannotTellIsForAPerson(t *testing.T) {
	bubble(t, func(r *rig) {
		r.wrap = func(p national.Platform) national.Platform {
			p.Lookup = unsure{}
			return p
		}
		r.faults(simulator.Rule{Call: simulator.CallCreate, Fault: simulator.CloseAfter, Next: 1})
		r.start()
		ref := r.takeIn(report(1))[0]
		story := r.until(ref, store.Held)
		if story.Reason != string(retry.CannotTell) || !strings.Contains(story.Detail, "2 complaints") || story.SentAt.IsZero() {
			t.Errorf("held for %s: %s, open since %s", story.Reason, story.Detail, story.SentAt)
		}
		r.must(r.store.ResolveSent(r.Context(), ref, national.Ticket{ID: r.sim.ByMarker(string(ref))[0].ID}, time.Now()))
		pass(time.Minute)
		if heard := r.channel.heard("1"); len(heard) != 1 || heard[0] != complaint.Forwarded {
			t.Errorf("the channel heard %v", heard)
		}
		if n := r.atPlatform(ref); n != 1 {
			t.Errorf("it is %d times at the platform", n)
		}
	})
}
