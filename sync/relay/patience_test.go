package relay

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestADecisionGoesOnAloneOnlyAfterItFailedForLongBesideADatabaseThatAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p patience
		ends := func(want bool, waited time.Duration, answer error) {
			t.Helper()
			if got := p.ends(func() (time.Duration, error) { return waited, answer }); got != want {
				t.Errorf("it ends %v, want %v", got, want)
			}
		}
		pass := func(d time.Duration) { <-time.After(d) }

		ends(false, 49*time.Hour, nil) // as a clock says that was set ahead
		pass(20 * time.Second)
		ends(false, 49*time.Hour, nil)
		p.rests(true) // it works in between
		pass(20 * time.Second)
		ends(false, 49*time.Hour, nil)
		pass(31 * time.Second)
		ends(false, 5*time.Second, nil) // nobody waits for long
		ends(true, 31*time.Second, nil)
		ends(true, 31*time.Second, nil) // the next one need not wait as long again
		p.rests(false)                  // nobody waits
		ends(false, 49*time.Hour, nil)
		p.rests(true)

		ends(false, 0, errors.New("the database is away"))
		pass(time.Hour)
		ends(false, time.Hour, nil) // it came back, and was not asked since
		ends(true, time.Hour, nil)
	})
}
