package sql

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// checking is what Check must say.
func checking(t *testing.T, s server) {
	for name, test := range map[string]func(*testing.T, server){
		"an account with the least rights is praised, another warned of": warnsOfRights,
		"a slip in a setting is named":                                   namesSlips,
		"reading is done where nothing can be written":                   readsOnly,
	} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

func warnsOfRights(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), nil)
	c.receive(t, long{text: "lampu mati"})
	said, err := c.Check.Check(t.Context())
	must(t, err)
	wantPart(t, "Check", said, "the database answers", "the oldest complaint in table inbox is of "+time.Now().In(wib()).Format("02-01-2006"), "no more than it needs")
	wantNoPart(t, "Check", said, "WARNING", "clock")
	what, whom := "inbox", "gateway"
	if s.driver == mysqlDriver {
		what, whom = c.name+".*", "gateway@'%'"
	}
	exec1(t, c.db, "GRANT DELETE ON "+what+" TO "+whom)
	defer exec1(t, c.db, "REVOKE DELETE ON "+what+" FROM "+whom)
	said, err = c.Check.Check(t.Context())
	must(t, err)
	wantPart(t, "Check", said, "WARNING", "DELETE")
}

func namesSlips(t *testing.T, s server) {
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "ada"), 0o755))
	for _, tt := range []struct {
		set  func(*Settings)
		says string
	}{
		{func(s *Settings) { s.Table = "aduan_lama" }, "aduan_lama"},
		{func(s *Settings) { s.Time = "tanggal" }, "tanggal"},
		{func(s *Settings) { s.Map["title"] = connectors.Value{From: "judul"} }, "judul"},
		{func(s *Settings) { s.Where = "status = " }, "do not fit the database"},
		{func(s *Settings) { s.WriteBack["any"] = Script{"UPDATE aduan SET balasan = {note} WHERE isi = {id}"} }, "write_back.any"},
		{func(s *Settings) { s.Acknowledge = "UPDATE aduan SET diambil = 1 WHERE isi = {id}" }, "acknowledge"},
		{func(s *Settings) {
			s.Photos = Photos{Column: "hp", Folder: config.Path(filepath.Join(dir, "hilang")), MaxSize: 1, Most: 1}
		}, "photos.folder"},
		{func(s *Settings) {
			s.Photos = Photos{Column: "hp", Folder: config.Path(filepath.Join(dir, "ada")), MaxSize: 1, Most: 1}
		}, ""},
	} {
		c := newChannel(t, s, agencyTable(), tt.set)
		said, err := c.Check.Check(t.Context())
		switch {
		case tt.says == "":
			must(t, err)
			wantPart(t, "Check", said, "the folder of photos is there", "holds no complaint yet")
		case err == nil:
			t.Errorf("Check does not find the slip %q, it says %s", tt.says, said)
		default:
			wantPart(t, "Check", err.Error(), tt.says)
		}
	}
	query := newChannel(t, s, agencyQuery(), func(s *Settings) { s.Map["title"] = connectors.Value{From: "judul"} })
	query.exec(t, addRow("1", at(time.Now(), 0)))
	if said, err := query.Check.Check(t.Context()); err == nil || !strings.Contains(err.Error(), `"judul"`) {
		t.Errorf("Check of a query says %q, %v", said, err)
	}
}

func readsOnly(t *testing.T, s server) {
	if s.driver == mysqlDriver {
		c := newChannel(t, s, agencyTable(), nil)
		exec1(t, c.db, "CREATE TABLE catatan (isi text)",
			`CREATE FUNCTION `+c.name+`.tulis() RETURNS int MODIFIES SQL DATA SQL SECURITY DEFINER BEGIN INSERT INTO catatan VALUES ('x'); RETURN 1; END`,
			"GRANT EXECUTE ON "+c.name+".* TO gateway@'%'")
		defer exec1(t, c.db, "REVOKE EXECUTE ON "+c.name+".* FROM gateway@'%'") // other tests look at all its grants
		_ = c.Close()
		settings := agencyTable().settings(s, c.name)
		settings.Where = "tulis() = 1"
		c.open(t, settings)
		wantReadOnly(t, c)
		wantLines(t, "what was written", lines(t, c.db, "SELECT isi FROM catatan"))
		return
	}
	c := newChannel(t, s, agencyTable(), func(s *Settings) { s.Where = "nextval('nomor') > 0" })
	exec1(t, c.db, "CREATE SEQUENCE nomor", "GRANT ALL ON SEQUENCE nomor TO gateway")
	wantReadOnly(t, c)
}

func wantReadOnly(t *testing.T, c *channel) {
	t.Helper()
	c.exec(t, addRow("1", at(time.Now(), 0)))
	if page, err := c.Poll.Poll(t.Context(), ""); err == nil {
		t.Errorf("a poll that writes gives %d complaints and no error", len(page.Complaints))
	}
}
