package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors/whatsapp/cloudapi"
)

// graph is WhatsApp's end: it hears what people are told, and can misbehave like any other server.
type graph struct {
	*httptest.Server
	api *cloudapi.API

	mu       sync.Mutex
	heard    map[string][]notice // by number, in the order they came
	mischief func() receiverFault
	met      map[receiverFault]int
}

func newGraph(t testing.TB) *graph {
	g := &graph{
		api:   cloudapi.New(cloudapi.Options{PhoneNumberID: "106540352242922", Token: portalToken, AppSecret: messengerSecret}),
		heard: map[string][]notice{}, met: map[receiverFault]int{},
	}
	g.misbehave(nil)
	g.Server = httptest.NewServer(g)
	t.Cleanup(func() {
		g.CloseClientConnections()
		g.Close()
	})
	return g
}

// silence is how long a citizen says nothing until what was said becomes a complaint.
const silence = 2 * time.Second

func (g *graph) connector() string {
	return fmt.Sprintf(`
  - name: warga-wa
    kind: whatsapp
    settings:
      phone_number_id: "106540352242922"
      app_secret: { file: wa-app-secret }
      token: { env: PORTAL_TOKEN }
      verify_token: { env: PORTAL_TOKEN }
      join_within: %s
      base_url: %s
`, silence, g.URL)
}

// misbehave has a function choose the fault of each request; nil ends that.
func (g *graph) misbehave(choose func() receiverFault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.mischief = choose; choose == nil {
		g.mischief = func() receiverFault { return receiverBehaves }
	}
}

// ServeHTTP has the Graph API do what is asked, and then may fail to answer. A file's fetch that hangs would hold up a worker
// for half a minute: it is cut off.
func (g *graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError) // cut short by a kill: it was not heard
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	done := httptest.NewRecorder()
	g.api.ServeHTTP(done, r)
	fault := g.hear(r, body, done.Code)
	if fault == receiverHangs && r.Method != http.MethodPost {
		fault = receiverLoses
	}
	if fault != receiverBehaves {
		fault.answer(w, r)
		return
	}
	for name, values := range done.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(done.Code)
	_, _ = w.Write(done.Body.Bytes())
}

// hear notes what somebody was told, and chooses how the answer fails.
func (g *graph) hear(r *http.Request, body []byte, status int) receiverFault {
	g.mu.Lock()
	defer g.mu.Unlock()
	fault := g.mischief()
	if fault != receiverBehaves {
		g.met[fault]++
	}
	if r.Method != http.MethodPost || status != http.StatusOK {
		return fault
	}
	var said struct {
		To   string `json:"to"`
		Key  string `json:"biz_opaque_callback_data"`
		Text struct {
			Body string `json:"body"`
		} `json:"text"`
	}
	_ = json.Unmarshal(body, &said) // the Graph API has read it already
	t := notice{Ref: said.Key, ID: said.To, Note: said.Text.Body, Status: newsIn(said.Text.Body), came: time.Now(), answered: fault == receiverBehaves}
	if at := strings.LastIndex(said.Key, "-"); strings.HasPrefix(said.Key, "SP-") && at > 3 {
		t.Ref = said.Key[:at]
		t.Seq, _ = strconv.ParseInt(said.Key[at+1:], 10, 64)
	}
	g.heard[said.To] = append(g.heard[said.To], t)
	return fault
}

// What a person is told beside a status.
const (
	toldQuestion = "question"
	toldReceipt  = "receipt"
	toldAddition = "addition"
)

// newsIn is what a text tells a person: a status, or one of the above.
func newsIn(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	switch {
	case strings.Contains(first, "Mohon tuliskan apa yang ingin dilaporkan"):
		return toldQuestion
	case strings.Contains(first, "Laporan Anda sudah kami terima dengan nomor SP-"):
		return toldReceipt
	case strings.Contains(first, "Tambahan untuk laporan Anda SP-"):
		return toldAddition
	}
	for words, status := range map[string]string{
		"diteruskan ke SP4N-LAPOR!": "forwarded", "diteruskan ke instansi yang berwenang": "disposed", "sedang diproses": "in_progress",
		"ditunda": "postponed", "selesai": "done", "diarsipkan": "archived", "tidak dapat diproses": "rejected", "ditutup": "closed",
	} {
		if strings.HasSuffix(first, " "+words+".") {
			return status
		}
	}
	return text
}

// told is what a person was told about one of their complaints, or about them all where ref is empty.
func (g *graph) told(number, ref string) []notice {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := slices.Clone(g.heard[number])
	return slices.DeleteFunc(all, func(t notice) bool { return ref != "" && t.Ref != ref })
}

var (
	refShape   = regexp.MustCompile(`SP-[0-9A-Z]{15}`)
	trackShape = regexp.MustCompile(`nomor SP4N-LAPOR!: (\d+)`)
)

// receipt is the reference in the receipt that a person was given first; empty: none yet.
func (g *graph) receipt(number string) string {
	for _, t := range g.told(number, "") {
		if t.Status == toldReceipt {
			return refShape.FindString(t.Note)
		}
	}
	return ""
}

// standing is the last status that a person was told of a complaint, and the Graph API knows to have been told.
func (g *graph) standing(number, ref string) string {
	last := notice{}
	for _, t := range g.told(number, ref) {
		if t.answered && t.Seq >= last.Seq {
			last = t
		}
	}
	return last.Status
}
