package spreadsheet

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"

	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// sshd is a real OpenSSH server, of a test's own, that runs as a user without rights. Between it and the connector is a
// line that can be cut, slowed down and stopped.
type sshd struct {
	dir     string // its keys; whatever lies in dir/home is served
	home    string
	user    string
	key     string // the account's private key
	hostKey string // the server's public one
	port    int
	*link
}

const sshdBinary = "/usr/sbin/sshd"

func startSSHD(t testing.TB) *sshd {
	t.Helper()
	storetest.Needs(t, "OpenSSH")
	if _, err := os.Stat(sshdBinary); err != nil {
		t.Fatalf("OpenSSH (Debian: openssh-server) is not there: %v", err)
	}
	dir, err := os.MkdirTemp("", "satupintu-sshd-") // t.TempDir lies in folders that a user without rights may not enter
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &sshd{dir: dir, home: filepath.Join(dir, "home")}
	credential := s.ownUser(t)
	var hostKey, accountKey string
	hostKey, s.hostKey = newKey(t)
	s.key, accountKey = newKey(t)
	s.port = freePort(t)
	for name, content := range map[string]string{
		"host": hostKey, "accounts": accountKey,
		"config": strings.Join([]string{
			"Port " + strconv.Itoa(s.port), "ListenAddress 127.0.0.1", "HostKey " + filepath.Join(dir, "host"), "PidFile none",
			"AuthorizedKeysFile " + filepath.Join(dir, "accounts"), "StrictModes no", "UsePAM yes", "PasswordAuthentication no", "KbdInteractiveAuthentication no",
			"MaxStartups 100", "Subsystem sftp internal-sftp", "ForceCommand internal-sftp", "",
		}, "\n"),
	} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	must(t, os.Mkdir(s.home, 0o755))
	if credential != nil {
		must(t, filepath.Walk(dir, func(name string, _ os.FileInfo, err error) error {
			if err != nil {
				return err
			}
			return os.Chown(name, int(credential.Uid), int(credential.Gid))
		}))
	}
	said := &strings.Builder{}
	cmd := exec.Command(sshdBinary, "-D", "-e", "-f", filepath.Join(dir, "config"))
	cmd.Stderr, cmd.SysProcAttr = said, &syscall.SysProcAttr{Credential: credential}
	must(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it ends by our signal
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	s.wait(t, ended, said)
	s.link = newLink(t, fmt.Sprintf("127.0.0.1:%d", s.port))
	return s
}

// ownUser is nobody where the test runs as root: a server that is started by a user without rights lets in that one alone.
func (s *sshd) ownUser(t testing.TB) *syscall.Credential {
	t.Helper()
	who, err := user.Current()
	must(t, err)
	s.user = who.Username
	if who.Uid != "0" {
		return nil
	}
	who, err = user.Lookup("nobody")
	must(t, err)
	s.user = who.Username
	uid, err := strconv.Atoi(who.Uid)
	gid, err2 := strconv.Atoi(who.Gid)
	must(t, err, err2)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (s *sshd) wait(t testing.TB, ended <-chan struct{}, said *strings.Builder) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(30 * time.Second); ; {
		line, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
		if err == nil {
			_ = line.Close()
			return
		}
		select {
		case <-tick.C:
		case <-ended:
			t.Fatalf("sshd ended:\n%s", said)
		case <-late:
			t.Fatal("sshd does not answer")
		}
	}
}

func newKey(t testing.TB) (private, public string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	block, err := ssh.MarshalPrivateKey(key, "")
	must(t, err)
	signer, err := ssh.NewSignerFromKey(key)
	must(t, err)
	return string(pem.EncodeToMemory(block)), strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// account is how the connector is told of the server.
func (s *sshd) account(path string) SFTP {
	host, port, _ := net.SplitHostPort(s.link.Addr().String())
	number, _ := strconv.Atoi(port)
	return SFTP{
		Host: host, Port: number, User: s.user, Path: filepath.Join(s.home, path), Key: config.NewSecret(strings.TrimSpace(s.key)),
		HostKey: []string{s.hostKey}, Timeout: config.Duration(20 * time.Second),
	}
}

// link carries bytes to a server: over a satellite, say.
type link struct {
	net.Listener
	to string

	mu      sync.Mutex
	open    []net.Conn
	room    int64 // bytes from the server that still come through before the line is cut; below zero: all
	carried int64
	dials   int
	stalled chan struct{} // when set, nothing goes through until it is closed
}

func newLink(t testing.TB, to string) *link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	l := &link{Listener: listener, to: to, room: -1}
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.accept()
	}()
	t.Cleanup(func() {
		l.resume()
		_ = listener.Close()
		l.cut()
		<-done
	})
	return l
}

func (l *link) accept() {
	var carriers sync.WaitGroup
	defer carriers.Wait()
	for {
		near, err := l.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", l.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		l.mu.Lock()
		l.open, l.dials = append(l.open, near, far), l.dials+1
		l.mu.Unlock()
		carriers.Go(func() { l.carry(near, far, false) })
		carriers.Go(func() { l.carry(far, near, true) })
	}
}

func (l *link) carry(from, to net.Conn, counted bool) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		l.mu.Lock()
		wait, cut := l.stalled, false
		if counted && l.room >= 0 {
			cut = int64(n) > l.room
			n = int(min(int64(n), l.room))
			l.room -= int64(n)
		}
		if counted {
			l.carried += int64(n)
		}
		l.mu.Unlock()
		if wait != nil {
			<-wait
		}
		if _, writeErr := to.Write(buffer[:n]); err != nil || writeErr != nil || cut {
			return
		}
	}
}

// cut breaks every connection.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.open {
		_ = line.Close()
	}
	l.open = nil
}

// cutAfter breaks the line after so many bytes more from the server; below zero: never.
func (l *link) cutAfter(n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.room = n
}

func (l *link) stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stalled = make(chan struct{})
}

func (l *link) resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stalled != nil {
		close(l.stalled)
		l.stalled = nil
	}
}

func (l *link) counts() (carried int64, dials int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.carried, l.dials
}

func pemOf(block *pem.Block) []byte { return pem.EncodeToMemory(block) }
