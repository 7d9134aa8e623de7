// Package postoffice is the post that tests of mail need: a real Dovecot to read mail from, and an SMTP server that keeps
// what it is sent. Only tests import it.
package postoffice

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Password is that of every account.
const Password = "KATASANDI-7719"

const mostUsers = 400

// Dovecot is a real server. Each test has an account of its own there.
type Dovecot struct {
	Plain, TLS  int    // ports of this machine; Plain offers STARTTLS
	Certificate string // file

	dir   string
	cmd   *exec.Cmd
	users atomic.Int32
}

// Open starts a server and waits until it answers.
func Open() (*Dovecot, error) {
	d := &Dovecot{}
	if err := d.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("Dovecot (Debian: dovecot-imapd) does not start: %w", err), d.Close())
	}
	return d, nil
}

// Close stops the server and removes its mail.
func (d *Dovecot) Close() error {
	if d.cmd != nil && d.cmd.Process != nil {
		_ = d.cmd.Process.Signal(syscall.SIGTERM)
		_ = d.cmd.Wait() // it ends by our signal
	}
	return os.RemoveAll(d.dir)
}

func (d *Dovecot) start() error {
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
func (d *Dovecot) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := net.Dial("tcp", Address(d.Plain))
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

// Address is a port of this machine.
func Address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}

// write writes the server's configuration, its accounts and its certificate.
func (d *Dovecot) write(binary string) error {
	said, err := exec.Command(binary, "--version").Output()
	if err != nil {
		return err
	}
	for _, port := range []*int{&d.Plain, &d.TLS} {
		if *port, err = freePort(); err != nil {
			return err
		}
	}
	var accounts strings.Builder
	for i := range mostUsers {
		fmt.Fprintf(&accounts, "u%d:{PLAIN}%s\n", i, Password)
	}
	uid, gid, err := mailOwner()
	if err != nil {
		return err
	}
	d.Certificate = filepath.Join(d.dir, "cert.pem")
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

func (d *Dovecot) configuration(old bool, uid, gid int) string {
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
		"DIR", d.dir, "UID", strconv.Itoa(uid), "GID", strconv.Itoa(gid), "PLAIN", strconv.Itoa(d.Plain), "SECURE", strconv.Itoa(d.TLS), "ME", me, "GROUP", group,
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
