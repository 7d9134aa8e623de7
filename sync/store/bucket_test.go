package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// temporary is where files lie that are not whole yet.
func temporary(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	return folder
}

func TestABucketKeepsFilesOnceByContent(t *testing.T) {
	folder, s := temporary(t), newObjectServer(t)
	files := s.files(t)
	png := append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{7}, 6<<20)...)
	first, err := files.Put(t.Context(), "jalan.txt", bytes.NewReader(png))
	if err != nil {
		t.Fatal(err)
	}
	name := "/lampiran/natuna/" + first.SHA256[:2] + "/" + first.SHA256
	if got := s.requests(); !slices.Equal(got, []string{"HEAD " + name, "PUT " + name}) {
		t.Errorf("the first time: %q", got)
	}
	s.do(nil)
	second, err := s.files(t).Put(t.Context(), "lain.png", iotest.HalfReader(bytes.NewReader(png)))
	if err != nil || first.SHA256 != second.SHA256 || first.Type != "image/png" || first.Size != int64(len(png)) || second.Name != "lain.png" {
		t.Errorf("%+v, %+v, %v", first, second, err)
	}
	if got := s.requests(); !slices.Equal(got, []string{"HEAD " + name}) {
		t.Errorf("the second time: %q", got)
	}
	opened, err := files.Open(t.Context(), first.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(opened); err != nil || !bytes.Equal(got, png) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	if err := opened.Close(); err != nil || countFiles(t, folder) != 0 {
		t.Errorf("%d files are left in the temporary folder, %v", countFiles(t, folder), err)
	}
}

func TestAFileThatIsNotDurableIsNotSaidToBe(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request)
		want   string
	}{
		"500": {func(w http.ResponseWriter, _ *http.Request) { fault(w, 500, "InternalError") }, "InternalError: as asked"},
		"slow down": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			fault(w, 503, "SlowDown")
		}, "SlowDown: as asked"},
		"no such":       {func(w http.ResponseWriter, _ *http.Request) { fault(w, 404, "NoSuchBucket") }, "there is no bucket lampiran: make it"},
		"not allowed":   {func(w http.ResponseWriter, _ *http.Request) { fault(w, 403, "AccessDenied") }, "let it get and put objects"},
		"other region":  {func(w http.ResponseWriter, _ *http.Request) { fault(w, 400, "AuthorizationHeaderMalformed") }, "see store.s3.region"},
		"a proxy's own": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }, "the bucket lampiran"},
		"broken off": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.CopyN(io.Discard, r.Body, 10)
			if line, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = line.Close()
			}
		}, "the bucket lampiran"},
	} {
		t.Run(name, func(t *testing.T) {
			folder, s := temporary(t), newObjectServer(t)
			var puts atomic.Int64
			s.do(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPut {
					puts.Add(1)
					c.answer(w, r)
				}
				return r.Method == http.MethodPut
			})
			a, err := s.files(t).Put(t.Context(), "a", strings.NewReader(strings.Repeat("Lampu di Ranai mati. ", 1000)))
			if !errors.Is(err, store.ErrShelf) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), bucketSecret) || strings.Contains(err.Error(), "Ranai") {
				t.Errorf("got %+v, %v", a, err)
			}
			if puts.Load() != 1 || countFiles(t, folder) != 0 {
				t.Errorf("it was put %d times; %d files are left", puts.Load(), countFiles(t, folder))
			}
		})
	}
}

// What got lost or changed on the way is refused by the server, by its MD5.
func TestWhatArrivesDamagedIsRefused(t *testing.T) {
	s := newObjectServer(t)
	s.do(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			body, _ := io.ReadAll(r.Body)
			if i := bytes.Index(body, []byte("mati")); i >= 0 {
				copy(body[i:], "MATI")
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		return false
	})
	if a, err := s.files(t).Put(t.Context(), "a", strings.NewReader("Lampu di Ranai mati")); err == nil {
		t.Errorf("got %+v", a)
	}
}

func TestAnAccountThatMayNotListMayStillPut(t *testing.T) {
	s := newObjectServer(t)
	s.do(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusForbidden)
		}
		return r.Method == http.MethodHead
	})
	if _, err := s.files(t).Put(t.Context(), "a", strings.NewReader("Lampu di Ranai mati")); err != nil {
		t.Error(err)
	}
}

