package sql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/sync/retry"
)

const serverSettings = account + `driver: sqlserver
host: db.dishub.example
table: dbo.aduan]
time: diubah
id: nomor
where: kanal = 'loket'
map: { id: nomor, text: isi }
`

func serverSource(t *testing.T) source {
	own, err := decode(t, serverSettings)
	must(t, err)
	src, err := newSource(own.whole(), dialects()[serverDriver], wib())
	must(t, err)
	return src
}

func TestWhatSQLServerIsAsked(t *testing.T) {
	src := serverSource(t)
	at := time.Date(2026, 11, 28, 10, 0, 0, 3_000_000, wib())
	last, floor := &key{at.UnixMicro(), rowID{"7", true}}, int64(7)
	var said strings.Builder
	say := func(name, text string, args ...any) {
		fmt.Fprintf(&said, "%s\n%s\n", name, text)
		for i, arg := range args {
			kind := fmt.Sprintf("%T", arg)
			if moment, ok := arg.(time.Time); ok {
				arg = moment.Format(time.RFC3339Nano)
			}
			fmt.Fprintf(&said, "  @p%d %s %v\n", i+1, kind, arg)
		}
		said.WriteByte('\n')
	}
	for _, one := range []struct {
		name string
		q    *query
	}{
		{"the first page", src.page(note{})},
		{"a sweep of datetime2", src.page(note{Low: at.UnixMicro(), Unit: wallTime})},
		{"a sweep of datetimeoffset", src.page(note{Low: at.UnixMicro()})},
		{"the next page of datetime2", src.page(note{Low: 1, At: last, Unit: wallTime})},
		{"the next page of datetimeoffset, of ids that are texts", src.page(note{At: &key{last.Time, rowID{Text: "AD-7"}}})},
		{"the ids of rows without a time", src.timeless(note{}, 20_000)},
		{"those above what can be kept in mind", src.timeless(note{Floor: &floor}, 20_000)},
		{"rows without a time", src.timelessRows(note{}, []rowID{{Text: "AD-7"}, {Text: "aduan-é"}})},
		{"how many are older than the first poll takes", src.counting(at.UnixMicro(), wallTime)},
		{"how many there are", src.counting(0, wallTime)},
		{"the newest row", src.newest()},
		{"rows that are known", src.byID([]rowID{{"7", true}, {Text: "AD-8"}})},
	} {
		say(one.name, one.q.text, one.q.args...)
	}
	d := dialects()[serverDriver]
	parsed, err := parseNamed("UPDATE aduan SET jawaban = {note} WHERE nomor = {id}", writeParameters(), d.mark)
	must(t, err)
	say("an answer", parsed.text)
	say("the beginning of a transaction", d.prepare(1500*time.Millisecond))
	say("the clock", d.clock)
	golden(t, "sqlserver.txt", said.String())
}

func TestATimeOfSQLServerIsComparedAsItIsRead(t *testing.T) {
	moment := time.Date(2026, 11, 28, 10, 0, 0, 123_500_000, time.UTC) // as the driver gives a datetime2
	for _, tt := range []struct {
		kind string
		is   time.Time
		sent string
	}{
		{"DATETIME2", moment, "2026-11-28T10:00:00.124Z"},
		{"DATETIME", moment.Truncate(time.Second), "2026-11-28T10:00:00Z"},
		{"SMALLDATETIME", moment.Truncate(time.Minute), "2026-11-28T10:00:00Z"},
		{"DATE", moment.Truncate(24 * time.Hour), "2026-11-28T00:00:00Z"},
		{"DATETIMEOFFSET", moment, "2026-11-28T17:00:00.124+07:00"},
	} {
		if !isWall(tt.kind) {
			tt.is = tt.is.In(wib())
		}
		db := sql.OpenDB(&ledger{kind: tt.kind, value: tt.is})
		tx, err := db.BeginTx(t.Context(), nil)
		must(t, err)
		unit := ""
		rows, err := serverSource(t).page(note{}).read(t.Context(), tx, &unit, 1)
		must(t, err, tx.Rollback(), db.Close())
		one := rows[0]
		if got, want := one.record["diubah"].(time.Time).Format(time.DateTime+" MST"), tt.is.Format(time.DateTime)+" WIB"; got != want {
			t.Errorf("%s: read as %s, want %s", tt.kind, got, want)
		}
		if got := timeParam(one.Time, unit, wib()).(time.Time).Format(time.RFC3339Nano); got != tt.sent {
			t.Errorf("%s: sent as %s, want %s", tt.kind, got, tt.sent)
		}
	}
}

