package lapor_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/lapor"
	"github.com/satupintu/satupintu/sync/retry"
)

func lamp() national.Submission {
	return national.Submission{
		Agency: "21032", Category: "436",
		Complaint: complaint.Complaint{
			Ref: "SP-1KAZ5T8M3Q0X4RD", Title: "Lampu jalan mati", Text: "Lampu di Jalan \"Soekarno–Hatta\" <Ranai> mati.\n\nSudah 3 minggu.\n",
			Class:      complaint.Ordinary,
			Reporter:   complaint.Reporter{Name: "Siti Contoh", Phone: "081200000001", Email: "siti@surat.example", Identity: "2103000000000001"},
			Place:      complaint.Place{Region: "21.03.12", Address: "Jalan Contoh 5, Ranai"},
			IncidentAt: time.Date(2026, 11, 3, 20, 15, 0, 0, time.UTC),
			ReceivedAt: time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC),
		},
	}
}

func attached(sha, name, kind, content string) national.File {
	return national.File{
		Attachment: complaint.Attachment{Name: name, Type: kind, SHA256: sha, Size: int64(len(content))},
		Open:       func(ctx) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil },
	}
}

func TestTheCreateBody(t *testing.T) {
	for name, c := range map[string]struct {
		settings func(*lapor.Settings)
		edit     func(*national.Submission)
		uploaded recorded
	}{
		"plain": {},
		"files": {
			edit: func(s *national.Submission) {
				s.Files = []national.File{attached("a", "", "", ""), attached("b", "", "", ""), attached("c", "", "", "")}
			},
			uploaded: recorded{"upload a": "4199656", "upload b": "", "upload c": "99999999999999999999"},
		},
		"account": {settings: func(s *lapor.Settings) {
			s.UserID, s.Location, s.Tags, s.WritePlace = "5000001", "34", "#natuna", true
			s.Classification.Supervised = "6"
			s.Fields = map[string]any{"is_approval": true, "info_disposition": "-", "is_inbox": true}
		}, edit: func(s *national.Submission) {
			s.Complaint.Class, s.Complaint.Secret, s.Location = complaint.Supervised, true, "77"
		}},
		"recurrence": {edit: func(s *national.Submission) {
			s.Earlier = " 7654321\n"
			s.Files = []national.File{attached("b", "", "", "")}
		}, uploaded: recorded{"upload b": ""}},
		"nobody": {settings: func(s *lapor.Settings) {
			s.Reporter = lapor.Reporter{Name: "Warga Natuna", Email: "aduan@natuna.example", Phone: "0773000000"}
			s.Marker = "-- {ref}"
		}, edit: func(s *national.Submission) {
			s.Complaint.Reporter, s.Complaint.Anonymous = complaint.Reporter{Identity: "2103000000000001"}, true
			s.Complaint.Title, s.Complaint.IncidentAt, s.Agency, s.Category = "", time.Time{}, "", ""
		}},
		"no name": {edit: func(s *national.Submission) {
			s.Complaint.Reporter = complaint.Reporter{Phone: "081200000001"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			wire := always(http.StatusOK, `{"complaint_id":1}`)
			s := lamp()
			if c.edit != nil {
				c.edit(&s)
			}
			var j national.Journal = forgetful{}
			if c.uploaded != nil {
				j = uploadedOnly{c.uploaded}
			}
			if _, err := open(t, wire, settings(c.settings)).Submit.Submit(t.Context(), s, j); err != nil {
				t.Fatal(err)
			}
			golden(t, "create-"+strings.ReplaceAll(name, " ", "-")+".json", indented(t, wire.bodies[0]))
			if strings.Contains(string(wire.bodies[0]), "2103000000000001") {
				t.Error("the identity number is sent")
			}
			checkHeaders(t, wire.sent[0])
		})
	}
}

func checkHeaders(t *testing.T, r *http.Request) {
	t.Helper()
	for name, want := range map[string]string{
		"Authorization": "Bearer simulator", "token": "{00000000-0000-0000-0000-000000000000}",
		"Accept": "application/json", "Content-Type": "application/json", "User-Agent": "satupintu",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// uploadedOnly has the uploads recorded and runs the rest.
type uploadedOnly struct{ recorded }

func (u uploadedOnly) Do(ctx ctx, step national.Step, run func(ctx) (string, error)) (string, error) {
	if result, ok := u.recorded[step.Name]; ok {
		return result, nil
	}
	return run(ctx)
}

func TestTheMultipartOfAnUpload(t *testing.T) {
	wire := &platformOf{answer: func(r *http.Request, _ []byte) (int, string) {
		if strings.HasSuffix(r.URL.Path, "/file") {
			return http.StatusOK, `{"results":{"images":[{"id":4199656}],"docs":[]}}`
		}
		return http.StatusOK, `{"complaint_id":1}`
	}}
	s := lamp()
	s.Files = []national.File{
		attached("a", "foto \"siang\"\r\nX-Evil: 1.jpg", "image/jpeg", "\xff\xd8 gambar\r\n--x"),
		attached("b", `C:\rumah\..\surat.pdf`, "application/pdf\r\nX-Evil: 1", "%PDF"),
		attached("c", "../..", "", "teks"),
	}
	if _, err := open(t, wire, settings(nil)).Submit.Submit(t.Context(), s, forgetful{}); err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for i := range s.Files {
		kind, params, err := mime.ParseMediaType(wire.sent[i].Header.Get("Content-Type"))
		if err != nil || kind != "multipart/form-data" {
			t.Fatalf("request %d is %q, %v", i, kind, err)
		}
		all.WriteString(wire.sent[i].Method + " " + wire.sent[i].URL.Path + "\n")
		all.Write(bytes.ReplaceAll(wire.bodies[i], []byte(params["boundary"]), []byte("BOUNDARY")))
	}
	golden(t, "upload.multipart", all.Bytes())
	if got := string(wire.bodies[3]); !strings.Contains(got, `"attachments":"[4199656,4199656,4199656]"`) {
		t.Errorf("the create body is %s", got)
	}
}

func TestTheTicketIsFoundInEveryShape(t *testing.T) {
	for body, want := range map[string]national.Ticket{
		`{"complaint_id":5012345}`:                                                            {ID: "5012345"},
		`{"complaint_id":"5012345","tracking_id":1234567}`:                                    {ID: "5012345", TrackingID: "1234567"},
		`{"results":{"complaint":{"id":5012345,"tracking_id":"1234567"}}}`:                    {ID: "5012345", TrackingID: "1234567"},
		`{"data":{"complaint_id":"5012345"},"message":"ok"}`:                                  {ID: "5012345"},
		`{"data":{"results":{"complaint":{"id":98765432109876543210}}}}`:                      {ID: "98765432109876543210"},
		`{"success":false,"complaint_id":5}`:                                                  {ID: "5"},
		"\uFEFF" + `{"complaint_id":null,"results":[],"data":{"complaint_id":7},"errors":[]}`: {ID: "7"},
	} {
		got, err := open(t, always(http.StatusCreated, body), settings(nil)).Submit.Submit(t.Context(), lamp(), forgetful{})
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v", body, got, err)
		}
	}
}

func TestASuccessWithoutATicketIsUncertainUnlessItIsARefusal(t *testing.T) {
	for body, want := range map[string]retry.Verdict{
		`{"success":false,"message":"Kategori tidak dikenal"}`:      retry.Permanent,
		`{"success":0,"message":"x"}`:                               retry.Permanent,
		`{"status":"error","message":"x"}`:                          retry.Permanent,
		`{"errors":{"title":["wajib diisi"]}}`:                      retry.Permanent,
		`{"error":"x"}`:                                             retry.Permanent,
		`{"success":true}`:                                          retry.Uncertain,
		`{"message":"Laporan diterima"}`:                            retry.Uncertain,
		`{"complaint_id":0}`:                                        retry.Uncertain,
		`{"complaint_id":1.5}`:                                      retry.Uncertain,
		`{"complaint_id":1e3}`:                                      retry.Uncertain,
		`{"complaint_id":-4}`:                                       retry.Uncertain,
		`{"complaint_id":""}`:                                       retry.Uncertain,
		`{"complaint_id":{"id":4}}`:                                 retry.Uncertain,
		`{"complaint_id":"` + strings.Repeat("9", 200) + `"}`:       retry.Uncertain,
		`{"status":0,"errors":[],"error":null}`:                     retry.Uncertain,
		`{"fault":{"code":900800,"message":"x"},"complaint_id":12}`: retry.Uncertain,
		`{"complaint_id":1}{"complaint_id":2}`:                      retry.Uncertain,

		`{"success":true,"message":"Laporan diterima","results":{"laporan":{"id":10000001}},"errors":["surel pemberitahuan gagal"]}`: retry.Uncertain,
		`{"success":true,"errors":["surel pemberitahuan gagal"]}`:                                                                    retry.Uncertain,
		`{"results":{"laporan":{"id":10000001}},"error":"surel gagal"}`:                                                              retry.Uncertain,
		`{"data":[10000001],"errors":{"surel":["gagal"]}}`:                                                                           retry.Uncertain,
		`{"success":true,"status":"error","message":"x"}`:                                                                            retry.Uncertain,
		`{"success":false,"status":200,"results":{"id":1},"errors":["x"]}`:                                                           retry.Permanent,
		`{"results":[],"data":{},"errors":["x"]}`:                                                                                    retry.Permanent,
		`{"results":null,"data":"","status":422,"errors":["x"]}`:                                                                     retry.Permanent,
		`[{"complaint_id":1}]`: retry.Uncertain,
	} {
		got, err := open(t, always(http.StatusOK, body), settings(nil)).Submit.Submit(t.Context(), lamp(), forgetful{})
		if err == nil || retry.Of(err).Verdict != want {
			t.Errorf("%s: got %+v, %v: %s, want %s", body, got, err, retry.Of(err).Verdict, want)
		}
	}
}

func TestARecordThatHoldsNoTicketIsUncertain(t *testing.T) {
	for _, record := range []string{"", "5012345", "{}", `{"id":""}`, "null"} {
		_, err := open(t, always(http.StatusOK, "{}"), settings(nil)).Submit.Submit(t.Context(), lamp(), recorded{national.StepCreate: record})
		if err == nil || retry.Of(err).Verdict != retry.Uncertain {
			t.Errorf("%q: %v", record, err)
		}
	}
}

// A file that will never be taken is left behind; one that may be taken later holds the complaint back.
func TestWhatAFileThatIsNotTakenDoes(t *testing.T) {
	broken := func(err error) func(ctx) (io.ReadCloser, error) {
		return func(ctx) (io.ReadCloser, error) { return nil, err }
	}
	torn := func(err error) func(ctx) (io.ReadCloser, error) {
		return func(ctx) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("x"), iotest.ErrReader(err))), nil
		}
	}
	for name, c := range map[string]struct {
		status int
		body   string
		open   func(ctx) (io.ReadCloser, error)
		unsent bool
		want   retry.Verdict
	}{
		"taken":              {status: 200, body: `{"results":{"docs":[{"id":"7"}]}}`},
		"type refused":       {status: 422, body: `{"message":"Tipe berkas tidak didukung"}`, unsent: true},
		"refused with a 200": {status: 200, body: `{"success":false,"message":"Berkas rusak"}`, unsent: true},
		"too large":          {status: 413, body: `<h1>413</h1>`, unsent: true},
		"gone":               {open: broken(fmt.Errorf("the bucket does not have it: %w", fs.ErrNotExist)), unsent: true},
		"larger than allowed": {open: func(ctx) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(strings.Repeat("x", 101))), nil
		}, unsent: true},
		"store away":   {open: broken(errors.New("the bucket lampiran: SlowDown")), want: retry.Transient},
		"store cut":    {open: torn(io.ErrUnexpectedEOF), want: retry.Transient},
		"store broken": {open: torn(&fs.PathError{Op: "read", Path: "a", Err: syscall.EIO}), want: retry.Transient},
		"signed out":   {status: 401, body: ``, want: retry.SignIn},
		"throttled":    {status: 429, body: ``, want: retry.Transient},
		"server error": {status: 500, body: ``, want: retry.Uncertain},
		"no id":        {status: 200, body: `{"results":{"docs":[]}}`, want: retry.Uncertain},
		"unpublished":  {status: 404, body: `{"code":"404","type":"Status report","message":"Not Found","description":"The requested resource is not available."}`},
		"no such path": {status: 404, body: `{"message":"Tidak ditemukan"}`},
		"not by POST":  {status: 405, body: `{"message":"The POST method is not supported for this route."}`},
		"moved":        {status: 410, body: `{"message":"Gunakan versi 4"}`},
	} {
		t.Run(name, func(t *testing.T) {
			wire := &platformOf{answer: func(r *http.Request, _ []byte) (int, string) {
				if strings.HasSuffix(r.URL.Path, "/file") {
					return c.status, c.body
				}
				return http.StatusOK, `{"complaint_id":1}`
			}}
			s := lamp()
			s.Files = []national.File{attached("a", "a.pdf", "application/pdf", "isi")}
			if c.open != nil {
				s.Files[0].Open = c.open
			}
			p := open(t, wire, settings(func(s *lapor.Settings) { s.MaxFile = 100 }))
			_, err := p.Submit.Submit(t.Context(), s, forgetful{})
			sent := string(wire.last())
			switch fails := c.status >= 400 && !c.unsent || c.want != 0 || strings.HasPrefix(name, "store "); {
			case fails && (err == nil || retry.Of(err).Verdict != c.want || strings.Contains(sent, "title")):
				t.Errorf("got %v (%s), want %s; sent %s", err, retry.Of(err).Verdict, c.want, sent)
			case !fails && err != nil:
				t.Errorf("the complaint is stopped: %v", err)
			case !fails && strings.Contains(sent, "1 lampiran tidak dapat dikirim") != c.unsent:
				t.Errorf("sent %s", sent)
			}
		})
	}
}

