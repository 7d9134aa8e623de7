package email

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

func TestWhatIsEncodedWellIsDecodedWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.SliceOf(rapid.Byte()).Draw(t, "content")
		if got := decode("BASE64", []byte(base64.StdEncoding.EncodeToString(content)), len(content)); !bytes.Equal(got, content) {
			t.Fatalf("base64: %q became %q", content, got)
		}
		var quoted bytes.Buffer
		w := quotedprintable.NewWriter(&quoted)
		w.Binary = true
		_, _ = w.Write(content)
		_ = w.Close()
		if got := decode("quoted-printable", quoted.Bytes(), len(content)); !bytes.Equal(got, content) {
			t.Fatalf("quoted-printable: %q became %q by way of %q", content, got, quoted.Bytes())
		}
	})
}

func TestWordsOfAHeaderSurviveTheirEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(strings.Fields(rapid.StringMatching(`[A-Za-zé–€中 ]{0,60}`).Draw(t, "text")), " ")
		for _, encoder := range []mime.WordEncoder{mime.BEncoding, mime.QEncoding} {
			if got := decodeWords(encoder.Encode("utf-8", text)); got != text {
				t.Fatalf("%q became %q", text, got)
			}
		}
	})
}

func TestACursorSaysWhereItStood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := position{validity: rapid.Uint32().Draw(t, "validity"), last: imap.UID(rapid.Uint32().Draw(t, "last"))}
		for _, uid := range rapid.SliceOf(rapid.Uint32()).Draw(t, "taken") {
			want.taken = append(want.taken, imap.UID(uid))
		}
		if rapid.Bool().Draw(t, "began") {
			want.begun, want.until = &connectors.Begun{At: rapid.Int64().Draw(t, "at"), Start: rapid.Int64().Draw(t, "start")}, imap.UID(rapid.Uint32().Draw(t, "until"))
		}
		got, err := readCursor(want.cursor())
		if err != nil || got.until != want.until || (got.begun == nil) != (want.begun == nil) || got.begun != nil && *got.begun != *want.begun || got.validity != want.validity || got.last != want.last || !slices.Equal(got.taken, want.taken) {
			t.Fatalf("%+v became %+v, %v", want, got, err)
		}
	})
}

func TestTheLowestNumbersAboveAFloorAreFoundWithoutWritingOutARange(t *testing.T) {
	all := ^imap.UID(0)
	for _, c := range []struct {
		set   imap.UIDSet
		floor imap.UID
		want  []imap.UID
	}{
		{nil, 0, nil},
		{imap.UIDSet{{Start: 1, Stop: all}}, 5, []imap.UID{6, 7, 8}},
		{imap.UIDSet{{Start: 9, Stop: 9}, {Start: 2, Stop: 3}}, 2, []imap.UID{3, 9}},
		{imap.UIDSet{{Start: 7, Stop: 7}}, 7, nil}, // "8:*" also answers the last, which is 7
		{imap.UIDSet{{Start: all - 1, Stop: all}}, 0, []imap.UID{all - 1, all}},
	} {
		if got := first(c.set, c.floor, 3); !slices.Equal(got, c.want) {
			t.Errorf("above %d of %v: %v, want %v", c.floor, c.set, got, c.want)
		}
	}
}

