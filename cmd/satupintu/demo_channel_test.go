package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// gate is an intake that fails a number of times before it takes a complaint in.
type gate struct {
	*testing.T
	portal *portal
	fails  int

	mu     sync.Mutex
	bodies []string
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if want := hex.EncodeToString(g.portal.sign(r.Header.Get("X-Timestamp"), body)); r.Header.Get("X-Signature") != want {
		g.Errorf("signed %q, want %q", r.Header.Get("X-Signature"), want)
	}
	g.bodies = append(g.bodies, string(body))
	answer := httptest.NewRecorder()
	switch n := len(g.bodies); {
	case n > g.fails:
		answer.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(answer, `{"ref":"SP-%d"}`, n)
	case n == 1:
		return nil, errors.New("connection reset")
	case n == 2:
		answer.WriteHeader(http.StatusAccepted) // and no reference
	default:
		answer.WriteHeader(http.StatusServiceUnavailable)
	}
	return answer.Result(), nil
}

func TestThePortalSendsAgainUntilItIsAnsweredWithAReference(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal("rahasia")
		g := &gate{T: t, portal: p, fails: 4}
		p.client = &http.Client{Transport: g}
		p.send(t.Context(), []sending{{id: "NTN-0001", kind: "application/json", body: []byte(`{"tiket":1}`)}})
		if refs, _ := p.knows("NTN-0001"); !slices.Equal(refs, []complaint.Ref{"SP-5"}) {
			t.Errorf("it knows %v, want SP-5", refs)
		}
		if len(g.bodies) != 5 || len(slices.Compact(g.bodies)) != 1 {
			t.Errorf("it sent %q, want the same five times", g.bodies)
		}
		if n := p.counted(); n.sent != 1 || n.again != 4 || !strings.Contains(p.trouble, "503") {
			t.Errorf("counted %+v, last trouble %q", n, p.trouble)
		}
	})
}

func TestThePortalGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*portalAgain)
		defer cancel()
		p := newPortal("rahasia")
		p.client = &http.Client{Transport: &gate{T: t, portal: p, fails: 1_000_000}}
		all := make([]sending, 100)
		p.send(ctx, all)
		if n := p.counted(); n.sent != 0 || n.again == 0 {
			t.Errorf("counted %+v", n)
		}
	})
}

// hears tells the portal a status and returns its answer.
func (p *portal) hears(t *testing.T, change connectors.StatusChange, secret string) int {
	t.Helper()
	body, err := json.Marshal(change)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/status", bytes.NewReader(body))
	r.Header.Set("X-Timestamp", "1767423900")
	r.Header.Set("X-Signature", hex.EncodeToString((&portal{secret: secret}).sign("1767423900", body)))
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Code
}

func TestThePortalHearsEachStatusOnceAndInOrder(t *testing.T) {
	p := newPortal("rahasia")
	for i, step := range []struct {
		seq     int64
		status  complaint.Status
		secret  string
		code    int
		told    int
		ended   int
		strange int
	}{
		{1, complaint.Forwarded, "rahasia", http.StatusNoContent, 1, 0, 0},
		{1, complaint.Forwarded, "rahasia", http.StatusNoContent, 1, 0, 0}, // told again
		{3, complaint.Done, "rahasia", http.StatusNoContent, 2, 1, 0},
		{2, complaint.InProgress, "rahasia", http.StatusNoContent, 2, 1, 1}, // late
		{4, complaint.Done, "lain", http.StatusUnauthorized, 2, 1, 2},
		{5, complaint.Other, "rahasia", http.StatusNoContent, 2, 1, 3}, // an end taken back
		{6, complaint.Rejected, "rahasia", http.StatusNoContent, 3, 1, 3},
	} {
		code := p.hears(t, connectors.StatusChange{Ref: "SP-1", SourceID: "NTN-0001", Seq: step.seq, Status: step.status}, step.secret)
		n := p.counted()
		if code != step.code || n.statuses != step.told || n.ended != step.ended || n.strange != step.strange {
			t.Errorf("step %d: answered %d, counted %+v; want %+v", i+1, code, n, step)
		}
	}
	if _, last := p.knows("NTN-0001"); last != complaint.Rejected {
		t.Errorf("it heard %s last", last)
	}
}

func TestThePortalIsBusyNowAndThenAndLosesNothingByIt(t *testing.T) {
	p := newPortal("rahasia")
	const all = 2 * portalRefuses
	for seq := int64(1); seq <= all; seq++ {
		change := connectors.StatusChange{SourceID: "NTN-0001", Seq: seq, Status: complaint.InProgress}
		if p.hears(t, change, "rahasia") == http.StatusServiceUnavailable && p.hears(t, change, "rahasia") != http.StatusNoContent {
			t.Fatalf("status %d was refused twice", seq)
		}
	}
	if n := p.counted(); n.statuses != all || n.turned != 2 {
		t.Errorf("counted %+v, want %d statuses, two of them refused at first", n, all)
	}
}

func TestAComplaintIsSentAsJSONAndWithAPhotoAsAForm(t *testing.T) {
	c := newRegency(7, someDay, demoCrowd()).portal[0]
	plain, err := newSending(c)
	if err != nil || plain.kind != "application/json" || !json.Valid(plain.body) || !bytes.Contains(plain.body, []byte(c.phone)) {
		t.Fatalf("sent as %s: %s (%v)", plain.kind, plain.body, err)
	}
	c.photo = photo(1)
	form, err := newSending(c)
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(form.kind)
	if err != nil {
		t.Fatal(err)
	}
	got, err := multipart.NewReader(bytes.NewReader(form.body), params["boundary"]).ReadForm(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	if got.Value["payload"][0] != string(plain.body) || len(got.File["foto"]) != 1 || got.File["foto"][0].Size != int64(len(c.photo)) {
		t.Errorf("the form holds %v and %d files", got.Value, len(got.File["foto"]))
	}
}

func TestWhatIsSentTwiceIsTheSameBytes(t *testing.T) {
	all, err := sendings(newRegency(7, someDay, demoCrowd()).portal)
	if err != nil {
		t.Fatal(err)
	}
	repeated := again(all, []string{all[3].id, all[1].id})
	if len(repeated) != 2 || !bytes.Equal(repeated[0].body, all[3].body) || repeated[1].id != all[1].id {
		t.Errorf("got %d: %s, %s", len(repeated), repeated[0].id, repeated[1].id)
	}
}
