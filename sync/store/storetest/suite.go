package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// Clock is a clock that tests turn by hand.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock starts at a Tuesday morning in Ranai.
func NewClock() *Clock { return &Clock{at: time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)} }

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance turns the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Harness opens one database; a second Open of the same test opens the same database again.
type Harness struct {
	Open    func(t *testing.T, o store.Options) *store.Store
	Gateway int // how many gateways may share the database at once
}

// promise is one promise of the store, and its test.
type promise struct {
	name string
	test func(*testing.T, Harness)
}

// Run runs the suite. fresh gives each test a database of its own.
func Run(t *testing.T, fresh func(t *testing.T) Harness) {
	for _, c := range append(slices.Concat(rereadings(), listings(), duplicates(), mergings(), mendings(), through(), conversations(), wrongClocks(), patience(), standings(), births()), []promise{
		{"what is kept is there after reopening", keepSurvives},
		{"a known complaint is answered with its reference and stored once", keepOnce},
		{"changed content is a revision and forwarded once", keepRevision},
		{"another complaint under a known id is refused where ids may begin anew", refusesSameID},
		{"a page and its cursor are one transaction", cursorIsAtomic},
		{"another complaint under a known id can be kept beside it", keepsBeside},
		{"a refusal is recorded once", refusalOnce},
		{"many at once are each kept once", keepConcurrently},
		{"a decision routes and readies", decideRoutes},
		{"a resubmission is linked and its channel catches up", decideLinks},
		{"a dead primary frees the linked", deadPrimaryFreesLinked},
		{"a follow-up waits for its primary's ticket and is told once", followUpWaitsForItsTicket},
		{"a follow-up of a secret complaint is secret", followUpOfASecretOneIsSecret},
		{"a follow-up lost by its gateway is another's, begun or not", followUpLease},
		{"a follow-up whose link was undone is told nowhere", followUpUnlinked},
		{"a follow-up is told on the ticket of the next primary", followUpOfTheNextPrimary},
		{"a follow-up of a closed complaint goes on alone", followUpGoesAlone},
		{"what is added to a closed complaint goes on alone and says so", additionGoesAlone},
		{"an operator's orders about a follow-up", followUpOrders},
		{"a follow-up of what a list named can be read and resolved", followUpOfAListedOne},
		{"what the platform refuses to be told a person adds by hand", followUpAddedByHand},
		{"a follow-up that was freed can be linked again", followUpAgain},
		{"a claim is exclusive, ordered and counted before the attempt", claims},
		{"a claim that was not tried starts no patience", notTriedYet},
		{"what is decided while nobody waits is claimed at once", claimedAsDecided},
		{"an id that another complaint has changes nothing", takenID},
		{"newcomers have a turn of their own", newcomersTurn},
		{"a lost lease settles nothing", lostLease},
		{"a crash with a request under way becomes unknown, without one ready", rescues},
		{"a step that succeeded is remembered", stepsSurvive},
		{"a release is not an attempt", releaseUncounted},
		{"events are recorded once and told in order", eventsOnce},
		{"what is told again after a crash says the very same", retoldWordForWord},
		{"what a channel could not bring to its person is given up", undelivered},
		{"events out of order say nothing twice", unorderedEvents},
		{"a channel that cannot be told is kept no news for", untellableSource},
		{"news is kept for a channel that only another gateway has, or none just now", keptForTheAbsent},
		{"a channel that is gone for good is told nothing more", retired},
		{"an illegal move is recorded and told to nobody", illegalMove},
		{"the last that is told is where the platform says it stands", lastToldIsTrue},
		{"an event without a time is told with that of its arrival", eventWithoutTime},
		{"a final status is never asked about again", finalIsFinal},
		{"a final status keeps the platform's word for it", finalKeepsItsWord},
		{"an answer that comes after its hold changes nothing", staleAnswer},
		{"a named lease has one owner and moves", namedLease},
		{"a pause ends at its time", pauseEnds},
		{"an operator's orders keep the ledger", operatorOrders},
		{"the audit finds what a sum would hide", auditFinds},
		{"another source reads nothing", lastChangeIsPrivate},
		{"a lease nobody works on runs out", renewsOnlyNamed},
		{"what an operator retries is looked up or decided first", retriesSafely},
		{"what an operator retries is routed anew when it never was at the platform", retriesElsewhere},
		{"news that was given up can be retried", retriesNews},
		{"news is told in order when the clock steps back", newsInOrderOfTheirNumbers},
		{"a complaint that cannot be read or judged stops no other", unreadableStopsNobody},
		{"a primary that dies meanwhile gets no duplicate", dyingPrimary},
		{"what the database undoes for two that wait for each other is run again", runsAVictimAgain},
		{"a database that takes nothing answers everybody soon", busyDatabase},
		{"personal data is sealed at rest", sealsPersonalData},
		{"what a person finds at the platform is still handed over", foundIsHandedOver},
		{"what a list has is done and asked about by no wrong id", listedIsDone},
		{"what a list lacks is sent again, unless it moved on", unlistedIsReady},
		{"what a list may have and was never sent is held, whatever it waits for", mayBeListedIsHeld},
		{"a list's status is told once and leaves the next question alone", listedStatusOnce},
	}...) {
		t.Run(c.name, func(t *testing.T) { c.test(t, fresh(t)) })
	}
}

