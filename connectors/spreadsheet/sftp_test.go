package spreadsheet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/workbook/workbooktest"
)

// newRemoteInbox is an inbox on an SFTP server: put puts files there.
func newRemoteInbox(t *testing.T, path string, change ...func(*Settings)) (*sshd, *inbox) {
	t.Helper()
	server := startSSHD(t)
	b := newInbox(t, append([]func(*Settings){func(s *Settings) {
		s.Path, s.SFTP = "", server.account(path)
	}}, change...)...)
	b.dir = server.home
	return server, b
}

// settle lets the time pass in which a file must be seen unchanged.
func (b *inbox) settle() {
	b.t.Helper()
	if g := b.drain(""); len(g.complaints)+len(g.asides) > 0 {
		b.t.Fatalf("taken at first sight: %s, set aside %s", g.ids(), g.wheres())
	}
	b.clock = b.clock.Add(time.Minute)
}

func TestTheSuiteOverSFTP(t *testing.T) {
	server := startSSHD(t)
	folders := 0
	connectortest.Run(t, connectortest.Harness{New: func(t testing.TB) connectortest.Channel {
		folders++
		name := fmt.Sprintf("inbox-%d", folders)
		dir := filepath.Join(server.home, name)
		must(t, os.Mkdir(dir, 0o755))
		line := newLink(t, server.to)
		files, complaints := 0, 0
		return connectortest.Channel{
			Open: func(env connectors.Env) (connectors.Connector, error) {
				settings := defaults()
				settings.SFTP, settings.Page, settings.Quiet = server.account(name), 2, 0
				settings.SFTP.Port = line.Addr().(*net.TCPAddr).Port
				settings.Map = connectors.Mapping{"id": {From: "No"}, "text": {From: "Laporan"}, "reporter.phone": {From: "HP"}}
				return Definition().Open(env, settings)
			},
			Secrets: []string{"0812-7000-4401", "lampu mati di Sungai Ulu", server.key},
			Break:   func() { must(t, line.Close()); line.cut() },
			Stall:   line.stall,
			Add: func(t testing.TB, n int) {
				var text strings.Builder
				text.WriteString("REKAP\nNo,HP,Laporan\n")
				for range n {
					complaints++
					fmt.Fprintf(&text, "%d,0812-7000-4401,lampu mati di Sungai Ulu nomor %d\n", complaints, complaints)
				}
				files++
				path := filepath.Join(dir, fmt.Sprintf("aduan-%d.csv", files))
				old := time.Now().Add(time.Duration(files)*time.Second - time.Hour)
				must(t, os.WriteFile(path, []byte(text.String()), 0o644), os.Chtimes(path, old, old))
			},
		}
	}})
}

func TestFilesOfAServerAreReadAsThoseOfAFolder(t *testing.T) {
	_, b := newRemoteInbox(t, "", func(s *Settings) {
		s.Page = 2
		s.Map["id"] = connectors.Value{Expr: "sheet + '/' + No"}
	})
	content, err := os.ReadFile(workbooktest.Make(t, natuna(t)))
	must(t, err)
	b.putAged("aduan.xlsx", string(content), 2*time.Hour)
	b.put("aduan.csv", january)
	b.settle()
	g := b.drain("")
	if g.ids() != "Januari/1 Januari/2 Februari/1 Februari/2 /1 /2 /5" || len(g.asides) != 6 {
		t.Errorf("complaints %s, set aside %s", g.ids(), g.wheres())
	}
	if again := b.drain(g.next); len(again.complaints)+len(again.asides) > 0 || again.next != g.next {
		t.Errorf("read again: %s", again.ids())
	}
	b.restart()
	if again := b.drain(g.next); len(again.complaints)+len(again.asides) > 0 || again.next != g.next {
		t.Errorf("read again after a restart: %s", again.ids())
	}
}

