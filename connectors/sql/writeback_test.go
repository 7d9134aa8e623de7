package sql

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

// answers is what answering must hold.
func answers(t *testing.T, s server) {
	for name, test := range map[string]func(*testing.T, server){
		"opensid: the status moves and a reply stands below the complaint": repliesInOpenSID,
		"opensid: a complaint that was deleted is refused for good":        refusesDeleted,
		"a script is carried out whole or not at all":                      runsWhole,
		"a status without statements is told nobody":                       tellsNobody,
		"an error quotes no value and no password":                         saysNoSecrets,
		"an SMS is due at once, whatever zone the server has":              isDueAtOnce,
		"a short SMS is one row":                                           sendsOneRow,
		"a long SMS is several, joined by their headers":                   sendsSeveralRows,
		"an SMS that was broken off is completed, not sent again":          completesWhatBrokeOff,
		"an SMS that is sent already is not sent again":                    sendsNothingTwice,
		"a sender who cannot be found is refused for good":                 refusesWithoutANumber,
		"a complaint kept without its sender is answered as it came":       answersOlderComplaints,
		"an emoji that a table has no room for is left out":                leavesEmojiOut,
		"an emoji that a table has room for is kept":                       keepsEmoji,
		"an SMS goes without an emoji that the outbox has no room for":     sendsWithoutEmoji,
		"a value that is refused without emoji too is refused for good":    refusesOtherValues,
	} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

func wantLines(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func repliesInOpenSID(t *testing.T, s server) {
	c := newChannel(t, s, villageSite(), nil)
	c.exec(t, "INSERT INTO [pengaduan] (config_id, nik, nama, telepon, email, judul, isi) VALUES (3, '2103010101010001', 'Warga', '081255501234', 'warga@desa.example', 'Lampu', 'lampu mati')")
	got := c.wantIDs(t, "one complaint", "1").Complaints[0]
	if got.Title != "Lampu" || got.Text != "lampu mati" || got.Reporter.Identity != "2103010101010001" || got.Reporter.Phone == "" || got.ReportedAt.IsZero() {
		t.Errorf("the complaint is %+v", got)
	}
	c.tell(t, news("1", 1, complaint.InProgress))
	c.tell(t, news("1", 1, complaint.InProgress))
	c.tell(t, news("1", 2, complaint.Done))
	wantLines(t, "the table", lines(t, c.db, "SELECT id, id_pengaduan, config_id, status, nama, isi FROM pengaduan ORDER BY id"),
		"1 |  | 3 | 3 | Warga | lampu mati",
		"2 | 1 | 3 | 3 | SP4N-LAPOR! | Laporan SP-1KAZ5T8M3Q0X4RD (03-01-2026 21.05): sedang diproses. Petugas sudah ke lokasi",
		"3 | 1 | 3 | 3 | SP4N-LAPOR! | Laporan SP-1KAZ5T8M3Q0X4RD (03-01-2026 21.05): selesai. Petugas sudah ke lokasi")
	c.wantIDs(t, "the replies are no complaints")
}

func wantVerdict(t testing.TB, err error, want retry.Verdict) {
	t.Helper()
	var marked *retry.Error
	if !errors.As(err, &marked) || marked.Verdict != want {
		t.Errorf("got %v (%+v), want the verdict %s", err, marked, want)
	}
}

func refusesDeleted(t *testing.T, s server) {
	c := newChannel(t, s, villageSite(), nil)
	wantVerdict(t, c.WriteStatus.WriteStatus(t.Context(), news("9", 1, complaint.Done)), retry.Permanent)
	wantLines(t, "the table", lines(t, c.db, "SELECT id FROM pengaduan"))
}

func answering(scripts map[string]Script) func(*Settings) {
	return func(s *Settings) { s.WriteBack = scripts }
}

func runsWhole(t *testing.T, s server) {
	ticket := s.sql("[No Tiket]")
	c := newChannel(t, s, agencyTable(), answering(map[string]Script{"done": {
		"UPDATE aduan SET jawaban = {note} WHERE " + ticket + " = {id}", "UPDATE aduan SET status = {note} WHERE " + ticket + " = {id}"}}))
	c.exec(t, addRow("1", "NULL"))
	change := news("1", 1, complaint.Done)
	change.Note = strings.Repeat("panjang sekali ", 10)
	wantVerdict(t, c.WriteStatus.WriteStatus(t.Context(), change), retry.Permanent)
	wantLines(t, "the table", lines(t, c.db, "SELECT jawaban FROM aduan"), "")
}

func tellsNobody(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), answering(map[string]Script{"done": {"UPDATE aduan SET jawaban = {note} WHERE " + s.sql("[No Tiket]") + " = {id}"}}))
	c.exec(t, addRow("1", "NULL"))
	c.tell(t, news("1", 1, complaint.Forwarded))
	wantLines(t, "the table", lines(t, c.db, "SELECT jawaban FROM aduan"), "")
	c.tell(t, news("1", 2, complaint.Done))
	wantLines(t, "the table", lines(t, c.db, "SELECT jawaban FROM aduan"), "Petugas sudah ke lokasi")
}

