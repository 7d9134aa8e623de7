package simulator_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

const day = 24 * time.Hour

// walk creates complaints and returns every status each goes through, looking every six hours for a month.
func walk(t testing.TB, complaints int, options simulator.Options) []string {
	t.Helper()
	at := newClock()
	options.Now = at.now
	sim := newSim(t, options)
	p := inProcess(t, sim)
	for i := range complaints {
		p.create(t, fmt.Sprintf("%04d", i))
	}
	ways := make([]string, complaints)
	for range 4 * 30 {
		for i, c := range sim.Complaints() {
			if !strings.HasSuffix(ways[i], c.Status) {
				ways[i] = strings.TrimPrefix(ways[i]+" > "+c.Status, " > ")
			}
		}
		at.advance(6 * time.Hour)
	}
	return ways
}

func TestComplaintsGoThroughTheirScenarios(t *testing.T) {
	seen := map[string]int{}
	for _, way := range walk(t, 200, simulator.Options{Seed: 7}) {
		seen[way]++
	}
	const begin = "Belum Terverifikasi > Terdisposisi > Dalam Proses"
	for way, least := range map[string]int{
		begin + " > Selesai":                            80,
		begin + " > Tertunda > Dalam Proses > Selesai":  5,
		begin + " > Menunggu Konfirmasi > Selesai":      5,
		"Belum Terverifikasi > Ditolak":                 5,
		"Belum Terverifikasi > Diarsipkan":              5,
		"Belum Terverifikasi > Dalam Proses > Diajukan": 0,
	} {
		if seen[way] < least || least == 0 && seen[way] > 0 {
			t.Errorf("%d complaints went %s, want at least %d", seen[way], way, least)
		}
	}
	if len(seen) != len(simulator.Scenarios()) {
		t.Errorf("%d ways, want one for each scenario: %v", len(seen), seen)
	}
}

func TestTheSameSeedGivesTheSameFates(t *testing.T) {
	one, again := walk(t, 50, simulator.Options{Seed: 1}), walk(t, 50, simulator.Options{Seed: 1})
	other := walk(t, 50, simulator.Options{Seed: 2})
	if !slices.Equal(one, again) || slices.Equal(one, other) {
		t.Errorf("same seed alike: %v; other seed alike: %v", slices.Equal(one, again), slices.Equal(one, other))
	}
}

func TestSpeedShortensEveryStep(t *testing.T) {
	at := newClock()
	p := inProcess(t, newSim(t, simulator.Options{Now: at.now, Speed: 24, Scenarios: simulator.Scenarios()[:1]}))
	p.create(t, "0001")
	at.advance(15*time.Minute - 1)
	if got := p.sim.Complaints()[0].Status; got != simulator.StatusNew {
		t.Errorf("just before 6 h / 24: %s, want %s", got, simulator.StatusNew)
	}
	at.advance(1)
	if got := p.sim.Complaints()[0].Status; got != simulator.StatusDisposed {
		t.Errorf("at 6 h / 24: %s, want %s", got, simulator.StatusDisposed)
	}
}

func TestAStatusSetByHandEndsTheScenario(t *testing.T) {
	at := newClock()
	p := inProcess(t, newSim(t, simulator.Options{Now: at.now, Scenarios: simulator.Scenarios()[:1]}))
	p.create(t, "0001")
	at.advance(7 * time.Hour)
	if err := p.sim.SetStatus("10000001", "Ditutup oleh Sistem", "<p>Tidak ada tanggapan.</p>"); err != nil {
		t.Fatal(err)
	}
	at.advance(60 * day)
	got := p.get(t, "/complaints/10000001/complaint").body
	if c := p.sim.Complaints()[0]; c.Status != "Ditutup oleh Sistem" || c.Events != 3 {
		t.Errorf("got %s after %d events, want Ditutup oleh Sistem after 3", c.Status, c.Events)
	}
	if !strings.Contains(got, `{\"status_new\":{\"name\":\"Ditutup oleh Sistem\"},\"status_old\":{\"name\":\"Terdisposisi\"}}`) {
		t.Errorf("the log does not say where it came from: %s", got)
	}
}