func TestPathsOnAServer(t *testing.T) {
	server, b := newRemoteInbox(t, "")
	b.putAged("in/a.csv", rows(1, 1), 4*time.Hour)
	b.putAged("in/b.TXT", rows(2, 2), 3*time.Hour)
	b.putAged("in/c.dat", rows(3, 3), 2*time.Hour)
	b.putAged("in/sub/d.csv", rows(4, 4), time.Hour)
	b.put("in/.e.csv", rows(5, 5))
	must(t, os.Symlink(filepath.Join(b.dir, "in", "sub"), filepath.Join(b.dir, "in", "linked")), os.Symlink("c.dat", filepath.Join(b.dir, "in", "f.csv")))
	for path, want := range map[string]string{
		"in": "1 2", "in/": "1 2", "in/a.csv": "1", "in/*.csv": "1", "in/*/*.csv": "4", "in/[b]*": "2", "in/z.csv": "", "in/?.???": "1 2 3", "in/*.xlsx": "",
	} {
		b.set.SFTP = server.account("")
		b.set.SFTP.Path += "/" + path
		b.restart()
		b.settle()
		if g := b.drain(""); g.ids() != want {
			t.Errorf("%s: got %s, want %s", path, g.ids(), want)
		}
	}
	for _, path := range []string{"gone", "gone/*.csv", "gone/a.csv"} {
		b.set.SFTP = server.account(path)
		b.restart()
		if page, err := b.Poll(t.Context(), ""); err == nil {
			t.Errorf("%s: a folder that is away gives %+v", path, page)
		}
	}
}

// The server's clock may be set wrong, so what counts is that a file is the same at two looks.
func TestAFileOnAServerMustBeSeenTwice(t *testing.T) {
	_, b := newRemoteInbox(t, "")
	b.putAged("a.csv", rows(1, 2), 24*time.Hour)
	for range 3 { // it grows between any two looks, and its time is old each time
		b.settle()
		content, err := os.ReadFile(filepath.Join(b.dir, "a.csv"))
		must(t, err)
		b.putAged("a.csv", string(content)+"9,,Lampu mati\n", 24*time.Hour)
	}
	b.settle()
	if g := b.drain(""); g.ids() != "1 2 9" {
		t.Errorf("got %s", g.ids())
	}
}

func TestABrokenLineLosesNothingAndGoesOn(t *testing.T) {
	server, b := newRemoteInbox(t, "")
	const last = 20_000
	b.put("a.csv", rows(1, last))
	info, err := os.Stat(filepath.Join(b.dir, "a.csv"))
	must(t, err)
	b.settle()
	before, _ := server.counts()
	breaks := 0
	for range 50 {
		server.cutAfter(info.Size() / 4) // never enough for the whole
		page, err := b.Poll(t.Context(), "")
		if err == nil && len(page.Complaints) > 0 {
			break
		}
		if got := retry.Of(err); err != nil && (got.Verdict != retry.Transient || got.Reason != retry.Reset) {
			t.Fatalf("a broken line is %s, %s: %v", got.Verdict, got.Reason, err)
		}
		breaks++
	}
	server.cutAfter(-1)
	g := b.drain("")
	carried, _ := server.counts()
	if len(g.complaints) != last || len(g.asides) != 0 {
		t.Errorf("%d complaints, set aside %s", len(g.complaints), g.wheres())
	}
	if breaks < 3 || carried-before > 2*info.Size() {
		t.Errorf("after %d breaks %d bytes came for a file of %d", breaks, carried-before, info.Size())
	}
}

func TestASilentServerIsGivenUp(t *testing.T) {
	server, b := newRemoteInbox(t, "", func(s *Settings) { s.SFTP.Timeout = config.Duration(time.Second) })
	b.put("a.csv", rows(1, 2))
	b.settle()
	server.stall()
	for _, connected := range []bool{true, false} { // a line that fell silent, and one that is silent from the beginning
		began := time.Now()
		_, err := b.Poll(t.Context(), "")
		if got := retry.Of(err); got.Verdict != retry.Transient || got.Reason != retry.Timeout || time.Since(began) > 10*time.Second {
			t.Errorf("connected %t: after %s %s, %s: %v", connected, time.Since(began), got.Verdict, got.Reason, err)
		}
	}
	server.resume()
	if g := b.drain(""); g.ids() != "1 2" {
		t.Errorf("then %s", g.ids())
	}
}

