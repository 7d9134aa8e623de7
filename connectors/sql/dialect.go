package sql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/lib/pq"
)

// The drivers.
const (
	mysqlDriver    = "mysql" // MariaDB too
	postgresDriver = "postgres"
	serverDriver   = "sqlserver" // Microsoft SQL Server
)

// The values of tls.
const (
	tlsVerify  = "verify"
	tlsEncrypt = "encrypt"
	tlsOff     = "off"
)

// dialect is what differs between databases.
type dialect struct {
	port  int
	quote func(name string) string
	mark  func(n int) string
	open  func(*Settings, *time.Location) (driver.Connector, error)
	// prepare is sent first in a transaction: it bounds each statement.
	prepare func(limit time.Duration) string
	// noTime is true for a row without a time, as SQL over the quoted column.
	noTime func(column string) string
	// key is what rows are compared and ordered by, as SQL over the quoted column that time names.
	key func(column string) string
	// limit ends a SELECT that is ordered, given the parameter with the number of rows.
	limit func(mark string) string
	// clock asks for the database's clock.
	clock string
	// id is a row's id as a parameter.
	id func(rowID) any
	// coarse is how finely key tells times apart; 0: as finely as we do.
	coarse time.Duration
	// walls says that a time parameter has a zone although the column may have none: then its clock is compared as if in UTC.
	walls bool
	// rollsBack says that the database knows no read-only transactions: one that reads is rolled back.
	rollsBack bool
}

func dialects() map[string]dialect {
	return map[string]dialect{
		mysqlDriver: {
			port: 3306, quote: quoteWith("`"), mark: func(int) string { return "?" }, open: openMySQL,
			prepare: func(limit time.Duration) string {
				// The first comment is for MariaDB alone, the second for MySQL alone.
				return fmt.Sprintf("SET @satupintu = 1 /*M!100103 , SESSION max_statement_time = %.3f *//*!50708 , SESSION max_execution_time = %d */",
					limit.Seconds(), limit.Milliseconds())
			},
			noTime: func(column string) string { return column + " IS NULL OR " + column + " < '1000-01-01'" },
			key:    itself, limit: limitRows, clock: "SELECT CURRENT_TIMESTAMP(6)", id: rowID.param,
		},
		postgresDriver: {
			port: 5432, quote: quoteWith(`"`), mark: func(n int) string { return "$" + strconv.Itoa(n) }, open: openPostgres,
			// The zone is left as the server has it: tables such as SMSD's fill in their own local times, for all who write.
			prepare: func(limit time.Duration) string {
				return fmt.Sprintf("SET LOCAL statement_timeout = %d", limit.Milliseconds())
			},
			noTime: func(column string) string { return column + " IS NULL" },
			key:    itself, limit: limitRows, clock: "SELECT CURRENT_TIMESTAMP(6)", id: rowID.param,
		},
		serverDriver: sqlServer(),
	}
}

func itself(column string) string  { return column }
func limitRows(mark string) string { return " LIMIT " + mark }

// quoteWith quotes identifiers, so that any name is only a name.
func quoteWith(mark string) func(string) string {
	return func(name string) string { return mark + strings.ReplaceAll(name, mark, mark+mark) + mark }
}

// table quotes a table's name, of a schema or not.
func (d dialect) table(name string) string {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		parts[i] = d.quote(part)
	}
	return strings.Join(parts, ".")
}

// sql writes a statement: names in [brackets] are quoted, {} is a parameter.
func (d dialect) sql(text string) string {
	var out strings.Builder
	marks := 0
	for len(text) > 0 {
		switch {
		case strings.HasPrefix(text, "{}"):
			marks++
			out.WriteString(d.mark(marks))
			text = text[2:]
		case strings.HasPrefix(text, "["):
			name, rest, _ := strings.Cut(text[1:], "]")
			out.WriteString(d.quote(name))
			text = rest
		default:
			out.WriteByte(text[0])
			text = text[1:]
		}
	}
	return out.String()
}

func openMySQL(s *Settings, zone *time.Location) (driver.Connector, error) {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd, cfg.DBName = s.User, s.Password.Reveal(), s.Database
	cfg.Net, cfg.Addr = "tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
	if filepath.IsAbs(s.Host) {
		cfg.Net, cfg.Addr = "unix", s.Host
	}
	cfg.ParseTime, cfg.Loc = true, zone
	cfg.ClientFoundRows = true // a row that stands as it should counts as found
	cfg.Logger = &mysql.NopLogger{}
	cfg.Params = map[string]string{"time_zone": "'" + offset(zone) + "'"}
	var err error
	cfg.TLS, err = clientTLS(s)
	if err != nil {
		return nil, err
	}
	return mysql.NewConnector(cfg)
}

func clientTLS(s *Settings) (*tls.Config, error) {
	switch s.TLS {
	case tlsOff:
		return nil, nil
	case tlsEncrypt:
		return &tls.Config{InsecureSkipVerify: true}, nil
	}
	cfg := &tls.Config{ServerName: s.Host}
	if s.CA == "" {
		return cfg, nil
	}
	pem, err := os.ReadFile(string(s.CA))
	if err != nil {
		return nil, fmt.Errorf("read the certificate that ca names: %w", err)
	}
	cfg.RootCAs = x509.NewCertPool()
	if !cfg.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("the file that ca names holds no certificate in PEM")
	}
	return cfg, nil
}

func openPostgres(s *Settings, _ *time.Location) (driver.Connector, error) {
	connector, err := pq.NewConnectorConfig(pq.Config{
		Host: s.Host, Port: uint16(s.Port), Database: s.Database, User: s.User, Password: s.Password.Reveal(),
		SSLMode:     map[string]pq.SSLMode{tlsVerify: pq.SSLModeVerifyFull, tlsEncrypt: pq.SSLModeRequire, tlsOff: pq.SSLModeDisable}[s.TLS],
		SSLRootCert: string(s.CA), SSLSNI: true, ApplicationName: "satupintu",
	})
	if err != nil {
		return nil, err
	}
	connector.Dialer(interruptible{})
	return connector, nil
}

// interruptible dials connections that end with the context they were opened under. pq asks the server to cancel a
// statement, and waits for its answer; a server that hangs gives none. Each connection here serves one call (see pool).
type interruptible struct{}

// workKey marks a context as that of a call. One without it is pq's own, asking for a cancellation.
type workKey struct{}

const cancelPatience = time.Second

func (interruptible) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if ctx.Value(workKey{}) == nil {
		return conn, conn.SetDeadline(time.Now().Add(cancelPatience))
	}
	guarded := &guardedConn{Conn: conn}
	guarded.stop = context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return guarded, nil
}

func (d interruptible) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

func (d interruptible) DialTimeout(network, address string, limit time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

type guardedConn struct {
	net.Conn
	stop func() bool
}

func (c *guardedConn) Close() error {
	c.stop()
	return c.Conn.Close()
}

// pool opens a connection for each call and keeps none: a poll is seldom, and an idle connection is what firewalls and
// databases cut in silence.
func pool(d dialect, s *Settings, zone *time.Location) (*sql.DB, error) {
	connector, err := d.open(s, zone)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxIdleConns(-1)
	return db, nil
}

// offset is a zone's distance from UTC today, as +07:00.
func offset(zone *time.Location) string { return time.Now().In(zone).Format("-07:00") }
