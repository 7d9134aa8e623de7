package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

const halfMinute = 30 * time.Second

// village is an OpenSID database that the gateway reads and answers in.
type village struct {
	testing.TB
	db *sql.DB
}

func newVillage(t *testing.T) (v village, connector string) {
	t.Helper()
	address, err := url.Parse(storetest.StartPostgres(t).Database(t))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	v = village{t, db}
	v.exec(`CREATE TABLE pengaduan (id serial PRIMARY KEY, config_id int NOT NULL DEFAULT 1, id_pengaduan int, nik varchar(16), nama varchar(100),
		email varchar(100), telepon varchar(20), judul varchar(100), isi text, status smallint DEFAULT 1, foto varchar(100),
		ip_address varchar(100), created_at timestamptz DEFAULT now())`)
	return v, fmt.Sprintf(`
  - name: desa
    kind: sql
    every: 1s
    settings:
      { preset: opensid, driver: postgres, port: %s, database: %s, user: satupintu, tls: "off", photos: { folder: foto } }
`, address.Port(), strings.TrimPrefix(address.Path, "/"))
}

func (v village) exec(text string, args ...any) {
	v.Helper()
	if _, err := v.db.Exec(text, args...); err != nil {
		v.Fatal(err)
	}
}

// replies are those to a complaint, without our reference and the time, in their order, and the complaint's own status.
func (v village) replies(text string) (told []string, status int) {
	v.Helper()
	rows, err := v.db.Query("SELECT r.isi, c.status FROM pengaduan c JOIN pengaduan r ON r.id_pengaduan = c.id WHERE c.isi = $1 ORDER BY r.id", text)
	if err != nil {
		v.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var reply string
		if err := rows.Scan(&reply, &status); err != nil {
			v.Fatal(err)
		}
		_, words, _ := strings.Cut(reply, "): ")
		told = append(told, words)
	}
	return told, status
}

func villageText(n int) string { return fmt.Sprintf("Jembatan desa nomor %d rusak di Midai", n) }

// A complaint of the village site goes once to the platform, with its photo, and every answer comes back once as a reply,
// wherever between two steps the gateway dies.
func TestAVillageSiteIsAnsweredWhereverTheGatewayDies(t *testing.T) {
	storetest.Needs(t, "a minute")
	v, connector := newVillage(t)
	r := newRegion(t, "sqlite:natuna.db", connector, soonDone())
	r.edit("timeout: 1s", "timeout: 1s\n  sync: { fresh: 300ms, old: 1s }")
	r.edit(`category: "15" }`, `category: "15", hand_over: "21034" }`)
	points := relay.Points()
	for n, point := range points {
		v.complain(r, n)
		life := r.launch(deathPoint + "=" + string(point))
		if !within(halfMinute, life.ended) || !life.killed() {
			t.Fatalf("it did not die at %s:\n%s", point, r.lastWords())
		}
	}
	last := r.launch(clockFile + "=" + r.write("clock", "15m")) // what was asked at a death is asked again after five minutes
	defer last.kill()
	for n := range points {
		r.eventually(halfMinute, villageText(n)+" is told to be done", func() bool {
			_, status := v.replies(villageText(n))
			return status == 3
		})
		wantVillage(t, r, v, n)
	}
	r.exactlyOnce(int64(len(points)))
}

// complain writes a complaint with a photo.
func (v village) complain(r *region, n int) {
	v.Helper()
	photo := fmt.Sprintf("jembatan-%d.jpg", n)
	r.write(filepath.Join("foto", photo), "\xff\xd8\xff\xe0 jembatan "+photo)
	v.exec("INSERT INTO pengaduan (nama, telepon, judul, isi, foto) VALUES ('Warga Midai', '081255501234', 'Jembatan', $1, $2)", villageText(n), photo)
}

func wantVillage(t *testing.T, r *region, v village, n int) {
	t.Helper()
	there := r.sim.ByMarker(villageText(n))
	if len(there) != 1 || len(there[0].Attachments) != 1 {
		t.Errorf("%q is %d times at the platform, want once with one photo: %+v", villageText(n), len(there), there)
	}
	told, _ := v.replies(villageText(n))
	once := map[string]int{}
	for _, reply := range told {
		if once[reply]++; once[reply] > 1 {
			t.Errorf("%q is told %q more than once: %q", villageText(n), reply, told)
		}
	}
	if len(told) < 3 || !strings.HasPrefix(told[0], "diteruskan ke SP4N-LAPOR!") || !strings.HasPrefix(told[len(told)-1], "selesai") {
		t.Errorf("%q is told %q, want its steps in order, and in the end that it is done", villageText(n), told)
	}
}