func TestAnotherHostKeyIsNeverTrusted(t *testing.T) {
	server, b := newRemoteInbox(t, "")
	b.put("a.csv", rows(1, 1))
	_, other := newKey(t)
	known := filepath.Join(t.TempDir(), "known_hosts")
	for name, change := range map[string]func(*SFTP){
		"host_key": func(s *SFTP) { s.HostKey = []string{other} },
		"known_hosts": func(s *SFTP) {
			key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(other))
			must(t, err, os.WriteFile(known, []byte(knownhosts.Line([]string{s.address()}, key)), 0o600))
			s.HostKey, s.KnownHosts = nil, config.Path(known)
		},
	} {
		b.set.SFTP = server.account("")
		change(&b.set.SFTP)
		b.restart()
		_, err := b.Poll(t.Context(), "")
		key, _, _, _, _ := ssh.ParseAuthorizedKey([]byte(server.hostKey))
		if err == nil || !strings.Contains(err.Error(), "shows the host key ssh-ed25519 "+ssh.FingerprintSHA256(key)) || !strings.Contains(err.Error(), "somebody stands in between") {
			t.Errorf("%s: %v", name, err)
		}
		if got := retry.Of(err); got.Verdict != retry.Transient || got.Reason != retry.TLS {
			t.Errorf("%s: %s, %s", name, got.Verdict, got.Reason)
		}
		if said, err := b.Check(t.Context()); err == nil {
			t.Errorf("%s: Check says %s", name, said)
		}
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(server.hostKey))
	b.set.SFTP = server.account("")
	must(t, err, os.WriteFile(known, []byte(knownhosts.Line([]string{b.set.SFTP.address()}, key)), 0o600))
	b.set.SFTP.HostKey, b.set.SFTP.KnownHosts = nil, config.Path(known)
	must(t, b.set.Validate())
	b.restart()
	b.settle()
	if g := b.drain(""); g.ids() != "1" {
		t.Errorf("the key in known_hosts: %s", g.ids())
	}
}

