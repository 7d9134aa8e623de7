package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

const portalWithPhones = `
  - { name: portal, kind: webhook, settings: { bearer: { env: PORTAL_TOKEN }, rate: 5000/s, map: { id: ticket, text: message, reporter.phone: phone, place.address: where } } }
`

func TestDuplicatesOrdersBesideARunningGateway(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", portalWithPhones)
	must := func(want int, args ...string) string {
		t.Helper()
		code, out := r.run(append([]string{"duplicates"}, args...)...)
		if code != want {
			t.Errorf("%v: exit %d, want %d: %s", args, code, want, out)
		}
		return out
	}
	r.start()
	r.eventually(30*time.Second, "ready", r.ready)
	const told = `"message": "Lampu jalan di depan Masjid Al Ikhlas Sungai Ulu mati sejak tiga malam", "phone": "081277700011", "where": "Jl. Pramuka No. 7, Sungai Ulu"}`
	first := r.post(`{"ticket": "1", ` + told)
	r.eventually(30*time.Second, "the first is delivered", func() bool { return r.audit().Delivered == 1 })
	second := r.post(`{"ticket": "2", ` + told)
	r.eventually(30*time.Second, "the second is linked", func() bool { return r.audit().Linked == 1 })

	var l listed
	if err := json.Unmarshal([]byte(must(exitOK, "list", "--links", "--json")), &l); err != nil || len(l.Links) != 1 ||
		string(l.Links[0].Ref) != second || string(l.Links[0].Primary) != first || l.Links[0].Score <= 0.5 || l.Links[0].WhyID == "" {
		t.Errorf("%v: %+v", err, l)
	}
	if out := must(exitOK, "list", "--links"); !strings.Contains(out, second) || strings.Contains(out, "Masjid") {
		t.Error(out)
	}
	out := must(exitOK, "show", second)
	for _, want := range []string{first, " | ", "Masjid Al Ikhlas", "one matter", "why", "sebab", "for", "against"} {
		if !strings.Contains(out, want) {
			t.Errorf("show has no %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "081277700011") {
		t.Error("show tells who reported:\n" + out)
	}
	must(exitOK, "unlink", second, "--by", "budi", "--why", "tiang lain")
	r.eventually(30*time.Second, "the second is delivered by itself", func() bool { return r.audit().Delivered == 2 })
	if out := must(exitOK, "show", second); !strings.Contains(out, "by budi: tiang lain") {
		t.Error(out)
	}
	if out := must(exitOK, "link", second, first, "--why", "tiang yang sama"); !strings.Contains(out, "keeps its own ticket") {
		t.Error(out)
	}
	must(exitFailed, "link", second, first, "--why", "lagi")
	must(exitFailed, "link", first, second, "--why", "berbalik")
	must(exitUsage, "link", second, first)
	must(exitFailed, "unlink", first)
	must(exitUsage, "unlink", "bukan-acuan")
	must(exitFailed, "decide", second, "--same")
	must(exitUsage, "decide", second)
	must(exitUsage, "decide", second, "--same", "--different")
	must(exitUsage, "list", "--links", "--reviews")
	must(exitFailed, "show", "SP-000000000000000")
	if out := must(exitOK, "list"); strings.Contains(out, second) {
		t.Error(out)
	}
	if out := must(exitFailed, "fit"); !strings.Contains(out, "decide more reviews") { // it read the one decision there is
		t.Error(out)
	}
	r.stop()
	r.exactlyOnce(2)
}

func TestTwoTextsStandSideBySide(t *testing.T) {
	got := wrapped("Lampu jalan di Sungai Ulu mati "+strings.Repeat("x", 25), 12)
	if want := "Lampu jalan/di Sungai/Ulu mati/xxxxxxxxxxxx/xxxxxxxxxxxx/x"; strings.Join(got, "/") != want {
		t.Errorf("%q", got)
	}
}
