package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Report is what a channel sends: one JSON object of a kibibyte. It is also the arguments of river's jobs.
type Report struct {
	ID       string    `json:"id" river:"unique"`
	Title    string    `json:"title"`
	Message  string    `json:"message"`
	Category string    `json:"category"`
	Created  time.Time `json:"created"`
	Name     string    `json:"name"`
	Phone    string    `json:"phone"`
	Email    string    `json:"email"`
	Address  string    `json:"address"`
	Region   string    `json:"region"`
}

// Kind implements river.JobArgs.
func (Report) Kind() string { return "report" }

// InsertOpts implements river.JobArgsWithInsertOpts: one job for each id, whatever has become of it.
func (Report) InsertOpts() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: rivertype.JobStates()}}
}

const payloadSize = 1024

// A request, up to where its message is filled up to its size, and from there. It is written by form, not encoded: what a
// sender's work costs would otherwise be in every side's figures.
const (
	payloadHead = `{"id":"NTN-%07[1]d","title":"Lampu jalan mati di Sungai Ulu","message":"Lampu jalan nomor %[1]d di Sungai Ulu mati ` +
		`sejak seminggu, warga takut lewat pada malam hari.`
	payloadTail = `","category":"Infrastruktur","created":"%[2]s","name":"Warga Contoh %[1]d","phone":"+6281%09[1]d",` +
		`"email":"warga%[1]d@contoh.example","address":"Jalan Contoh %[1]d, Ranai","region":"21.03.07"}`
)

var (
	payloadMore = strings.Repeat(" Mohon segera diperbaiki, anak-anak pulang mengaji lewat jalan ini.", payloadSize/64)
	firstReport = time.Date(2026, 11, 24, 8, 0, 0, 0, time.FixedZone("WIB", 7*3600)) // of complaint 0; one a second after it
)

// payload is the i-th request of a run whose complaints are numbered from first on.
func payload(first, i int) []byte {
	n := first + original(i)
	body := fmt.Appendf(make([]byte, 0, payloadSize), payloadHead, n)
	tail := fmt.Appendf(nil, payloadTail, n, firstReport.Add(time.Duration(n)*time.Second).Format(time.RFC3339))
	body = append(body, payloadMore[:payloadSize-len(body)-len(tail)]...)
	return append(body, tail...)
}

// original is the number of the complaint that the i-th request brings: its own, but every tenth repeats an earlier one.
func original(i int) int {
	if !repeats(i) {
		return i
	}
	n := int(uint32(i)*2654435761>>7) % i
	if repeats(n) {
		n--
	}
	return n
}

func repeats(i int) bool { return i%10 == 9 }

// distinct is how many complaints are among the first n requests.
func distinct(n int) int { return n - n/10 }

// readReport decodes a request.
func readReport(body []byte) (Report, error) {
	var r Report
	if err := json.Unmarshal(body, &r); err != nil {
		return r, fmt.Errorf("decode a report: %w", err)
	}
	return r, nil
}

// complaint is the report as a connector would hand it over.
func (r Report) complaint() complaint.Complaint {
	return complaint.Complaint{
		SourceID: r.ID, Title: r.Title, Text: r.Message, Category: r.Category, ReportedAt: r.Created,
		Reporter: complaint.Reporter{Name: r.Name, Phone: r.Phone, Email: r.Email},
		Place:    complaint.Place{Address: r.Address, Region: r.Region},
	}
}

// create is the national platform's create call, with the fields that the gateway sends.
type create struct {
	Title     string  `json:"title"`
	Content   string  `json:"content"`
	Disposed  bool    `json:"is_disposisi_slider"`
	Agency    int     `json:"disposition_id"`
	Category  int     `json:"category_id"`
	Incident  string  `json:"date_of_incident"`
	Anonymous bool    `json:"is_anonymous"`
	Secret    bool    `json:"is_secret"`
	Approval  bool    `json:"is_approval"`
	Priority  bool    `json:"is_priority"`
	Files     bool    `json:"attachments"`
	Program   *string `json:"priority_program_id"`
	Community *string `json:"community_id"`
	Copies    *string `json:"copy_externals"`
	Info      *string `json:"info_disposition"`
	InfoFiles *string `json:"info_attachments"`
	Channel   int     `json:"channel"`
	NewUser   bool    `json:"is_new_user_slider"`
	Name      string  `json:"nameUser"`
	Email     string  `json:"emailUser"`
	Phone     string  `json:"phoneUser"`
}

// createBody is the body of the create call that river's worker posts.
func (r Report) createBody() []byte {
	return encode(create{
		Title: r.Title, Content: r.Message + "\n\n[Ref " + r.ID + "]", Disposed: true, Agency: agency, Category: category,
		Incident: r.Created.Format(time.DateOnly), Channel: channel, NewUser: true, Name: r.Name, Email: r.Email, Phone: r.Phone,
	})
}

// What the platform knows the region's fallback by.
const (
	agency   = 21030
	category = 15
	channel  = 13
)

func encode(v any) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil { // texts and numbers: it can always be written
		return nil
	}
	return bytes.TrimRight(out.Bytes(), "\n")
}

// post sends one create call and reads its answer.
func post(client *http.Client, url string, body []byte) error {
	request, err := http.NewRequest(http.MethodPost, url+createPath, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	return answered(client, request, http.StatusOK)
}
