package sql

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/sync/complaint"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func decode(t *testing.T, text string) (*Settings, error) {
	t.Helper()
	t.Setenv("SMSD_PASSWORD", testPassword)
	var node yaml.Node
	must(t, yaml.Unmarshal([]byte(text), &node))
	settings := defaults()
	err := config.Decode(&node, settings, config.Place{File: "gateway.yaml", Path: "connectors[0].settings"}).Err()
	return settings, err
}

const account = "database: sms\nuser: gateway\npassword: { env: SMSD_PASSWORD }\n"

func TestEveryMistakeInTheSettingsIsToldAtOnce(t *testing.T) {
	var said string
	for _, text := range []string{
		`host: ""
port: 70000
timeout: 0s
overlap: -1s
page: 0
zone: Ranai
database: sms
user: gateway
tabel: inbox
time: "waktu "
columns: [isi, ""]
where: "isi <> '{id}' AND {nomor} > 1"
acknowledge: UPDATE inbox SET Processed = 'true'
message: " "
photos: { folder: /srv/foto, url: "ftp://desa.example", max_size: 0, most: 51 }
parts: { udh: UDH, wait: 0s, within: 0s }
outbox: { creator: satupintu, most: 0 }
write_back:
  selesai: UPDATE inbox SET x = 1 WHERE id = {id}
  done: [ "UPDATE inbox SET x = '{note}' WHERE id = {id}", "UPDATE inbox SET x = 1" ]
  closed: []
map: { id: id, teks: isi }
`,
		account + "driver: oracle\npreset: lapor\n",
		account + "time: a\nid: b\ntable: public..c\nmap: { id: a, text: b }\n",
		account + "time: a\nid: b\nquery: SELECT * FROM aduan WHERE a > {after} LIMIT {limit}\nmap: { id: a, text: b }\n",
		account + "preset: gammu\nquery: SELECT 1 FROM inbox WHERE {after} {id} {limit}\n",
		account + "preset: opensid\noutbox: { creator: x }\nwrite_back: { any: 'UPDATE a SET b = 1 WHERE c = {id}' }\n",
		"",
	} {
		_, err := decode(t, text)
		if err == nil {
			t.Errorf("taken without an error:\n%s", text)
			continue
		}
		said += err.Error() + "\n\n"
	}
	golden(t, "problems.txt", said)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o644))
	}
	if diff := cmp.Diff(read(t, path), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestAPresetIsWhatIsLeftOut(t *testing.T) {
	own, err := decode(t, account+`preset: gammu
driver: postgres
where: "\"RecipientID\" = 'ranai'"
map: { reporter.name: { default: Warga }, text: Text }
acknowledge: UPDATE inbox SET "Processed" = 'true' WHERE "ID" = {id} AND 1 = 1
`)
	must(t, err)
	full := own.whole()
	want := connectors.Mapping{
		"id": {Expr: "hashOf(ID, SenderNumber, ReceivingDateTime)"}, "text": {From: "Text"}, "reporter.phone": {From: "SenderNumber"}, "reporter.name": {Default: "Warga"},
		"reported_at": {From: "ReceivingDateTime"},
	}
	if diff := cmp.Diff(want, full.Map); diff != "" {
		t.Errorf("map (-want +got):\n%s", diff)
	}
	if full.Where != `"RecipientID" = 'ranai'` || full.Table != "inbox" || full.Time != "UpdatedInDB" || full.Port != 5432 || full.Outbox.Creator != "satupintu" {
		t.Errorf("the settings are %+v", full)
	}
	wantPart(t, "acknowledge", full.Acknowledge, "AND 1 = 1")
}

func TestStatementsOfOnesOwnTakeThePlaceOfSMS(t *testing.T) {
	own, err := decode(t, account+"preset: gammu\nwrite_back: { any: 'UPDATE jawaban SET isi = {message} WHERE id = {id}' }\n")
	must(t, err)
	if full := own.whole(); full.Outbox.Creator != "" || len(full.WriteBack) != 1 || full.Map["id"].From != "ID" {
		t.Errorf("the settings are %+v", full)
	}
}

func TestEveryStatusHasItsOpenSIDNumberAndItsWord(t *testing.T) {
	own, err := decode(t, account+"preset: opensid\n")
	must(t, err)
	scripts := own.whole().WriteBack
	number := map[complaint.Status]string{complaint.Received: "1", complaint.Forwarded: "1", complaint.Done: "3", complaint.Archived: "3", complaint.Rejected: "3", complaint.Closed: "3"}
	for _, status := range complaint.Statuses() {
		want := number[status]
		if want == "" {
			want = "2"
		}
		if len(scripts[string(status)]) != 2 {
			t.Fatalf("%s has %d statements", status, len(scripts[string(status)]))
		}
		wantPart(t, string(status), scripts[string(status)][0], "SET `status` = "+want+" ")
	}
}

// Every example of the page loads, with settings that make sense.
func TestTheExamplesOfThePageLoad(t *testing.T) {
	for _, name := range []string{"OPENSID_PASSWORD", "SMSD_PASSWORD", "DISHUB_PASSWORD", "PU_PASSWORD", "PERIZINAN_PASSWORD"} {
		t.Setenv(name, testPassword)
	}
	examples := 0
	for _, block := range strings.Split(read(t, "../../docs/sql.md"), "```yaml\n")[1:] {
		text, _, _ := strings.Cut(block, "```")
		var list []struct {
			Name, Kind string
			Settings   yaml.Node
		}
		must(t, yaml.Unmarshal([]byte(text), &list))
		for _, one := range list {
			examples++
			settings := defaults()
			if err := config.Decode(&one.Settings, settings, config.Place{File: one.Name}).Err(); err != nil {
				t.Error(err)
				continue
			}
			opened, err := Definition().Open(connectors.Env{Name: one.Name, Zone: wib(), Log: logTo(&connectortest.Log{})}, settings)
			must(t, err)
			if opened.Poll == nil || opened.Check == nil {
				t.Errorf("%s cannot be polled", one.Name)
			}
			must(t, opened.Close())
		}
	}
	if examples != 5 {
		t.Errorf("the page holds %d examples, want 5", examples)
	}
}
