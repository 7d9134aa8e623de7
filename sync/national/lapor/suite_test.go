package lapor_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
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
	handed := &rejections{base: sim.Transport(), to: map[string][]string{}}
	return nationaltest.Side{
		Transport: handed,
		Open: func(t *testing.T, transport http.RoundTripper) national.Platform {
			return open(t, transport, settings(func(s *lapor.Settings) { s.Lookup = lookup }))
		},
		Creates: func(r *http.Request) bool {
			return r.Method == http.MethodPost && r.URL.Path == base+"/complaints/complaint"
		},
		Tickets: func() []nationaltest.Held { return held(sim, handed) },
		Move: func(t *testing.T, id, raw, note string) {
			if err := sim.SetStatus(id, raw, note); err != nil {
				t.Fatal(err)
			}
		},
		Plant:        func(t *testing.T, text string) { plant(t, sim, text) },
		HandsOver:    isRejection,
		AddsFollowUp: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/complaints/followup/add") },
		FollowUps:    func(id string) []nationaltest.Said { return said(sim, id) },
		Answer: func(t *testing.T, id, text string) {
			if err := sim.AddFollowUp(id, simulator.FollowUp{Text: text}); err != nil {
				t.Fatal(err)
			}
		},
		Give: func(t *testing.T, id, institution string) {
			if err := sim.AddFollowUp(id, simulator.FollowUp{To: institution, Template: "disposition", Text: "Diteruskan"}); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func isRejection(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/reject")
}

// rejections notes which hand-overs reached the simulator.
type rejections struct {
	base http.RoundTripper

	mu sync.Mutex
	to map[string][]string // institutions, by complaint id
}

func (n *rejections) RoundTrip(r *http.Request) (*http.Response, error) {
	if !isRejection(r) {
		return n.base.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var said struct {
		Reason json.Number `json:"reason"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return nil, err
	}
	parts := strings.Split(r.URL.Path, "/")
	n.mu.Lock()
	n.to[parts[len(parts)-2]] = append(n.to[parts[len(parts)-2]], said.Reason.String())
	n.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	return n.base.RoundTrip(r)
}

func (n *rejections) of(id string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.to[id])
}

func held(sim *simulator.Simulator, handed *rejections) []nationaltest.Held {
	var all []nationaltest.Held
	for _, c := range sim.Complaints() {
		h := nationaltest.Held{ID: c.ID, Title: c.Title, Text: c.Content, Anonymous: c.Anonymous, Secret: c.Secret, Body: c.Body, HandedTo: handed.of(c.ID)}
		for _, file := range c.Attachments {
			h.Files = append(h.Files, file.Content)
		}
		all = append(all, h)
	}
	return all
}

func said(sim *simulator.Simulator, id string) []nationaltest.Said {
	var all []nationaltest.Said
	for _, f := range sim.FollowUps(id) {
		s := nationaltest.Said{Text: f.Text, Secret: f.Secret}
		for _, file := range f.Attachments {
			s.Files = append(s.Files, file.Content)
		}
		all = append(all, s)
	}
	return all
}

func TestEveryBehaviourOfAPlatformWithASearch(t *testing.T) {
	nationaltest.Run(t, harness("search"))
}

func TestEveryBehaviourOfAPlatformWithoutALookup(t *testing.T) {
	nationaltest.Run(t, harness("none"))
}
