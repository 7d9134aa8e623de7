package relay_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// A channel may say only later that it could not bring an answer to its person.
func TestWhatDidNotReachItsPersonIsShownToTheOperatorAndToldAgainWhenTheySaySo(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		r.start()
		r.hears(says("m1", siti, "Jalan ke Midai longsor"), says("b1", budi, "halo"))
		pass(2 * time.Minute)
		ref, told := r.filedOne().Ref, c.last(siti)
		if told.Key != string(ref)+"-1" || len(c.heard(siti)) != 2 {
			t.Fatalf("told was %+v", told)
		}
		_, err := r.relay.Receive(r.Context(), "wa", connectors.Received{Undelivered: []connectors.Undelivered{
			{Key: told.Key, Detail: "she blocks the number"}, {Key: c.last(budi).Key, Detail: "a question"}, {Key: "SP-"}, {Key: told.Key + "x"},
		}})
		r.must(err)
		untold, err := r.store.NotTold(r.Context(), 10)
		r.must(err)
		if len(untold) != 1 || untold[0].Ref != ref || untold[0].Seq != 1 || untold[0].State != store.Dead || untold[0].Detail != "she blocks the number" {
			t.Errorf("shown as not told is %+v", untold)
		}
		pass(time.Hour)
		if c.repeats != 0 {
			t.Error("it was told again by itself")
		}
		r.must(r.store.Retry(r.Context(), ref))
		pass(time.Minute)
		if untold, err := r.store.NotTold(r.Context(), 10); err != nil || len(untold) != 0 || c.repeats != 1 {
			t.Errorf("after the operator's order: not told is %+v, %v, and %d were told again", untold, err, c.repeats)
		}
		r.balanced()
	})
}

func TestAChannelThatCannotSpeakLosesNoComplaint(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		c.refuse = retry.Because(errors.New("the gateway of the operator is down"), retry.Unavailable)
		r.start()
		r.hears(says("m1", siti, "Jalan ke Midai longsor"), says("b1", budi, "halo"))
		pass(10 * time.Minute)
		r.ticket(r.filedOne().Ref)
		c.mu.Lock()
		c.refuse = nil
		c.mu.Unlock()
		r.off(3 * time.Hour)
		pass(2 * time.Minute)
		if told := c.heard(siti); len(told) != 2 || !strings.Contains(told[0], "sudah kami terima") || len(c.heard(budi)) != 1 {
			t.Errorf("they were told %q and %q", told, c.heard(budi))
		}
		r.balanced()
	})
}

func TestWhoIsToBeAskedOnAChannelThatIsAwayWaitsForItAlone(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Delivery.Breaker = config.Breaker{Failures: 2, OpenFor: config.Duration(time.Hour)}
		c := newChat(r)
		c.refuse = away()
		r.start()
		const people = 20
		for i := range people {
			r.hears(says(fmt.Sprintf("m%d", i), fmt.Sprintf("6281270005%02d", i), "halo"))
		}
		pass(50 * time.Minute)
		if lines := strings.Count(r.log.String(), "could not be looked at"); lines < 2 || lines > 5 {
			t.Errorf("%d lines of log about one trouble:\n%s", lines, r.log.String())
		}
		c.mu.Lock()
		c.refuse = nil
		c.mu.Unlock()
		pass(15 * time.Minute)
		asked := 0
		for i := range people {
			asked += len(c.heard(fmt.Sprintf("6281270005%02d", i)))
		}
		if asked != people {
			t.Errorf("soon after the channel may be told something again %d of %d are asked", asked, people)
		}
		r.balanced()
	})
}

