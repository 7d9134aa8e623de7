package sql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/config"
)

func TestAConnectionStringStandsForTheSettingsBesideIt(t *testing.T) {
	for _, tt := range []struct{ driver, dsn, want string }{
		{mysqlDriver, "mysql://satupintu:ra%40sia@db.desa.example:3307/opensid", "db.desa.example 3307 opensid satupintu ra@sia verify"},
		{mysqlDriver, "mariadb://satupintu:x@10.0.0.5/opensid?tls=skip-verify", "10.0.0.5 3306 opensid satupintu x encrypt"},
		{mysqlDriver, "satupintu:ra@sia@tcp(127.0.0.1:3306)/opensid?tls=false", "127.0.0.1 3306 opensid satupintu ra@sia off"},
		{mysqlDriver, "satupintu@unix(/run/mysqld/mysqld.sock)/opensid", "/run/mysqld/mysqld.sock 3306 opensid satupintu  verify"},
		{postgresDriver, "postgres://satupintu:x@[fd00::5]:5433/aduan?sslmode=require", "fd00::5 5433 aduan satupintu x encrypt"},
		{serverDriver, "sqlserver://satupintu:x@sql.dinas.example?database=aduan", "sql.dinas.example 1433 aduan satupintu x verify"},
	} {
		s := defaults()
		s.Driver, s.DSN, s.Host, s.User = tt.driver, config.NewSecret(tt.dsn), "another.example", "another"
		full := s.whole()
		got := fmt.Sprint(full.Host, " ", full.Port, " ", full.Database, " ", full.User, " ", full.Password.Reveal(), " ", full.TLS)
		if got != tt.want {
			t.Errorf("%s: got %s", tt.want, got)
		}
	}
}

func TestAConnectionStringThatIsNoneIsNotRepeated(t *testing.T) {
	for _, dsn := range []string{"RAHASIA", "mysql://db.example/opensid", "mysql://u:RAHASIA@db.example:port/opensid", "postgres://u:RAHASIA@db.example/opensid", "mysql://u:RAHASIA@/x"} {
		s := defaults()
		s.Preset, s.DSN = openSID, config.NewSecret(dsn)
		if err := s.Validate(); err == nil || !strings.HasPrefix(err.Error(), "dsn: ") || strings.Contains(err.Error(), "RAHASIA") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
	s := defaults()
	s.Preset, s.DSN = openSID, config.NewSecret("satupintu:x@tcp(127.0.0.1:3306)/opensid")
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}