func report(n int) complaint.Complaint {
	return complaint.Complaint{SourceID: fmt.Sprint(n), Title: "Lampu jalan", Text: fmt.Sprintf("Lampu jalan nomor %d di Ranai mati", n), Class: complaint.Ordinary}
}

func judge(c complaint.Complaint) store.Decision {
	return store.Decision{Agency: "21030", Category: "15", Rule: -1, Why: "fallback: no rule matched"}
}

func judgeByText(c complaint.Complaint) store.Decision {
	return comparedBy(c, sameWords)
}

// comparedBy is a decision about a complaint that is found by its words, put where a print has who reports: what is tested
// here is how the store finds and ties, whatever a print is.
func comparedBy(c complaint.Complaint, judge func(dedup.Print, []dedup.Earlier) dedup.Verdict) store.Decision {
	d := store.Decision{Agency: "21030", Category: "15", Rule: -1, Why: "fallback: no rule matched"}
	d.Print = &dedup.Print{At: c.OccurredAt(), Reporters: []string{"text " + c.Text}}
	d.By = &store.Comparison{Window: 24 * time.Hour, ReviewWait: 4 * time.Hour, Judge: judge}
	return d
}

// sameWords links what is told in the same words within an hour.
func sameWords(later dedup.Print, among []dedup.Earlier) dedup.Verdict {
	for _, a := range among {
		if a.Print.Reporters[0] == later.Reporters[0] && later.At.Sub(a.Print.At).Abs() <= time.Hour {
			return dedup.Verdict{Answer: dedup.Link, Kind: dedup.Resubmission, Earlier: a.Ref, Score: 0.99, For: []dedup.Evidence{{Code: "words"}}}
		}
	}
	return dedup.Verdict{Answer: dedup.New}
}

type world struct {
	*testing.T
	*store.Store
	clock *Clock
}

func open(t *testing.T, h Harness, clock *Clock, owner string) world {
	t.Helper()
	return world{t, h.Open(t, store.Options{Owner: owner, Now: clock.Now, LeasesByNow: true}), clock}
}

// begin opens a store whose portal is told what becomes of its complaints.
func begin(t *testing.T, h Harness) world {
	t.Helper()
	w := open(t, h, NewClock(), "natuna/1")
	w.must(w.Listen(t.Context(), []string{"portal"}, nil))
	return w
}

func (w world) keep(complaints ...complaint.Complaint) []store.Kept {
	w.Helper()
	kept, err := w.Keep(w.Context(), store.Page{Source: "portal", Complaints: complaints})
	if err != nil {
		w.Fatal(err)
	}
	return kept
}

func (w world) decideAll(judge func(complaint.Complaint) store.Decision) []store.Decided {
	w.Helper()
	decided, err := w.Decide(w.Context(), 100, judge, store.Appetite{})
	if err != nil {
		w.Fatal(err)
	}
	return decided
}

func (w world) claim(most int) []store.Claim {
	w.Helper()
	var claims []store.Claim
	for _, work := range w.claimWork(most) {
		claims = append(claims, work.Claim)
	}
	return claims
}

func (w world) claimWork(most int) []store.Work {
	w.Helper()
	works, err := w.ClaimDue(w.Context(), store.Appetite{Most: most, Lease: 30 * time.Second}, store.Turn{})
	w.must(err)
	for _, work := range works {
		w.must(work.Err)
	}
	return works
}

func (w world) stepDone(c store.Claim, step national.Step, result string, ticket national.Ticket) error {
	return w.StepDone(w.Context(), c, store.Succeeded{Step: step, Began: w.clock.Now(), Result: result, Ticket: ticket})
}

func (w world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w world) state(ref complaint.Ref, want store.State) store.Story {
	w.Helper()
	story, err := w.Story(w.Context(), ref)
	w.must(err)
	if story.State != want {
		w.Errorf("%s is %s (%s: %s), want %s", ref, story.State, story.Reason, story.Detail, want)
	}
	return story
}

func (w world) ledger(want store.Ledger) {
	w.Helper()
	got, err := w.Audit(w.Context())
	w.must(err)
	want.Balanced = true
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.Errorf("ledger %+v, want %+v", got, want)
	}
}

// deliver takes one complaint all the way to the platform.
func (w world) deliver(ref complaint.Ref, id string) {
	w.Helper()
	for _, c := range w.claim(100) {
		if c.Ref != ref {
			w.must(w.Settle(w.Context(), c, store.Settlement{State: store.Ready, Due: w.clock.Now(), Uncounted: true}))
			continue
		}
		create := national.Step{Name: national.StepCreate}
		w.must(w.Begin(w.Context(), c, create))
		w.must(w.Settle(w.Context(), c, store.Settlement{
			State: store.Done, Reason: retry.Success, Ticket: national.Ticket{ID: id},
			News: store.Forwarded{SyncAt: w.clock.Now().Add(5 * time.Minute)},
		}))
		return
	}
	w.Fatalf("%s cannot be claimed", ref)
}
