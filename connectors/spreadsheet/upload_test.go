package spreadsheet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/sync/workbook/workbooktest"
)

const (
	csvType  = "text/csv"
	xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	token    = "token-contoh-0001"
)

func uploading(change ...func(*Settings)) *Settings {
	s := defaults()
	s.Upload.Bearer, s.Upload.Rate = config.NewSecret(token), 1000
	s.Map = connectors.Mapping{
		"id": {From: "No"}, "text": {From: "Laporan"}, "reported_at": {From: "Waktu", Layout: []string{"02-01-2006 15:04"}},
	}
	for _, f := range change {
		f(s)
	}
	return s
}

func openUpload(t *testing.T, s *Settings) connectors.Connector {
	t.Helper()
	must(t, s.Validate())
	c, err := Definition().Open(connectors.Env{Name: "kecamatan", Zone: wib(), Log: slog.New(slog.DiscardHandler), MaxBody: 25 << 20}, s)
	must(t, err)
	t.Cleanup(func() { must(t, c.Close()) })
	return c
}

func post(contentType, name string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/in/kecamatan", bytes.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", "Bearer "+token)
	if name != "" {
		r.Header.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	}
	return r
}

// form is a body with files, by name.
func form(t *testing.T, files ...string) (contentType string, body []byte) {
	t.Helper()
	var into bytes.Buffer
	writer := multipart.NewWriter(&into)
	must(t, writer.WriteField("keterangan", "dari kantor camat Midai"))
	for i := 0; i < len(files); i += 2 {
		part, err := writer.CreateFormFile("berkas", files[i])
		must(t, err)
		_, err = part.Write([]byte(files[i+1]))
		must(t, err)
	}
	must(t, writer.Close())
	return writer.FormDataContentType(), into.Bytes()
}

func TestTheSuiteOfUploads(t *testing.T) {
	for name, c := range map[string]struct {
		settings func(*Settings)
		body     func(n int) (string, []byte)
	}{
		"bearer and CSV": {func(*Settings) {}, func(n int) (string, []byte) { return csvType, []byte(rows(1, n)) }},
		"signed form": {
			func(s *Settings) { s.Upload.Bearer, s.Upload.Secret = config.Secret{}, config.NewSecret(token) },
			func(n int) (string, []byte) {
				return "multipart/form-data; boundary=batas", []byte("--batas\r\nContent-Disposition: form-data; name=f; filename=a.csv\r\n\r\n" + rows(1, n) + "\r\n--batas--\r\n")
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			connectortest.Run(t, connectortest.Harness{New: func(t testing.TB) connectortest.Channel {
				s := uploading(c.settings)
				s.Answers, s.AnswersIn = true, config.Path(t.TempDir())
				keys := s.Upload.credentials()
				return connectortest.Channel{
					Open:    func(env connectors.Env) (connectors.Connector, error) { return Definition().Open(env, s) },
					Secrets: []string{token, "Lampu mati di jalan"},
					Break:   func() { must(t, os.RemoveAll(string(s.AnswersIn))) },
					Told:    func() []string { return toldIn(t, string(s.AnswersIn), loneTwin) },
					Request: &connectortest.Request{Body: c.body, Timed: s.Upload.Secret.Set(), Sign: func(r *http.Request, body []byte, at time.Time) {
						for name, value := range keys.Headers(body, at) {
							r.Header.Set(name, value)
						}
					}},
				}
			}})
		})
	}
}

func TestAnUploadIsAnsweredWithWhatBecameOfItsRows(t *testing.T) {
	c := openUpload(t, uploading())
	contentType, body := form(t, `C:\kantor\aduan.csv`, january)
	for name, r := range map[string]*http.Request{
		"as it is": post(csvType, "aduan.csv", []byte(january)), "in a form": post(contentType, "", body), "as Windows calls it": post("application/vnd.ms-excel", "aduan.csv", []byte(january)),
	} {
		received, err := c.Receive.Receive(r)
		if err != nil || len(received.Complaints) != 3 || len(received.SetAside) != 3 || received.Tell == nil || received.Refuse != nil {
			t.Fatalf("%s: %+v, %v", name, received, err)
		}
		var got told
		answer := received.Tell(make([]connectors.Outcome, 3))
		must(t, json.Unmarshal(answer.Body, &got))
		want := told{File: "aduan.csv", Rows: 7, TakenIn: 3, Repeated: 1, SetAside: 3}
		where := strings.TrimSuffix(received.SetAside[0].Where, "aduan.csv row 6")
		for i, row := range []int{6, 7, 8} {
			aside := received.SetAside[i]
			want.Problems = append(want.Problems, problem{fmt.Sprintf("%saduan.csv row %d", where, row), []string{"3", "4", "1"}[i], aside.Reason, aside.Detail})
		}
		if diff := cmp.Diff(want, got); diff != "" || !strings.HasPrefix(where, "upload ") || answer.Type != "application/json" {
			t.Errorf("%s: %s", name, diff)
		}
		if raw := string(received.Complaints[0].Raw.Body); !strings.HasPrefix(raw, `{"file":"aduan.csv","sheet":"","row":"3"`) {
			t.Errorf("%s: raw %s", name, raw)
		}
	}
}

