package lapor_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/lapor"
	"github.com/satupintu/satupintu/sync/retry"
)

func followUp() national.FollowUp {
	return national.FollowUp{
		Ticket: national.Ticket{ID: "5012345", TrackingID: "1234567"}, Agency: "21032", Secret: true,
		Complaint: complaint.Complaint{
			Ref: "SP-1KAZ5T8M3Q0X600", Title: "Lampu di Sungai Ulu", Text: "Kapan lampu diperbaiki?\nSudah 40 hari.",
			Reporter: complaint.Reporter{Name: "Siti Contoh", Phone: "081200000001"}, Secret: true,
		},
	}
}

func TestWhatAFollowUpSends(t *testing.T) {
	for name, c := range map[string]struct {
		settings func(*lapor.Settings)
		edit     func(*national.FollowUp)
	}{
		"plain": {edit: func(f *national.FollowUp) { f.Secret, f.Agency, f.Complaint.Title = false, "", "Kapan lampu…" }},
		"account": {
			settings: func(s *lapor.Settings) {
				s.UserID, s.MaxFile = "5000001", 100
				s.FollowUp = lapor.FollowUp{
					Path: "complaints/followup/tambah", Institution: "21030", Template: "tanggapan",
					Fields: map[string]string{"rating": "0", "info_disposition": "-"},
				}
			},
			edit: func(f *national.FollowUp) {
				f.Files = []national.File{
					attached("a", "foto \"siang\"\r\nX-Evil: 1.jpg", "image/jpeg", "\xff\xd8 gambar\r\n--x"),
					attached("b", "besar.pdf", "application/pdf", strings.Repeat("x", 101)),
					attached("a", "lagi.jpg", "image/jpeg", "\xff\xd8 gambar\r\n--x"),
					attached("c", "surat.pdf", "application/pdf", "%PDF"),
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			wire, f := always(http.StatusOK, `{"success":true}`), followUp()
			c.edit(&f)
			if err := open(t, wire, settings(c.settings)).FollowUps.AddFollowUp(t.Context(), f); err != nil {
				t.Fatal(err)
			}
			kind, params, err := mime.ParseMediaType(wire.sent[0].Header.Get("Content-Type"))
			if err != nil || kind != "multipart/form-data" || len(wire.sent) != 1 {
				t.Fatalf("%d requests, the first is %q, %v", len(wire.sent), kind, err)
			}
			body := bytes.ReplaceAll(wire.bodies[0], []byte(params["boundary"]), []byte("BOUNDARY"))
			golden(t, "followup-"+name+".multipart", append([]byte(wire.sent[0].Method+" "+wire.sent[0].URL.Path+"\n"), body...))
		})
	}
}

func TestAFollowUpIsDoneOnlyWhereThePlatformSaysSo(t *testing.T) {
	for body, want := range map[string]retry.Verdict{
		`{"success":true}`:                      done,
		`{"status":"success"}`:                  done,
		`{"success":1,"message":"ok"}`:          done,
		`{"results":{"id":7}}`:                  done,
		`{}`:                                    retry.Uncertain,
		`{"message":"Selamat datang"}`:          retry.Uncertain,
		`{"success":false,"message":"Ditutup"}`: retry.Permanent,
		`{"results":{},"errors":["Ditutup"]}`:   retry.Permanent,

		`{"success":true,"errors":["surel gagal"]}`:     retry.Uncertain,
		`{"results":{"id":7},"errors":["surel gagal"]}`: retry.Uncertain,
	} {
		err := open(t, always(http.StatusOK, body), settings(nil)).FollowUps.AddFollowUp(t.Context(), followUp())
		if got := retry.Of(err).Verdict; want == done && err != nil || want != done && (err == nil || got != want) {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

const done retry.Verdict = -1

// rowsOf is a page of follow-ups.
func rowsOf(t *testing.T, next string, rows ...map[string]any) string {
	t.Helper()
	page, err := json.Marshal(map[string]any{"results": map[string]any{"data": rows, "next_page_url": next}})
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func TestAFollowUpIsAbsentOnlyWhereEveryRowShowsThatItIsAnother(t *testing.T) {
	const heading = "Keterangan tambahan dari warga atas laporan ini:"
	row := func(content string, more ...any) map[string]any {
		r := map[string]any{"id": len(content), "content": content}
		if len(more) > 0 {
			r["is_secret"] = more[0]
		}
		return r
	}
	for name, c := range map[string]struct {
		rows    []map[string]any
		want    error // nil: it is there
		verdict retry.Verdict
	}{
		"nothing said":         {[]map[string]any{}, national.ErrAbsent, 0},
		"an answer, with dots": {[]map[string]any{row("<p>Mohon menunggu...</p>"), row("")}, national.ErrAbsent, 0},
		"another's":            {[]map[string]any{row(heading + " Kapan?\n\n[Ref SP-1KAZ5T8M3Q0X601]")}, national.ErrAbsent, 0},
		"ours, wrapped":        {[]map[string]any{row("<p>" + heading + "</p><p>Kapan lampu?</p><p>[ref&nbsp;sp-1kaz5t8m3q0x600]</p>")}, nil, 0},
		"quoted in an answer":  {[]map[string]any{row("Menjawab [Ref SP-1KAZ5T8M3Q0X600] ini: sudah menyala")}, nil, 0},
		"cut short":            {[]map[string]any{row(heading + " Lampu di Sungai Ulu Kapan…")}, errors.New("masked or shortened"), retry.Permanent},
		"masked":               {[]map[string]any{row(heading + " *** ***")}, errors.New("masked or shortened"), retry.Permanent},
		"hidden as secret":     {[]map[string]any{row("", 1)}, errors.New("masked or shortened"), retry.Permanent},
	} {
		t.Run(name, func(t *testing.T) {
			err := open(t, always(http.StatusOK, rowsOf(t, "", c.rows...)), settings(nil)).FollowUps.FindFollowUp(t.Context(), followUp())
			switch {
			case c.want == nil && err != nil:
				t.Error(err)
			case c.want != nil && (err == nil || !strings.Contains(err.Error(), c.want.Error()) || retry.Of(err).Verdict != c.verdict):
				t.Errorf("got %v (%s), want %v", err, retry.Of(err).Verdict, c.want)
			}
		})
	}
}

func TestAListOfFollowUpsThatDoesNotEndCannotTell(t *testing.T) {
	page := 0
	wire := &platformOf{answer: func(*http.Request, []byte) (int, string) {
		page++
		return http.StatusOK, rowsOf(t, fmt.Sprintf("https://lapor.example/x?page=%d", page+1), map[string]any{"id": page, "content": "Baik."})
	}}
	p := open(t, wire, settings(func(s *lapor.Settings) { s.FollowupPages = 3 }))
	if err := p.FollowUps.FindFollowUp(t.Context(), followUp()); err == nil || errors.Is(err, national.ErrAbsent) || !strings.Contains(err.Error(), "followup_pages") {
		t.Errorf("got %v", err)
	}
	if page != 3 {
		t.Errorf("%d pages were read", page)
	}
}

// What a citizen added must not be told to whoever made the complaint, in whichever list and shape it comes back.
func TestOurOwnFollowUpIsNoEvent(t *testing.T) {
	const ours = "Keterangan tambahan dari warga atas laporan ini: rumah saya gelap"
	for name, c := range map[string]struct {
		row  map[string]any
		told bool
	}{
		"as sent":              {map[string]any{"content": ours + "\n\n[Ref SP-1KAZ5T8M3Q0X600]"}, false},
		"under a template":     {map[string]any{"template_content": "<p>Tanggapan warga</p>", "content": "<p>" + ours + "</p>[Ref SP-1KAZ5T8M3Q0X600]"}, false},
		"its end cut off":      {map[string]any{"content": ours + "…"}, false},
		"quoted by an answer":  {map[string]any{"content": ours + "\n[Ref SP-1KAZ5T8M3Q0X600]\nSudah kami perbaiki."}, true},
		"an answer of its own": {map[string]any{"content": "Menjawab keterangan tambahan dari warga atas laporan ini: sudah menyala"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			c.row["id"] = 7
			wire := byPath(t, map[string]string{
				"complaint": `{"results":{"data":{"status_name":"Dalam Proses"}}}`, "followups": rowsOf(t, "", c.row),
			})
			state, err := open(t, wire, settings(nil)).Status.Status(t.Context(), "5012345")
			if err != nil || (len(state.Events) == 1) != c.told {
				t.Errorf("the events are %+v, %v", state.Events, err)
			}
		})
	}
}
