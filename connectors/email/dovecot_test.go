package email

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/satupintu/satupintu/sync/store/storetest"
)

const (
	password  = "KATASANDI-7719"
	mostUsers = 400
)

// dovecot is a real server, one for all the tests of the package; each test has an account of its own.
type dovecot struct {
	dir          string
	plain, tls   int // ports
	cmd          *exec.Cmd
	certificate  string
	users        atomic.Int32
	startFailure error
}

// theServer is the package's server: started when it is first asked for, stopped by TestMain.
var theServer struct {
	once sync.Once
	*dovecot
}

func startDovecot(t testing.TB) *dovecot {
	t.Helper()
	storetest.Needs(t, "Dovecot")
	theServer.once.Do(func() {
		theServer.dovecot = &dovecot{}
		theServer.startFailure = theServer.start()
	})
	if theServer.startFailure != nil {
		t.Fatalf("Dovecot (Debian: dovecot-imapd) does not start: %v", theServer.startFailure)
	}
	return theServer.dovecot
}

func stopDovecot() error {
	d := theServer.dovecot
	if d == nil {
		return nil
	}
	if d.cmd != nil {
		_ = d.cmd.Process.Signal(syscall.SIGTERM)
		_ = d.cmd.Wait() // it ends by our signal
	}
	return os.RemoveAll(d.dir)
}

func (d *dovecot) start() error {
	binary, err := exec.LookPath("dovecot")
	if err != nil {
		binary = "/usr/sbin/dovecot"
	}
	if d.dir, err = os.MkdirTemp("", "satupintu-dovecot-"); err != nil {
		return err
	}
	if err := d.write(binary); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(d.dir, "out"))
	if err != nil {
		return err
	}
	defer log.Close()
	d.cmd = exec.Command(binary, "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
	d.cmd.Stdout, d.cmd.Stderr = log, log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := d.cmd.Start(); err != nil {
		return err
	}
	return d.await()
}

// await waits for the socket to answer.
func (d *dovecot) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := net.Dial("tcp", address(d.plain))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			said, _ := os.ReadFile(filepath.Join(d.dir, "out"))
			return fmt.Errorf("no answer within a minute: %s", said)
		}
	}
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}

// write writes the server's configuration, its accounts and its certificate.
func (d *dovecot) write(binary string) error {
	said, err := exec.Command(binary, "--version").Output()
	if err != nil {
		return err
	}
	for _, port := range []*int{&d.plain, &d.tls} {
		if *port, err = freePort(); err != nil {
			return err
		}
	}
	var accounts strings.Builder
	for i := range mostUsers {
		fmt.Fprintf(&accounts, "u%d:{PLAIN}%s\n", i, password)
	}
	uid, gid, err := mailOwner()
	if err != nil {
		return err
	}
	d.certificate = filepath.Join(d.dir, "cert.pem")
	mail := filepath.Join(d.dir, "mail")
	key, certificate, err := selfSigned()
	for name, text := range map[string]string{
		"dovecot.conf": d.configuration(strings.HasPrefix(string(said), "2.3"), uid, gid), "accounts": accounts.String(), "cert.pem": certificate, "key.pem": key,
	} {
		if err == nil {
			err = os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o644)
		}
	}
	if err == nil {
		err = os.Mkdir(mail, 0o755)
	}
	if err == nil && os.Getuid() == 0 {
		err = os.Chown(mail, uid, gid)
	}
	if err == nil {
		err = os.Chmod(d.dir, 0o755)
	}
	return err
}

// mailOwner is who owns the mail: Dovecot refuses root.
func mailOwner() (uid, gid int, err error) {
	if os.Getuid() != 0 {
		return os.Getuid(), os.Getgid(), nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return 0, 0, err
	}
	if uid, err = strconv.Atoi(nobody.Uid); err == nil {
		gid, err = strconv.Atoi(nobody.Gid)
	}
	return uid, gid, err
}