func TestAUniqueidentifierIsRead(t *testing.T) {
	raw, err := mssql.UniqueIdentifier{0x6F, 0x96, 0x19, 0xFF, 0x8B, 0x86, 0xD0, 0x11, 0xB4, 0x2D, 0x00, 0xC0, 0x4F, 0xC9, 0x64, 0xFF}.Value()
	must(t, err)
	if got := (scanner{}).value(raw, "UNIQUEIDENTIFIER"); got != "6F9619FF-8B86-D011-B42D-00C04FC964FF" {
		t.Errorf("read as %v", got)
	}
}

func TestTheConnectionToSQLServerIsVerifiedUnlessToldOtherwise(t *testing.T) {
	dir := t.TempDir()
	writeCertificate(t, dir)
	for _, tt := range []struct {
		tls, ca       string
		encrypt       msdsn.Encryption
		trusts, verif bool
	}{
		{tlsVerify, "", msdsn.EncryptionRequired, false, true},
		{tlsVerify, filepath.Join(dir, certificate), msdsn.EncryptionRequired, false, true},
		{tlsEncrypt, "", msdsn.EncryptionRequired, true, false},
		{tlsOff, "", msdsn.EncryptionDisabled, false, false},
	} {
		own, err := decode(t, serverSettings)
		must(t, err)
		own.TLS, own.CA, own.User = tt.tls, config.Path(tt.ca), `gate@way;encrypt=disable`
		cfg, err := serverConfig(own.whole())
		must(t, err)
		got := []any{cfg.Host, cfg.Port, cfg.Database, cfg.User, cfg.Password, cfg.Encryption, cfg.TrustServerCertificate, cfg.AppName, cfg.ReadOnlyIntent}
		want := []any{"db.dishub.example", uint64(1433), "sms", own.User, testPassword, tt.encrypt, tt.trusts, "satupintu", false}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("tls %s (-want +got):\n%s", tt.tls, diff)
		}
		if tt.tls == tlsOff {
			continue
		}
		if cfg.TLSConfig == nil || cfg.TLSConfig.InsecureSkipVerify == tt.verif || !cfg.TLSConfig.DynamicRecordSizingDisabled ||
			tt.verif && cfg.TLSConfig.ServerName != own.Host || (cfg.TLSConfig.RootCAs != nil) != (tt.ca != "") {
			t.Errorf("tls %s with ca %q: %+v", tt.tls, tt.ca, cfg.TLSConfig)
		}
	}
	own, err := decode(t, serverSettings)
	must(t, err)
	own.CA = config.Path(filepath.Join(dir, "key.pem"))
	if _, err := serverConfig(own.whole()); err == nil {
		t.Error("a file without a certificate is taken for ca")
	}
}

func TestWhatIsNotOfferedWithSQLServerIsRefusedInWords(t *testing.T) {
	var said string
	for _, text := range []string{
		"driver: sqlserver\npreset: opensid\n",
		"driver: sqlserver\npreset: gammu\nhost: /run/mssql\n",
		"driver: sqlserver\nhost: 'DBSRV\\SQLEXPRESS'\npage: 2001\ntime: a\nid: b\nmap: { id: b, text: c }\n" +
			"query: SELECT b FROM aduan WHERE a > {after} AND b > {id} ORDER BY a OFFSET 0 ROWS FETCH NEXT {limit} ROWS ONLY\n",
		"driver: sqlserver\ntable: aduan\ntime: a\nid: b\nmap: { id: b, text: c }\nparts: { sender: hp }\noutbox: { creator: x }\n",
	} {
		_, err := decode(t, strings.Replace(account, "user: gateway", `user: DISHUB\gateway`, 1)+text)
		if err == nil {
			t.Errorf("taken without an error:\n%s", text)
			continue
		}
		said += err.Error() + "\n\n"
	}
	golden(t, "sqlserver-problems.txt", said)
}