func saysNoSecrets(t *testing.T, s server) {
	ticket := s.sql("[No Tiket]")
	update := "UPDATE aduan SET status = {note} WHERE " + ticket + " = {id}"
	for what, tt := range map[string]struct {
		set     func(*Settings)
		verdict retry.Verdict
		says    []string
	}{
		"a value too long":     {answering(map[string]Script{"any": {update}}), retry.Permanent, []string{"refuses a value"}},
		"a wrong password":     {func(s *Settings) { s.Password = config.NewSecret("salah-sekali") }, retry.SignIn, []string{"refuses the account"}},
		"a column not there":   {answering(map[string]Script{"any": {"UPDATE aduan SET balasan = {note} WHERE " + ticket + " = {id}"}}), retry.Transient, []string{"do not fit", "balasan"}},
		"a table out of reach": {answering(map[string]Script{"any": {"DELETE FROM aduan WHERE " + ticket + " = {id}"}}), retry.SignIn, []string{"may not"}},
		"a server that is off": {func(own *Settings) { own.Port = 1 }, retry.Transient, []string{"cannot be reached"}},
	} {
		if what == "a wrong password" && s.driver == postgresDriver {
			continue // the tests' server trusts every account
		}
		t.Run(what, func(t *testing.T) {
			c := newChannel(t, s, agencyTable(), tt.set)
			c.exec(t, addRow("1", "NULL"))
			change := news("1", 1, complaint.Done)
			change.Note = strings.Repeat("rahasia warga Sedanau ", 10)
			err := c.WriteStatus.WriteStatus(t.Context(), change)
			wantVerdict(t, err, tt.verdict)
			if err != nil {
				wantPart(t, "the error", err.Error(), tt.says...)
				wantNoPart(t, "the error", err.Error(), "rahasia", testPassword, "salah-sekali")
			}
		})
	}
}

func outboxLines(t testing.TB, c *channel) []string {
	t.Helper()
	return lines(t, c.db, c.server.sql("SELECT [DestinationNumber], [TextDecoded], [Coding], [MultiPart], [UDH], [CreatorID] FROM [outbox] ORDER BY [ID]"))
}

func partLines(t testing.TB, c *channel) []string {
	t.Helper()
	return lines(t, c.db, c.server.sql("SELECT [SequencePosition], [TextDecoded], [Coding], [UDH] FROM [outbox_multipart] ORDER BY [ID], [SequencePosition]"))
}

func sendsOneRow(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), nil)
	c.receive(t, long{text: "lampu mati"})
	c.tell(t, news("1", 1, complaint.Done))
	c.tell(t, news("1", 1, complaint.Done))
	wantLines(t, "the outbox", outboxLines(t, c),
		"6281255501234 | Laporan SP-1KAZ5T8M3Q0X4RD (03-01-2026 21.05): selesai. Petugas sudah ke lokasi | Default_No_Compression | false |  | satupintu SP-1KAZ5T8M3Q0X4RD 1")
	c.wantTexts(t, "the answer is no complaint", "1: lampu mati")
}

func lengthy(seq int64) connectors.StatusChange {
	change := news("1", seq, complaint.InProgress)
	change.Note = "Petugas sudah ke lokasi di Sungai Ulu dan memeriksa tiang listrik; lampu diganti besok pagi bila cuaca baik dan kapal dari Ranai datang"
	return change
}

func sendsSeveralRows(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), nil)
	c.receive(t, long{text: "lampu mati"})
	c.tell(t, lengthy(1))
	c.tell(t, lengthy(1))
	rows, more := outboxLines(t, c), partLines(t, c)
	if len(rows) != 1 || len(more) != 1 {
		t.Fatalf("the outbox holds %q and %q, want a row in each", rows, more)
	}
	first, second := strings.Split(rows[0], " | "), strings.Split(more[0], " | ")
	if first[3] != "true" || !strings.HasPrefix(first[4], "050003") || !strings.HasSuffix(first[4], "0201") {
		t.Errorf("the first part is %q", first)
	}
	if second[0] != "2" || second[3] != strings.TrimSuffix(first[4], "01")+"02" {
		t.Errorf("the second part is %q after %q", second, first)
	}
	if whole := first[1] + second[1]; !strings.HasSuffix(whole, "kapal dari Ranai datang") {
		t.Errorf("the text is %q", whole)
	}
	if late := lines(t, c.db, s.sql("SELECT [ID] FROM [outbox] WHERE [SendingDateTime] > LOCALTIMESTAMP")); len(late) > 0 {
		t.Errorf("the SMS is still held back")
	}
}

