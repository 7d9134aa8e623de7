package lapor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satupintu/satupintu/sync/national"
)

// platformOf answers each request with a function and keeps what it was sent.
type platformOf struct {
	mu     sync.Mutex
	answer func(r *http.Request, body []byte) (int, string)
	sent   []*http.Request
	bodies [][]byte
}

func (p *platformOf) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent, p.bodies = append(p.sent, r), append(p.bodies, body)
	status, text := p.answer(r, body)
	return &http.Response{
		StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text)), Request: r, ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// always answers everything alike.
func always(status int, body string) *platformOf {
	return &platformOf{answer: func(*http.Request, []byte) (int, string) { return status, body }}
}

// byPath answers by the end of the path, with the page where there is one: "followups?page=2".
func byPath(t *testing.T, answers map[string]string) *platformOf {
	return &platformOf{answer: func(r *http.Request, _ []byte) (int, string) {
		at := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		if body, ok := answers[at+"?page="+r.URL.Query().Get("page")]; ok {
			return http.StatusOK, body
		}
		if body, ok := answers[at]; ok {
			return http.StatusOK, body
		}
		t.Errorf("nobody expected %s", r.URL)
		return http.StatusNotFound, `{"message":"unexpected"}`
	}}
}

// forgetful runs every step and records none.
type ctx = context.Context

type forgetful struct{}

func (forgetful) Do(ctx ctx, _ national.Step, run func(ctx) (string, error)) (string, error) {
	return run(ctx)
}

// recorded has every step done already, with these results.
type recorded map[string]string

func (r recorded) Do(_ ctx, step national.Step, _ func(ctx) (string, error)) (string, error) {
	result, ok := r[step.Name]
	if !ok {
		return "", fmt.Errorf("nobody expected the step %q", step.Name)
	}
	return result, nil
}

// golden compares with a file of testdata; UPDATE_GOLDEN=1 writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, diff)
	}
}

func indented(t *testing.T, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, body, "", "  "); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return append(out.Bytes(), '\n')
}
