package lapor_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/lapor"
	"github.com/satupintu/satupintu/sync/national/nationaltest"
	"github.com/satupintu/satupintu/sync/national/simulator"
)

const base = "/lapor/3.0.0"

// settings are what a region would write, for the simulator.
func settings(edit func(*lapor.Settings)) *lapor.Settings {
	s := lapor.Definition().Defaults().(*lapor.Settings)
	s.BaseURL = "https://lapor.example" + base
	s.Headers = map[string]config.Secret{
		"Authorization": config.NewSecret(simulator.DefaultAuth), "token": config.NewSecret(simulator.DefaultToken),
	}
	s.Channel = 13
	s.Lookup = "search"
	s.Search.Path = "complaints/search"
	s.Search.Query = map[string]string{"keyword": "{ref}"}
	if edit != nil {
		edit(s)
	}
	return s
}

func open(t *testing.T, transport http.RoundTripper, s *lapor.Settings) national.Platform {
	t.Helper()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	p, err := lapor.Definition().Open(national.Env{
		Zone: time.FixedZone("WIB", 7*60*60), Log: slog.New(slog.DiscardHandler), Transport: transport,
	}, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func harness(lookup string) nationaltest.Harness {
	return nationaltest.Harness{
		New:    func(t *testing.T) nationaltest.Side { return side(t, lookup) },
		Marker: func(ref complaint.Ref) string { return "[Ref " + string(ref) + "]" },
		Statuses: map[string]complaint.Status{
			"Belum Terverifikasi": complaint.Forwarded, "Terdisposisi": complaint.Disposed,
			"Terdisposisi (belum tindak lanjut)": complaint.Disposed, "TERDISPOSISI (Sedang Proses)": complaint.InProgress,
			"Dalam Proses": complaint.InProgress, "Tertunda": complaint.Postponed, "Selesai": complaint.Done,
			"Terdisposisi (selesai)": complaint.Done, "Diarsipkan": complaint.Archived, "Ditolak": complaint.Rejected,
			"Ditutup oleh Admin": complaint.Closed, "Ditutup oleh Admin/Sistem": complaint.Closed,
		},
		Unknown: simulator.StatusUnheardOf,
		Refusal: func(words string) string { return `{"success":false,"message":"` + words + `"}` },
		Secrets: []string{strings.TrimPrefix(simulator.DefaultAuth, "Bearer "), strings.Trim(simulator.DefaultToken, "{}")},
	}
}

func side(t *testing.T, lookup string) nationaltest.Side {
	t.Helper()
	sim := simulator.New(simulator.Options{Base: base, Search: true, Scenarios: simulator.Still()})
	return nationaltest.Side{
		Transport: sim.Transport(),
		Open: func(t *testing.T, transport http.RoundTripper) national.Platform {
			return open(t, transport, settings(func(s *lapor.Settings) { s.Lookup = lookup }))
		},
		Creates: func(r *http.Request) bool {
			return r.Method == http.MethodPost && r.URL.Path == base+"/complaints/complaint"
		},
		Tickets: func() []nationaltest.Held { return held(sim) },
		Move: func(t *testing.T, id, raw, note string) {
			if err := sim.SetStatus(id, raw, note); err != nil {
				t.Fatal(err)
			}
		},
		Plant: func(t *testing.T, text string) { plant(t, sim, text) },
	}
}

func held(sim *simulator.Simulator) []nationaltest.Held {
	var all []nationaltest.Held
	for _, c := range sim.Complaints() {
		h := nationaltest.Held{ID: c.ID, Title: c.Title, Text: c.Content, Anonymous: c.Anonymous, Secret: c.Secret, Body: c.Body}
		for _, file := range c.Attachments {
			h.Files = append(h.Files, file.Content)
		}
		all = append(all, h)
	}
	return all
}

func TestEveryBehaviourOfAPlatformWithASearch(t *testing.T) {
	nationaltest.Run(t, harness("search"))
}

func TestEveryBehaviourOfAPlatformWithoutALookup(t *testing.T) {
	nationaltest.Run(t, harness("none"))
}
