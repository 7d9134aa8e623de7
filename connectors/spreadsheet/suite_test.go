package spreadsheet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The promises of every connector, over a folder into which each delivery puts one more file.
func TestSuite(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{New: func(t testing.TB) connectortest.Channel {
		dir := filepath.Join(t.TempDir(), "inbox")
		must(t, os.Mkdir(dir, 0o755))
		files, complaints := 0, 0
		add := func(t testing.TB, n int, modified time.Time) {
			var text strings.Builder
			text.WriteString("REKAP\nNo,HP,Laporan\n")
			for range n {
				complaints++
				fmt.Fprintf(&text, "%d,0812-5550-1234,lampu mati di Sungai Ulu nomor %d\n", complaints, complaints)
			}
			files++
			path := filepath.Join(dir, fmt.Sprintf("aduan-%d.csv", files))
			must(t, os.WriteFile(path, []byte(text.String()), 0o644), os.Chtimes(path, modified, modified))
		}
		return connectortest.Channel{
			Open: func(env connectors.Env) (connectors.Connector, error) {
				settings := defaults()
				settings.Path, settings.Page, settings.Quiet = config.Path(dir), 2, 0
				settings.Map = connectors.Mapping{"id": {From: "No"}, "text": {From: "Laporan"}, "reporter.phone": {From: "HP"}}
				return Definition().Open(env, settings)
			},
			Secrets: []string{"0812-5550-1234", "lampu mati di Sungai Ulu"},
			Break:   func() { must(t, os.RemoveAll(dir)) },
			Add:     func(t testing.TB, n int) { add(t, n, time.Now().Add(time.Duration(files)*time.Second-time.Hour)) },
			AddAt:   func(t testing.TB, n int, at time.Time) { add(t, n, at) },
		}
	}})
}