func TestAWorkbookIsTakenWhateverItIsCalled(t *testing.T) {
	content, err := os.ReadFile(workbooktest.Make(t, natuna(t)))
	must(t, err)
	c := openUpload(t, uploading(func(s *Settings) { s.Map["id"] = connectors.Value{Expr: "sheet + '/' + No"} }))
	for _, contentType := range []string{xlsxType, "application/octet-stream", csvType} {
		received, err := c.Receive.Receive(post(contentType, "", content))
		if err != nil || len(received.Complaints) != 4 {
			t.Errorf("%s: %d complaints, %v", contentType, len(received.Complaints), err)
		}
	}
}

func TestAnUploadWhoseTitlesChangedIsRefusedAndKept(t *testing.T) {
	c := openUpload(t, uploading())
	const changed = "No,Waktu,Isi Laporan\n1,,Lampu mati\n"
	received, err := c.Receive.Receive(post(csvType, "aduan.csv", []byte(changed)))
	must(t, err)
	if received.Refuse == nil || received.Refuse.Status != http.StatusBadRequest || received.Refuse.Field != "Laporan" || !strings.Contains(received.Refuse.Detail, `lacks the column "Laporan"`) {
		t.Fatalf("got %+v", received.Refuse)
	}
	if len(received.Complaints) != 0 || len(received.SetAside) != 1 || string(received.SetAside[0].Raw) != changed || received.SetAside[0].Reason != connectors.BadField {
		t.Errorf("kept %+v", received.SetAside)
	}
	large := strings.Replace(changed, "Lampu mati", strings.Repeat("x", mostMisfit), 1)
	received, err = c.Receive.Receive(post(csvType, "", []byte(large)))
	if err != nil || received.Refuse == nil || len(received.SetAside[0].Raw) > 0 || strings.Contains(received.Refuse.Detail, "is kept") {
		t.Errorf("a large one: %+v, %v", received.Refuse, err)
	}
}

