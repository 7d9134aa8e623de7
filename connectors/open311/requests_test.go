package open311_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/open311"
	"github.com/satupintu/satupintu/sync/complaint"
)

func TestAListIsAskedForAsItsParametersSay(t *testing.T) {
	day := func(month time.Month, d int) time.Time { return time.Date(2000, month, d, 0, 0, 0, 0, time.UTC) }
	last := func(at time.Time) time.Time { return at.Add(999 * time.Millisecond) } // of a second that is shown whole
	const days = 24 * time.Hour
	for query, want := range map[string]connectors.Query{
		"":                          {From: day(1, 1).Add(-90 * days), Most: 1000},
		"start_date=&status=&page=": {From: day(1, 1).Add(-90 * days), Most: 1000},
		"status=open":               {Open: true, From: day(1, 1).Add(-90 * days), Most: 1000},
		"status=CLOSED,open":        {Open: true, Closed: true, From: day(1, 1).Add(-90 * days), Most: 1000},
		"service_code=jalan,lampu&service_code=air": {Categories: []string{"jalan", "lampu", "air"}, From: day(1, 1).Add(-90 * days), Most: 1000},
		"start_date=1999-12-24T00:00:00Z":           {From: day(1, 1).Add(-8 * days), Most: 1000},
		"start_date=1999-06-01T00:00:00Z":           {From: day(1, 1).Add(-214 * days), To: day(1, 1).Add(-124 * days), Most: 1000},
		"end_date=2000-01-01T00:00:00Z":             {From: last(day(1, 1)).Add(-90 * days), To: last(day(1, 1)), Most: 1000},
		"start_date=1999-12-24T07:00:00%2B07:00&end_date=1999-12-25T00:00:00.9Z": {
			From: day(1, 1).Add(-8 * days), To: last(day(1, 1).Add(-7 * days)), Most: 1000,
		},
		"start_date=1999-12-24T07:00:00+07:00":                          {From: day(1, 1).Add(-8 * days), Most: 1000}, // the plus is a blank, not escaped
		"start_date=1999-12-24":                                         {From: day(1, 1).Add(-8*days - 7*time.Hour), Most: 1000},
		"start_date=1999-10-03T00:00:00Z&end_date=2000-01-01T00:00:00Z": {From: day(1, 1).Add(-90 * days), To: last(day(1, 1)), Most: 1000},
		"page=3&page_size=50":                                           {From: day(1, 1).Add(-90 * days), Most: 50, Skip: 100},
		"updated_after=1999-12-24T00:00:00Z&updated_before=1999-12-25T00:00:00Z": {
			From: day(1, 1).Add(-90 * days), UpdatedFrom: day(1, 1).Add(-8 * days), UpdatedTo: last(day(1, 1).Add(-7 * days)), Most: 1000,
		},
		"before=946684800123.SP-1KAZ5T8M3Q0X4RB": {
			From: day(1, 1).Add(-90 * days), Most: 1000, BeforeAt: day(1, 1).Add(123 * time.Millisecond), BeforeRef: "SP-1KAZ5T8M3Q0X4RB",
		},
		"service_request_id=SP-1KAZ5T8M3Q0X4RB,638344,sp-1kaz5t8m3q0x4ra&status=open": {
			Refs: []complaint.Ref{"SP-1KAZ5T8M3Q0X4RB", "SP-1KAZ5T8M3Q0X4RA"}, Open: true, From: day(1, 1).Add(-90 * days), Most: 1000,
		},
	} {
		d := goldenDesk()
		c := opened(t, d)
		synctest.Test(t, func(t *testing.T) { // where it is the first of January 2000
			w := httptest.NewRecorder()
			c.Routes.Routes(d.desk()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/requests.json?"+query, nil))
			if w.Code != 200 {
				t.Errorf("%s: %d %s", query, w.Code, w.Body)
			}
		})
		if diff := cmp.Diff(want, d.asked, cmp.Comparer(time.Time.Equal)); diff != "" {
			t.Errorf("%s: (-want +asked)\n%s", query, diff)
		}
	}
}

func TestParametersThatCannotBeReadAreNamed(t *testing.T) {
	served := serve(t, goldenDesk())
	for query, says := range map[string]string{
		"page=102": "page may leave out 100000 entries at most: follow the header Link", "page=0": "page is a number", "page=x": "page is a number", "page_size=1001": "page_size is a number from 1 to 1000",
		"status=fixed": "status is open or closed", "updated_after=x": "updated_after is not a date", "before=x": "before is not what",
		"before=1.x":         "before is not what",
		"service_request_id": "",
		"service_request_id=" + strings.Repeat("SP-1KAZ5T8M3Q0X4RB,", 1001): "service_request_id may name 1000",
		"start_date=0001-01-01T00:00:00Z":                                   "start_date is not a date",
	} {
		got := ask(t, served, "requests.json?"+query, nil)
		if says == "" && got.status == 200 {
			continue
		}
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, says) {
			t.Errorf("%.60s: %d %s", query, got.status, got.body)
		}
	}
}

func TestAFullPageNamesTheNext(t *testing.T) {
	served := serve(t, goldenDesk())
	full := ask(t, served, "requests.xml?page_size=1&status=open&page=2&api_key=rahasia", nil)
	link := full.header.Get("Link")
	if link != `<?before=1767423909999.SP-1KAZ5T8M3Q0X4RB&page_size=1&status=open>; rel="next"` {
		t.Errorf("the link is %s", link)
	}
	if got := ask(t, served, "requests.xml?page_size=50", nil); got.header.Get("Link") != "" {
		t.Errorf("the last page names another: %s", got.header.Get("Link"))
	}
}

