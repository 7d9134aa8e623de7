// Package storetest is the behaviour suite of package store, run over SQLite and PostgreSQL alike, and the real
// PostgreSQL server that tests start for themselves. Tests import it; the product does not.
package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/lib/pq"
)

// Everything is the environment variable that `make test` sets to "all": a test that needs a server then fails without
// one instead of skipping.
const Everything = "SATUPINTU_TEST"

// Needs skips a test, saying why, unless everything is to be run.
func Needs(t testing.TB, what string) {
	t.Helper()
	if os.Getenv(Everything) != "all" {
		t.Skipf("needs %s: run `make test`, or set %s=all", what, Everything)
	}
}

// Postgres is a server of a test's own, with every durability setting as it comes.
type Postgres struct {
	bin  string
	dir  string
	port int
	cmd  *exec.Cmd

	ended <-chan struct{} // when cmd has
}

// StartPostgres starts a server that ends with the test. It skips where Needs does.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	Needs(t, "PostgreSQL")
	dir, err := os.MkdirTemp("", "satupintu-pg-")
	if err != nil {
		t.Fatal(err)
	}
	p := &Postgres{bin: postgresBin(t), dir: dir, port: freePort(t)}
	t.Cleanup(func() {
		p.Kill()
		_ = os.RemoveAll(dir)
	})
	if uid, gid, ok := postgresUser(); ok {
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	initdb := p.command("initdb", "-D", filepath.Join(dir, "data"), "-U", "satupintu", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	p.Start(t)
	return p
}

// Start starts the server, also after Kill, and waits until it answers. What a killed server left in shared memory may be
// in use for a moment yet: the new one ends at once then, and is started again.
func (p *Postgres) Start(t testing.TB) {
	t.Helper()
	for last := time.Now().Add(30 * time.Second); ; {
		ended := p.launch(t)
		switch {
		case p.wait(t, ended):
			return
		case time.Now().After(last):
			t.Fatalf("postgres does not start:\n%s", p.said())
		}
		<-time.After(200 * time.Millisecond)
	}
}

// launch starts the server's processes. The channel is closed when it has ended by itself.
func (p *Postgres) launch(t testing.TB) <-chan struct{} {
	t.Helper()
	p.cmd = p.command("postgres", "-D", filepath.Join(p.dir, "data"), "-p", strconv.Itoa(p.port), "-k", p.dir, "-h", "127.0.0.1")
	log, err := os.OpenFile(filepath.Join(p.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start postgres: %v", err)
	}
	ended, cmd := make(chan struct{}), p.cmd
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	p.ended = ended
	return ended
}

func (p *Postgres) said() []byte {
	log, _ := os.ReadFile(filepath.Join(p.dir, "log"))
	return log
}

// wait waits until the server answers; false when it ended before it did.
func (p *Postgres) wait(t testing.TB, ended <-chan struct{}) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := sql.Open("postgres", p.dsn("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for db.PingContext(ctx) != nil {
		select {
		case <-tick.C:
		case <-ended:
			return false
		case <-ctx.Done():
			t.Fatalf("postgres does not answer:\n%s", p.said())
		}
	}
	return true
}

// Kill ends the server as a power cut would: every process of it at once, nothing written. Its backends each have a
// session of their own, so that a signal to the postmaster's group would leave them to finish what they were doing. The
// postmaster is stopped first, so that it starts no more of them.
func (p *Postgres) Kill() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	postmaster := p.cmd.Process.Pid
	_ = syscall.Kill(postmaster, syscall.SIGSTOP)
	children := childrenOf(postmaster)
	for _, pid := range children {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = syscall.Kill(-postmaster, syscall.SIGKILL)
	<-p.ended
	p.cmd = nil
	for _, pid := range children {
		for last := time.Now().Add(5 * time.Second); alive(pid) && time.Now().Before(last); {
			<-time.After(time.Millisecond)
		}
	}
}

// Freeze stops the server where it is, as a disk or a host that hangs does: connections stay, and nothing is answered until thaw.
func (p *Postgres) Freeze() (thaw func()) {
	frozen := []int{p.Pid()}
	_ = syscall.Kill(p.Pid(), syscall.SIGSTOP) // first, so that it starts no more
	frozen = append(frozen, childrenOf(p.Pid())...)
	for _, pid := range frozen[1:] {
		_ = syscall.Kill(pid, syscall.SIGSTOP)
	}
	return func() {
		for _, pid := range frozen {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	}
}

// Stop ends the server in order, as a restart for maintenance does: connections are cut, what was committed is written.
func (p *Postgres) Stop() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	_ = p.cmd.Process.Signal(os.Interrupt)
	<-p.ended
	p.cmd = nil
}

// Pid is the postmaster's process, whose children are the backends; 0 when the server is down.
func (p *Postgres) Pid() int {
	if p.cmd == nil || p.cmd.Process == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// childrenOf reads from /proc, where there is one, which processes a process has started and not yet lost.
func childrenOf(parent int) []int {
	var found []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if fields := stat(pid); err == nil && len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			found = append(found, pid)
		}
	}
	return found
}

// alive says whether a process runs yet; one whose parent has not taken notice of its end does not.
func alive(pid int) bool {
	fields := stat(pid)
	return len(fields) > 0 && fields[0] != "Z" && fields[0] != "X"
}

// stat is what the kernel says of a process from its state on; none of one that has ended. The name before it may hold
// anything, so the last bracket ends it.
func stat(pid int) []string {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}

// Database makes an empty database and returns its address.
func (p *Postgres) Database(t testing.TB) string {
	t.Helper()
	db, err := sql.Open("postgres", p.dsn("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	name := "t" + strconv.FormatInt(time.Now().UnixNano(), 36)
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	return p.dsn(name)
}

func (p *Postgres) dsn(name string) string {
	return fmt.Sprintf("postgres://satupintu@127.0.0.1:%d/%s?sslmode=disable", p.port, name)
}

// command runs one of the server's programs as the user postgres where we are root, because they refuse root, and in a
// group of its own, so that Kill reaches all of it.
func (p *Postgres) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, name), args...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if uid, gid, ok := postgresUser(); ok {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return cmd
}

func postgresUser() (uid, gid int, ok bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, false
	}
	uid, err = strconv.Atoi(u.Uid)
	if err != nil {
		return 0, 0, false
	}
	gid, err = strconv.Atoi(u.Gid)
	return uid, gid, err == nil
}

func postgresBin(t testing.TB) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1])
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		t.Fatal("no PostgreSQL server is installed: apt-get install postgresql")
	}
	return strings.TrimSuffix(path, "/initdb")
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