func TestSQLServersErrorsHaveVerdicts(t *testing.T) {
	for _, tt := range []struct {
		numbers []int32
		verdict retry.Verdict
		reason  retry.Reason
		says    string
		quotes  bool
	}{
		{[]int32{4060, 18452, 18456, 18470, 18486, 18487, 18488}, retry.SignIn, retry.SignInFailed, "refuses the account", true},
		{[]int32{229, 230, 262, 297, 300, 916}, retry.SignIn, retry.SignInFailed, "may not do this", true},
		{[]int32{102, 156, 207, 208, 209, 529, 2812}, retry.Transient, retry.Failed, "do not fit the database", true},
		{[]int32{245, 241, 515, 547, 2601, 2627, 2628, 8152}, retry.Permanent, retry.Rejected, "its words are left out", false},
		{[]int32{1204, 1205, 1222, 233, 10054, 6005, 701, 9002, 40613}, retry.Transient, retry.Unavailable, "SQL Server error", true},
		{[]int32{50000, 99999}, retry.Transient, retry.Failed, "its words are left out", false},
	} {
		for _, number := range tt.numbers {
			got := explain(fmt.Errorf("statement 1: %w", mssql.Error{Number: number, Message: "about\n'rahasia'"}))
			var marked *retry.Error
			if !errors.As(got, &marked) || marked.Verdict != tt.verdict || marked.Reason != tt.reason {
				t.Errorf("%d: %v, %+v; want %s, %s", number, got, marked, tt.verdict, tt.reason)
			}
			wantPart(t, "the error", got.Error(), tt.says, fmt.Sprint(number))
			if strings.Contains(got.Error(), "rahasia") != tt.quotes {
				t.Errorf("%d: %v; its words are kept: want %v", number, got, tt.quotes)
			}
		}
	}
}

// A transaction that reads is rolled back, one that writes is committed, and neither asks for what SQL Server has not.
func TestReadingFromSQLServerIsRolledBack(t *testing.T) {
	own, err := decode(t, serverSettings)
	must(t, err)
	opened, err := newConnector(connectors.Env{Zone: wib(), Log: logTo(&connectortest.Log{})}, own.whole())
	must(t, err)
	must(t, opened.close())
	for readOnly, want := range map[bool]string{
		true:  "begin; SET XACT_ABORT ON; SET LOCK_TIMEOUT 30000; rollback",
		false: "begin; SET XACT_ABORT ON; SET LOCK_TIMEOUT 30000; commit",
	} {
		told := &ledger{}
		opened.db = sql.OpenDB(told)
		must(t, opened.inTransaction(t.Context(), readOnly, func(context.Context, *sql.Tx) error { return nil }))
		must(t, opened.db.Close())
		if got := strings.Join(told.said, "; "); got != want {
			t.Errorf("read-only %v: %s, want %s", readOnly, got, want)
		}
	}
}

// ledger is a database that writes down what it is told, and refuses transactions that are read-only as SQL Server's driver does.
type ledger struct {
	said  []string
	kind  string    // of the time in its one row
	value time.Time // of its one row; it is read once
	read  bool
}

func (l *ledger) Connect(context.Context) (driver.Conn, error) { return l, nil }
func (l *ledger) Driver() driver.Driver                        { return nil }
func (l *ledger) Prepare(string) (driver.Stmt, error) {
	return nil, errors.New("nothing is prepared here")
}
func (l *ledger) Close() error { return nil }
func (l *ledger) Begin() (driver.Tx, error) {
	return l.BeginTx(context.Background(), driver.TxOptions{})
}

func (l *ledger) BeginTx(_ context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if opts.ReadOnly {
		return nil, errors.New("read-only transactions are not supported")
	}
	return l.add("begin"), nil
}

func (l *ledger) ExecContext(_ context.Context, text string, _ []driver.NamedValue) (driver.Result, error) {
	l.add(text)
	return driver.RowsAffected(0), nil
}

func (l *ledger) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return l, nil
}
func (l *ledger) Columns() []string                       { return []string{"nomor", "diubah"} }
func (l *ledger) ColumnTypeDatabaseTypeName(i int) string { return []string{"BIGINT", l.kind}[i] }
func (l *ledger) Next(into []driver.Value) error {
	if l.read {
		return io.EOF
	}
	l.read, into[0], into[1] = true, int64(1), l.value
	return nil
}

func (l *ledger) Commit() error   { l.add("commit"); return nil }
func (l *ledger) Rollback() error { l.add("rollback"); return nil }

func (l *ledger) add(text string) *ledger {
	l.said = append(l.said, text)
	return l
}