func TestWordsAreShownOnlyWhereTheRegionSaysSo(t *testing.T) {
	d := goldenDesk()
	hidden := ask(t, serve(t, d, func(s *open311.Settings) { s.ShowText = false }), "requests.json", nil)
	if strings.Contains(hidden.body, "berlubang") {
		t.Errorf("what a citizen wrote is shown: %s", hidden.body)
	}
	d.listed[0].Text = strings.Repeat("é", 4500)
	shown := ask(t, serve(t, d), "requests.json", nil)
	if n := strings.Count(shown.body, "é"); n != 3999 || !strings.Contains(shown.body, "é…") {
		t.Errorf("%d characters are shown; the protocol has 4000", n)
	}
}

func TestUpdatesAreAskedForAndTakenIn(t *testing.T) {
	d := goldenDesk()
	served := serve(t, d)
	if got := ask(t, served, "servicerequestupdates.xml?start_date=2026-01-05T00:00:00Z&end_date=2026-01-05T02:00:00Z&page_size=10&page=2", nil); got.status != 200 {
		t.Fatal(got.body)
	}
	from := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	want := connectors.UpdateQuery{From: from, To: from.Add(2*time.Hour + 999*time.Millisecond), Most: 10, Skip: 10}
	if diff := cmp.Diff(want, d.span, cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("(-want +asked)\n%s", diff)
	}
	sent := []string{
		"api_key=" + fixmystreetKey, "service_request_id=SP-1KAZ5T8M3Q0X4RB", "update_id=248", "status=FIXED",
		"updated_datetime=2026-01-06T01:00:00Z", "description=Masih berlubang.", "first_name=Siti", "last_name=Contoh", "email=siti@natuna.example",
	}
	first := ask(t, served, "servicerequestupdates.json", sent)
	if again := ask(t, served, "servicerequestupdates.json", sent); first.status != 200 || again.body != first.body {
		t.Errorf("answered %d %s, then %s", first.status, first.body, again.body)
	}
	c := d.taken(t)
	if c.SourceID != "update/fixmystreet/SP-1KAZ5T8M3Q0X4RB/248" || c.Category != "jalan" || c.Secret || c.Reporter.Email != "siti@natuna.example" ||
		c.Text != "Menanggapi SP-1KAZ5T8M3Q0X4RB\n\nMasih berlubang.\n\nMenurut pelapor sudah diperbaiki." || !c.ReportedAt.Equal(from.Add(25*time.Hour)) {
		t.Errorf("%+v", c)
	}
	if got := ask(t, served, "servicerequestupdates.json", with(sent, "service_request_id="+string(refOf(0)), "update_id=9")); got.status != 404 {
		t.Errorf("an update of an update: %d %s", got.status, got.body)
	}
	for change, status := range map[string]int{
		"status=selesai": 400, "updated_datetime=besok": 400, "update_id=": 400, "service_request_id=638344": 404, "description=": 200,
	} {
		if got := ask(t, served, "servicerequestupdates.json", with(sent, "update_id=10", change)); got.status != status {
			t.Errorf("%s: %d %s", change, got.status, got.body)
		}
	}
	if got := ask(t, served, "servicerequestupdates.json", with(sent, "update_id=11", "description=", "status=OPEN")); got.status != 400 || !strings.Contains(got.body, "description required") {
		t.Errorf("an update that says nothing: %d %s", got.status, got.body)
	}
}

func TestWhatIsSaidOfASecretRequestIsSecret(t *testing.T) {
	d := &desk{held: []complaint.Complaint{{SourceID: "request/fixmystreet/1", Text: "Pungutan liar", Secret: true}}}
	served := serve(t, d)
	for _, path := range []string{"requests/" + firstRef + ".xml", "requests/" + firstRef + ".json"} {
		if got := ask(t, served, path, nil); got.status != 404 {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	got := ask(t, served, "servicerequestupdates.xml", []string{
		"api_key=" + fixmystreetKey, "service_request_id=" + firstRef, "update_id=1", "status=OPEN", "updated_datetime=2026-01-06T01:00:00Z", "description=Masih dipungut.",
	})
	if got.status != 200 || len(d.held) != 2 || !d.held[1].Secret {
		t.Errorf("%d %s: %+v", got.status, got.body, d.held)
	}
}

func TestEveryStatusHasItsWord(t *testing.T) {
	extension := "open closed fixed in_progress planned action_scheduled investigating duplicate not_councils_responsibility no_further_action internal_referral reopen"
	for _, status := range complaint.Statuses() {
		d := goldenDesk()
		d.listed[0].Status, d.updates[0].Status = status, status
		served := serve(t, d)
		want := "open"
		if status.Final() {
			want = "closed"
		}
		if got := ask(t, served, "requests/SP-1KAZ5T8M3Q0X4RB.xml", nil); !strings.Contains(got.body, "<status>"+want+"</status>") {
			t.Errorf("%s is listed as %s", status, got.body)
		}
		_, word, _ := strings.Cut(ask(t, served, "servicerequestupdates.xml", nil).body, "<status>")
		word, _, _ = strings.Cut(word, "<")
		if !strings.Contains(" "+extension+" ", " "+word+" ") || word == "internal_referral" {
			t.Errorf("%s is told as %q, which the extension lacks or FixMyStreet counts as closed", status, word)
		}
	}
}
