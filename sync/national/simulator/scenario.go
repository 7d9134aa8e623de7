package simulator

import (
	"sort"
	"time"
)

// Status names the platform is known to use, and one it is not.
const (
	StatusNew       = "Belum Terverifikasi"
	StatusDisposed  = "Terdisposisi"
	StatusWorking   = "Dalam Proses"
	StatusPostponed = "Tertunda"
	StatusDone      = "Selesai"
	StatusRejected  = "Ditolak"
	StatusArchived  = "Diarsipkan"
	StatusUnheardOf = "Menunggu Konfirmasi"
)

// Scenario is what becomes of a complaint. Of several scenarios each is taken with its weight; below 1 counts as 1.
type Scenario struct {
	Name   string
	Weight int
	Steps  []Step
}

// Step happens After the step before it, or after the complaint came in. A step with a status changes it; one whose
// status is StatusDisposed hands the complaint to the agency it was addressed to; one without is a follow-up.
type Step struct {
	After  time.Duration
	Status string
	Text   string // HTML, as agencies write it
}

const day = 24 * time.Hour

// Scenarios are the default ones: most complaints end well, some are refused, archived or postponed, and some go through
// a status nobody has heard of.
func Scenarios() []Scenario {
	begin := []Step{
		{6 * time.Hour, StatusDisposed, "<p>Mohon ditindaklanjuti.</p>"},
		{day, StatusWorking, "<p>Laporan sedang kami proses.</p>"},
	}
	then := func(steps ...Step) []Step { return append(begin[:len(begin):len(begin)], steps...) }
	return []Scenario{
		{"done", 12, then(
			Step{2 * day, "", `<p>Petugas sudah meninjau lokasi di Sungai Ulu.<br/>Perbaikan dijadwalkan <b>minggu depan</b>.</p>`},
			Step{3 * day, StatusDone, `<p onclick="alert(1)">Perbaikan &amp; pembersihan selesai. <a href="javascript:void(0)">Foto</a></p>`},
		)},
		{"rejected", 2, []Step{{day, StatusRejected, "<p>Laporan tidak memuat lokasi yang jelas.</p>"}}},
		{"archived", 2, []Step{{2 * day, StatusArchived, "<p>Bukan laporan pelayanan publik.</p>"}}},
		{"postponed", 2, then(
			Step{day, StatusPostponed, "<p>Menunggu kapal barang dari Sedanau.</p>"},
			Step{9 * day, StatusWorking, ""},
			Step{2 * day, StatusDone, "<p>Sudah selesai dikerjakan.</p>"},
		)},
		{"unheard of", 2, then(
			Step{2 * day, StatusUnheardOf, "<p>Mohon konfirmasi pelapor.</p>"},
			Step{4 * day, StatusDone, "<p>Selesai.</p>"},
		)},
	}
}

// Still is a scenario in which nothing happens: statuses move by hand only.
func Still() []Scenario { return []Scenario{{Name: "still"}} }

// scenario chooses by the seed and the complaint's number alone.
func (s *Simulator) scenario(number int64) Scenario {
	total := 0
	for _, sc := range s.options.Scenarios {
		total += max(sc.Weight, 1)
	}
	at := int(mix(s.options.Seed^mix(uint64(number))) % uint64(total))
	for _, sc := range s.options.Scenarios {
		if at -= max(sc.Weight, 1); at < 0 {
			return sc
		}
	}
	return Scenario{}
}

// mix is splitmix64's finaliser: every bit of n changes about half of the result's.
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// event is one thing that has happened to a complaint, by its scenario or by hand.
type event struct {
	entry
	id  int64
	old string // the status before; empty when it did not change
}

const eventsEach = 10_000 // ids of events set aside for one complaint; those by hand begin in the middle

// events returns what has happened to a complaint by now, oldest first, beginning with its arrival. The first status set
// by hand ends the scenario.
func (s *Simulator) events(rec *record) []event {
	byHand := s.ledger.entriesOf(rec)
	until := s.now()
	for _, e := range byHand {
		if e.Status != "" && e.At.Before(until) {
			until = e.At
		}
	}
	all := s.walked(rec, byHand, until)
	for i, e := range byHand {
		all = append(all, event{entry: e, id: rec.eventID(eventsEach/2 + i)})
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].At.Before(all[j].At) })
	status := ""
	for i := range all {
		if all[i].Status != "" {
			all[i].old, status = status, all[i].Status
		}
	}
	return all
}

func (r *record) eventID(i int) int64 { return (r.number+1)*eventsEach + int64(i) }

// walked is the part of a complaint's scenario that lies before a time. Who was handed the complaint by hand has it.
func (s *Simulator) walked(rec *record, byHand []entry, until time.Time) []event {
	region, agency := s.region(), s.region()
	if rec.create.Disposition != "" {
		agency = s.institution(rec.create.Disposition)
	}
	arrival := entry{At: rec.at, Status: StatusNew, Template: templateStatus, From: region, To: region}
	all := []event{{entry: arrival, id: rec.eventID(0)}}
	at, addressed := rec.at, region
	for i, step := range s.scenario(rec.number).Steps {
		at = at.Add(time.Duration(float64(step.After) / s.options.Speed))
		if at.After(until) {
			break
		}
		holder := handed(byHand, at, addressed)
		e := entry{At: at, Status: step.Status, Template: templateStatus, Text: step.Text, From: holder, To: holder}
		switch step.Status {
		case StatusDisposed:
			addressed = agency
			e.Template, e.From, e.To = templateDisposition, region, handed(byHand, at, agency)
		case "":
			e.Template = templateAnswer
		}
		all = append(all, event{entry: e, id: rec.eventID(i + 1)})
	}
	return all
}

// handed is who was last handed a complaint by hand before a time, or otherwise.
func handed(byHand []entry, before time.Time, otherwise Named) Named {
	for _, e := range byHand {
		if e.Template == templateDisposition && !e.At.After(before) {
			otherwise = e.To
		}
	}
	return otherwise
}

// standing is what a complaint's events add up to.
func standing(events []event) (status string, holder Named) {
	for _, e := range events {
		if e.Status != "" {
			status = e.Status
		}
		if e.Template == templateDisposition || holder == (Named{}) {
			holder = e.To
		}
	}
	return status, holder
}

func (s *Simulator) holder(rec *record) Named {
	_, holder := standing(s.events(rec))
	return holder
}
