package lapor

import (
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

func bench() *platform {
	settings := defaults().(*Settings)
	mark, err := newMarker(settings.Marker)
	if err != nil {
		panic(err) // the default marker
	}
	zone := time.FixedZone("WIB", 7*60*60)
	return &platform{
		settings: *settings, client: &client{clean: newCleaner(), secrets: secretsOf([]string{"Bearer rahasia-sekali", "{AAAA-BBBB}"})},
		marker: mark, clock: clock{zone: zone, layout: settings.DateLayout}, statuses: newStatuses(nil), zone: zone,
		log: slog.New(slog.DiscardHandler),
	}
}

func TestWhoSpeaks(t *testing.T) {
	for body, want := range map[string]retry.Speaker{
		`{"message":"Data tidak ditemukan"}`:                    retry.Application,
		`{"results":{"data":[]}}`:                               retry.Application,
		`{"data":null}`:                                         retry.Application,
		`{"complaint_id":1}`:                                    retry.Application,
		`{"success":false,"code":404,"message":"x"}`:            retry.Application,
		`{"fault":{"code":900901,"message":"x"},"message":"y"}`: retry.Proxy,
		`{"code":"900901","message":"Invalid Credentials"}`:     retry.Proxy,
		`{"code":101504,"message":"Send timeout"}`:              retry.PassedOn,
		`{"code":"404","type":"Status report","message":"Not Found","description":"The requested resource is not available."}`:           retry.Proxy,
		`{"code":404,"type":"STATUS REPORT","message":"Runtime Error","description":"No matching resource found for given API Request"}`: retry.Proxy,
		`{"code":404,"type":"laporan","message":"x"}`:        retry.Application,
		`{"type":"Status report","message":"x"}`:             retry.Application,
		`<ams:fault><ams:code>900901</ams:code></ams:fault>`: retry.Proxy,
		`<soapenv:Fault/>`:                          retry.Proxy,
		`<html><body>502 Bad Gateway</body></html>`: retry.Proxy,
		``:                         retry.Proxy,
		`no healthy upstream`:      retry.Proxy,
		`"message"`:                retry.Proxy,
		`["message"]`:              retry.Proxy,
		`{}`:                       retry.Proxy,
		`{"message":"x"} trailing`: retry.Proxy,
		`{"timestamp":"2026-11-24","status":404,"path":"/lapor"}`: retry.Proxy,
	} {
		if got := speaker([]byte(body)); got != want {
			t.Errorf("%s: speaker %d, want %d", body, got, want)
		}
	}
}

func TestWhoHadPassedTheRequestOn(t *testing.T) {
	envoy := func(reason string) string {
		return "upstream connect error or disconnect/reset before headers. reset reason: " + reason
	}
	for body, want := range map[string]retry.Speaker{
		envoy("connection termination"):                                    retry.PassedOn,
		envoy("connection_termination"):                                    retry.PassedOn,
		envoy("remote reset"):                                              retry.PassedOn,
		envoy("local reset"):                                               retry.PassedOn,
		envoy("protocol error"):                                            retry.PassedOn,
		envoy("something new"):                                             retry.PassedOn,
		"upstream connect error or disconnect/reset before headers":        retry.PassedOn,
		`{"message":"` + envoy("connection termination") + `","code":503}`: retry.PassedOn,
		`{"code":"102509","message":"Upstream error","description":"x"}`:   retry.PassedOn,
		`{"code":102510,"message":"Upstream error"}`:                       retry.PassedOn,
		`{"code":"102511","message":"Upstream error"}`:                     retry.PassedOn,
		`{"fault":{"code":101507,"message":"Connection timed out"}}`:       retry.PassedOn,
		`<am:fault xmlns:am="http://wso2.org/apimanager"><am:code>101505</am:code><am:message>Runtime Error</am:message></am:fault>`:    retry.PassedOn,
		"<html><head><title>503 Backend fetch failed</title></head><body><h1>Error 503 Backend fetch failed</h1>Guru Meditation</body>": retry.PassedOn,

		envoy("connection failure"): retry.Proxy,
		envoy("remote connection failure, transport failure reason: delayed connect error: 111"): retry.Proxy,
		envoy("connection timeout"):          retry.Proxy,
		envoy("overflow"):                    retry.Proxy,
		envoy("remote refused stream reset"): retry.Proxy,
		"no healthy upstream":                retry.Proxy,
		"<h1>503 Service Unavailable</h1>":   retry.Proxy,
		"<h1>Situs dalam pemeliharaan</h1>":  retry.Proxy,
		`{"fault":{"code":303001,"message":"Runtime Error","description":"Currently, Address endpoint: [ State : SUSPENDED ]"}}`: retry.Proxy,
		`{"fault":{"code":101503,"message":"Runtime Error","description":"Error connecting to the back end"}}`:                   retry.Proxy,
		`{"message":"Sedang pemeliharaan"}`: retry.Application,
		`{"message":"Laporan 101504 ada"}`:  retry.Application,
	} {
		if got := speaker([]byte(body)); got != want {
			t.Errorf("%s: speaker %d, want %d", body, got, want)
		}
	}
}

func TestTheWordsOfAnAnswer(t *testing.T) {
	for body, want := range map[string]string{
		`{"message":"Data tidak <b>lengkap</b>","errors":{"title":["wajib diisi","terlalu pendek"],"category_id":"tidak dikenal"}}`: "Data tidak lengkap; category_id: tidak dikenal; title: wajib diisi, terlalu pendek",
		`{"errors":["a",["b"],1]}`:                                                                         "a; b; 1",
		`{"fault":{"code":900901,"message":"Invalid","description":"D"}}`:                                  "900901; Invalid; D",
		`<html><head><title>T</title><style>p{}</style></head><body><h1>502</h1>nginx</body></html>`:       "502 nginx",
		`<ams:fault><ams:code>900901</ams:code>` + "\n" + `<ams:message>Invalid</ams:message></ams:fault>`: "900901 Invalid",
		``:                           "",
		`{"results":{"secret":"x"}}`: "",
		`{"message":"hubungi admin@lapor.example atau 0812-0000-0001, NIK 2103000000000001, id 5012345, 24-11-2026"}`: "hubungi … atau …, NIK …, id 5012345, 24-11-2026",
		`{"message":"token rahasia-sekali ditolak: AAAA-BBBB"}`:                                                       "token … ditolak: …",
	} {
		if got := bench().client.quote([]byte(body), private{}); got != want {
			t.Errorf("%s:\n got %q\nwant %q", body, got, want)
		}
	}
	if got := bench().client.quote([]byte(strings.Repeat("é ", 40_000)), private{}); utf8.RuneCountInString(got) != 500 {
		t.Errorf("a long answer has %d characters", utf8.RuneCountInString(got))
	}
}

func TestWhatWasSentIsHidden(t *testing.T) {
	sent := privateOf(complaint.Complaint{
		Title: "Lampu mati", Text: "Di depan rumah Bu Siti, lampu jalan sudah tiga minggu mati.",
		Place:    complaint.Place{Address: "Jalan Contoh 5 RT 02, Ranai"},
		Reporter: complaint.Reporter{Name: "Ali Contoh", Phone: "0812.34", Email: "a(li@surat.example"},
	})
	for said, want := range map[string]string{
		"Validasi gagal untuk ALI CONTOH":                           "Validasi gagal untuk …",
		"Saudara ali, nomor 0812.34":                                "Saudara …, nomor …",
		"judul 'lampu mati' sudah ada":                              "judul '…' sudah ada",
		"Isi \"depan rumah Bu Siti, lampu jalan…\" terlalu panjang": "Isi … terlalu panjang",
		"alamat Jalan Contoh 5 RT 02, Ranai salah":                  "alamat … salah",
		"lampu jalan lain":                                          "lampu jalan lain",
		"a(li@surat.example dipakai":                                "… dipakai",
	} {
		if got := bench().client.quote([]byte(said), sent); got != want {
			t.Errorf("%q:\n got %q\nwant %q", said, got, want)
		}
	}
}

// A platform writes a number as it likes, and not always whose it was told.
func TestANumberIsHiddenHoweverItIsWritten(t *testing.T) {
	sent := privateOf(complaint.Complaint{Reporter: complaint.Reporter{Phone: "0812 0000-0001", Identity: "6203000000000001"}})
	for said, want := range map[string]string{
		"Nomor 0812 0000 0001 sudah terdaftar":         "Nomor … sudah terdaftar",
		"Nomor (0812) 0000 0001 sudah terdaftar":       "Nomor (… sudah terdaftar",
		"Nomor +62 812 0000 0001 sudah terdaftar":      "Nomor … sudah terdaftar",
		"Nomor +62 (0) 812/0000/0001 sudah ada":        "Nomor … sudah ada",
		"Nomor 62812-0000-0001, 81200000001":           "Nomor …, …",
		"Nomor 0812,0000,0001 atau 8 1 2 0000 0001":    "Nomor … atau …",
		"Nomor 0812 _ 0000:0001, No0812 0000 0001":     "Nomor …, No…",
		"NIK 6203 0000 0000 0001, 620300.000000.0001":  "NIK …, …",
		"milik 0813 1111 2222 atau (0773) 31-0000":     "milik … atau (…",
		"milik +62 813 1111 2222, 62(813)11112222":     "milik …, …",
		"NIK 2103 0000 0000 0002 / 210300 000000 0002": "NIK …",
		"rekening 1234/5678/90, 0813–1111–2222":        "rekening …, …",
		"milik 2103-24-11-2026-0001":                   "milik …",

		"laporan 5012345 dan 5012346, kategori 436 437":  "laporan 5012345 dan 5012346, kategori 436 437",
		"laporan 5012345 5012346 (21032)":                "laporan 5012345 5012346 (21032)",
		"laporan 5012345 24-11-2026 08:00:00 ditutup":    "laporan 5012345 24-11-2026 08:00:00 ditutup",
		"24/11/2026 08:00 503 2026-11-24 08:00:00":       "24/11/2026 08:00 503 2026-11-24 08:00:00",
		"maks. 10 MB, 3 berkas (2 foto), RT 02 / RW 01":  "maks. 10 MB, 3 berkas (2 foto), RT 02 / RW 01",
		"900901 pada 2026-11-24T08:00:00, kode 21.03.12": "900901 pada 2026-11-24T08:00:00, kode 21.03.12",
		"SP-1KAZ5T8M3Q0X4RD":                             "SP-1KAZ5T8M3Q0X4RD",
	} {
		if got := bench().client.quote([]byte(said), sent); got != want {
			t.Errorf("%q:\n got %q\nwant %q", said, got, want)
		}
	}
}

func TestPlainText(t *testing.T) {
	for in, want := range map[string]string{
		"<p>Satu</p><p>Dua<br>Tiga<BR/>Empat</p>":            "Satu\n\nDua\nTiga\nEmpat",
		"a < b &amp; c &gt; d":                               "a < b & c > d",
		"<ul><li>satu</li><li class='x'>dua</li></ul>":       "satu\ndua",
		"baris\r\nbaris\n\n\n\nbaris":                        "baris\nbaris\n\nbaris",
		"<script>x</script><style>y</style>kata":             "kata",
		"<img src=x onerror=alert(1)>":                       "",
		"&lt;script&gt;alert(1)&lt;/script&gt;":              "<script>alert(1)</script>",
		"\u0000\u001bkata&nbsp;kata":                         "kata kata",
		"<b>tebal</b> dan <a href='javascript:x'>tautan</a>": "tebal dan tautan",
	} {
		if got := newCleaner().plain(in); got != want {
			t.Errorf("%q:\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestPlaceholdersAreFilledOnce(t *testing.T) {
	values := map[string]string{"status_old": "{{status_new}}", "status_new": "Selesai", "institution": "$1"}
	for in, want := range map[string]string{
		"{{status_old}} ke {{ status_new }}":        "{{status_new}} ke Selesai",
		"{{STATUS_NEW}}{{\u00A0institution\u00A0}}": "Selesai$1",
		"{{ unknown }}x{{}}{{ a b }}":               "x{{}}{{ a b }}",
	} {
		if got := fill(in, values); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestTimesAreTheRegions(t *testing.T) {
	c := bench().clock
	want := time.Date(2026, 11, 24, 1, 30, 0, 0, time.UTC)
	for _, written := range []string{"24-11-2026 08:30:00", "2026-11-24 08:30:00", "2026-11-24T01:30:00Z", "2026-11-24T08:30:00", "24-11-2026 08:30", "1795483800"} {
		if got := c.at(written); !got.Equal(want) {
			t.Errorf("%s: got %s", written, got)
		}
	}
	for _, written := range []string{"", "kemarin", "31-02-2026 08:30:00", "-5", "99999999999999"} {
		if got := c.at(written); !got.IsZero() {
			t.Errorf("%s: got %s", written, got)
		}
	}
	if got := (clock{zone: c.zone, layout: "2/1/06"}).at("3/1/26"); got.Format(time.DateOnly) != "2026-01-03" {
		t.Errorf("the region's own layout reads as %s", got)
	}
}

func TestMarkersAreFoundWhole(t *testing.T) {
	for pattern, text := range map[string]string{
		"[Ref {ref}]": "x [Ref SP-2]\n\n[ Ref SP-1]\n[Ref  SP-1]", "Ref: {ref}": "Ref: SP-1", "{ref}": "SP-1", "(a+b)* {ref} ?": "(a+b)*\nSP-1 ?",
	} {
		m, err := newMarker(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.of(text); got != "SP-1" {
			t.Errorf("%s in %q: %q", pattern, text, got)
		}
		if got := m.of("x\n" + m.write("SP-1KAZ5T8M3Q0X4RD")); got != "SP-1KAZ5T8M3Q0X4RD" {
			t.Errorf("%s: written and read: %q", pattern, got)
		}
	}
}

// What a citizen writes may look like the beginning of a tag. Whoever takes tags out takes all that follows with it, the marker at the
// end too: what is sent looks like none.
func TestNothingThatIsSentBeginsATag(t *testing.T) {
	for text, want := range map[string]string{
		"Air <keruh sekali": "Air < keruh sekali", "patah hati </3": "patah hati < /3", "<!-- x": "< !-- x", "a < b": "a < b", "<<a<": "< < a<", "<\nb": "<\nb", "": "", "x": "x",
	} {
		if got := apart(text); got != want {
			t.Errorf("%q is sent as %q, want %q", text, got, want)
		}
		marked := apart(text) + "\n\n[Ref SP-1KAZ5T8M3Q0X4RD]"
		if got := newCleaner().plain(marked); !strings.HasSuffix(got, "[Ref SP-1KAZ5T8M3Q0X4RD]") {
			t.Errorf("%q without markup is %q", marked, got)
		}
	}
}

func TestKeysDoNotDependOnSettingsOrWhatTicks(t *testing.T) {
	const row = `{"created_at":"24-11-2026 08:00:00","content":"kabar","ago":"1 menit lalu"}`
	one, two := bench(), bench()
	two.clock.layout, two.statuses, two.settings.InstitutionFrom = "2006", statuses{}, "X"
	a, errA := parse([]byte(row))
	b, errB := parse([]byte(strings.Replace(row, "1 menit", "2 menit", 1)))
	other, errC := parse([]byte(strings.Replace(row, "kabar", "kabar lain", 1)))
	if errA != nil || errB != nil || errC != nil {
		t.Fatal(errA, errB, errC)
	}
	if one.event("log", a).Key != two.event("log", b).Key {
		t.Error("the key has changed")
	}
	if one.event("log", a).Key == one.event("log", other).Key {
		t.Error("another text has the same key")
	}
}

func TestASentenceAboutAnInstitutionThatIsNotNamedIsWholeAllTheSame(t *testing.T) {
	row, err := parse([]byte(`{"created_at":"24-11-2026 08:00:00","institution":{"name":"Kecamatan Midai"},
		"template_content":"<p>Laporan diteruskan dari <b>{{institution_from}}</b> kepada <b>{{institution_to}}</b>.</p>","content":"<p>Mohon ditindaklanjuti.</p>"}`))
	if err != nil {
		t.Fatal(err)
	}
	got := bench().event("log", row)
	if want := "Laporan diteruskan dari Kecamatan Midai kepada instansi terkait.\nMohon ditindaklanjuti."; got.Text != want || got.To != "" {
		t.Errorf("%q to %q, want %q to nobody", got.Text, got.To, want)
	}
}
