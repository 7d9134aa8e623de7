package sql

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/sync/complaint"
)

// grants are what the page for operators says an account needs.
func grants(t *testing.T, database, name string) []string {
	t.Helper()
	_, block, _ := strings.Cut(read(t, "../../docs/sql.md"), "```sql\n")
	block, _, _ = strings.Cut(block, "```")
	var found []string
	for _, line := range strings.Split(block, "\n") {
		if strings.HasPrefix(line, "GRANT ") && strings.Contains(line, " ON "+database+".") {
			line = strings.Replace(line, " ON "+database+".", " ON "+name+".", 1)
			found = append(found, strings.TrimSuffix(strings.Replace(line, "satupintu@'10.0.0.7'", "sedikit@'%'", 1), ";"))
		}
	}
	return found
}

// leastRights has the connector work with exactly the rights that the page for operators names.
func leastRights(t *testing.T, s server) {
	if s.driver != mysqlDriver {
		return // the page names MariaDB's; the suite runs on PostgreSQL's
	}
	for _, a := range []struct {
		application
		database string
		rights   int
	}{{villageSite(), "opensid", 1}, {smsCentre(), "sms", 4}} {
		name, db := a.open(t, s)
		exec1(t, db, "CREATE OR REPLACE USER sedikit@'%' IDENTIFIED BY '"+testPassword+"'")
		rights := grants(t, a.database, name)
		if len(rights) != a.rights {
			t.Fatalf("the page names the rights %q, want %d", rights, a.rights)
		}
		exec1(t, db, rights...)
		c := &channel{server: s, db: db, name: name, said: &connectortest.Log{}, files: &connectortest.Shelf{}}
		settings := a.settings(s, name)
		settings.User, settings.Overlap = "sedikit", config.Duration(time.Minute)
		c.open(t, settings)
		exec1(t, db, s.sql(fmt.Sprintf(a.add, 1, time.Now().In(wib()).Format(time.DateTime))))
		said, err := c.Check.Check(t.Context())
		must(t, err)
		wantPart(t, "Check", said, "no more than it needs")
		page := c.drain(t)
		if len(page.Complaints) != 1 {
			t.Errorf("%s: got %d complaints, want 1", a.name, len(page.Complaints))
		}
		if c.Acknowledge != nil {
			must(t, c.Acknowledge.Acknowledge(t.Context(), page))
		}
		c.tell(t, news("1", 1, complaint.Done))
		c.tell(t, lengthy(2))
		if told := lines(t, db, s.sql(a.told)); len(told) != 2 {
			t.Errorf("%s: told %q, want two answers", a.name, told)
		}
	}
}
