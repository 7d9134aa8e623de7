package open311_test

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/open311"
	"github.com/satupintu/satupintu/sync/complaint"
)

func TestAPostBecomesAComplaint(t *testing.T) {
	d := &desk{}
	fields := append(pothole(), "attribute[SURFACE]=T", "attribute[DANGER][]=M", "attribute[DANGER][]=P", "attribute[tidak_ditanya]=x", "address_id=545483")
	if got := ask(t, serve(t, d), "requests.xml", fields); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	lat, long := 3.7993, 108.0251
	got := d.taken(t)
	raw, err := url.ParseQuery(string(got.Raw.Body))
	if err != nil || got.Raw.Type != "application/x-www-form-urlencoded" || raw.Get("attribute[tidak_ditanya]") != "x" {
		t.Errorf("kept as it came: %s, %v", got.Raw.Body, err)
	}
	if strings.Contains(string(got.Raw.Body), fixmystreetKey) {
		t.Errorf("the key is kept with the complaint: %s", got.Raw.Body)
	}
	if !strings.HasPrefix(got.SourceID, "request/") || len(got.SourceID) < 20 {
		t.Errorf("the id is %q", got.SourceID)
	}
	got.SourceID, got.Raw = "", complaint.Payload{}
	want := complaint.Complaint{
		Title: "Jalan berlubang di Sedanau. Dalam sekali. Berapa lubang?: 3 Apa permukaannya?…",
		Text:  "Jalan berlubang di Sedanau.\nDalam sekali.\n\nBerapa lubang?: 3\nApa permukaannya?: Tanah & batu\nSiapa yang terancam?: Motor, Pejalan kaki\n\nID alamat: 545483",
		Class: complaint.Ordinary, Category: "jalan",
		Reporter: complaint.Reporter{Name: "Siti Contoh", Phone: "081270004401", Email: "siti@natuna.example"},
		Place:    complaint.Place{Address: "Jl. Pramuka, Sedanau", Lat: &lat, Long: &long},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAPostSentAgainHasTheSameAnswer(t *testing.T) {
	d := &desk{}
	served := serve(t, d)
	sent := append(pothole(), "attribute[fixmystreet_id]=123")
	first := ask(t, served, "requests.xml", sent)
	if again := ask(t, served, "requests.xml", sent); first.status != 200 || again.body != first.body {
		t.Errorf("answered %s, at first %s", again.body, first.body)
	}
	if got := d.taken(t).SourceID; got != "request/fixmystreet/123" {
		t.Errorf("it is known by %s", got)
	}
	tokens := with(sent, "service_code=lampu", "attribute[fixmystreet_id]=124")
	if a, b := ask(t, served, "requests.json", tokens), ask(t, served, "requests.json", tokens); a.body != b.body || !strings.Contains(a.body, "token") {
		t.Errorf("of a batch service: %s, then %s", a.body, b.body)
	}
	another := ask(t, served, "requests.xml", with(sent, "api_key="+appKey))
	if another.body == first.body {
		t.Error("two who post count their own ids: the second one's request was taken for the first one's")
	}
	if a, b := ask(t, served, "requests.xml", pothole()), ask(t, served, "requests.xml", pothole()); a.body == b.body {
		t.Error("two people may say the same: without an id each is a request of its own")
	}
}

func TestOnlyTheWholeKeyOpens(t *testing.T) {
	d := &desk{}
	served := serve(t, d)
	for _, key := range []string{"", " ", fixmystreetKey[1:], fixmystreetKey + "0", strings.ToUpper(fixmystreetKey), "fixmystreet", fixmystreetKey + "," + appKey} {
		if got := ask(t, served, "requests.json", with(pothole(), "api_key="+key)); got.status != http.StatusForbidden {
			t.Errorf("with the key %q: %d %s", key, got.status, got.body)
		}
	}
	if got := ask(t, served, "requests.json?api_key="+fixmystreetKey, with(pothole(), "api_key=")); got.status != http.StatusForbidden {
		t.Errorf("with the key in the address, where logs keep it: %d", got.status)
	}
	if got := ask(t, served, "requests.json", with(pothole(), "api_key="+appKey)); got.status != http.StatusOK || len(d.held) != 1 {
		t.Errorf("with the second key: %d, %d taken in", got.status, len(d.held))
	}
}

// parts posts a form with files: of "name=value" pairs, then files by the names of their fields.
func parts(t *testing.T, served *httptest.Server, path string, fields []string, files map[string]string) said {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, content := range files { // before the fields, where the key is: nothing says that it comes first
		part, err := form.CreateFormFile(name, "../foto/"+name+".jpg")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, "=")
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, served.URL+underneath+path, &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	return do(t, r)
}

const photo = "\xff\xd8\xff\xe0 foto jalan"

func TestFilesComeInPartsAndOnlyFromWhoHasAKey(t *testing.T) {
	d := &desk{}
	served := serve(t, d, func(s *open311.Settings) { s.MaxFiles, s.MaxFile = 2, 100 })
	files := map[string]string{"photo1": photo, "photo2": photo + "2", "kosong": "", "besar": strings.Repeat("x", 101)}
	if got := parts(t, served, "requests.xml", with(pothole(), "api_key=kunci-lain"), files); got.status != http.StatusForbidden || len(d.files) > 0 {
		t.Errorf("a stranger: %d, and %d files were kept", got.status, len(d.files))
	}
	if got := parts(t, served, "requests.xml", pothole(), files); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	c := d.taken(t)
	if len(c.Attachments) != 2 || c.Missing != 1 || c.Attachments[0].Type != "image/jpeg" || strings.Contains(c.Attachments[0].Name, "/") {
		t.Errorf("attachments %+v, missing %d: want two photos and the large one missing", c.Attachments, c.Missing)
	}
	if c.Reporter.Name != "Siti Contoh" || !strings.Contains(c.Text, "Dalam sekali.") {
		t.Errorf("the fields beside the files are lost: %+v", c)
	}
}

func TestMediaURLsAreFetchedFromNamedHostsOnlyAndHoldNothingUp(t *testing.T) {
	asked := make(chan string, 10)
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		switch r.URL.Path {
		case "/hilang.jpg":
			http.NotFound(w, r)
		case "/masuk.jpg":
			_, _ = w.Write([]byte("<!DOCTYPE html><html>Silakan masuk</html>"))
		case "/requests.json":
			w.Header().Set("Content-Type", "image/jpeg")
			_, _ = w.Write([]byte(`[{"service_request_id":"1","phone":"081255501234"}]`))
		case "/lambat.jpg":
			<-r.Context().Done()
		default:
			_, _ = w.Write([]byte(photo))
		}
	}))
	t.Cleanup(store.Close)
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- "another host" }))
	t.Cleanup(other.Close)
	d := &desk{}
	served := serve(t, d, func(s *open311.Settings) {
		s.MediaHosts, s.MediaWait = []string{strings.TrimPrefix(store.URL, "http://")}, config.Duration(200_000_000)
	})
	fields := append(pothole(), "media_url="+other.URL+"/a.jpg", "media_url=file:///etc/passwd", "media_url=http://u:p@"+served.Listener.Addr().String()+"/",
		"media_url="+store.URL+"/hilang.jpg", "media_url="+store.URL+"/masuk.jpg", "media_url="+store.URL+"/requests.json", "media_url="+store.URL+"/1.jpg", "media_url="+store.URL+"/lambat.jpg")
	if got := ask(t, served, "requests.xml", fields); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	c := d.taken(t)
	if len(c.Attachments) != 1 || c.Attachments[0].Name != "1.jpg" || c.Missing != 7 {
		t.Errorf("attachments %+v, missing %d; want 1.jpg, and seven missing", c.Attachments, c.Missing)
	}
	for range len(asked) {
		if path := <-asked; path == "another host" {
			t.Error("a host was asked that media_hosts does not name")
		}
	}
}

