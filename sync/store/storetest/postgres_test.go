package storetest_test

import (
	"database/sql"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/sync/store/storetest"
)

// Ten times, because what a killed server leaves behind is in use for a moment only.
func TestAKilledServerLeavesNoProcessAndStartsAgainWithWhatWasCommitted(t *testing.T) {
	p := storetest.StartPostgres(t)
	dsn := p.Database(t)
	for n := range 10 {
		db, err := sql.Open("postgres", dsn)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("CREATE TABLE t" + strconv.Itoa(n) + " (a int)"); err != nil {
			t.Fatal(err)
		}
		var backend int
		if err := db.QueryRow("SELECT pg_backend_pid()").Scan(&backend); err != nil {
			t.Fatal(err)
		}
		p.Kill()
		if command, err := os.ReadFile("/proc/" + strconv.Itoa(backend) + "/cmdline"); err == nil && strings.Contains(string(command), "postgres") {
			t.Fatalf("the backend %d outlives the server: %s", backend, command)
		}
		_ = db.Close()
		p.Start(t)
		db, err = sql.Open("postgres", dsn)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("INSERT INTO t" + strconv.Itoa(n) + " VALUES (1)"); err != nil {
			t.Fatalf("what was committed before the kill is gone: %v", err)
		}
		_ = db.Close()
	}
}