func TestUploadsThatAreNoTable(t *testing.T) {
	content, err := os.ReadFile(workbooktest.Make(t, natuna(t)))
	must(t, err)
	ods := workbooktest.Zip(t, t.TempDir(), map[string]string{"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"})
	document, err := os.ReadFile(ods)
	must(t, err)
	twoFiles, two := form(t, "a.csv", rows(1, 1), "b.csv", rows(2, 2))
	noFile, none := form(t)
	for name, c := range map[string]struct {
		r      *http.Request
		status int
		want   string
	}{
		"empty":             {post(csvType, "", nil), 400, "the file is empty"},
		"half a workbook":   {post(xlsxType, "", content[:len(content)/2]), 400, "save it again as XLSX"},
		"OpenDocument":      {post("application/octet-stream", "a.ods", document), 400, "this is an OpenDocument file: save it as XLSX or CSV"},
		"an old workbook":   {post(xlsxType, "", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more")), 400, "this is an old Excel file (XLS)"},
		"called a workbook": {post(xlsxType, "a.xlsx", []byte("not yet")), 400, "this is no XLSX file"},
		"only a header":     {post(csvType, "", []byte("No,Waktu,Laporan\n")), 400, "no rows below its header"},
		"two files":         {post(twoFiles, "", two), 400, "several files"},
		"no file":           {post(noFile, "", none), 400, "holds no file"},
		"no boundary":       {post("multipart/form-data", "", two), 400, "no boundary"},
		"half a form":       {post(twoFiles, "", two[:len(two)/2]), 400, "the form ends"},
		"JSON":              {post("application/json", "", []byte("{}")), 415, "send a CSV or XLSX file"},
		"too many rows":     {post(csvType, "", []byte(rows(1, mostUploaded+1))), 413, "more than 10000 rows: send it in parts"},
		"too many misfits":  {post(csvType, "", []byte("No,Waktu,Laporan\n"+strings.Repeat("1,,a\x00b\n", mostUploaded+1))), 413, "more than 10000 rows: send it in parts"},
		"our own answers":   {post(csvType, "aduan.jawaban.csv", []byte(rows(1, 1))), 400, "this is a file of answers"},
		"GET":               {httptest.NewRequest(http.MethodGet, "/in/kecamatan", nil), 405, "POST"},
	} {
		received, err := openUpload(t, uploading()).Receive.Receive(c.r)
		var refused *connectors.RequestError
		if !errors.As(err, &refused) || refused.Status != c.status || !strings.Contains(refused.Detail, c.want) || len(received.Complaints)+len(received.SetAside) > 0 {
			t.Errorf("%s: %+v, %v; want %d %s", name, received, err, c.status, c.want)
		}
	}
}

func TestASmallUploadThatUnpacksToTooMuchIsRefused(t *testing.T) {
	row := "<row>" + strings.Repeat(" ", 1<<20) + "</row>"
	sheet := "<worksheet><sheetData>" + strings.Repeat(row, mostUnpacked>>20) + "</sheetData></worksheet>"
	content, err := os.ReadFile(workbooktest.Zip(t, t.TempDir(), workbooktest.ByHand(sheet)))
	must(t, err)
	_, err = openUpload(t, uploading()).Receive.Receive(post(xlsxType, "aduan.xlsx", content))
	var refused *connectors.RequestError
	if len(content) > 1<<20 || !errors.As(err, &refused) || refused.Status != http.StatusBadRequest || !strings.Contains(refused.Detail, "unpacks to more than 64 MiB") {
		t.Errorf("%d bytes: %v", len(content), err)
	}
}

func TestTheMostRowsOfAnUploadAreTaken(t *testing.T) {
	received, err := openUpload(t, uploading()).Receive.Receive(post(csvType, "", []byte(rows(1, mostUploaded))))
	if err != nil || len(received.Complaints) != mostUploaded {
		t.Errorf("%d complaints, %v", len(received.Complaints), err)
	}
}

func TestNamesOfUploads(t *testing.T) {
	for name, want := range map[string]string{
		"aduan.csv": "aduan.csv", "../../etc/passwd": "passwd", `C:\a\b.xlsx`: "b.xlsx", "": "upload", "..": "upload", "/": "upload", ".~lock.a.csv": "lock.a.csv",
		"a\x00b\n:c.csv": "ab__c.csv", strings.Repeat("é", 150) + ".csv": strings.Repeat("é", 98) + ".csv",
	} {
		if got := cleanName(name); got != want || cleanName(got) != got {
			t.Errorf("%q: %q, want %q; again %q", name, got, want, cleanName(got))
		}
	}
}

func TestNothingOfAnUploadIsLeftOnDisk(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	content, err := os.ReadFile(workbooktest.Make(t, natuna(t)))
	must(t, err)
	c := openUpload(t, uploading(func(s *Settings) { s.Map["id"] = connectors.Value{Expr: "sheet + '/' + No"} }))
	for _, body := range [][]byte{content, content[:100], []byte(january), []byte("a,b\n1,2\n")} {
		_, _ = c.Receive.Receive(post(xlsxType, "", body))
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// Whatever a stranger with a token posts, the answer is a refusal or a balance that adds up, and never our own failure.
func FuzzUpload(f *testing.F) {
	f.Add("text/csv", "aduan.csv", []byte("No,Laporan\n1,Lampu mati\n"))
	f.Add("text/csv", "", []byte("No;Laporan\r\n1;\"Lampu\r\nmati\"\r\n1;x\r\n,\r\n"))
	f.Add("multipart/form-data; boundary=b", "", []byte("--b\r\nContent-Disposition: form-data; name=f; filename=a.csv\r\n\r\nNo,Laporan\n1,x\n\r\n--b--\r\n"))
	f.Add("application/octet-stream", "a.xlsx", []byte("PK\x03\x04"))
	s := uploading(func(s *Settings) { delete(s.Map, "reported_at") })
	opened, err := Definition().Open(connectors.Env{Zone: wib(), Log: slog.New(slog.DiscardHandler), MaxBody: 1 << 20}, s)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, contentType, name string, body []byte) {
		received, err := opened.Receive.Receive(post(contentType, strings.ReplaceAll(name, "\n", ""), body))
		var refused *connectors.RequestError
		if err != nil && !errors.As(err, &refused) {
			t.Fatal(err)
		}
		if received.Tell == nil {
			return
		}
		var got told
		must(t, json.Unmarshal(received.Tell(make([]connectors.Outcome, len(received.Complaints))).Body, &got))
		if got.TakenIn != len(received.Complaints) || got.SetAside != len(received.SetAside) || got.TakenIn+got.Repeated > got.Rows {
			t.Errorf("%+v for %d complaints", got, len(received.Complaints))
		}
		for _, one := range received.Complaints {
			if err := one.Check(); err != nil {
				t.Error(err)
			}
		}
	})
}