func TestAnAccountThatIsNotLetInIsToldSo(t *testing.T) {
	server, b := newRemoteInbox(t, "")
	stranger, _ := newKey(t)
	for name, change := range map[string]func(*SFTP){
		"another key": func(s *SFTP) { s.Key = config.NewSecret(stranger) },
		"a password":  func(s *SFTP) { s.Key, s.Password = config.Secret{}, config.NewSecret("KATASANDI-7719") },
	} {
		b.set.SFTP = server.account("")
		change(&b.set.SFTP)
		b.restart()
		_, err := b.Poll(t.Context(), "")
		if got := retry.Of(err); err == nil || got.Verdict != retry.SignIn || strings.Contains(err.Error(), "KATASANDI") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPagesOfOneFileComeOverOneConnection(t *testing.T) {
	server, b := newRemoteInbox(t, "", func(s *Settings) { s.Page = 2 })
	b.put("a.csv", rows(1, 20))
	b.settle()
	_, before := server.counts()
	g := b.drain("")
	if _, after := server.counts(); g.pages < 10 || after != before {
		t.Errorf("%d pages took %d connections more", g.pages, after-before)
	}
}

func TestAChangeOnTheServerStartsTheFileOver(t *testing.T) {
	_, b := newRemoteInbox(t, "", func(s *Settings) { s.Page = 2 })
	b.put("a.csv", rows(1, 5))
	b.settle()
	page, err := b.Poll(t.Context(), "")
	must(t, err)
	b.putAged("a.csv", rows(7, 9), time.Minute)
	next, err := b.Poll(t.Context(), page.Next)
	if err != nil || len(next.Complaints) != 0 {
		t.Fatalf("while it is written: %+v, %v", next, err)
	}
	b.clock = b.clock.Add(time.Minute)
	if g := b.drain(next.Next); g.ids() != "7 8 9" {
		t.Errorf("got %s", g.ids())
	}
}

func TestTheServersFilesStayAsTheyAre(t *testing.T) {
	_, b := newRemoteInbox(t, "")
	b.put("a.csv", january)
	must(t, os.Chmod(filepath.Join(b.dir, "a.csv"), 0o444), os.Chmod(b.dir, 0o555))
	before, err := os.Stat(filepath.Join(b.dir, "a.csv"))
	must(t, err)
	b.settle()
	g := b.drain("")
	after, err := os.Stat(filepath.Join(b.dir, "a.csv"))
	entries, err2 := os.ReadDir(b.dir)
	must(t, err, err2)
	if g.ids() != "1 2 5" || !after.ModTime().Equal(before.ModTime()) || len(entries) != 1 {
		t.Errorf("got %s; %d files", g.ids(), len(entries))
	}
}

func TestAStopWhileTheServerIsReadIsOurs(t *testing.T) {
	_, b := newRemoteInbox(t, "")
	b.put("a.csv", rows(1, 3))
	b.settle()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Poll(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if g := b.drain(""); g.ids() != "1 2 3" {
		t.Errorf("then %s", g.ids())
	}
}

func TestSFTPSettings(t *testing.T) {
	private, public := newKey(t)
	sound := SFTP{
		Host: "sftp.natuna.example", Port: 22, User: "satupintu", Path: "inbox/*.xlsx", Key: config.NewSecret(private), HostKey: []string{public},
		Timeout: config.Duration(time.Minute),
	}
	known := filepath.Join(t.TempDir(), "known_hosts")
	must(t, os.WriteFile(known, []byte("lain.natuna.example "+public+"\n"), 0o600))
	for name, c := range map[string]struct {
		change func(*SFTP)
		want   string
	}{
		"sound":            {func(*SFTP) {}, ""},
		"a password":       {func(s *SFTP) { s.Key, s.Password = config.Secret{}, config.NewSecret("x") }, ""},
		"no host key":      {func(s *SFTP) { s.HostKey = nil }, "sftp.host_key: is missing: without it anybody could pass for the server"},
		"two kinds":        {func(s *SFTP) { s.KnownHosts = config.Path(known) }, "sftp.host_key: is given beside known_hosts"},
		"not in the file":  {func(s *SFTP) { s.HostKey, s.KnownHosts = nil, config.Path(known) }, "sftp.known_hosts: has no key of sftp.natuna.example:22"},
		"in the file":      {func(s *SFTP) { s.HostKey, s.KnownHosts, s.Host = nil, config.Path(known), "lain.natuna.example" }, ""},
		"no file":          {func(s *SFTP) { s.HostKey, s.KnownHosts = nil, "/nowhere" }, "sftp.known_hosts: cannot be read as a known_hosts file"},
		"a fingerprint":    {func(s *SFTP) { s.HostKey = []string{"SHA256:abc"} }, "sftp.host_key[0]: is no public key"},
		"no key":           {func(s *SFTP) { s.Key = config.Secret{} }, "sftp.key: is missing: give key or password"},
		"a public key":     {func(s *SFTP) { s.Key = config.NewSecret(public) }, "sftp.key: is no private key as ssh-keygen writes it"},
		"no passphrase":    {func(s *SFTP) { s.Key = config.NewSecret(sealedKey(t)) }, "sftp.key: has a passphrase: give key_passphrase"},
		"wrong passphrase": {func(s *SFTP) { s.Key, s.KeyPassphrase = config.NewSecret(sealedKey(t)), config.NewSecret("y") }, "key_passphrase is another one's"},
		"a passphrase":     {func(s *SFTP) { s.Key, s.KeyPassphrase = config.NewSecret(sealedKey(t)), config.NewSecret("x") }, ""},
		"no user":          {func(s *SFTP) { s.User = "" }, "sftp.user: is missing"},
		"no path":          {func(s *SFTP) { s.Path = "" }, "sftp.path: is missing"},
		"no pattern":       {func(s *SFTP) { s.Path = "a[.csv" }, "sftp.path: is no pattern"},
		"no port":          {func(s *SFTP) { s.Port = 0 }, "sftp.port: is not between 1 and 65535"},
		"no time":          {func(s *SFTP) { s.Timeout = 0 }, "sftp.timeout: is less than 1s"},
	} {
		s := defaults()
		s.Map = connectors.Mapping{"id": {From: "No"}, "text": {From: "Laporan"}}
		s.SFTP = sound
		c.change(&s.SFTP)
		err := s.Validate()
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	s := defaults()
	s.Path, s.SFTP = "inbox", sound
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "path: and sftp and upload are three ways") {
		t.Errorf("both: %v", err)
	}
}

func sealedKey(t *testing.T) string {
	t.Helper()
	private, _ := newKey(t)
	key, err := ssh.ParseRawPrivateKey([]byte(private))
	must(t, err)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte("x"))
	must(t, err)
	return string(pemOf(block))
}