func (d *dovecot) configuration(old bool, uid, gid int) string {
	text := configuration24
	if old {
		text = configuration23
	}
	if os.Getuid() != 0 {
		text += asSomebody
	}
	me, group := "", ""
	if who, err := user.Current(); err == nil {
		me = who.Username
		if g, err := user.LookupGroupId(who.Gid); err == nil {
			group = g.Name
		}
	}
	return strings.NewReplacer(
		"DIR", d.dir, "UID", strconv.Itoa(uid), "GID", strconv.Itoa(gid), "PLAIN", strconv.Itoa(d.plain), "SECURE", strconv.Itoa(d.tls), "ME", me, "GROUP", group,
	).Replace(text)
}

const configuration23 = `
protocols = imap
listen = 127.0.0.1
base_dir = DIR/run
state_dir = DIR/state
log_path = DIR/log
ssl = yes
ssl_cert = <DIR/cert.pem
ssl_key = <DIR/key.pem
disable_plaintext_auth = no
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
mail_max_userip_connections = 100
passdb {
  driver = passwd-file
  args = DIR/accounts
}
userdb {
  driver = static
  args = uid=UID gid=GID home=DIR/mail/%u
}
namespace inbox {
  inbox = yes
  separator = /
}
service imap-login {
  inet_listener imap {
    port = PLAIN
  }
  inet_listener imaps {
    port = SECURE
    ssl = yes
  }
}
`

// Dovecot 2.4 renamed much.
const configuration24 = `
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
protocols = imap
listen = 127.0.0.1
base_dir = DIR/run
state_dir = DIR/state
log_path = DIR/log
ssl = yes
ssl_server_cert_file = DIR/cert.pem
ssl_server_key_file = DIR/key.pem
auth_allow_cleartext = yes
first_valid_uid = 1
first_valid_gid = 1
mail_driver = maildir
mail_path = ~/Maildir
mail_max_userip_connections = 100
passdb passwd-file {
  passwd_file_path = DIR/accounts
}
userdb static {
  fields {
    uid = UID
    gid = GID
    home = DIR/mail/%{user}
  }
}
namespace inbox {
  inbox = yes
  separator = /
}
service imap-login {
  inet_listener imap {
    port = PLAIN
  }
  inet_listener imaps {
    port = SECURE
    ssl = yes
  }
}
`

// asSomebody is for a server that root did not start.
const asSomebody = `
default_internal_user = ME
default_internal_group = GROUP
default_login_user = ME
service anvil {
  chroot =
}
service imap-login {
  chroot =
}
`

func selfSigned() (key, certificate string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "surat.natuna.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return "", "", err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}

// account is one mailbox on the server.
type account struct {
	*dovecot
	name string
}

func (d *dovecot) account(t testing.TB) account {
	t.Helper()
	n := d.users.Add(1)
	if n >= mostUsers {
		t.Fatal("no account is left; raise mostUsers")
	}
	return account{d, fmt.Sprintf("u%d", n)}
}

// client is a second client of the mailbox, as a person would use it.
func (a account) client(t testing.TB) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(address(a.plain), nil)
	must(t, err, c.Login(a.name, password).Wait())
	return c
}

// deliver puts mails into a folder.
func (a account) deliver(t testing.TB, folder string, mails ...string) {
	t.Helper()
	c := a.client(t)
	defer c.Close()
	for _, raw := range mails {
		raw = strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n", "\n"), "\n", "\r\n")
		command := c.Append(folder, int64(len(raw)), nil)
		_, err := command.Write([]byte(raw))
		must(t, err, command.Close())
		_, err = command.Wait()
		must(t, err)
	}
}

func (a account) create(t testing.TB, folder string) {
	t.Helper()
	c := a.client(t)
	defer c.Close()
	must(t, c.Create(folder, nil).Wait())
}

// flags lists the flags of each mail of a folder, by its UID.
func (a account) flags(t testing.TB, folder string) map[imap.UID][]imap.Flag {
	t.Helper()
	c := a.client(t)
	defer c.Close()
	_, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	must(t, err)
	list, err := c.Fetch(imap.UIDSet{imap.UIDRange{Start: 1}}, &imap.FetchOptions{UID: true, Flags: true}).Collect()
	must(t, err)
	all := map[imap.UID][]imap.Flag{}
	for _, one := range list {
		all[one.UID] = one.Flags
	}
	return all
}
