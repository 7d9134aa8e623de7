package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// database is one of the shared PostgreSQL.
type database struct {
	*sql.DB
	port, name string
}

func newDatabase(t *testing.T, need *servers) database {
	t.Helper()
	address, err := url.Parse(need.postgres().Database(t))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return database{db, address.Port(), strings.TrimPrefix(address.Path, "/")}
}

func (d database) exec(t testing.TB, text string, args ...any) {
	t.Helper()
	if _, err := d.Exec(text, args...); err != nil {
		t.Fatal(err)
	}
}

// texts are the rows of a question for one column.
func (d database) texts(t testing.TB, question string, args ...any) (all []string) {
	t.Helper()
	rows, err := d.Query(question, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// village is a site of OpenSID: complaints are rows with a photo in a folder, replies are rows below them.
type village struct{ database }

func villageDoor(t *testing.T, need *servers) doorway {
	d := village{newDatabase(t, need)}
	d.exec(t, `CREATE TABLE pengaduan (id serial PRIMARY KEY, config_id int NOT NULL DEFAULT 1, id_pengaduan int, nik varchar(16), nama varchar(100),
		email varchar(100), telepon varchar(20), judul varchar(100), isi text, status smallint DEFAULT 1, foto varchar(100),
		ip_address varchar(100), created_at timestamptz DEFAULT now())`)
	tells := doorNews()
	tells[len(tells)-1] += " [3]"
	return doorway{
		door: d, name: "desa", points: polledPoints(), photo: true, tells: tells,
		connector: fmt.Sprintf(`
  - name: desa
    kind: sql
    every: 1s
    settings:
      { preset: opensid, driver: postgres, port: %s, database: %s, user: satupintu, tls: "off", photos: { folder: foto } }
`, d.port, d.name),
	}
}

func (d village) complain(r *region, n int) {
	r.Helper()
	photo := fmt.Sprintf("jembatan-%d.jpg", n)
	r.write(filepath.Join("foto", photo), string(doorPhoto("desa", n)))
	d.exec(r, "INSERT INTO pengaduan (nama, telepon, judul, isi, foto) VALUES ('Warga Midai', '081270004401', 'Jembatan', $1, $2)", doorText("desa", n), photo)
}

// heard are the replies, each with what the complaint's status is by now.
func (d village) heard(r *region, n int) []string {
	return d.texts(r, "SELECT r.isi || ' [' || c.status || ']' FROM pengaduan c JOIN pengaduan r ON r.id_pengaduan = c.id WHERE c.isi = $1 ORDER BY r.id", doorText("desa", n))
}

// smsCentre is Gammu SMSD: complaints are rows of its inbox, answers rows of its outbox.
type smsCentre struct{ database }

func smsdDoor(t *testing.T, need *servers) doorway {
	d := smsCentre{newDatabase(t, need)}
	schema, err := os.ReadFile("/usr/share/doc/gammu-smsd/examples/pgsql.sql")
	if err != nil {
		t.Fatalf("needs the schema of Gammu SMSD: apt-get install gammu-smsd: %v", err)
	}
	d.exec(t, strings.Replace(string(schema), "CREATE LANGUAGE plpgsql;", "", 1))
	return doorway{
		door: d, name: "sms-centre", points: photolessPoints(polledPoints()), tells: doorNews(),
		connector: fmt.Sprintf(`
  - name: sms-centre
    kind: sql
    every: 1s
    settings: { preset: gammu, driver: postgres, port: %s, database: %s, user: satupintu, tls: "off" }
`, d.port, d.name),
	}
}

func (smsCentre) number(n int) string { return fmt.Sprintf("+62812700044%02d", n) }

func (d smsCentre) complain(r *region, n int) {
	r.Helper()
	d.exec(r, `INSERT INTO inbox ("SenderNumber", "TextDecoded", "Text", "UDH", "RecipientID") VALUES ($1, $2, '', '', 'modem')`,
		d.number(n), doorText("sms-centre", n))
}

func (d smsCentre) heard(r *region, n int) []string {
	return d.texts(r, `SELECT o."TextDecoded" || COALESCE((SELECT string_agg(m."TextDecoded", '' ORDER BY m."SequencePosition") FROM outbox_multipart m WHERE m."ID" = o."ID"), '')
		FROM outbox o WHERE o."DestinationNumber" = $1 ORDER BY o."ID"`, d.number(n))
}
