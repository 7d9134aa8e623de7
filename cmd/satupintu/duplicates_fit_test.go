package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/dedup/trial"
	"github.com/satupintu/satupintu/sync/store"
)

// taught is a learning with invented decisions on a real shelf of models.
func taught(t *testing.T) (learning, storedModels) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{DSN: "sqlite:" + t.TempDir() + "/natuna.db"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	e := dedup.NewEngine(trial.Ready(dedup.Options{}))
	var decided []trial.Decided
	var prints []trial.Printed
	at := time.Now().Add(-30 * 24 * time.Hour)
	for i, c := range trial.Invented(30, 3) {
		c.ReportedAt = at.Add(time.Duration(i) * time.Hour)
		again := c
		again.Text, again.ReportedAt = strings.ToLower(again.Text)+" masih begitu sampai sekarang pak", c.ReportedAt.Add(20*time.Minute)
		same := i%2 == 0
		if !same {
			again.Place = complaint.Place{Address: "Jl. Lain No. 99, Kelurahan Serasan, Kecamatan Serasan"}
		}
		d := trial.Decided{Earlier: e.Print(c), Later: e.Print(again), Same: same}
		decided = append(decided, d)
		prints = append(prints, trial.Printed{Ref: complaint.FirstRef(c.ReportedAt), Print: d.Earlier},
			trial.Printed{Ref: complaint.FirstRef(again.ReportedAt), Print: d.Later})
	}
	models := storedModels{s}
	return learning{
		decided: func(context.Context) ([]trial.Decided, error) { return decided, nil },
		prints:  func(context.Context, time.Time) ([]trial.Printed, error) { return prints, nil },
		models:  models,
	}, models
}

func TestAFitChangesNothingUntilItIsSwitchedToAndCanGoBack(t *testing.T) {
	l, models := taught(t)
	inUse := func(want int64) *dedup.Model {
		t.Helper()
		m, number, _, err := models.InUse(t.Context())
		if err != nil || number != want {
			t.Fatalf("model %d, %v; want %d", number, err, want)
		}
		return m
	}
	f := fitFlags{engine: engineFlags{window: 90 * 24 * time.Hour}, most: 2}
	shown, err := f.again(t.Context(), l)
	if err != nil || shown.Labels != 30 || shown.Looked != 60 || shown.Switched != 0 {
		t.Fatalf("%+v, %v", shown, err)
	}
	if was := inUse(0); was.Intercept != shown.Was.Intercept || shown.Now.Intercept == shown.Was.Intercept {
		t.Errorf("shipped %v, shown as %v, fitted %v", was.Intercept, shown.Was.Intercept, shown.Now.Intercept)
	}
	f.use = true
	switched, err := f.again(t.Context(), l)
	if err != nil || switched.Switched != 1 {
		t.Fatalf("%+v, %v", switched, err)
	}
	if m := inUse(1); m.Intercept != switched.Now.Intercept || m.Note != "fitted on 30 decided reviews beside the shipped model" {
		t.Errorf("in use is %+v", m)
	}
	if said := backFrom(t, models); !strings.Contains(said, "the shipped model is in use again") {
		t.Error(said)
	}
	inUse(0)
	if said := backFrom(t, models); !strings.Contains(said, "there is none before it") {
		t.Error(said)
	}
}

// backFrom goes back and returns what was said.
func backFrom(t *testing.T, models storedModels) string {
	t.Helper()
	var out bytes.Buffer
	c := &cobra.Command{}
	c.SetContext(t.Context())
	c.SetOut(&out)
	if err := goBack(c, models); err != nil {
		return err.Error()
	}
	return out.String()
}

func TestGoingBackUndoesOneSwitchAtATimeWhateverWasInUseInBetween(t *testing.T) {
	_, models := taught(t)
	fit := func() {
		t.Helper()
		n, err := models.Keep(t.Context(), dedup.ShippedModel())
		if err == nil {
			err = models.Use(t.Context(), n)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	back := func(want string) {
		t.Helper()
		if said := backFrom(t, models); !strings.Contains(said, want) {
			t.Errorf("%s; want %q", said, want)
		}
	}
	fit() // 1
	back("the shipped model is in use again")
	fit() // 2, on the shipped one
	fit() // 3
	back("model 2 is in use again")
	fit() // 4
	back("model 2 is in use again")
	back("the shipped model is in use again")
	back("there is none before it")
}

func TestWhatAFitWouldChangeIsSaidWithItsWeights(t *testing.T) {
	shipped := dedup.ShippedModel()
	r := refitted{Labels: 12, Was: shipped, Now: shipped, Looked: 40, Changed: []trial.Changed{
		{Ref: "SP-1KAZ5T8M3Q0X401", Was: trial.Alone, Now: trial.Reviewed, Earlier: "SP-1KAZ5T8M3Q0X400", Score: 0.61},
		{Ref: "SP-1KAZ5T8M3Q0X403", Was: trial.Reviewed, Now: trial.Alone, Earlier: "SP-1KAZ5T8M3Q0X402", Score: 0.2},
	}}
	for switched, want := range map[int64]string{0: "nothing was changed; --switch", 3: "model 3 is in use"} {
		var out bytes.Buffer
		r.Switched = switched
		if err := r.print(&out, fitFlags{most: 1}); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{want, "fitted on 12 decided reviews", "of 40 complaints of the last 90 days 2 would", "SP-1KAZ5T8M3Q0X401", "words_shared", "a person looks from"} {
			if !strings.Contains(out.String(), part) {
				t.Errorf("no %q in\n%s", part, &out)
			}
		}
		if strings.Contains(out.String(), "SP-1KAZ5T8M3Q0X403") {
			t.Error("more lines than --limit")
		}
	}
}