func TestEachTypeOfAttributeIsChecked(t *testing.T) {
	for _, c := range []struct{ field, says string }{
		{"attribute[HOWMANYD]=tiga", "HOWMANYD is not a number"},
		{"attribute[HOWMANYD]=0x10", "HOWMANYD is not a number"},
		{"attribute[HOWMANYD]=NaN", "HOWMANYD is not a number"},
		{"attribute[HOWMANYD]=2,5", "HOWMANYD is not a number"},
		{"attribute[HOWMANYD]=-2.5", ""},
		{"attribute[HOWMANYD]= ", "HOWMANYD required"},
		{"attribute[SURFACE]=Aspal", "SURFACE is none of the values that the service lists"},
		{"attribute[SURFACE]=A", ""},
		{"attribute[SURFACE][]=A", ""},
		{"attribute[DANGER]=M", ""},
		{"attribute[DANGER][]=X", "DANGER is none of the values that the service lists"},
		{"attribute[SINCE]=kemarin", "SINCE is not a date such as 2010-01-01T00:00:00Z"},
		{"attribute[SINCE]=2026-01-03", ""},
		{"attribute[SINCE]=2026-01-03T14:05:00+07:00", ""},
		{"lat=91", "lat is not a number of degrees between -90 and 90"},
		{"lat=", "lat required with long"},
		{"long=", "long required with lat"},
		{"long=timur", "long is not a number of degrees between -180 and 180"},
		{"description=" + strings.Repeat("é", 4000), ""},
		{"description=" + strings.Repeat("é", 4001), "description may have 4000 characters at most"},
		{"description=", ""},
	} {
		d := &desk{}
		got := ask(t, serve(t, d), "requests.json", with(pothole(), c.field))
		if c.says == "" {
			if got.status != http.StatusOK || len(d.held) != 1 {
				t.Errorf("%.60s: %d %s", c.field, got.status, got.body)
			}
			continue
		}
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, `"description":"`+c.says+`"`) || len(d.held) > 0 {
			t.Errorf("%.60s: %d %s, %d taken in", c.field, got.status, got.body, len(d.held))
		}
	}
	d := &desk{}
	if got := ask(t, serve(t, d), "requests.json", append(pothole(), "attribute[SURFACE]=A", "attribute[SURFACE]=T")); !strings.Contains(got.body, "SURFACE takes one value") {
		t.Errorf("two values for one: %d %s", got.status, got.body)
	}
}