func TestAFollowUpByHandLeavesTheScenarioAlone(t *testing.T) {
	at := newClock()
	p := inProcess(t, newSim(t, simulator.Options{Now: at.now, Scenarios: simulator.Scenarios()[:1], Rows: simulator.RowsFlat}))
	p.create(t, "0001")
	at.advance(7 * time.Hour)
	said := simulator.FollowUp{Text: "<p>Tiang di Midai diganti.</p>", From: "21041", To: "21034", Template: "disposition"}
	if err := p.sim.AddFollowUp("10000001", said); err != nil {
		t.Fatal(err)
	}
	if err := p.sim.AddFollowUp("10000001", simulator.FollowUp{Text: "Baik."}); err != nil {
		t.Fatal(err)
	}
	at.advance(60 * day)
	c, ok := p.sim.Complaint("10000001")
	if !ok || c.Status != simulator.StatusDone || c.Holder.ID != "21034" {
		t.Errorf("got %s with %v, want %s with 21034", c.Status, c.Holder, simulator.StatusDone)
	}
	got := p.get(t, "/complaints/10000001/followups").body
	for _, want := range []string{
		`"institution_from_name":"Kecamatan Midai","institution_to_name":"Dinas Perhubungan Kabupaten Natuna"`,
		`"content":"Baik."`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}

func TestAHandOverBeforeTheDispositionDecidesWhoGetsIt(t *testing.T) {
	at := newClock()
	p := inProcess(t, newSim(t, simulator.Options{Now: at.now, Scenarios: simulator.Scenarios()[:1]}))
	p.create(t, "0001")
	p.post(t, "/complaints/process/10000001/reject", `{"is_request":1,"reason":"21038","not_authority":1}`)
	at.advance(7 * time.Hour)
	if c := p.sim.Complaints()[0]; c.Status != simulator.StatusDisposed || c.Holder.ID != "21038" {
		t.Errorf("got %s with %v, want %s with 21038", c.Status, c.Holder, simulator.StatusDisposed)
	}
}

func TestChangesByHandNeedAComplaint(t *testing.T) {
	p := inProcess(t, newSim(t, simulator.Options{}))
	p.create(t, "0001")
	tracking := p.sim.Complaints()[0].TrackingID
	for _, id := range []string{tracking, "10000000", "10000002", "", "x", "-1"} {
		if err := p.sim.SetStatus(id, "Selesai", ""); err == nil {
			t.Errorf("SetStatus took the id %q", id)
		}
		if err := p.sim.AddFollowUp(id, simulator.FollowUp{Text: "x"}); err == nil {
			t.Errorf("AddFollowUp took the id %q", id)
		}
		if _, ok := p.sim.Complaint(id); ok {
			t.Errorf("Complaint took the id %q", id)
		}
	}
	if err := p.sim.SetStatus("10000001", "", ""); err == nil {
		t.Error("a status without a name was taken")
	}
}

func TestStillComplaintsStand(t *testing.T) {
	for _, way := range walk(t, 3, simulator.Options{Scenarios: simulator.Still()}) {
		if way != simulator.StatusNew {
			t.Errorf("got %s, want %s for ever", way, simulator.StatusNew)
		}
	}
}

type followUpPage struct {
	Results struct {
		Data []struct {
			ID          int64           `json:"id"`
			CreatedAt   string          `json:"created_at"`
			Date        string          `json:"date"`
			Data        *string         `json:"data"`
			From        *string         `json:"institution_from_name"`
			NestedFrom  json.RawMessage `json:"institution_from_id"`
			Institution json.RawMessage `json:"institution"`
			Template    string          `json:"template_content"`
			Attachments json.RawMessage `json:"attachments"`
		} `json:"data"`
		Next *string `json:"next_page_url"`
	} `json:"results"`
}

func TestFollowUpsComeWholeThroughAnyPages(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		at := newClock()
		sim := simulator.New(simulator.Options{
			Now: at.now, PageSize: rapid.IntRange(1, 7).Draw(rt, "size"),
			NewestFirst: rapid.Bool().Draw(rt, "newest first"), Seed: rapid.Uint64().Draw(rt, "seed"),
		})
		p := inProcess(t, sim)
		p.create(t, "0001")
		want := rapid.IntRange(0, 12).Draw(rt, "by hand")
		for range want {
			at.advance(time.Duration(rapid.IntRange(0, 48).Draw(rt, "hours")) * time.Hour)
			if err := sim.AddFollowUp("10000001", simulator.FollowUp{Text: "Baik."}); err != nil {
				rt.Fatal(err)
			}
		}
		seen, next := map[int64]bool{}, "/complaints/10000001/followups?page=1"
		for next != "" {
			page := decode[followUpPage](t, p.get(t, next).body)
			for _, row := range page.Results.Data {
				if seen[row.ID] {
					rt.Fatalf("row %d came twice", row.ID)
				}
				seen[row.ID] = true
			}
			next = ""
			if page.Results.Next != nil {
				next = strings.TrimPrefix(*page.Results.Next, p.base)
			}
		}
		if events := sim.Complaints()[0].Events; len(seen) != events-1 {
			rt.Fatalf("%d rows, want %d: all events but the arrival", len(seen), events-1)
		}
	})
}

