package connectors_test

import (
	"testing"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

func TestEveryStatusHasAnIndonesianWordOfItsOwn(t *testing.T) {
	seen := map[string]complaint.Status{}
	for _, s := range complaint.Statuses() {
		word := connectors.InIndonesian(s, "")
		if other, twice := seen[word]; twice || word == "" || word == string(s) {
			t.Errorf("%s is %q, as %q is", s, word, other)
		}
		seen[word] = s
	}
	if got := connectors.InIndonesian(complaint.Other, "Menunggu Anggaran"); got != "Menunggu Anggaran" {
		t.Errorf("a status that no mapping knows is told as %q", got)
	}
}