func TestOfAnAnswerOnlyTheNewWordsAreTaken(t *testing.T) {
	const mine = "Lampu masih mati.\n\nSalam"
	for name, text := range map[string]string{
		"quoted":             mine + "\n\nPada 3 Jan 2026 Aduan <a@b> menulis:\n\n> lama\n> lama",
		"quoted in English":  mine + "\n\nOn Sat, Jan 3, 2026 at 2:05 PM Aduan\n<a@b.example> wrote:\n> old",
		"above the new":      "> lama\n> lama\n\n" + mine,
		"original message":   mine + "\n\n-----Original Message-----\nFrom: a\nSent: b\nTo: c\n\nlama",
		"pesan asli":         mine + "\n\n----- Pesan asli -----\nDari: a\nDikirim: b\n\nlama",
		"head without lines": mine + "\n\nDari: Aduan <aduan@natuna.example>\nTanggal: Jumat, 2 Januari 2026 10.00\nKepada: c\nPerihal: d\n\nlama",
		"Outlook's head":     mine + "\n\nFrom: Aduan Natuna <aduan@natuna.example>\nSent: Friday, January 2, 2026 10:00 AM\nTo: Warga\nCc: Camat\nSubject: RE: x\n\nold",
		"Zimbra's head":      mine + "\n\n*Dari: *\"Aduan\" <aduan@natuna.example>\n*Kepada: *\"Warga\" <warga@surat.example>\n*Dikirim: *Jumat, 2 Januari 2026 10:00:05\n*Perihal: *x\n\nlama",
		"an address in To":   mine + "\n\nFrom: Warga\nSent: 02/01/2026 10:00\nTo: aduan@natuna.example\n\nold",
		"nothing quoted":     mine,
	} {
		if got := fresh(text); got != mine {
			t.Errorf("%s: %q", name, got)
		}
	}
	for name, text := range map[string]string{
		"all is quoted":        "> satu\n> dua",
		"a writer who reports": "Pada hari Senin petugas menulis:\ndenda 50.000 tanpa kuitansi.",
		"two such lines":       "Dari: Ranai\nKepada: Bapak Camat\n\nMohon perhatian.",
		"a line of dashes":     "Keluhan\n____________________\nLampu mati",
		"a letter's head": "Yth. Bapak Bupati,\nTanggal: 3 Januari 2026\nPerihal: jalan rusak\nDari: Warga RT 3\n\n" +
			"Jalan di Sungai Ulu sudah dua bulan rusak.",
		"a letter from":          "Yth. Bapak,\nDari: Warga RT 3\nKepada: Bapak Bupati\nTanggal: 3 Januari 2026\nPerihal: jalan rusak\n\nSudah dua bulan.",
		"a letter at ten":        "Yth. Bapak,\nDari: Warga RT 3\nKepada: Bapak Bupati\nTanggal: 3 Januari 2026, 10.00 WIB\nPerihal: jalan rusak\n\nSudah dua bulan.",
		"a letter by address":    "Yth. Bapak,\nDari: warga@surat.example\nKepada: aduan@natuna.example\nTanggal: 3.12.26\nPerihal: jalan rusak\n\nSudah dua bulan.",
		"a letter of the day":    "Yth. Bapak,\nKepada: aduan@natuna.example\nTanggal: 3 Januari 2026, 10:00\nDari: Warga RT 3\nPerihal: jalan rusak\n\nSudah dua bulan.",
		"a writer without a day": "Yth. Bapak,\nDari: warga@surat.example\nKepada: aduan@natuna.example\nPerihal: sejak 10:00 lampu mati\n\nMohon perhatian.",
		"a letter below a line":  "RT 3 Sungai Ulu\n____________________\nTanggal: 3 Januari 2026\nPerihal: jalan rusak\n\nSudah dua bulan.",
	} {
		if got := fresh(text); got != text {
			t.Errorf("%s: words are lost: %q", name, got)
		}
	}
}

func TestAPersonsMailIsTakenAndAMachinesIsNot(t *testing.T) {
	own := newOurMail("aduan@natuna.example")
	const human = "From: Warga <warga@surat.example>\nMessage-ID: <1@surat.example>\n"
	for head, taken := range map[string]bool{
		human:                          true,
		human + "Auto-Submitted: no\n": true,
		human + "X-Auto-Response-Suppress: None\n":                                  true,
		human + "Precedence: first-class\n":                                         true,
		human + "Return-Path: <warga@surat.example>\n":                              true,
		human + "In-Reply-To: <satupintu.SP-1KAZ5T8M3Q0X4RD.1@natuna.example>\n":    true,
		human + "Auto-Submitted: auto-generated; x=y\n":                             false,
		human + "Precedence: BULK\n":                                                false,
		human + "Precedence: junk\n":                                                false,
		human + "Precedence: list\n":                                                false,
		human + "X-Autoreply: yes\n":                                                false,
		human + "X-Auto-Response-Suppress: OOF, DR\n":                               false,
		human + "Return-Path: <>\n":                                                 false,
		human + "List-Unsubscribe: <https://surat.example/x>\n":                     false,
		human + "Content-Type: multipart/report; boundary=x\n":                      false,
		human + "X-Satupintu: SP-1KAZ5T8M3Q0X4RD\n":                                 false,
		"From: Mail Delivery <Mailer-Daemon@surat.example>\n":                       false,
		"From: aduan@NATUNA.example\n":                                              false,
		"From: a@b\nMessage-ID: <satupintu.sp-1kaz5t8m3q0x4rd.7@natuna.example>\n":  false,
		"From: a@b\nMessage-ID: <satupintu.SP-1KAZ5T8M3Q0X4RD.7@anambas.example>\n": true,
		"Subject: tanpa pengirim\n":                                                 true,
	} {
		if reason := own.leave(readHeader([]byte(head+"\n")), nil); (reason == "") != taken {
			t.Errorf("%s: %q", head, reason)
		}
	}
}