func TestWhatTheBucketGivesBackIsWhatWasPut(t *testing.T) {
	folder, s := temporary(t), newObjectServer(t)
	files := s.files(t)
	a, err := files.Put(t.Context(), "a", strings.NewReader(strings.Repeat("Lampu di Ranai mati. ", 10_000)))
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]func(w http.ResponseWriter){
		"cut": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "500000")
			_, _ = w.Write([]byte("Lampu"))
		},
		"other":       func(w http.ResponseWriter) { _, _ = w.Write([]byte("Lampu di Ranai hidup")) },
		"broken":      func(w http.ResponseWriter) { fault(w, 500, "InternalError") },
		"slow down":   func(w http.ResponseWriter) { fault(w, 503, "SlowDown") },
		"new keys":    func(w http.ResponseWriter) { fault(w, 403, "InvalidAccessKeyId") },
		"not allowed": func(w http.ResponseWriter) { fault(w, 403, "AccessDenied") },
		"no bucket":   func(w http.ResponseWriter) { fault(w, 404, "NoSuchBucket") },
		"a proxy's 404": func(w http.ResponseWriter) {
			w.WriteHeader(404)
			_, _ = io.WriteString(w, "404 page not found\n")
		},
		"a proxy's page": func(w http.ResponseWriter) {
			w.WriteHeader(404)
			_, _ = io.WriteString(w, "<html><head><title>404 Not Found</title></head></html>")
		},
		"a 404 of nobody": func(w http.ResponseWriter) { w.WriteHeader(404) },
	} {
		s.do(func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("ETag", `"0"`)
			w.Header().Set("Last-Modified", "Sat, 03 Jan 2026 07:05:00 GMT")
			if r.Method == http.MethodGet {
				answer(w)
			}
			return r.Method == http.MethodGet
		})
		opened, err := files.Open(t.Context(), a.SHA256)
		if err == nil {
			t.Errorf("%s: it is handed out: %v", name, opened.Close())
		}
		if v := retry.Of(err); errors.Is(err, fs.ErrNotExist) || v.Verdict != retry.Transient || v.Reason != retry.Failed {
			t.Errorf("%s: it is not tried again, or speaks against the platform: %v (%s, %s)", name, err, v.Verdict, v.Reason)
		}
	}
	s.do(nil)
	if _, err := files.Open(t.Context(), strings.Repeat("0", 64)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one that is not there: %v", err)
	}
	t.Setenv("TMPDIR", filepath.Join(folder, "away"))
	if _, err := files.Open(t.Context(), a.SHA256); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without room to fetch it: %v", err)
	}
	if n := countFiles(t, folder); n != 0 {
		t.Errorf("%d files are left in the temporary folder", n)
	}
}

// A server that accepts and says nothing costs no more than the timeout, on the way there and back.
func TestASilentBucketIsGivenUp(t *testing.T) {
	s := newObjectServer(t)
	a, err := s.files(t).Put(t.Context(), "a", strings.NewReader("Lampu di Ranai mati"))
	if err != nil {
		t.Fatal(err)
	}
	silent := make(chan struct{})
	t.Cleanup(func() { close(silent) })
	s.do(func(http.ResponseWriter, *http.Request) bool { <-silent; return true })
	files := s.files(t, func(b *store.Bucket) { b.Timeout = 200 * time.Millisecond })
	if _, err := files.Open(t.Context(), a.SHA256); err == nil {
		t.Error("it was opened")
	}
	if _, err := files.Put(t.Context(), "b", strings.NewReader("Jalan di Sedanau rusak")); err == nil {
		t.Error("it was put")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.files(t).Open(ctx, a.SHA256); retry.Of(err).Reason != retry.Shutdown {
		t.Errorf("a cancelled open: %v", err)
	}
	if _, err := s.files(t).Put(ctx, "b", strings.NewReader("Jalan di Sedanau rusak")); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled put: %v", err)
	}
}

func TestTheCheckOfABucketWritesAndReads(t *testing.T) {
	s := newObjectServer(t)
	host := strings.TrimPrefix(s.URL, "http://")
	got, err := s.files(t).Check(t.Context())
	if want := "attachments lie in the bucket lampiran at " + host + "; it can be written and read"; got != want || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := s.files(t, func(b *store.Bucket) { b.Region = "" }).Check(t.Context()); err != nil {
		t.Errorf("without a region the server is not asked for it: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*store.Bucket)
		want   string
	}{
		"another bucket": {func(b *store.Bucket) { b.Name = "tiada" }, "there is no bucket tiada: make it, or correct store.files"},
		"another secret": {func(b *store.Bucket) { b.SecretKey = "kunci-lain" }, "see store.s3.access_key and secret_key"},
		"nobody there":   {func(b *store.Bucket) { b.Endpoint = "http://127.0.0.1:1" }, "connection refused"},
	} {
		if got, err := s.files(t, c.change).Check(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// Without keys in the configuration the account is the environment's.
func TestTheAccountMayBeTheEnvironments(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", bucketAccount)
	t.Setenv("AWS_SECRET_ACCESS_KEY", bucketSecret)
	files := newObjectServer(t).files(t, func(b *store.Bucket) { b.AccessKey, b.SecretKey = "", "" })
	if _, err := files.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAnAttachmentHasAMostSize(t *testing.T) {
	folder := t.TempDir()
	files, err := store.OpenFiles(folder)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := files.Put(t.Context(), "a", io.LimitReader(zeros{}, 100<<20+1)); err == nil {
		t.Errorf("got %+v", a)
	}
	if n := countFiles(t, folder); n != 0 {
		t.Errorf("%d files are left", n)
	}
	if a, err := files.Put(t.Context(), "a", io.LimitReader(zeros{}, 100<<20)); err != nil || a.Size != 100<<20 {
		t.Errorf("the largest: %+v, %v", a, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestWhatACrashLeftOfABucketsFilesIsSwept(t *testing.T) {
	folder := temporary(t)
	files := newObjectServer(t).files(t)
	left := filepath.Join(folder, ".incoming-satupintu-7")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := files.SweepUnfinished(time.Now().Add(-time.Hour)); err != nil || countFiles(t, folder) != 1 {
		t.Errorf("a young one is gone, %v", err)
	}
	if err := files.SweepUnfinished(time.Now().Add(time.Hour)); err != nil || countFiles(t, folder) != 0 {
		t.Errorf("an old one is there, %v", err)
	}
}
