package store_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/store"
)

const (
	bucketAccount = "AKUNCONTOH"
	bucketSecret  = "kunci-rahasia-contoh-0001"
)

// objectServer is an S3 server as Amazon describes it, as far as the gateway asks: one bucket by path, PUT with a length and
// an MD5 that must fit, HEAD and GET with ETag, where the bucket lies, errors in XML, and every request signed. It can be
// made to misbehave.
type objectServer struct {
	*httptest.Server

	mu      sync.Mutex
	objects map[string][]byte
	types   map[string]string
	asked   []string
	before  func(w http.ResponseWriter, r *http.Request) (answered bool) // of the next requests
}

func newObjectServer(t *testing.T) *objectServer {
	t.Helper()
	s := &objectServer{objects: map[string][]byte{}, types: map[string]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.Method+" "+r.URL.Path)
		before := s.before
		s.mu.Unlock()
		switch {
		case !signedRight(r):
			fault(w, http.StatusForbidden, "SignatureDoesNotMatch")
		case before != nil && before(w, r):
		case !strings.HasPrefix(r.URL.Path, "/lampiran/"):
			fault(w, http.StatusNotFound, "NoSuchBucket")
		case r.URL.Query().Has("location"):
			fmt.Fprint(w, `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">ap-southeast-3</LocationConstraint>`)
		case r.Method == http.MethodPut:
			s.put(w, r)
		default:
			s.get(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *objectServer) put(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Content-Length") == "" {
		fault(w, http.StatusLengthRequired, "MissingContentLength")
		return
	}
	body, err := io.ReadAll(r.Body)
	sum := md5.Sum(body)
	switch {
	case err != nil:
		fault(w, http.StatusBadRequest, "IncompleteBody")
	case r.Header.Get("Content-Md5") != base64.StdEncoding.EncodeToString(sum[:]):
		fault(w, http.StatusBadRequest, "BadDigest")
	default:
		s.mu.Lock()
		s.objects[r.URL.Path], s.types[r.URL.Path] = body, r.Header.Get("Content-Type")
		s.mu.Unlock()
		w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:])+`"`)
	}
}

func (s *objectServer) get(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	body, there := s.objects[r.URL.Path]
	kind := s.types[r.URL.Path]
	s.mu.Unlock()
	if !there {
		fault(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	sum := md5.Sum(body)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:])+`"`)
	w.Header().Set("Content-Type", kind)
	http.ServeContent(w, r, "", time.Date(2026, 1, 3, 7, 5, 0, 0, time.UTC), bytes.NewReader(body))
}

func (s *objectServer) do(before func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before, s.asked = before, nil
}

func (s *objectServer) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func fault(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>as asked for by a test</Message></Error>`, code)
}

// signedRight checks a signature by Amazon's rules (Signature Version 4), from their description.
func signedRight(r *http.Request) bool {
	given := map[string]string{}
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	for _, part := range strings.Split(rest, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		given[key] = value
	}
	scope := strings.Split(given["Credential"], "/") // account, day, region, service, aws4_request
	if scheme != "AWS4-HMAC-SHA256" || len(scope) != 5 || scope[0] != bucketAccount || scope[3] != "s3" {
		return false
	}
	headers := ""
	for _, name := range strings.Split(given["SignedHeaders"], ";") {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = fmt.Sprint(r.ContentLength)
		}
		headers += name + ":" + strings.TrimSpace(value) + "\n"
	}
	request := strings.Join([]string{
		r.Method, (&url.URL{Path: r.URL.Path}).EscapedPath(), r.URL.Query().Encode(), headers, given["SignedHeaders"], r.Header.Get("X-Amz-Content-Sha256"),
	}, "\n")
	sum := sha256.Sum256([]byte(request))
	text := strings.Join([]string{scheme, r.Header.Get("X-Amz-Date"), strings.Join(scope[1:], "/"), hex.EncodeToString(sum[:])}, "\n")
	key := []byte("AWS4" + bucketSecret)
	for _, part := range append(scope[1:], text) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return hmac.Equal([]byte(hex.EncodeToString(key)), []byte(given["Signature"]))
}

func (s *objectServer) files(t *testing.T, change ...func(*store.Bucket)) *store.Files {
	t.Helper()
	where := store.Bucket{
		Name: "lampiran", Prefix: "natuna", Endpoint: s.URL, Region: "ap-southeast-3", AccessKey: bucketAccount, SecretKey: bucketSecret,
		Timeout: 20 * time.Second,
	}
	for _, f := range change {
		f(&where)
	}
	files, err := store.OpenBucket(where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := files.Close(); err != nil {
			t.Error(err)
		}
	})
	return files
}
