package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

const (
	senders    = 3
	refuseWord = "kata-yang-ditolak" // the platform refuses what says this
)

// campaignScenarios each end in another status, so that what a channel must be told is known by how its complaint ended.
func campaignScenarios() []simulator.Scenario {
	at := func(d time.Duration, status, text string) simulator.Step {
		return simulator.Step{After: d, Status: status, Text: text}
	}
	return []simulator.Scenario{
		{Name: "done", Weight: 5, Steps: []simulator.Step{
			at(time.Second, simulator.StatusDisposed, "<p>Mohon ditindaklanjuti.</p>"), at(2*time.Second, simulator.StatusWorking, "<p>Sedang kami proses.</p>"),
			at(2*time.Second, "", "<p>Petugas meninjau Sungai Ulu.</p>"), at(4*time.Second, simulator.StatusDone, "<p>Sudah selesai.</p>"),
		}},
		{Name: "rejected", Weight: 1, Steps: []simulator.Step{at(2*time.Second, simulator.StatusRejected, "<p>Lokasi tidak jelas.</p>")}},
		{Name: "archived", Weight: 1, Steps: []simulator.Step{at(time.Second, simulator.StatusArchived, "<p>Bukan pelayanan publik.</p>")}},
		{Name: "closed", Weight: 1, Steps: []simulator.Step{
			at(time.Second, simulator.StatusDisposed, "<p>Mohon ditindaklanjuti.</p>"), at(time.Second, simulator.StatusPostponed, "<p>Menunggu kapal dari Midai.</p>"),
			at(time.Second, "Ditutup oleh Admin", "<p>Ditutup.</p>"),
		}},
	}
}

// mustBeTold is what a channel is told of a complaint, by the status it ended in at the platform.
func mustBeTold() map[string][]string {
	return map[string][]string{
		simulator.StatusDone:     {"forwarded", "disposed", "in_progress", "in_progress", "done"},
		simulator.StatusRejected: {"forwarded", "rejected"},
		simulator.StatusArchived: {"forwarded", "archived"},
		"Ditutup oleh Admin":     {"forwarded", "disposed", "postponed", "closed"},
	}
}

// source is what was sent, as those who sent it know it.
type source struct {
	folder string

	mu     sync.Mutex
	acked  map[string]string // reference by ticket
	texts  map[string]string // by ticket or row
	repeat int               // requests that repeated what was answered
	wrong  []string          // answers that contradict an earlier one
}

func (s *source) sent(id, text, ref string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.texts == nil {
		s.texts, s.acked = map[string]string{}, map[string]string{}
	}
	s.texts[id] = text
	if ref == "" {
		return
	}
	if before := s.acked[id]; before != "" {
		s.repeat++
		if before != ref {
			s.wrong = append(s.wrong, fmt.Sprintf("%s was acknowledged as %s and then as %s", id, before, ref))
		}
	}
	s.acked[id] = ref
}

// send is one sender: it repeats each complaint until it is answered, and one in ten once more though it was.
func (c *campaign) send(ctx context.Context, number int, stop <-chan struct{}) {
	random := rand.New(rand.NewPCG(c.seed, uint64(100+number)))
	intake := func() string { return c.stations[random.IntN(len(c.stations))].intake }
	var last []parcel
	for n := 0; ; n++ {
		ticket := fmt.Sprintf("T-%d-%d", number, n)
		p := parcel{ticket: ticket, message: "Pesan " + ticket + " dari Ranai"}
		switch {
		case n%8 == 3:
			p.file = "foto " + ticket
		case n%60 == 17:
			p.message += ", " + refuseWord
		}
		c.source.sent(p.ticket, p.message, "")
		c.source.sent(p.ticket, p.message, p.insist(ctx, intake))
		last = append(last, p)
		if random.IntN(10) == 0 {
			again := last[random.IntN(len(last))]
			c.source.sent(again.ticket, again.message, again.deliverTo(ctx, intake()))
		}
		if within(time.Duration(100+random.IntN(400))*time.Millisecond, stop) {
			return
		}
	}
}

// row is one line of a sheet.
type row struct{ id, text string }

// writeSheets is an office that puts sheets into the folder and goes on writing in them: files that appear late and bear an
// old time, rows that are added at the end, in the middle, and half a row at a time.
func (c *campaign) writeSheets(stop <-chan struct{}) {
	random := rand.New(rand.NewPCG(c.seed, 99))
	var sheets [][]row
	for n := 0; ; {
		which := len(sheets)
		if which > 2 && random.IntN(3) > 0 || which >= 200 {
			which -= 1 + random.IntN(3)
		} else {
			sheets = append(sheets, nil)
		}
		var fresh []row
		for range 1 + random.IntN(4) {
			r := row{fmt.Sprintf("K-%d", n), fmt.Sprintf("Baris K-%d air keruh di Sedanau", n)}
			c.source.sent(r.id, r.text, "")
			fresh = append(fresh, r)
			n++
		}
		c.writeSheet(random, which, sheets[which], fresh)
		sheets[which] = append(sheets[which], fresh...)
		if within(time.Duration(500+random.IntN(2500))*time.Millisecond, stop) {
			return
		}
	}
}

func (c *campaign) writeSheet(random *rand.Rand, number int, old, fresh []row) {
	path := filepath.Join(filepath.Dir(c.source.folder), fmt.Sprintf("aduan-%d.csv", number))
	if len(old) > 0 && random.IntN(2) == 0 {
		c.appendSlowly(path, sheetText(fresh, false))
		return
	}
	all := slices.Concat(old, fresh)
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	part := path + ".part"
	err := os.WriteFile(part, []byte(sheetText(all, true)), 0o600)
	if err == nil {
		late := time.Now().Add(-time.Duration(random.IntN(3600)) * time.Second)
		err = os.Chtimes(part, late, late)
	}
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		c.Errorf("writing a sheet: %v", err)
	}
}

// appendSlowly writes the first half of a text, waits, and writes the rest.
func (c *campaign) appendSlowly(path, text string) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		c.Errorf("adding to a sheet: %v", err)
		return
	}
	defer file.Close()
	for _, part := range []string{text[:len(text)/2], text[len(text)/2:]} {
		if _, err := file.WriteString(part); err != nil {
			c.Errorf("adding to a sheet: %v", err)
		}
		within(100*time.Millisecond, nil)
	}
}

func sheetText(rows []row, header bool) string {
	var out strings.Builder
	if header {
		out.WriteString("No,Waktu,Laporan\n")
	}
	for _, r := range rows {
		fmt.Fprintf(&out, "%s,3 Jan 2026,%s\n", r.id, r.text)
	}
	return out.String()
}
