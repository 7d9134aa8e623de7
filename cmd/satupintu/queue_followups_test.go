package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/sync/store"
)

func TestAStoryTellsHowFarAFollowUpIs(t *testing.T) {
	var out bytes.Buffer
	c := &cobra.Command{}
	c.SetOut(&out)
	story := store.Story{
		Entry:    store.Entry{Ref: "SP-1KAZ5T8M3Q0X600", State: store.Linked},
		FollowUp: &store.FollowUpSeen{About: "SP-1KAZ5T8M3Q0X4RD", State: store.Dead, Reason: "rejected", Detail: "422 Laporan dikunci"},
	}
	if err := printStory(c, story); err != nil {
		t.Fatal(err)
	}
	if want := "dead, on the ticket of SP-1KAZ5T8M3Q0X4RD rejected 422 Laporan dikunci"; !strings.Contains(out.String(), want) {
		t.Errorf("it says:\n%s", out.String())
	}
}

func TestFollowUpsThatAreNotToldAreListed(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", channelsOfTests)
	if code, out := r.run("queue", "followups"); code != exitOK || !strings.Contains(out, "ABOUT") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out := r.run("queue", "followups", "--json"); code != exitOK || strings.TrimSpace(out) != "[]" {
		t.Errorf("exit %d: %s", code, out)
	}
}