func completesWhatBrokeOff(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), nil)
	c.receive(t, long{text: "lampu mati"})
	c.tell(t, lengthy(1))
	whole, parts := outboxLines(t, c), partLines(t, c)
	c.exec(t, "DELETE FROM [outbox_multipart]", "UPDATE [outbox] SET [SendingDateTime] = '"+heldBack+"'")
	c.tell(t, lengthy(1))
	wantLines(t, "the outbox", outboxLines(t, c), whole...)
	wantLines(t, "the parts", partLines(t, c), parts...)
	if late := lines(t, c.db, s.sql("SELECT [ID] FROM [outbox] WHERE [SendingDateTime] > LOCALTIMESTAMP")); len(late) > 0 {
		t.Errorf("the SMS is still held back")
	}
}

func sendsNothingTwice(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), nil)
	c.receive(t, long{text: "lampu mati"})
	c.exec(t, "INSERT INTO [sentitems] ([ID], [TextDecoded], [Text], [UDH], [SenderID], [CreatorID]) VALUES (1, 'Laporan', '', '', 'modem', 'satupintu SP-1KAZ5T8M3Q0X4RD 1')")
	c.tell(t, news("1", 1, complaint.Done))
	wantLines(t, "the outbox", outboxLines(t, c))
	c.tell(t, news("1", 2, complaint.Done))
	if rows := outboxLines(t, c); len(rows) != 1 {
		t.Errorf("the outbox holds %q, want the second change", rows)
	}
}

func refusesWithoutANumber(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), nil)
	c.receive(t, long{text: "lampu mati"})
	change := news("1", 1, complaint.Done)
	change.To = ""
	for _, kept := range []string{"", `{"ID":1,"SenderNumber":" "}`, "[]", "{"} {
		c.kept = map[complaint.Ref]complaint.Payload{change.Ref: {Body: []byte(kept)}}
		wantVerdict(t, c.WriteStatus.WriteStatus(t.Context(), change), retry.Permanent)
	}
	wantLines(t, "the outbox", outboxLines(t, c))
}

// answersOlderComplaints answers one that was kept without its sender, whose row is another's by now.
func answersOlderComplaints(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), nil)
	c.receive(t, long{text: "jalan rusak", from: "6281255509999"})
	change := news("1", 1, complaint.Done)
	change.To = ""
	c.kept = map[complaint.Ref]complaint.Payload{change.Ref: {Body: []byte(`[{"ID":1,"SenderNumber":"6281255500001"},{"ID":2,"SenderNumber":"6281255500001"}]`)}}
	c.tell(t, change)
	wantLines(t, "who is answered", lines(t, c.db, s.sql("SELECT [DestinationNumber] FROM [outbox]")), "6281255500001")
}

// isDueAtOnce looks as SMSD does, whose connection has the server's zone; ours is seven hours ahead.
func isDueAtOnce(t *testing.T, s server) {
	c := newChannel(t, s, smsCentre(), nil)
	c.receive(t, long{text: "lampu mati"})
	c.tell(t, news("1", 1, complaint.Done))
	c.tell(t, lengthy(2))
	now := map[string]string{mysqlDriver: "CURRENT_TIMESTAMP", postgresDriver: "CURRENT_TIMESTAMP AT TIME ZONE 'UTC'"}[s.driver]
	due := lines(t, c.db, s.sql("SELECT [ID] FROM [outbox] WHERE [SendingDateTime] <= "+now+" + INTERVAL '1' SECOND AND [SendingTimeOut] <= "+now+" + INTERVAL '1' SECOND"))
	if len(due) != 2 {
		t.Errorf("of two SMS %d are due", len(due))
	}
}

// narrow is an application whose tables keep three bytes of a character, as MySQL's utf8 does.
func narrow(a application) application {
	schema := a.schema
	a.schema = func(t testing.TB, s server) string {
		return strings.ReplaceAll(schema(t, s), "utf8mb4", "utf8mb3")
	}
	return a
}

// narrowed makes a table of the test's own one that keeps three bytes of a character. The server is strict, as it comes.
func narrowed(t testing.TB, c *channel, table string) {
	t.Helper()
	c.exec(t, "ALTER TABLE ["+table+"] CONVERT TO CHARACTER SET utf8mb3")
	if mode := lines(t, c.db, "SELECT @@GLOBAL.sql_mode"); !strings.Contains(mode[0], "STRICT_TRANS_TABLES") {
		t.Fatalf("the server is not strict: %s", mode)
	}
}

