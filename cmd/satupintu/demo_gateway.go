package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"text/template"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

// demoConfig is the demonstration's gateway.yaml. Its times are a hundred times shorter than a region's.
const demoConfig = `# Written by satupintu demo: an invented region whose platform and portal are simulated.
region: { code: "21.03", name: Kabupaten Natuna }
store: { dsn: "sqlite:natuna.db", files: lampiran }
server: { listen: "{{.Intake}}", metrics: "{{.Admin}}", max_body: 5MiB }

national:
  kind: lapor
  rate: 400/s
  concurrency: 8
  timeout: 1s
  sync: { fresh: 1s, old: 2s }
  settings:
    base_url: "{{.Platform}}/lapor/3.0.0"
    headers:
      Authorization: { file: rahasia/authorization }
      token: { file: rahasia/token }
    channel: 13
    lookup: search
    search: { path: complaints/search, query: { keyword: "{ref}" } }

delivery:
  backoff: { first: 300ms, max: 2s }
  settle: 2s
  breaker: { failures: 40, open_for: 1s }
  lease: 5s

dedup: { review_wait: 2s } # nobody sits here to decide: what a person would be asked goes on as new

routing:
  fallback: { agency: "21030", category: "436" }
  rules:
    - { when: { category: [Lampu jalan] }, to: { agency: "21034", category: "27" } }
    - { when: { category: [Jalan] }, to: { agency: "21031", category: "15" } }
    - { when: { category: [Air PDAM] }, to: { agency: "21038", category: "61" } }
    - { when: { category: [Sampah] }, to: { agency: "21035", category: "147" } }
    - { when: { category: [Puskesmas] }, to: { agency: "21032", category: "88" } }
    - { when: { text: [dermaga] }, to: { agency: "21034", category: "311" } }

privacy:
  key: { file: rahasia/kunci }

connectors:
  - name: portal
    kind: webhook
    settings:
      secret: { file: rahasia/portal }
      rate: 200/s
      callback: "{{.Portal}}/status"
      map:
        id: tiket
        title: judul
        text: laporan
        category: kategori
        place.address: lokasi
        reporter.name: pelapor.nama
        reporter.phone: pelapor.telepon
        reported_at: { from: dibuat, layout: "02-01-2006 15:04" }

  - name: kantor-camat
    kind: spreadsheet
    every: 1s
    settings:
      path: inbox/*.csv
      quiet: 500ms
      map:
        id: { expr: "'KC-' + No" }
        text: Isi Aduan
        category: Perihal
        place.address: Lokasi
        reporter.name: Nama Pelapor
        reporter.phone: No. HP
        reported_at: Tanggal
`

// counterID is the id the configuration makes of a row's number.
func counterID(number string) string { return "KC-" + number }

// demoAddresses are where everything listens.
type demoAddresses struct {
	Intake, Admin    string // host:port
	Platform, Portal string // http://…
}

// layOut writes the configuration and its secrets into the demonstration's folder.
func layOut(folder string, at demoAddresses, portalSecret string) (configFile string, err error) {
	for _, name := range []string{"rahasia", "inbox"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
			return "", err
		}
	}
	for name, secret := range map[string]string{
		"authorization": simulator.DefaultAuth, "token": simulator.DefaultToken, "portal": portalSecret, "kunci": newSecret(),
	} {
		if err := os.WriteFile(filepath.Join(folder, "rahasia", name), []byte(secret+"\n"), 0o600); err != nil {
			return "", err
		}
	}
	configFile = filepath.Join(folder, "gateway.yaml")
	f, err := os.OpenFile(configFile, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	page, err := template.New("gateway.yaml").Parse(demoConfig)
	if err == nil {
		err = page.Execute(f, at)
	}
	return configFile, errors.Join(err, f.Close())
}

// newSecret is 64 hexadecimal digits of chance.
func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails: it ends the program instead
	return hex.EncodeToString(b[:])
}

// freeAddresses are addresses on this machine that nobody listens on just now.
func freeAddresses(ctx context.Context, n int) ([]string, error) {
	var (
		addresses []string
		err       error
	)
	for range n {
		l, listenErr := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if listenErr != nil {
			return nil, listenErr
		}
		defer func() { err = errors.Join(err, l.Close()) }() // all at the end, so that no two are the same
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, err
}

// gatewayRun is the gateway as satupintu run starts it.
type gatewayRun struct {
	stop  context.CancelFunc
	ended chan struct{}
	err   error // once ended is closed
}

// startGateway runs the gateway of a configuration and returns when it is ready.
func startGateway(ctx context.Context, configFile, admin string, log io.Writer) (*gatewayRun, error) {
	running, stop := context.WithCancel(ctx)
	g := &gatewayRun{stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(g.ended)
		g.err = runGateway(running, configFile, slog.New(slog.NewTextHandler(log, nil)))
	}()
	if err := g.untilReady(ctx, "http://"+admin+"/-/ready"); err != nil {
		return nil, errors.Join(err, g.close())
	}
	return g, nil
}

func (g *gatewayRun) untilReady(ctx context.Context, url string) error {
	waiting, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		if ready(waiting, client, url) {
			return nil
		}
		select {
		case <-g.ended:
			return errors.New("the gateway did not start")
		case <-waiting.Done():
			return fmt.Errorf("wait until the gateway is ready: %w", waiting.Err())
		case <-time.After(30 * time.Millisecond):
		}
	}
}

func ready(ctx context.Context, client *http.Client, url string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	answer, err := client.Do(r)
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}

// close stops the gateway as SIGTERM does.
func (g *gatewayRun) close() error {
	g.stop()
	<-g.ended
	return g.err
}
