package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
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

	"github.com/go-sql-driver/mysql"
	_ "github.com/lib/pq"
	"go.uber.org/goleak"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testPassword = "kata-sandi-ranai-0001"

// server is a real database server that ends with the test.
type server struct {
	driver string
	port   int
	dir    string                    // MariaDB's, with its certificate
	make   func(t testing.TB) string // makes an empty database; returns its name
	admin  func(t testing.TB, database string) *sql.DB
}

// Everything that is promised of databases, on a real MariaDB and a real PostgreSQL.
func TestOnRealDatabases(t *testing.T) {
	for name, start := range map[string]func(testing.TB) server{"mariadb": startMariaDB, "postgres": startPostgres} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			for part, test := range map[string]func(*testing.T, server){
				"suite": suite, "reading": reading, "history": history, "long SMS": longSMS, "rereading": rereading, "answers": answers, "checking": checking, "TLS": encryption, "least rights": leastRights,
			} {
				t.Run(part, func(t *testing.T) { test(t, s) })
			}
		})
	}
}

func startPostgres(t testing.TB) server {
	t.Helper()
	p := storetest.StartPostgres(t)
	parsed, err := url.Parse(p.Database(t))
	must(t, err)
	port, err := strconv.Atoi(parsed.Port())
	must(t, err)
	admin := func(t testing.TB, name string) *sql.DB {
		db, err := sql.Open("postgres", fmt.Sprintf("postgres://satupintu@127.0.0.1:%d/%s?sslmode=disable&TimeZone=%%3C%%2B07%%3E-07", port, name))
		must(t, err)
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	exec1(t, admin(t, "postgres"), "CREATE ROLE gateway LOGIN PASSWORD '"+testPassword+"'", "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET timezone = 'UTC'", "SELECT pg_reload_conf()")
	name := strings.TrimPrefix(parsed.Path, "/")
	db := admin(t, name)
	return server{driver: postgresDriver, port: port, admin: admin, make: func(t testing.TB) string {
		exec1(t, db, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public", "GRANT USAGE ON SCHEMA public TO gateway",
			"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO gateway",
			"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO gateway")
		return name
	}}
}

func startMariaDB(t testing.TB) server {
	t.Helper()
	storetest.Needs(t, "MariaDB")
	bin, err := exec.LookPath("mariadbd")
	if err != nil {
		t.Fatal("no MariaDB server is installed: apt-get install mariadb-server")
	}
	dir, err := os.MkdirTemp("", "satupintu-my-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	writeCertificate(t, dir)
	port, as := freePort(t), "--user="+databaseUser(t, dir)
	data := "--datadir=" + filepath.Join(dir, "data")
	install := exec.Command("mariadb-install-db", "--no-defaults", as, data, "--auth-root-authentication-method=normal", "--skip-test-db")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("mariadb-install-db: %v\n%s", err, out)
	}
	socket := filepath.Join(dir, "s")
	cmd := exec.Command(bin, "--no-defaults", as, data, "--socket="+socket, "--bind-address=127.0.0.1", "--port="+strconv.Itoa(port),
		"--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M", "--skip-name-resolve", "--ssl-cert="+filepath.Join(dir, certificate), "--ssl-key="+filepath.Join(dir, "key.pem"),
		"--character-set-server=utf8mb4")
	log, err := os.Create(filepath.Join(dir, "log"))
	must(t, err)
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	must(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGKILL)
		<-ended
	})
	admin := func(t testing.TB, name string) *sql.DB {
		cfg := mysql.NewConfig()
		cfg.User, cfg.Net, cfg.Addr, cfg.DBName, cfg.ParseTime, cfg.MultiStatements = "root", "unix", socket, name, true, true
		cfg.Params = map[string]string{"time_zone": "'+07:00'"}
		connector, err := mysql.NewConnector(cfg)
		must(t, err)
		db := sql.OpenDB(connector)
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	root := admin(t, "")
	waitFor(t, root, ended, filepath.Join(dir, "log"))
	exec1(t, root, "CREATE USER gateway@'%' IDENTIFIED BY '"+testPassword+"'")
	var made atomic.Int64
	return server{driver: mysqlDriver, port: port, dir: dir, admin: admin, make: func(t testing.TB) string {
		name := "natuna" + strconv.FormatInt(made.Add(1), 10)
		exec1(t, root, "CREATE DATABASE "+name, "GRANT SELECT, INSERT, UPDATE ON "+name+".* TO gateway@'%'")
		return name
	}}
}

// databaseUser is whom the server runs as: root may not be it.
func databaseUser(t testing.TB, dir string) string {
	t.Helper()
	me, err := user.Current()
	must(t, err)
	if os.Geteuid() != 0 {
		return me.Username
	}
	mysqlUser, err := user.Lookup("mysql")
	must(t, err)
	uid, err := strconv.Atoi(mysqlUser.Uid)
	must(t, err)
	must(t, os.Chown(dir, uid, -1))
	return "mysql"
}

func waitFor(t testing.TB, db *sql.DB, ended <-chan struct{}, log string) {
	t.Helper()
	late := time.After(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for db.PingContext(t.Context()) != nil {
		select {
		case <-tick.C:
		case <-ended:
			t.Fatalf("mariadbd ended:\n%s", read(t, log))
		case <-late:
			t.Fatalf("mariadbd does not answer:\n%s", read(t, log))
		}
	}
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return string(text)
}

// settings are those of a database on a port, without any of a table's.
func (s server) settings(database string, port int) *Settings {
	own := defaults()
	own.Driver, own.Host, own.Port, own.Database, own.TLS = s.driver, "127.0.0.1", port, database, tlsOff
	own.User, own.Password = "gateway", config.NewSecret(testPassword)
	return own
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// exec1 runs statements.
func exec1(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, one := range statements {
		if _, err := db.ExecContext(context.Background(), one); err != nil {
			t.Fatalf("%.80s: %v", one, err)
		}
	}
}

// lines are the rows of a query, columns joined by " | ".
func lines(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), query)
	must(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(t, err)
	var all []string
	for rows.Next() {
		texts, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range texts {
			into[i] = &texts[i]
		}
		must(t, rows.Scan(into...))
		var cells []string
		for _, text := range texts {
			cells = append(cells, text.String)
		}
		all = append(all, strings.Join(cells, " | "))
	}
	must(t, rows.Err())
	return all
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// wire stands between a connector and its server, and can be cut or hang.
type wire struct {
	listener net.Listener
	to       string
	mu       sync.Mutex
	open     []net.Conn
	hangs    atomic.Bool
	all      sync.WaitGroup
}

func newWire(t testing.TB, port int) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w := &wire{listener: listener, to: "127.0.0.1:" + strconv.Itoa(port)}
	w.all.Go(w.serve)
	t.Cleanup(func() {
		w.cut()
		w.all.Wait()
	})
	return w
}

func (w *wire) port() int { return w.listener.Addr().(*net.TCPAddr).Port }

func (w *wire) serve() {
	for {
		conn, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.keep(conn)
		w.all.Go(func() { w.forward(conn) })
	}
}

func (w *wire) keep(conn net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = append(w.open, conn)
}

func (w *wire) forward(conn net.Conn) {
	defer conn.Close()
	if w.hangs.Load() {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	far, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer far.Close()
	w.keep(far)
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(far, conn)
		_ = far.Close()
	})
	_, _ = io.Copy(conn, far)
	_ = conn.Close()
	both.Wait()
}

// cut ends every connection and takes no more.
func (w *wire) cut() {
	_ = w.listener.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, conn := range w.open {
		_ = conn.Close()
	}
}