func thankful(seq int64) connectors.StatusChange {
	change := news("1", seq, complaint.Done)
	change.Note, change.Agency = "Jalan sudah baik \U0001F64F\U0001F3FD❤\ufe0f Terima kasih \U0001F468\u200d\U0001F467!", "Dinas PU \U0001F6A7"
	return change
}

func leavesEmojiOut(t *testing.T, s server) {
	if s.driver != mysqlDriver {
		t.Skip("a database in UTF-8 has room for every character")
	}
	c := newChannel(t, s, villageSite(), nil)
	narrowed(t, c, "pengaduan")
	c.exec(t, "INSERT INTO [pengaduan] (nama, judul, isi) VALUES ('Warga', 'Jalan', 'jalan rusak')")
	c.tell(t, thankful(1))
	c.tell(t, thankful(1))
	wantLines(t, "the table", lines(t, c.db, "SELECT id, status, isi FROM pengaduan ORDER BY id"),
		"1 | 3 | jalan rusak",
		"2 | 3 | Laporan SP-1KAZ5T8M3Q0X4RD (03-01-2026 21.05): selesai. Jalan sudah baik ❤\ufe0f Terima kasih !")

	c = newChannel(t, s, agencyTable(), answering(map[string]Script{"any": {
		"UPDATE aduan SET hp = {agency} WHERE `No Tiket` = {id}", "UPDATE aduan SET jawaban = {note} WHERE `No Tiket` = {id}"}}))
	narrowed(t, c, "aduan")
	c.exec(t, addRow("1", "NULL"))
	c.tell(t, thankful(1))
	wantLines(t, "the table", lines(t, c.db, "SELECT hp, jawaban FROM aduan"), "Dinas PU  | Jalan sudah baik ❤\ufe0f Terima kasih !")
}

func keepsEmoji(t *testing.T, s server) {
	c := newChannel(t, s, agencyTable(), nil)
	c.exec(t, addRow("1", "NULL"))
	c.tell(t, thankful(1))
	wantLines(t, "the table", lines(t, c.db, "SELECT jawaban FROM aduan"), thankful(1).Note)
}

func sendsWithoutEmoji(t *testing.T, s server) {
	if s.driver != mysqlDriver {
		t.Skip("a database in UTF-8 has room for every character")
	}
	c := newChannel(t, s, narrow(smsCentre()), nil)
	c.receive(t, long{text: "jalan rusak"})
	late := lengthy(2)
	late.Note += " \U0001F64F"
	for range 2 {
		c.tell(t, thankful(1))
		c.tell(t, late)
	}
	rows, more := outboxLines(t, c), partLines(t, c)
	if len(rows) != 2 || len(more) < 2 {
		t.Fatalf("the outbox holds %q and %q, want two letters of several parts", rows, more)
	}
	for i, want := range []string{"Terima kasih !", "kapal dari Ranai datang "} {
		texts := lines(t, c.db, "SELECT GROUP_CONCAT(m.TextDecoded ORDER BY m.SequencePosition SEPARATOR '') FROM outbox o JOIN outbox_multipart m ON m.ID = o.ID GROUP BY o.ID ORDER BY o.ID")
		first := strings.Split(rows[i], " | ")
		if whole := first[1] + texts[i]; !strings.HasSuffix(whole, want) || first[2] != unicodeCoding {
			t.Errorf("the text is %q in %s, want its end %q in %s", whole, first[2], want, unicodeCoding)
		}
		count := strings.TrimSuffix(first[4], "01")[8:]
		if parts := lines(t, c.db, "SELECT m.ID FROM outbox_multipart m JOIN outbox o ON m.ID = o.ID WHERE o.CreatorID = '"+first[5]+"'"); fmt.Sprintf("%02X", len(parts)+1) != count {
			t.Errorf("the header says %s parts, and %d further ones are there", count, len(parts))
		}
	}
	if held := lines(t, c.db, s.sql("SELECT [ID] FROM [outbox] WHERE [SendingDateTime] > LOCALTIMESTAMP")); len(held) > 0 {
		t.Errorf("%d SMS are still held back", len(held))
	}
}

func refusesOtherValues(t *testing.T, s server) {
	if s.driver != mysqlDriver {
		t.Skip("this error is MySQL's")
	}
	c := newChannel(t, s, agencyTable(), answering(map[string]Script{"any": {"UPDATE aduan SET jawaban = {note} WHERE `No Tiket` = {id}"}}))
	c.exec(t, "ALTER TABLE [aduan] MODIFY jawaban int", addRow("1", "NULL"))
	err := c.WriteStatus.WriteStatus(t.Context(), thankful(1))
	wantVerdict(t, err, retry.Permanent)
	if err != nil {
		wantPart(t, "the error", err.Error(), "1366")
		wantNoPart(t, "the error", err.Error(), "Jalan", "kasih")
	}
}
