package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/store"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

func spokenOn(source string, within time.Duration, senders ...string) store.Page {
	page := store.Page{Source: source, Joining: store.Joining{Within: within, Longest: 5 * within}}
	for _, sender := range senders {
		page.Messages = append(page.Messages, connectors.Message{ID: "of " + sender, Sender: sender, Text: "Lampu di Midai mati"})
	}
	return page
}

// Each page of a group has its messages counted and its senders looked at in its own time.
func TestPagesThatAreKeptTogetherAreEachHeard(t *testing.T) {
	overStores(t, func(t *testing.T, dsn string) {
		clock := storetest.NewClock()
		s := opener(dsn)(t, store.Options{Owner: "natuna/1", Now: clock.Now, LeasesByNow: true})
		pages := []store.Page{
			spokenOn("wa", time.Minute, "siti", "budi"), spokenOn("sms", time.Hour, "siti"), spokenOn("wa", time.Minute, "andi", "budi", "andi"),
		}
		for _, want := range [][]int{{2, 1, 1}, {0, 0, 0}} {
			if heard, err := s.KeepTogether(t.Context(), pages...); err != nil || !slices.Equal(heard, want) {
				t.Errorf("of the pages %v messages are new (%v), want %v", heard, err, want)
			}
		}
		for source, want := range map[string]time.Duration{"wa": time.Minute, "sms": time.Hour} {
			if due, err := s.NextTalk(t.Context(), source); err != nil || due.Sub(clock.Now()) != want {
				t.Errorf("on %s somebody is due at %v (%v), want in %s", source, due, err, want)
			}
		}
		if l, err := s.Audit(t.Context()); err != nil || !l.Balanced || l.Messages != (store.Messages{Heard: 4, Waiting: 4}) {
			t.Errorf("the audit finds %+v, %v", l, err)
		}
	})
}

// Two gateways whose groups bring the same senders in other orders never wait for each other in a circle: whoever waits for
// one sender holds none that comes after.
func TestPagesThatAreKeptTogetherLockSendersInOneOrder(t *testing.T) {
	s := opener(storetest.StartPostgres(t).Database(t))(t, store.Options{Owner: "natuna/1"})
	if _, err := s.KeepTogether(t.Context(), spokenOn("sms", time.Minute, "andi"), spokenOn("wa", time.Minute, "andi", "siti")); err != nil {
		t.Fatal(err)
	}
	again := func(source, sender string) store.Page {
		page := spokenOn(source, time.Minute, sender)
		page.Messages[0].ID = "again of " + sender
		return page
	}
	other, err := s.Handle().BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback() }() // where the test failed
	if _, err := other.Exec("SELECT 1 FROM talk WHERE source = 'sms' FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	kept := make(chan error, 1)
	go func() {
		_, err := s.KeepTogether(context.WithoutCancel(t.Context()), again("wa", "siti"), again("wa", "andi"), again("sms", "andi"))
		kept <- err
	}()
	waitUntilBlocked(t, s, 1)
	for _, sender := range []string{"andi", "siti"} {
		if _, err := other.Exec("SELECT 1 FROM talk WHERE source = 'wa' AND sender = $1 FOR UPDATE NOWAIT", sender); err != nil {
			t.Fatalf("who waits for a sender on sms holds %s on wa: %v", sender, err)
		}
	}
	if err := other.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-kept; err != nil {
		t.Error(err)
	}
}

// Messages that another gateway takes in at the same moment are waited for in one order too.
func TestPagesThatAreKeptTogetherLockMessagesInOneOrder(t *testing.T) {
	s := opener(storetest.StartPostgres(t).Database(t))(t, store.Options{Owner: "natuna/1"})
	other, err := s.Handle().BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback() }() // where the test failed
	insert := func(id string) error {
		_, err := other.Exec(fmt.Sprintf(`INSERT INTO message (source, id, sender, arrived, state, ref, received_at, content, files, raw_type, raw)
			VALUES ('sms', '%s', 'andi', '', 'waiting', '', 0, '{}', '', '', '')`, id))
		return err
	}
	if err := insert("of andi"); err != nil {
		t.Fatal(err)
	}
	kept := make(chan error, 1)
	go func() {
		_, err := s.KeepTogether(context.WithoutCancel(t.Context()), spokenOn("sms", time.Minute, "siti"), spokenOn("sms", time.Minute, "andi"))
		kept <- err
	}()
	waitUntilBlocked(t, s, 1)
	// Sooner than the server looks for a circle and ends one of the two.
	if _, err := other.Exec("SET LOCAL lock_timeout = '500ms'"); err != nil {
		t.Fatal(err)
	}
	if err := insert("of siti"); err != nil {
		t.Fatalf("who waits for one message holds one that comes after: %v", err)
	}
	if err := other.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-kept; err != nil {
		t.Error(err)
	}
}

// waitUntilBlocked waits until so many wait for locks of the database.
func waitUntilBlocked(t *testing.T, s *store.Store, many int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for waiting := 0; ; {
		if err := s.Handle().GetContext(ctx, &waiting, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"); err != nil {
			t.Fatal(err)
		}
		if waiting >= many {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%d wait for a lock, want %d", waiting, many)
		}
	}
}