func TestAServiceAndAMappingSayWhatIsSecretOrAnonymous(t *testing.T) {
	hide := func(s *open311.Settings) {
		s.Map["anonymous"] = connectors.Value{From: "attribute.SEMBUNYI"}
	}
	for _, c := range []struct {
		change            string
		secret, anonymous bool
		status            int
	}{
		{"service_code=pungli", true, false, 200},
		{"attribute[SEMBUNYI]=ya", false, true, 200},
		{"attribute[SEMBUNYI]=tidak", false, false, 200},
		{"attribute[SEMBUNYI]=mungkin", false, false, 400}, // a misread wish cannot be taken back
	} {
		d := &desk{}
		got := ask(t, serve(t, d, hide), "requests.json", with(pothole(), c.change))
		if got.status != c.status {
			t.Errorf("%s: %d %s", c.change, got.status, got.body)
		}
		if c.status == 200 {
			if taken := d.taken(t); taken.Secret != c.secret || taken.Anonymous != c.anonymous {
				t.Errorf("%s: secret %v, anonymous %v", c.change, taken.Secret, taken.Anonymous)
			}
		}
	}
}

func TestWhatFixMyStreetPostsIsRead(t *testing.T) {
	d := &desk{}
	fields := with(pothole(), "description=title: Lampu mati\n\ndetail: Lampu di depan pasar mati.\n\nurl: https://fms.natuna.example/report/1\n\nSubmitted via FixMyStreet\n", "deviceid=abc")
	if got := ask(t, serve(t, d), "requests.xml", fields); got.status != 200 {
		t.Fatal(got.body)
	}
	if c := d.taken(t); c.Title != "Lampu mati" || !strings.Contains(c.Text, "url: https://fms.natuna.example/report/1") {
		t.Errorf("title %q, text %q", c.Title, c.Text)
	}
}

