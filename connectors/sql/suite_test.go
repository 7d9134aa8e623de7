package sql

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
)

// suite is the promises of every connector, for each preset on each database, and for a table of no preset.
func suite(t *testing.T, s server) {
	for _, kind := range []application{villageSite(), smsCentre(), agencyTable(), agencyQuery()} {
		t.Run(kind.name, func(t *testing.T) { connectortest.Run(t, kind.harness(s)) })
	}
}

// application is what keeps complaints in a database. Its statements are in the notation of dialect.sql.
type application struct {
	name   string
	schema func(t testing.TB, s server) string
	tables []string
	add    string // an INSERT of a row, with a number and a time, in the region's zone
	told   string // a query
	marked string // a query of the number of rows that are marked as taken in; empty: none are
	set    func(s *Settings, q func(string) string)
}

func (a application) harness(s server) connectortest.Harness {
	var name string
	return connectortest.Harness{New: func(t testing.TB) connectortest.Channel {
		var db *sql.DB
		if name == "" {
			name, db = a.open(t, s)
		} else {
			db = s.admin(t, name)
			a.empty(t, s, db)
		}
		line := newWire(t, s.port)
		added := 0
		add := func(t testing.TB, n int, at time.Time) {
			for range n {
				added++
				exec1(t, db, s.sql(fmt.Sprintf(a.add, added, at.In(wib()).Format(time.DateTime))))
			}
		}
		channel := connectortest.Channel{
			Open: func(env connectors.Env) (connectors.Connector, error) {
				settings := a.settings(s, name)
				settings.Port, settings.Page = line.port(), 2
				if err := settings.Validate(); err != nil {
					return connectors.Connector{}, err
				}
				return Definition().Open(env, settings)
			},
			Secrets: []string{testPassword, "6281255501234", "lampu mati di Sungai Ulu"},
			Person:  "6281255501234",
			Break:   line.cut,
			Stall:   func() { line.hangs.Store(true) },
			Add:     func(t testing.TB, n int) { add(t, n, time.Now()) },
			AddAt:   add,
			Told:    func() []string { return lines(t, db, s.sql(a.told)) },
		}
		if a.marked != "" {
			channel.Marked = func() int { return len(lines(t, db, s.sql(a.marked))) }
		}
		return channel
	}}
}

func (s server) dialect() dialect       { return dialects()[s.driver] }
func (s server) sql(text string) string { return s.dialect().sql(text) }

// open makes the application's database.
func (a application) open(t testing.TB, s server) (name string, db *sql.DB) {
	t.Helper()
	name = s.make(t)
	db = s.admin(t, name)
	exec1(t, db, a.schema(t, s))
	return name, db
}

// empty takes away every row, and begins numbering anew.
func (a application) empty(t testing.TB, s server, db *sql.DB) {
	t.Helper()
	for _, table := range a.tables {
		text := "TRUNCATE TABLE " + table
		if s.driver == postgresDriver {
			text += " RESTART IDENTITY"
		}
		exec1(t, db, text)
	}
}

func (a application) settings(s server, database string) *Settings {
	settings := s.settings(database, s.port)
	a.set(settings, s.dialect().quote)
	return settings
}

func villageSite() application {
	return application{
		name: "opensid", tables: []string{"pengaduan"},
		schema: func(_ testing.TB, s server) string {
			if s.driver == postgresDriver { // OpenSID itself runs on MySQL alone
				return `CREATE TABLE pengaduan (id serial PRIMARY KEY, config_id int NOT NULL DEFAULT 1, id_pengaduan int, nik varchar(16), nama varchar(100),
					email varchar(100), telepon varchar(20), judul varchar(100), isi text, status smallint DEFAULT 1, foto varchar(100),
					ip_address varchar(100), created_at timestamp DEFAULT LOCALTIMESTAMP, updated_at timestamp DEFAULT LOCALTIMESTAMP)`
			}
			return `CREATE TABLE pengaduan (id int unsigned PRIMARY KEY AUTO_INCREMENT, config_id int NOT NULL DEFAULT 1, id_pengaduan int unsigned,
				nik varchar(16), nama varchar(100), email varchar(100), telepon varchar(20), judul varchar(100), isi text, status tinyint DEFAULT 1,
				foto varchar(100), ip_address varchar(100), created_at timestamp NULL DEFAULT CURRENT_TIMESTAMP,
				updated_at timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)`
		},
		add: "INSERT INTO [pengaduan] (nama, telepon, judul, isi, created_at, updated_at) " +
			"VALUES ('Warga Sedanau', '6281255501234', 'Lampu', 'lampu mati di Sungai Ulu nomor %d', '%[2]s', '%[2]s')",
		told: "SELECT isi, status FROM [pengaduan] WHERE id_pengaduan = 1 ORDER BY id",
		set:  func(s *Settings, _ func(string) string) { s.Preset = openSID },
	}
}

