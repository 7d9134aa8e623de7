package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/store"
)

// delivered is a complaint that is at the platform once.
func delivered(id string, ref complaint.Ref) outcome {
	return outcome{
		told: told{id: id}, source: portalName, sourceID: id, answers: []complaint.Ref{ref},
		story:   store.Story{Entry: store.Entry{Ref: ref, State: store.Done, NationalID: "1000" + id}},
		tickets: []simulator.Complaint{{ID: "1000" + id}},
	}
}

// linked is a complaint that tells another one again and is linked to it.
func linked(id string, ref complaint.Ref, to outcome) outcome {
	o := delivered(id, ref)
	o.repeats, o.tickets = to.id, nil
	o.story = store.Story{Entry: store.Entry{Ref: ref, State: store.Linked}, Primary: to.story.Ref, LinkWhy: "same words"}
	return o
}

// faulty takes four outcomes in order, spoils them, and returns what the report finds.
func faulty(spoil func(all []outcome)) (missing int, wrong []string) {
	first, second := delivered("1", "SP-1"), delivered("2", "SP-2")
	all := []outcome{first, second, linked("3", "SP-3", first), linked("4", "SP-4", second)}
	spoil(all)
	wrong = wrongLinks(all)
	for _, o := range all {
		if w := o.wrong(); w != "" {
			wrong = append(wrong, w)
		}
	}
	return lost(all), wrong
}

func TestTheReportFindsWhatMustNotBe(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(all []outcome)
		lost  int
		wrong string
	}{
		"all is well":              {func([]outcome) {}, 0, ""},
		"unknown to the gateway":   {func(all []outcome) { all[1].story, all[1].answers = store.Story{}, nil }, 2, "tells something else"},
		"never sent":               {func(all []outcome) { all[0].story.State, all[0].tickets = store.Ready, nil }, 2, ""},
		"refused for good":         {func(all []outcome) { all[0].story.State, all[0].tickets = store.Dead, nil }, 2, ""},
		"delivered, and not there": {func(all []outcome) { all[0].tickets = nil }, 2, "SP-1 is at the platform 0 times"},
		"there twice":              {func(all []outcome) { all[1].tickets = append(all[1].tickets, all[1].tickets[0]) }, 0, "SP-2 is at the platform 2 times"},
		"under another id":         {func(all []outcome) { all[1].story.NationalID = "9" }, 0, "SP-2 is at the platform as 10002, not as 9"},
		"answered two references":  {func(all []outcome) { all[1].answers = append(all[1].answers, "SP-9") }, 0, "was answered SP-9"},
		"linked, and there":        {func(all []outcome) { all[2].tickets = all[0].tickets }, 0, "SP-3 is linked, and at the platform"},
		"linked to a stranger":     {func(all []outcome) { all[2].story.Primary = "SP-2" }, 0, "SP-3 is linked to SP-2, which tells something else"},
		"not linked": {func(all []outcome) {
			all[2].story.State, all[2].story.NationalID, all[2].tickets = store.Done, "10003", []simulator.Complaint{{ID: "10003"}}
		}, 0, "SP-3 tells the same as SP-1"},
		"the photo is gone": {func(all []outcome) { all[0].photo = []byte("PNG") }, 0, "SP-1 came with a photo and has 0"},
	} {
		t.Run(name, func(t *testing.T) {
			lost, wrong := faulty(c.spoil)
			if lost != c.lost {
				t.Errorf("%d lost, want %d", lost, c.lost)
			}
			if said := strings.Join(wrong, "; "); (c.wrong == "") != (said == "") || !strings.Contains(said, c.wrong) {
				t.Errorf("it says %q, want %q", said, c.wrong)
			}
		})
	}
}

func TestTheSecondOfTwoMayBeTheOneThatStands(t *testing.T) {
	second := delivered("2", "SP-2")
	first := linked("1", "SP-1", second)
	first.repeats, second.repeats = "", "1"
	if wrong := wrongLinks([]outcome{first, second}); len(wrong) != 0 {
		t.Errorf("it says %q", wrong)
	}
}