// Dying at every moment loses nothing, files nothing twice and says nothing in two ways.
func TestADeathAtAnyMomentOfAConversationChangesNothing(t *testing.T) {
	points := append(relay.TalkPoints(), relay.BeforeKeep, relay.AfterKeep, relay.BeforeTell, relay.BeforeTold, relay.AfterTell)
	for _, point := range points {
		t.Run(string(point), func(t *testing.T) {
			bubble(t, func(r *rig) {
				c := newChat(r)
				m := &meddler{point: point, left: 1, reached: map[string]int{}}
				r.at = m.at
				r.start()
				lives := func(d time.Duration) {
					for began := time.Now(); time.Since(began) < d; pass(time.Second) {
						if m.buried() {
							r.crash()
							r.start()
						}
					}
				}
				sent := func(messages ...connectors.Message) {
					r.Helper()
					done := make(chan error, 1)
					gateway := r.relay
					go func() { // a gateway that dies answers nobody; the channel sends again
						_, err := gateway.Receive(context.Background(), "wa", connectors.Received{Messages: messages})
						done <- err
					}()
					lives(5 * time.Second)
					select {
					case err := <-done:
						if err == nil {
							return
						}
					default:
					}
					r.hears(messages...)
				}
				sent(says("b1", budi, "halo"))
				sent(says("m1", siti, "Lampu jalan di Ranai mati"), shows("m2", siti, "foto", "satu"))
				lives(20 * time.Minute)
				if m.left > 0 {
					t.Fatalf("nobody came to %s", point)
				}
				got := r.ticket(r.filedOne().Ref)
				if len(got.Attachments) != 2 {
					t.Errorf("it arrived with %d files", len(got.Attachments))
				}
				if told := c.heard(siti); len(told) != 2 || len(c.heard(budi)) != 1 {
					t.Errorf("they read %q and %q", told, c.heard(budi))
				}
				if l := r.balanced(); l.Messages != (store.Messages{Heard: 3, Joined: 2, Asked: 1}) {
					t.Errorf("messages %+v", l.Messages)
				}
			})
		})
	}
}

func TestAStopInTheMiddleOfAConversationLosesNothing(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		c.fetching = 5 * time.Second
		r.start()
		r.hears(says("m1", siti, "Lampu jalan di Ranai mati"), shows("m2", siti, "foto"))
		pass(63 * time.Second) // it is being fetched
		r.halt()
		r.start()
		pass(5 * time.Minute)
		if got := r.ticket(r.filedOne().Ref); len(got.Attachments) != 1 {
			t.Errorf("it arrived with %d files", len(got.Attachments))
		}
		r.balanced()
	})
}

// By the time it wakes the person has said what it is about.
func TestAGatewayFrozenPastItsLeaseAsksNothing(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		frozen := false
		r.at = func(p relay.Point) {
			if p == relay.BeforeAsk && !frozen {
				frozen = true
				<-time.After(r.cfg.Delivery.Lease.D() + 2*time.Minute)
			}
		}
		r.start()
		r.hears(says("m1", siti, "halo"))
		pass(65 * time.Second)
		r.hears(says("m2", siti, "Jalan ke Midai longsor"))
		pass(r.cfg.Delivery.Lease.D() + 5*time.Minute)
		r.ticket(r.filedOne().Ref)
		if told := c.heard(siti); !frozen || len(told) == 0 || !strings.Contains(told[0], "sudah kami terima") || c.repeats != 0 {
			t.Errorf("frozen: %t; she read %q", frozen, told)
		}
		r.balanced()
	})
}

func TestMessagesOfAChannelThatCannotAnswerAreNotAcknowledged(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		_, err := r.relay.Receive(r.Context(), "portal", connectors.Received{Messages: []connectors.Message{says("m1", siti, "halo")}})
		if err == nil {
			t.Error("messages were taken in that nobody will look at")
		}
	})
}

// A messenger that is refused sends the same again, and with it what is fit.
func TestAnUnfitMessageIsSetAsideAndStopsNoOther(t *testing.T) {
	bubble(t, func(r *rig) {
		newChat(r)
		r.start()
		north := 99.0
		for field, m := range map[string]connectors.Message{
			"sender": {ID: "m1", Text: "Lampu mati"}, "id": {Sender: siti, Text: "Lampu mati"},
			"text":      {ID: "m1", Sender: siti, Text: strings.Repeat("x", complaint.MaxText+1)},
			"place.lat": {ID: "m1", Sender: siti, Place: complaint.Place{Lat: &north, Long: &north}},
		} {
			m.Raw.Body = []byte(field)
			r.hears(m, says("fit", budi, "Air keruh"))
			refused, err := r.store.Refusals(r.Context(), 10)
			r.must(err)
			if !slices.ContainsFunc(refused, func(s store.RefusalSeen) bool { return strings.HasPrefix(s.Detail, field+":") }) {
				t.Errorf("%s: set aside is %+v", field, refused)
			}
		}
		if l := r.balanced(); l.Messages.Heard != 1 || l.Refused != 4 {
			t.Errorf("%+v", l)
		}
		r.metric(`intake_refused_total{connector="wa",reason="bad_field"}`, 4)
	})
}

// receives stands for the ability to take requests, which tests do by themselves.
type receives struct{}

func (receives) Receive(*http.Request) (connectors.Received, error) {
	return connectors.Received{}, nil
}