func smsCentre() application {
	return application{
		name:   "gammu",
		tables: []string{"inbox", "outbox", "outbox_multipart", "sentitems"},
		schema: smsdSchema,
		add: "INSERT INTO [inbox] ([SenderNumber], [TextDecoded], [Text], [UDH], [RecipientID], [UpdatedInDB]) " +
			"VALUES ('6281255501234', 'lampu mati di Sungai Ulu nomor %d', '', '', 'modem', '%s')",
		told:   "SELECT [TextDecoded], [CreatorID] FROM [outbox] ORDER BY [ID]",
		marked: "SELECT [ID] FROM [inbox] WHERE [Processed] = 'true'",
		set:    func(s *Settings, _ func(string) string) { s.Preset = gammu },
	}
}

// smsdSchema is Gammu SMSD's own, from its Debian package; it is not part of this project.
func smsdSchema(t testing.TB, s server) string {
	t.Helper()
	file := map[string]string{mysqlDriver: "mysql.sql", postgresDriver: "pgsql.sql"}[s.driver]
	text, err := os.ReadFile("/usr/share/doc/gammu-smsd/examples/" + file)
	if err != nil {
		t.Fatalf("needs the schema of Gammu SMSD: apt-get install gammu-smsd: %v", err)
	}
	return strings.Replace(string(text), "CREATE LANGUAGE plpgsql;", "", 1)
}

// agencyTable has names that need quotes, ids that are texts, and answers in columns of its own.
func agencyTable() application {
	return application{
		name: "table", tables: []string{"aduan"},
		schema: func(_ testing.TB, s server) string {
			return s.sql("CREATE TABLE [aduan] ([No Tiket] varchar(30) PRIMARY KEY, isi text, hp varchar(30), [diubah] timestamp(6) NULL DEFAULT CURRENT_TIMESTAMP, " +
				"[status] varchar(30), jawaban text, nomor varchar(30))")
		},
		add:  "INSERT INTO [aduan] ([No Tiket], isi, hp, [diubah]) VALUES ('%[1]d', 'lampu mati di Sungai Ulu nomor %[1]d', '6281255501234', '%[2]s')",
		told: "SELECT [status], jawaban, nomor FROM [aduan] WHERE jawaban IS NOT NULL",
		set: func(s *Settings, q func(string) string) {
			s.Table, s.Time, s.ID = "aduan", "diubah", "No Tiket"
			s.Map = connectors.Mapping{"id": {From: "No Tiket"}, "text": {From: "isi"}, "reporter.phone": {From: "hp"}, "reported_at": {From: "diubah"}}
			s.WriteBack = map[string]Script{anyStatus: {"UPDATE aduan SET status = {status}, jawaban = {note}, nomor = {tracking_id} WHERE " + q("No Tiket") + " = {id}"}}
		},
	}
}

// agencyQuery reads a join through a query of the operator's own.
func agencyQuery() application {
	a := agencyTable()
	a.name = "query"
	set := a.set
	a.set = func(s *Settings, q func(string) string) {
		set(s, q)
		nomor := q("No Tiket")
		s.Table, s.ID, s.FirstID = "", "nomor", ""
		s.Query = "SELECT " + nomor + " AS nomor, isi, hp, diubah FROM aduan WHERE diubah > {after} OR (diubah = {after} AND " + nomor +
			" > {id}) ORDER BY diubah, " + nomor + " LIMIT {limit}"
		s.Map = connectors.Mapping{"id": {From: "nomor"}, "text": {From: "isi"}, "reporter.phone": {From: "hp"}}
	}
	return a
}