// last is the body of the last request; empty when none was made.
func (p *platformOf) last() []byte {
	if len(p.bodies) == 0 {
		return nil
	}
	return p.bodies[len(p.bodies)-1]
}

func TestTheResultOfCreateIsTheTicketAsJSON(t *testing.T) {
	var result string
	harmless := map[string]bool{}
	j := spy(func(step national.Step, r string) { result, harmless[step.Name] = r, step.Harmless })
	wire := always(http.StatusOK, `{"complaint_id":8,"tracking_id":"77","results":{"docs":[{"id":3}]}}`)
	s := lamp()
	s.Files = []national.File{attached("a", "a.pdf", "application/pdf", "isi")}
	if _, err := open(t, wire, settings(nil)).Submit.Submit(t.Context(), s, j); err != nil {
		t.Fatal(err)
	}
	var ticket national.Ticket
	if err := json.Unmarshal([]byte(result), &ticket); err != nil || (ticket != national.Ticket{ID: "8", TrackingID: "77"}) {
		t.Errorf("the record is %s, %v", result, err)
	}
	if !harmless["upload a"] || harmless[national.StepCreate] {
		t.Errorf("harmless are %v", harmless)
	}
	if want := fmt.Sprintf(`{"id":%q,"tracking_id":%q}`, "8", "77"); result != want {
		t.Errorf("the record is %s, want %s", result, want)
	}
}

type spy func(national.Step, string)

func (s spy) Do(ctx ctx, step national.Step, run func(ctx) (string, error)) (string, error) {
	result, err := run(ctx)
	s(step, result)
	return result, err
}
