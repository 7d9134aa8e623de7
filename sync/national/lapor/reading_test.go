package lapor_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/lapor"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/retry"
)

func fixture(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// Two pages with every way a row has been seen: flat and nested names, data as a string, lists and objects of files,
// blanks in placeholders, a row that both lists tell.
func TestAStateIsReadFromAllItsLists(t *testing.T) {
	wire := byPath(t, map[string]string{
		"complaint":        fixture(t, "complaint.json"),
		"followups?page=1": fixture(t, "followups-1.json"),
		"followups?page=2": fixture(t, "followups-2.json"),
	})
	p := open(t, wire, settings(func(s *lapor.Settings) { s.InstitutionFrom = "Pemerintah Kabupaten Natuna" }))
	state, err := p.Status.Status(t.Context(), "10000001")
	if err != nil {
		t.Fatal(err)
	}
	written, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "state.json", append(written, '\n'))
	for _, r := range wire.sent {
		if r.URL.Host != "lapor.example" || !strings.HasPrefix(r.URL.Path, base+"/complaints/10000001/") {
			t.Errorf("asked %s", r.URL)
		}
	}
}

func TestAnEmptyAnswerIsNoState(t *testing.T) {
	for body, want := range map[string]retry.Verdict{
		`{"results":{"data":{}}}`:                                      retry.Uncertain,
		`{"results":{"data":[]}}`:                                      retry.Uncertain,
		`{"results":[]}`:                                               retry.Uncertain,
		`{"results":{"data":{"status_name":"  "}}}`:                    retry.Uncertain,
		`{"success":false,"message":"Laporan tidak ditemukan"}`:        retry.Permanent,
		`{"code":"900901","message":"Invalid Credentials"}`:            retry.Uncertain,
		`{"results":{"data":{"status_name":"Selesai"}},"success":true`: retry.Uncertain,
	} {
		wire := byPath(t, map[string]string{"complaint": body, "followups": `{"results":{"data":[],"next_page_url":null}}`})
		state, err := open(t, wire, settings(nil)).Status.Status(t.Context(), "1")
		if err == nil || retry.Of(err).Verdict != want {
			t.Errorf("%s: got %+v, %v", body, state, err)
		}
	}
}

func TestFollowUpsThatCannotBeReadFailTheWholeState(t *testing.T) {
	for _, body := range []string{`{}`, `{"results":{}}`, `{"results":{"data":null}}`, `{"results":{"data":"x"}}`, `{"success":false,"results":[]}`} {
		wire := byPath(t, map[string]string{"complaint": `{"results":{"data":{"status_name":"Selesai"}}}`, "followups": body})
		if state, err := open(t, wire, settings(nil)).Status.Status(t.Context(), "1"); err == nil {
			t.Errorf("%s: got %+v", body, state)
		}
	}
}

// What a list of pages may do to a reader that trusts it.
func TestPagesEnd(t *testing.T) {
	row := func(n int) string { return fmt.Sprintf(`{"id":%d,"content":"kabar %d"}`, n, n) }
	for name, c := range map[string]struct {
		next  func(page int) string // JSON
		rows  func(page int) string
		asked int
		kept  int
	}{
		"one page":               {next: func(int) string { return `null` }, asked: 1, kept: 1},
		"the same page again":    {next: func(p int) string { return fmt.Sprintf(`"https://lapor.example/x?page=%d"`, p+1) }, rows: func(int) string { return row(1) }, asked: 2, kept: 1},
		"its own number":         {next: func(p int) string { return fmt.Sprintf(`"?page=%d"`, p) }, asked: 1, kept: 1},
		"a number that is none":  {next: func(int) string { return `"?page=besok"` }, asked: 1, kept: 1},
		"back to the start":      {next: func(p int) string { return fmt.Sprintf(`"?page=%d"`, 1+p%2) }, asked: 2, kept: 2},
		"no end":                 {next: func(p int) string { return fmt.Sprintf(`"/x?page=%d"`, p+1) }, asked: 7, kept: 7},
		"without a number":       {next: func(p int) string { return `"/x?cursor=abc"` }, asked: 7, kept: 7},
		"another host":           {next: func(p int) string { return `"https://elsewhere.example/steal?page=2"` }, asked: 2, kept: 2},
		"empty pages for ever":   {next: func(p int) string { return fmt.Sprintf(`"?page=%d"`, p+1) }, rows: func(int) string { return "" }, asked: 1, kept: 0},
		"an address that is bad": {next: func(int) string { return `"://%zz"` }, asked: 7, kept: 7},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			wire := &platformOf{answer: func(r *http.Request, _ []byte) (int, string) {
				if strings.HasSuffix(r.URL.Path, "/complaint") {
					return 200, `{"results":{"data":{"status_name":"Dalam Proses"}}}`
				}
				if asked++; r.URL.Host != "lapor.example" {
					t.Errorf("asked %s", r.URL)
				}
				var page int
				if _, err := fmt.Sscan(r.URL.Query().Get("page"), &page); err != nil {
					t.Errorf("page: %v", err)
				}
				rows := row(page)
				if c.rows != nil {
					rows = c.rows(page)
				}
				return 200, `{"results":{"data":[` + rows + `],"next_page_url":` + c.next(page) + `}}`
			}}
			p := open(t, wire, settings(func(s *lapor.Settings) { s.FollowupPages = 7 }))
			state, err := p.Status.Status(t.Context(), "1")
			if err != nil || asked != c.asked || len(state.Events) != c.kept {
				t.Errorf("asked for %d pages, kept %d events, %v; want %d and %d", asked, len(state.Events), err, c.asked, c.kept)
			}
		})
	}
}

