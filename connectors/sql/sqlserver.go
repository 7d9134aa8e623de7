package sql

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/satupintu/satupintu/sync/retry"
)

// sqlServer differs from the others in what a time is. Its driver sends each with a zone (datetimeoffset), and the server
// takes a column without one for UTC; datetime2 is finer than a cursor, and datetime keeps 1/300 s, which comes as one
// number and is compared as another. So rows are told apart by whole milliseconds, on both sides, and by id.
func sqlServer() dialect {
	key := func(column string) string { return "CAST(" + column + " AS datetimeoffset(3))" }
	return dialect{
		port: 1433, quote: quoteBrackets, mark: func(n int) string { return "@p" + strconv.Itoa(n) }, open: openSQLServer,
		// A statement itself is bounded by its context. After an error nothing of a transaction is kept.
		prepare: func(limit time.Duration) string {
			return fmt.Sprintf("SET XACT_ABORT ON; SET LOCK_TIMEOUT %d", limit.Milliseconds())
		},
		// The first year stands for no time in some applications.
		noTime: func(column string) string { return column + " IS NULL OR " + key(column) + " < '0001-01-02'" },
		key:    key,
		limit:  func(mark string) string { return " OFFSET 0 ROWS FETCH NEXT " + mark + " ROWS ONLY" },
		clock:  "SELECT SYSDATETIMEOFFSET()",
		id:     serverID, coarse: time.Millisecond, walls: true, rollsBack: true,
	}
}

func quoteBrackets(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }

// serverID is an id as varchar where it can be: compared with an nvarchar, a varchar column would be in another order than
// the one it is read in.
func serverID(id rowID) any {
	value := id.param()
	text, isText := value.(string)
	if isText && !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) {
		return mssql.VarChar(text)
	}
	return value
}

// guidText is a uniqueidentifier as SQL Server writes it.
func guidText(raw []byte) string {
	var guid mssql.UniqueIdentifier
	if guid.Scan(raw) != nil {
		return string(raw)
	}
	return guid.String()
}

func openSQLServer(s *Settings, _ *time.Location) (driver.Connector, error) {
	cfg, err := serverConfig(s)
	if err != nil {
		return nil, err
	}
	return mssql.NewConnectorConfig(cfg), nil
}

// serverConfig is the connection. It does not ask for ApplicationIntent=ReadOnly: that would lead to a copy that lags, and
// that takes no answers.
func serverConfig(s *Settings) (msdsn.Config, error) {
	own, err := clientTLS(s)
	if err != nil {
		return msdsn.Config{}, err
	}
	encrypt := map[string]string{tlsVerify: "true", tlsEncrypt: "true", tlsOff: "disable"}[s.TLS]
	address := url.URL{
		Scheme: "sqlserver", Host: net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), User: url.UserPassword(s.User, s.Password.Reveal()),
		RawQuery: url.Values{
			"database": {s.Database}, "app name": {"satupintu"}, "encrypt": {encrypt},
			"TrustServerCertificate": {strconv.FormatBool(s.TLS == tlsEncrypt)},
		}.Encode(),
	}
	cfg, err := msdsn.Parse(address.String())
	if err != nil { // its words may quote the address, and with it the password
		return msdsn.Config{}, errors.New("the settings make no connection to SQL Server")
	}
	if own != nil {
		own.DynamicRecordSizingDisabled = true // SQL Server wants a packet in one record
		own.MinVersion = tls.VersionTLS12
		cfg.TLSConfig = own
	}
	return cfg, nil
}

// serverVerdict reads SQL Server's numbers.
func serverVerdict(err mssql.Error) error {
	code := fmt.Sprintf("SQL Server error %d", err.Number)
	spoken := errors.New(code + ": " + strings.Join(strings.Fields(err.Message), " "))
	silent := errors.New(code + "; its words are left out, for they may quote a complaint")
	switch err.Number {
	case 4060, 18452, 18456, 18470, 18486, 18487, 18488: // no such database for it, sign-in, disabled, locked, expired
		return retry.Denied(fmt.Errorf("the database refuses the account: %w", spoken))
	case 229, 230, 262, 297, 300, 916: // permission on an object, a column, a statement, the server, a database
		return retry.Denied(fmt.Errorf("the account may not do this: %w", spoken))
	case 102, 105, 137, 156, 195, 201, 206, 207, 208, 209, 319, 529, 2812, 4104, 4121: // syntax, names, types that do not meet
		return retry.Because(fmt.Errorf("the settings do not fit the database: %w", spoken), retry.Failed)
	case 220, 232, 241, 242, 245, 248, 295, 515, 547, 2601, 2627, 2628, 8114, 8115, 8152, 8169: // conversion, constraint, length
		return retry.Never(fmt.Errorf("the database refuses a value: %w", silent))
	case 1204, 1205, 1222, 3960, // locks, deadlock, waiting for a lock, snapshot
		233, 10053, 10054, 10060, 6005, 17142, // connection, shutdown, paused
		701, 1105, 3906, 9002, // memory, disk, read-only database, log
		10928, 10929, 40197, 40501, 40613, 49918, 49919, 49920: // Azure SQL
		return retry.Because(spoken, retry.Unavailable)
	}
	return retry.Because(silent, retry.Failed)
}

func (c *connector) serverRights(ctx context.Context, tx *sql.Tx) ([]string, error) {
	var admin, owner, deletes, writes sql.NullBool
	err := tx.QueryRowContext(ctx, "SELECT IS_SRVROLEMEMBER('sysadmin'), IS_ROLEMEMBER('db_owner'), HAS_PERMS_BY_NAME(@p1, 'OBJECT', 'DELETE'), "+
		"CASE WHEN HAS_PERMS_BY_NAME(@p1, 'OBJECT', 'INSERT') = 1 OR HAS_PERMS_BY_NAME(@p1, 'OBJECT', 'UPDATE') = 1 THEN 1 ELSE 0 END",
		c.source.table).Scan(&admin, &owner, &deletes, &writes)
	var tooMuch []string
	for _, one := range []struct {
		has  bool
		name string
	}{{admin.Bool, "sysadmin"}, {owner.Bool, "db_owner"}, {deletes.Bool, "DELETE"}, {writes.Bool && !c.writes(), "INSERT or UPDATE"}} {
		if one.has {
			tooMuch = append(tooMuch, one.name)
		}
	}
	return tooMuch, err
}
