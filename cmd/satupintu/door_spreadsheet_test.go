package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/relay"
)

// counter is an office whose file of each complaint comes into a folder, or is sent. It looks into the file of answers, which
// holds what was told last: what was seen there is remembered, in the order it came.
type counter struct {
	name    string
	answers string // folder

	mu   sync.Mutex
	seen map[int][]string
}

func folderDoor(t *testing.T, _ *servers) doorway {
	d := &counter{name: "kantor", answers: "inbox", seen: map[int][]string{}}
	return d.doorway(polledPoints(), "every: 1s", "path: inbox/*.csv, quiet: 300ms, answers: true")
}

func uploadDoor(t *testing.T, _ *servers) doorway {
	d := &counter{name: "kecamatan", answers: "jawaban", seen: map[int][]string{}}
	return d.doorway(pushedPoints(), "", "upload: { bearer: { env: PORTAL_TOKEN } }, answers: true, answers_in: jawaban")
}

func (d *counter) doorway(points []relay.Point, every, settings string) doorway {
	return doorway{
		door: d, name: d.name, points: withoutStep(photolessPoints(points), national.StepHandOver), tells: doorNews(), latest: true,
		// A row that is written again may have the platform's number by then.
		repeats: true,
		// The folder is the office's: it is there before us.
		files: map[string]string{d.answers + "/BACA DULU.txt": "Jawaban atas laporan ada di sini."},
		connector: fmt.Sprintf(`
  - name: %s
    kind: spreadsheet
    %s
    settings: { %s, map: { id: No, text: Laporan, reported_at: Waktu } }
`, d.name, every, settings),
	}
}

func (d *counter) file(n int) string { return fmt.Sprintf("aduan-%d.csv", n) }

func (d *counter) sheet(n int) string {
	return fmt.Sprintf("No,Waktu,Laporan\nK-%d,3 Jan 2026,%s\n", n, doorText(d.name, n))
}

func (d *counter) complain(r *region, n int) {
	r.Helper()
	if d.answers == "inbox" {
		r.write(filepath.Join("inbox", d.file(n)), d.sheet(n))
	} else {
		insist(r, func(ctx context.Context) bool { return d.upload(ctx, r, n) })
	}
	insist(r, func(ctx context.Context) bool { // looks until the test ends
		d.heard(r, n)
		return ctx.Err() != nil
	})
}

func (d *counter) upload(ctx context.Context, r *region, n int) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+r.intake+"/in/"+d.name, strings.NewReader(d.sheet(n)))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", "text/csv")
	request.Header.Set("Content-Disposition", `attachment; filename="`+d.file(n)+`"`)
	request.Header.Set("Authorization", "Bearer "+portalToken)
	return isOK(request, nil)
}

// heard are the rows about complaint n that the file of answers has held so far. It never holds two, and the file of the
// complaint is left as it is.
func (d *counter) heard(r *region, n int) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if kept, err := os.ReadFile(filepath.Join(r.folder, "inbox", d.file(n))); err == nil && string(kept) != d.sheet(n) {
		r.Errorf("the file of complaint %d is now %q", n, kept)
	}
	answers, err := os.ReadFile(filepath.Join(r.folder, d.answers, strings.Replace(d.file(n), ".csv", ".jawaban.csv", 1)))
	if err != nil {
		return nil
	}
	rows := strings.Split(strings.TrimSpace(string(answers)), "\r\n")
	if len(rows) != 2 || !strings.HasPrefix(rows[1], fmt.Sprintf("K-%d;", n)) {
		r.Errorf("the answers to complaint %d are %q", n, rows)
		return nil
	}
	if seen := d.seen[n]; len(seen) == 0 || seen[len(seen)-1] != rows[1] {
		d.seen[n] = append(seen, rows[1])
	}
	return slices.Clone(d.seen[n])
}