func TestThePathOfAComplaintIsReadFromTheTimes(t *testing.T) {
	at := func(second int) time.Time { return someDay.Add(time.Duration(second) * time.Second) }
	for name, c := range map[string]struct {
		attempts []store.Attempt
		created  int
		want     path
		note     string
	}{
		"at the first attempt": {[]store.Attempt{{Started: at(0), Reason: "success"}}, 0, straight, ""},
		"the answer was lost": {
			[]store.Attempt{{Started: at(0), Reason: "reset"}, {Started: at(2), Reason: "success"}}, 1, lookedUp,
			"answer lost (reset), found by lookup",
		},
		"it was never carried out": {
			[]store.Attempt{{Started: at(0), Reason: "server_error"}, {Started: at(2), Reason: "absent"}, {Started: at(4), Reason: "success"}}, 5,
			sentAgain, "proven absent, then sent again",
		},
		"the platform was busy": {
			[]store.Attempt{{Started: at(0), Reason: "throttled"}, {Started: at(2), Reason: "success"}}, 3, waited,
			"platform throttled, sent when it could",
		},
	} {
		o := delivered("1", "SP-1")
		o.story.Attempted = c.attempts
		o.tickets[0].CreatedAt = at(c.created)
		if o.path = o.pathTaken(); o.path != c.want || o.note() != c.note {
			t.Errorf("%s: path %d (%q), want %d (%q)", name, o.path, o.note(), c.want, c.note)
		}
	}
}

func TestANoteSaysAllThatHappened(t *testing.T) {
	primary := delivered("1", "SP-1")
	o := linked("2", "SP-2", primary)
	o.answers = append(o.answers, "SP-2")
	o.photo = []byte("PNG")
	if got, want := o.note(), "sent twice, one ticket, linked to SP-1 (same words), with photo"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheTableShowsSomeOfEachKindAndNoneTwice(t *testing.T) {
	var all []outcome
	for _, id := range []string{"1", "2", "3", "4", "5", "6"} {
		all = append(all, delivered(id, complaint.Ref("SP-"+id)))
	}
	all = append(all, linked("7", "SP-7", all[0]), linked("8", "SP-8", all[1]), linked("9", "SP-9", all[2]))
	all[3].answers = append(all[3].answers, "SP-4")
	all[4].path, all[4].story.Attempted = lookedUp, []store.Attempt{{Reason: "reset"}}
	all[5].source = counterName
	var shown []string
	for _, o := range someOfEach(all) {
		shown = append(shown, string(o.story.Ref))
	}
	if diff := cmp.Diff([]string{"SP-1", "SP-4", "SP-7", "SP-8", "SP-5", "SP-6"}, shown); diff != "" {
		t.Errorf("(-want +shown)\n%s", diff)
	}
}

func TestProgressIsALineNowAndThenWhereThereIsNoTerminal(t *testing.T) {
	var out strings.Builder
	p := newProgress(&out)
	for after := time.Duration(0); after <= 5*time.Second; after += 100 * time.Millisecond {
		p.show(after, scene{}, after == 5*time.Second)
	}
	if lines := strings.Count(out.String(), "\n"); lines != 4 || strings.ContainsAny(out.String(), "\r\x1b") {
		t.Errorf("in 5 s it wrote %d lines, want 4 plain ones:\n%s", lines, out.String())
	}
}

func TestOnATerminalTheLineIsWrittenOver(t *testing.T) {
	var out strings.Builder
	p := &progress{out: &out, live: true}
	p.show(time.Second, scene{}, false)
	p.show(2*time.Second, scene{ledger: store.Ledger{Accepted: 7}}, true)
	if got := out.String(); strings.Count(got, "\r") != 2 || strings.Count(got, "\n") != 1 || !strings.Contains(got, "accepted 7") {
		t.Errorf("it wrote %q", got)
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	d := &demo{regency: regency{portal: make([]told, 3), counter: make([]told, 2), twice: []string{"1"}}}
	done := scene{
		ledger: store.Ledger{Accepted: 5, Delivered: 4, Linked: 1, Refused: counterBad},
		portal: portalCount{sent: 4, ended: 3},
	}
	if missing := d.missing(done); len(missing) != 0 {
		t.Errorf("at its end it misses %q", missing)
	}
	for name, c := range map[string]struct {
		spoil func(*scene)
		want  string
	}{
		"not all answered":      {func(s *scene) { s.portal.sent-- }, "answered with a 2xx: 3 of 4"},
		"too few accepted":      {func(s *scene) { s.ledger.Accepted-- }, "accepted: 4 of 5"},
		"too many accepted":     {func(s *scene) { s.ledger.Accepted++ }, "accepted: 6 of 5"},
		"none set aside":        {func(s *scene) { s.ledger.Refused = 0 }, "set aside: 0 of 2"},
		"one on its way":        {func(s *scene) { s.ledger.Linked-- }, "delivered or linked: 4 of 5"},
		"one has not heard yet": {func(s *scene) { s.portal.ended-- }, "heard how they ended: 2 of 3"},
	} {
		s := done
		c.spoil(&s)
		if missing := d.missing(s); len(missing) != 1 || !strings.Contains(missing[0], c.want) {
			t.Errorf("%s: it misses %q, want %q", name, missing, c.want)
		}
	}
}