func TestALookupSaysAbsentOnlyOnProof(t *testing.T) {
	const ref = complaint.Ref("SP-1KAZ5T8M3Q0X4RD")
	with := func(rows ...string) string {
		return `{"results":{"data":[` + strings.Join(rows, ",") + `],"next_page_url":null}}`
	}
	const mine, other = `{"id":7,"tracking_id":"1234567","content":"Lampu.\n\n[Ref SP-1KAZ5T8M3Q0X4RD]"}`, `{"id":8,"content":"Jalan.\n\n[Ref SP-1KAZ5T8M3Q0X4RE]"}`
	for name, c := range map[string]struct {
		body   string
		want   string // id
		absent bool
		says   string
	}{
		"found":                  {body: with(other, mine), want: "7"},
		"found in HTML":          {body: with(`{"id":"7","content":"<p>Lampu</p><p>[Ref&nbsp;SP-1KAZ5T8M3Q0X4RD]<br></p>"}`), want: "7"},
		"the same twice":         {body: with(mine, mine), want: "7"},
		"nothing":                {body: with(), absent: true},
		"others only":            {body: with(other, `{"id":9,"content":"tanpa penanda"}`), absent: true},
		"quoted by another":      {body: with(`{"id":9,"content":"Lihat [Ref SP-1KAZ5T8M3Q0X4RD].\n\n[Ref SP-1KAZ5T8M3Q0X4RE]"}`), absent: true},
		"PHP's empty object":     {body: `{"results":[]}`, absent: true},
		"two":                    {body: with(mine, strings.Replace(mine, "7", "6", 1)), says: "2 complaints of the platform carry this reference (ids 7, 6)"},
		"no list":                {body: `{"results":{}}`, says: "has no results.data"},
		"list is null":           {body: `{"results":{"data":null}}`, says: "has no results.data"},
		"text missing":           {body: with(`{"id":9,"title":"x"}`), says: "check search.text"},
		"text shortened":         {body: with(`{"id":9,"content":"Lampu di…"}`), says: "shortened"},
		"text empty":             {body: with(`{"id":9,"content":""}`), says: "shortened"},
		"text masked":            {body: with(`{"id":9,"content":"***"}`), says: "masked"},
		"words masked":           {body: with(`{"id":9,"content":"Laporan dari W*** tentang lampu"}`), says: "masked"},
		"cut within the marker":  {body: with(`{"id":9,"content":"Lampu jalan di Ranai mati\n\n[Ref SP-1KAZ5T8"}`), says: "shortened"},
		"cut before the ref":     {body: with(`{"id":9,"content":"Lampu jalan di Ranai mati\n\n[Re"}`), says: "shortened"},
		"letters changed":        {body: with(`{"id":7,"content":"lampu.\n\n[ref sp-1kaz5t8m3q0x4rd]"}`), want: "7"},
		"behind an open tag":     {body: with(`{"id":7,"content":"Air di rumah saya <keruh sekali\n\n[Ref SP-1KAZ5T8M3Q0X4RD]"}`), want: "7"},
		"behind a broken heart":  {body: with(`{"id":7,"content":"Air keruh &lt;/3 sekali </3\n\n[Ref SP-1KAZ5T8M3Q0X4RD]"}`), want: "7"},
		"cut behind an open tag": {body: with(`{"id":9,"content":"Air di rumah saya <keruh sek"}`), says: "shortened"},
		"less than, by another":  {body: with(`{"id":9,"content":"Debit air di rumah saya < 3 liter"}`), absent: true},
		"no id":                  {body: with(strings.Replace(mine, `"id":7,`, "", 1)), says: "check search.id"},
		"refused with a 200":     {body: `{"success":false,"message":"Tidak boleh","results":[]}`, says: "refused: Tidak boleh"},
		"none beside an error":   {body: `{"success":true,"results":[],"errors":["indeks pencarian rusak"]}`, says: "has no results.data"},
		"no rows with a refusal": {body: `{"success":false,"message":"Tidak boleh","results":{"data":[]}}`, says: "refused: Tidak boleh"},
		"more pages than we ask": {body: strings.Replace(with(other), "null", `"?page=21"`, 1), says: "cannot tell"},
		"found, but not all":     {body: strings.Replace(with(mine), "null", `"?page=21"`, 1), says: "cannot tell"},
	} {
		t.Run(name, func(t *testing.T) {
			wire := always(http.StatusOK, c.body)
			ticket, err := open(t, wire, settings(nil)).Lookup.Lookup(t.Context(), ref)
			switch {
			case c.want != "":
				if err != nil || ticket.ID != c.want {
					t.Errorf("got %+v, %v", ticket, err)
				}
			case errors.Is(err, national.ErrAbsent) != c.absent, err == nil:
				t.Errorf("got %+v, %v; absent: %t", ticket, err, c.absent)
			case !strings.Contains(err.Error(), c.says):
				t.Errorf("%v does not say %q", err, c.says)
			}
			if got := wire.sent[0].URL.Query().Get("keyword"); got != string(ref) {
				t.Errorf("searched for %q", got)
			}
		})
	}
}

