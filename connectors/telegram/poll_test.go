package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/connectors/telegram/botapi"
	"github.com/satupintu/satupintu/sync/retry"
)

func TestAnUpdateIsConfirmedByThePollAfterItWasKept(t *testing.T) {
	r := newRig(t)
	r.sim.Write(warga(), says("satu"))
	r.sim.Write(warga(), says("dua"))
	first := r.poll("")
	if again := r.poll(""); texts(again) != "satu | dua" || again.Next != first.Next {
		t.Errorf("a page that was not kept comes again as %q, next %q", texts(again), again.Next)
	}
	if r.sim.Waiting() != 2 {
		t.Errorf("before the cursor was used %d updates wait at Telegram", r.sim.Waiting())
	}
	r.sim.Write(warga(), says("tiga"))
	if later := r.poll(first.Next); texts(later) != "tiga" || r.sim.Waiting() != 1 {
		t.Errorf("from the cursor comes %q; %d wait", texts(later), r.sim.Waiting())
	}
}

func TestALongBacklogComesInPages(t *testing.T) {
	r := newRig(t)
	for i := range 2*mostPage + 7 {
		r.sim.Write(warga(), says(fmt.Sprint(i)))
	}
	var got []int
	from := connectors.Cursor("")
	for more := true; more; {
		page := r.poll(from)
		got, from, more = append(got, len(page.Messages)), page.Next, page.More
	}
	if !slices.Equal(got, []int{100, 100, 7}) {
		t.Errorf("pages of %v", got)
	}
}

// After a week without updates Telegram's ids begin elsewhere, here far lower.
func TestIDsThatBeginAnewLoseNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.sim.Write(warga(), says("sebelum"))
		before := r.poll("")
		r.poll(before.Next)
		<-time.After(8 * 24 * time.Hour)
		r.sim.Write(warga(), says("satu"))
		r.sim.Write(warga(), says("dua"))
		after := r.poll(before.Next)
		if texts(after) != "satu | dua" || len(after.Next) > len(before.Next) || after.Next == before.Next {
			t.Fatalf("from %s comes %q, next %s", before.Next, texts(after), after.Next)
		}
		r.sim.Write(warga(), says("tiga"))
		if last := r.poll(after.Next); texts(last) != "tiga" {
			t.Errorf("then comes %q", texts(last))
		}
	})
}

func TestWhatIsLeftAloneIsConfirmedToo(t *testing.T) {
	r := newRig(t)
	r.sim.Write(warga(), botapi.Fields{"poll": botapi.Fields{"id": "7"}})
	page := r.poll("")
	if len(page.Messages) != 0 || page.Next == "" {
		t.Fatalf("got %+v", page)
	}
	if r.poll(page.Next); r.sim.Waiting() != 0 {
		t.Errorf("%d updates wait for ever", r.sim.Waiting())
	}
}

func TestAnUnreadableMessageIsSetAsideAndTheRestGoesOn(t *testing.T) {
	r := newRig(t)
	r.sim.Write(warga(), says("satu"))
	id := r.sim.Update(botapi.Fields{"message": botapi.Fields{"text": "RAHASIA"}})
	r.sim.Write(warga(), says("dua"))
	page := r.poll("")
	if texts(page) != "satu | dua" || len(page.SetAside) != 1 || page.Next != connectors.Cursor(fmt.Sprint(id+2)) {
		t.Fatalf("got %q, %+v, next %s", texts(page), page.SetAside, page.Next)
	}
	aside := page.SetAside[0]
	if aside.SourceID != fmt.Sprint(id) || aside.Reason != connectors.Unreadable || strings.Contains(aside.Detail, "RAHASIA") || !strings.Contains(string(aside.Raw), "RAHASIA") {
		t.Errorf("set aside: %+v", aside)
	}
}

func TestAnAnswerThatHoldsNoUpdatesIsAnError(t *testing.T) {
	for _, body := range []string{`{"ok":true,"result":[{"message":{}}]}`, `{"ok":true,"result":{}}`, `{"ok":true}`, `{}`, `[]`, ``, `{"ok":true,"result":["x"]}`} {
		r := newRig(t)
		r.sim.Fail("getUpdates", botapi.Fault{Body: body + " "})
		if page, err := r.Poll(t.Context(), "7"); err == nil || page.Next != "" {
			t.Errorf("%q is taken for a page: %+v", body, page)
		}
	}
}

func TestALongPollWaitsAndWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(s *Settings) { s.Wait = config.Duration(25 * time.Second) })
		began := time.Now()
		if page := r.poll("7"); page.Next != "7" || len(page.Messages) != 0 || time.Since(began) != 25*time.Second {
			t.Errorf("after %s: %+v", time.Since(began), page)
		}
		began = time.Now()
		go func() {
			<-time.After(3 * time.Second)
			r.sim.Write(warga(), says("ada"))
		}()
		if page := r.poll(""); texts(page) != "ada" || time.Since(began) != 3*time.Second {
			t.Errorf("after %s: %q", time.Since(began), texts(page))
		}
	})
}

func TestALongPollEndsAtOnceWhenWeStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(s *Settings) { s.Wait = config.Duration(50 * time.Second) })
		for _, fault := range []botapi.Fault{{}, {Hang: true}} {
			r.sim.Always("getUpdates", fault)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(2*time.Second, cancel)
			began := time.Now()
			_, err := r.Poll(ctx, "")
			if !errors.Is(err, context.Canceled) || time.Since(began) != 2*time.Second {
				t.Errorf("after %s: %v", time.Since(began), err)
			}
			cancel()
		}
	})
}

func TestAPollThatIsNeverAnsweredEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(s *Settings) { s.Wait = config.Duration(25 * time.Second) })
		r.sim.Always("getUpdates", botapi.Fault{Hang: true})
		began := time.Now()
		if _, err := r.Poll(t.Context(), ""); err == nil || time.Since(began) != 25*time.Second+callTimeout {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

func TestTwoPollersAreToldOfEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(s *Settings) { s.Wait = config.Duration(25 * time.Second) })
		first := make(chan error)
		go func() {
			_, err := r.Poll(t.Context(), "")
			first <- err
		}()
		synctest.Wait()
		go r.Poll(t.Context(), "")
		if err := <-first; err == nil || !strings.Contains(err.Error(), "another program asks for this bot's updates") || retry.Of(err).Verdict != retry.Transient {
			t.Errorf("the first poll ends with %v", err)
		}
		synctest.Wait()
		<-time.After(30 * time.Second)
	})
}

func TestAWebhookBesidePollingIsExplained(t *testing.T) {
	r := newRig(t)
	setWebhook(t, r.sim, "https://aduan.natuna.example/in/telegram")
	_, err := r.Poll(t.Context(), "")
	if err == nil || !strings.Contains(err.Error(), "a webhook is set for this bot") || retry.Of(err).Verdict != retry.Transient {
		t.Errorf("Poll says %v", err)
	}
	said, err := r.Check(t.Context())
	if err == nil || !strings.Contains(err.Error(), "a webhook is set for this bot, to aduan.natuna.example") {
		t.Errorf("Check says %q, %v", said, err)
	}
}

func TestACursorOfAnotherKindIsRefused(t *testing.T) {
	r := newRig(t)
	for _, cursor := range []connectors.Cursor{"x", "7 8", "-1", "0", "1.5"} {
		if _, err := r.Poll(t.Context(), cursor); err == nil || !strings.Contains(err.Error(), "the cursor is not one of a telegram connector") {
			t.Errorf("%q: %v", cursor, err)
		}
	}
	if r.sim.Calls("getUpdates") != 0 {
		t.Errorf("Telegram was asked %d times with a cursor that is none", r.sim.Calls("getUpdates"))
	}
}

func TestAnUpdateThatComesAgainIsTheSame(t *testing.T) {
	r := newRig(t)
	r.sim.Write(warga(), botapi.Fields{"caption": "Jalan rusak", "photo": r.sim.Photo([]byte(strings.Repeat("natuna", 100)))})
	first, again := r.poll(""), r.poll("")
	if len(first.Messages) != 1 || first.Messages[0].ID != again.Messages[0].ID {
		t.Errorf("the same update is %+v and %+v", first.Messages, again.Messages)
	}
}

// Whatever answers in Telegram's place, a page is a page or there is an error, and no update is passed over.
func FuzzAnswer(f *testing.F) {
	f.Add(200, []byte(`{"ok":true,"result":[`+written(`"text":"a"`)+`]}`))
	f.Add(200, []byte(`{"ok":true,"result":[{"update_id":3,"message":7},{"update_id":2,"poll":{}}]}`))
	f.Add(429, []byte(`{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":9}}`))
	f.Add(502, []byte(`<html>`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		status = 200 + (status%400+400)%400
		answers := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write(body)
		})
		env := connectors.Env{Name: "telegram", Zone: time.UTC, Log: slog.New(slog.DiscardHandler), Transport: inProcess{answers}, Files: &connectortest.Shelf{}}
		s := defaults()
		s.Token = config.NewSecret(token)
		c := newConnector(env, s)
		page, err := c.Poll(t.Context(), "7")
		if err != nil {
			if page.Next != "" || len(page.Messages)+len(page.SetAside) > 0 || strings.Contains(err.Error(), token[11:]) {
				t.Errorf("%v beside %+v", err, page)
			}
		} else if next, bad := readCursor(page.Next); bad != nil || next < 1 || status/100 != 2 {
			t.Errorf("%d gives the cursor %q", status, page.Next)
		}
		if kept, err := c.Fetch(t.Context(), connectors.Media{ID: "a"}); err == nil && kept.Size != int64(len(body)) {
			t.Errorf("of %d bytes %d are kept", len(body), kept.Size)
		}
	})
}