func TestAnAppThatDoesNotKnowWhereItIsNamesNoPlace(t *testing.T) {
	d := &desk{}
	if got := ask(t, serve(t, d), "requests.xml", with(pothole(), "lat=0.0", "long=0", "address_string=")); got.status != 200 {
		t.Fatal(got.body)
	}
	if c := d.taken(t); c.Place.Lat != nil || c.Place.Long != nil {
		t.Errorf("it lies at %v, %v", *c.Place.Lat, *c.Place.Long)
	}
}

func TestWithoutAStoreWhoeverPostsIsToldToComeBack(t *testing.T) {
	d := goldenDesk()
	d.fails = errors.New("the disk is full: /var/lib/satupintu")
	served := serve(t, d)
	for path, fields := range map[string][]string{
		"requests.xml": pothole(), "requests.json": nil, "requests/SP-1KAZ5T8M3Q0X4RB.xml": nil, "tokens/T-1KAZ5T8M3Q0X4RB.json": nil, "servicerequestupdates.xml": nil,
	} {
		got := ask(t, served, path, fields)
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || strings.Contains(got.body, "disk") || !strings.Contains(got.body, "503") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

func TestWhatIsNoRequestOfTheProtocolIsRefusedInTheFormatAskedFor(t *testing.T) {
	served := serve(t, goldenDesk())
	for _, c := range []struct {
		method, path, kind, body string
		status                   int
		starts                   string
	}{
		{"PUT", "requests.json", "application/x-www-form-urlencoded", "", 400, "["},
		{"DELETE", "services.xml", "", "", 400, "<?xml"},
		{"POST", "services.xml", "application/x-www-form-urlencoded", "", 400, "<?xml"},
		{"POST", "requests/1.xml", "application/x-www-form-urlencoded", "", 400, "<?xml"},
		{"POST", "requests.json", "application/json", "{}", 400, "["},
		{"POST", "requests.json", "multipart/form-data; boundary=x", "--x\r\nbroken", 400, "["},
		{"POST", "requests.json", "multipart/form-data", "", 400, "["},
		{"POST", "requests.xml", "application/x-www-form-urlencoded", "a=%zz", 400, "<?xml"},
		{"POST", "requests.json", "application/x-www-form-urlencoded", "a=" + strings.Repeat("x", maxBody), 400, "["},
		{"GET", "requests", "", "", 404, "<?xml"},
		{"GET", "requests.csv", "", "", 404, "<?xml"},
		{"GET", "", "", "", 404, "<?xml"},
		{"GET", "laporan.json", "", "", 404, "["},
		{"GET", "services/.json", "", "", 404, "["},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, served.URL+underneath+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", c.kind)
		if got := do(t, r); got.status != c.status || !strings.HasPrefix(got.body, c.starts) {
			t.Errorf("%s %s: %d %.80s, want %d %s", c.method, c.path, got.status, got.body, c.status, c.starts)
		}
	}
}

func TestTheTestEndpointsKeepNothing(t *testing.T) {
	d := &desk{}
	served := serve(t, d)
	got := parts(t, served, "test/requests.xml", pothole(), map[string]string{"photo1": photo})
	if got.status != 200 || !strings.Contains(got.body, "<service_request_id>SP-TEST00000000001<") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := ask(t, served, "test/requests.xml", with(pothole(), "attribute[HOWMANYD]=")); got.status != 400 {
		t.Errorf("what is wrong is not said: %d", got.status)
	}
	if got := ask(t, served, "test/requests.xml", with(pothole(), "api_key=")); got.status != 403 {
		t.Errorf("without a key: %d", got.status)
	}
	for _, path := range []string{"services.json", "discovery.xml", "requests/SP-TEST00000000001.json", "requests.json", "tokens/T-TEST00000000001.xml", "servicerequestupdates.json"} {
		if got := ask(t, served, "test/"+path, nil); got.status != 200 {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if len(d.held)+len(d.files) > 0 {
		t.Errorf("%d complaints and %d files were kept", len(d.held), len(d.files))
	}
	if got := ask(t, served, "requests/SP-TEST00000000001.json", nil); got.status != 404 {
		t.Errorf("the sample is among the real ones: %d", got.status)
	}
}
