package spreadsheet

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// Real complaints, where they are at hand. Nothing of their words is shown.
func TestEveryRowOfRealFilesIsAccountedFor(t *testing.T) {
	for _, c := range []struct {
		folder  string
		rows    int
		mapping connectors.Mapping
	}{
		{"laporgub", 1627, connectors.Mapping{
			"id": {Expr: "src + '/' + no + '/' + waktu"}, "text": {From: "laporan"}, "category": {From: "kategori"},
			"reported_at": {From: "waktu", Layout: []string{"02-01-2006 15:04"}},
		}},
		{"lapor2017", 1837, connectors.Mapping{
			"id": {From: "nid"}, "title": {From: "subject"}, "text": {From: "content_text"},
		}},
	} {
		t.Run(c.folder, func(t *testing.T) {
			path := filepath.Join("..", "..", "..", "shared", "data", c.folder, "complaints.csv")
			if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
				t.Skip("the evaluation data is not at hand")
			}
			b := newInbox(t, func(s *Settings) { s.Path, s.Map = config.Path(path), c.mapping })
			b.clock = time.Now().Add(time.Hour)
			var reader *fileReader
			g := got{}
			for more := true; more; {
				page, err := b.Poll(t.Context(), g.next)
				if err != nil {
					t.Fatal(err)
				}
				if b.reading != nil {
					reader = b.reading
				}
				more, g.next = page.More, page.Next
				g.complaints = append(g.complaints, page.Complaints...)
				g.asides = append(g.asides, page.SetAside...)
			}
			causes := map[connectors.SetAsideCause]int{}
			for _, aside := range g.asides {
				causes[aside.Reason]++
				t.Logf("%s: %s: %s", aside.Where, aside.Reason, aside.Detail)
			}
			t.Logf("%d complaints, set aside %v, %d repeats", len(g.complaints), causes, reader.repeats)
			if sum := len(g.complaints) + len(g.asides) + reader.repeats; sum != c.rows {
				t.Errorf("%d of %d rows are accounted for", sum, c.rows)
			}
		})
	}
}