func TestWithoutASearchThereIsNoLookup(t *testing.T) {
	for how, hint := range map[string]string{"none": "", "export": "satupintu import lapor-export FILE.xlsx"} {
		p := open(t, always(200, "{}"), settings(func(s *lapor.Settings) { s.Lookup = how }))
		if p.Lookup != nil || (p.LookupHint == "") != (hint == "") || !strings.Contains(p.LookupHint, hint) {
			t.Errorf("lookup: %s has the lookup %v and the hint %q", how, p.Lookup, p.LookupHint)
		}
	}
}

func TestTheInstitutionsAreReadToTheEnd(t *testing.T) {
	wire := byPath(t, map[string]string{
		"external?page=":  `{"results":{"data":[{"id":21030,"name":"Pemerintah Kabupaten Natuna"},{"id":null,"name":"x"}],"next_page_url":"/?page_size=1000&page=2"}}`,
		"external?page=2": `{"results":{"data":{"1":{"id":"21031","name":"Dinas &amp; PU"},"10":{"id":"21032","name":"Dinas Kesehatan"}},"next_page_url":null}}`,
	})
	lists, err := open(t, wire, settings(nil)).Reference.Reference(t.Context())
	if err != nil || fmt.Sprint(lists.Agencies) != "[{21030 Pemerintah Kabupaten Natuna} {21031 Dinas & PU} {21032 Dinas Kesehatan}]" {
		t.Errorf("got %v, %v", lists, err)
	}
	if got := wire.sent[1].URL.RawQuery; got != "page=2&page_size=1000" {
		t.Errorf("the second page was asked with %q", got)
	}
	if lists, err := open(t, always(200, `{"results":{"data":[]}}`), settings(nil)).Reference.Reference(t.Context()); err == nil {
		t.Errorf("an empty list reads as %v", lists)
	}
}

func TestTheProbeSaysWhatItSaw(t *testing.T) {
	for body, want := range map[string]string{
		`{"results":{"data":[{"id":1}],"total":653}}`: "signed in; 653 institutions",
		`{"results":{"data":[{"id":1}]}}`:             "signed in; the list of institutions can be read",
	} {
		if said, err := open(t, always(200, body), settings(nil)).Probe.Probe(t.Context()); err != nil || said != want {
			t.Errorf("%s: %q, %v", body, said, err)
		}
	}
	wrong := settings(func(s *lapor.Settings) { delete(s.Headers, "token") })
	_, err := open(t, simulator.New(simulator.Options{Base: base}).Transport(), wrong).Probe.Probe(t.Context())
	if retry.Of(err).Verdict != retry.SignIn || !strings.Contains(err.Error(), "900910") {
		t.Errorf("without a token: %v", err)
	}
}