func TestAReferenceOfAnotherOfficeIsNoneOfOurs(t *testing.T) {
	own := newOurMail("aduan@natuna.example")
	ref := complaint.Ref("SP-1KAZ5T8M3Q0X4RD")
	if got := own.refOf(own.messageID(ref, 12)); got != ref {
		t.Errorf("our own id speaks of %q", got)
	}
	for _, id := range []string{"", "satupintu.SP-1KAZ5T8M3Q0X4RD.1@anambas.example", "satupintu.SP-UUUUUUUUUUUUUUU.1@natuna.example", "x.satupintu.SP-1KAZ5T8M3Q0X4RD.1@natuna.example"} {
		if got := own.refOf(id); got != "" {
			t.Errorf("%s speaks of %q", id, got)
		}
	}
}

func TestALongLetterIsKeptWholeAsAFile(t *testing.T) {
	text := strings.Repeat("Jalan di Ranai rusak – sangat parah. ", 8000)
	s := office()
	c := connectorOf(t, s, &bytes.Buffer{})
	page, _ := admitted(t, s, arrived([]byte("From: a@surat.example\nContent-Type: text/plain; charset=utf-8\n\n"+text)))
	if len(page.Complaints) != 1 {
		t.Fatalf("%+v", page)
	}
	got := page.Complaints[0]
	if len(got.Text) > complaint.MaxText || len(got.Attachments) != 1 || got.Attachments[0].Size != int64(len(strings.TrimSpace(text))) {
		t.Errorf("%d bytes of text, files %+v", len(got.Text), got.Attachments)
	}
	if !strings.HasSuffix(got.Text, "lampiran isi-surat.txt]") || !utf8.ValidString(got.Text) || c.settings.MaxFiles == 0 {
		t.Errorf("the text ends %q", got.Text[len(got.Text)-100:])
	}
}

func TestAHostileMailCostsLittle(t *testing.T) {
	const size = 8 << 20
	storm := strings.Repeat("--x\n\n", size/5)
	nested := ""
	for i := range 5000 {
		nested += fmt.Sprintf("--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i+1)
	}
	for name, raw := range map[string]string{
		"a storm of boundaries": "Content-Type: multipart/mixed; boundary=x\n\n" + storm,
		"nested without end":    "Content-Type: multipart/mixed; boundary=b0\n\n" + nested,
		"letters in letters":    strings.Repeat("Content-Type: message/rfc822\n\n", size/30),
		"tags without end":      "Content-Type: text/html\n\n" + strings.Repeat("<blockquote><td>x", 1<<16),
		"a header without end":  strings.Repeat("References: <a@b> =?utf-8?q?=41?=\n", mostHeader/34) + "\nx",
		"addresses without end": "From: " + strings.Repeat("a@b, \"<", mostHeader/8) + "\n\nx",
		"parameters":            "Content-Type: text/plain" + strings.Repeat("; name*0*=%41", mostHeader/14) + "\n\nx",
		"one line":              "\n" + strings.Repeat("> On a wrote: ", size/14),
		"attributions":          "Subject: Re: x\n\n" + strings.Repeat("On a\n", 1<<17),
		"heads":                 "Subject: Re: x\n\n" + strings.Repeat("Dari: a@b.example\n", 1<<16),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			page, log := admitted(t, office(), arrived([]byte(raw)))
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("took %s", took)
			}
			if len(page.Complaints)+len(page.SetAside) != 1 || strings.Contains(log, "panic") {
				t.Errorf("%d complaints, %d set aside; %.300s", len(page.Complaints), len(page.SetAside), log)
			}
		})
	}
}

func FuzzMail(f *testing.F) {
	mails, err := filepath.Glob("testdata/mails/*.eml")
	must(f, err)
	for _, file := range mails {
		raw, err := os.ReadFile(file)
		must(f, err)
		f.Add(raw)
	}
	s := office()
	s.MaxFile = 1 << 20
	f.Fuzz(func(t *testing.T, raw []byte) {
		found := arrived(raw)
		page, log := admitted(t, s, found)
		again, _ := admitted(t, s, found)
		if strings.Contains(log, "panic") {
			t.Fatal(log)
		}
		if n := len(page.Complaints) + len(page.SetAside); n > 1 || n == 0 && !strings.Contains(log, "left alone") {
			t.Fatalf("one mail became %d things", n)
		}
		for i, one := range page.Complaints {
			clean := one
			clean.Clean()
			if err := one.Check(); err != nil || clean.ContentHash() != one.ContentHash() || one.ContentHash() != again.Complaints[i].ContentHash() {
				t.Fatalf("%v: %+v", err, one)
			}
			if len(one.Attachments) > s.MaxFiles+1 || len(one.Raw.Body) > mostLetter+mostHeader || len(one.Raw.Body) == 0 {
				t.Fatalf("%d files, %d bytes", len(one.Attachments), len(one.Raw.Body))
			}
		}
		for _, aside := range page.SetAside {
			if aside.SourceID == "" || aside.Detail == "" {
				t.Fatalf("%+v", aside)
			}
		}
	})
}