func TestEachRowVariantLooksAsDescribed(t *testing.T) {
	for variant, check := range map[simulator.Rows]func(followUpPage) bool{
		simulator.RowsFlat: func(p followUpPage) bool {
			r := p.Results.Data[0]
			return r.From != nil && r.NestedFrom == nil && r.CreatedAt == "02-03-2026 14:00:00" && r.Attachments[0] == '[' &&
				strings.Contains(r.Template, "{{institution_from}}")
		},
		simulator.RowsNested: func(p followUpPage) bool {
			r := p.Results.Data[0]
			return r.From == nil && r.NestedFrom != nil && r.CreatedAt == "02-03-2026 14:00:00" && r.Attachments[0] == '{' &&
				strings.Contains(r.Template, "{{ institution_from }}")
		},
		simulator.RowsSingle: func(p followUpPage) bool {
			r := p.Results.Data[0]
			return r.From == nil && r.Institution != nil && r.CreatedAt == "" && r.Date == "02-03-2026 14:00:00" &&
				string(r.Attachments) == "null"
		},
	} {
		at := newClock()
		p := inProcess(t, newSim(t, simulator.Options{Now: at.now, Rows: variant, Scenarios: simulator.Scenarios()[:1]}))
		p.create(t, "0001")
		at.advance(day)
		body := p.get(t, "/complaints/10000001/followups?page=1").body
		page := decode[followUpPage](t, body)
		if len(page.Results.Data) != 1 || page.Results.Data[0].Data == nil || !check(page) {
			t.Errorf("variant %d: %s", variant, body)
		}
	}
}

func TestTimesAreLocalAndWithoutAZone(t *testing.T) {
	p := inProcess(t, newSim(t, simulator.Options{Zone: time.FixedZone("WIT", 9*60*60)}))
	p.create(t, "0001")
	if got := p.get(t, "/complaints/10000001/complaint").body; !strings.Contains(got, `"timestamp":"02-03-2026 10:00:00"`) {
		t.Errorf("got %s, want ten o'clock in WIT", got)
	}
}

func TestNewestFirstTurnsFollowUpsRound(t *testing.T) {
	at := newClock()
	p := inProcess(t, newSim(t, simulator.Options{Now: at.now, NewestFirst: true, Scenarios: simulator.Scenarios()[:1]}))
	p.create(t, "0001")
	at.advance(30 * day)
	rows := decode[followUpPage](t, p.get(t, "/complaints/10000001/followups").body).Results.Data
	if len(rows) != 4 || rows[0].ID < rows[3].ID {
		t.Errorf("got %+v, want four rows, the last event first", rows)
	}
}
