package sql

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/sync/complaint"
)

// photoShelf is a photo reader with what it says and keeps.
func photoShelf(t *testing.T, settings Photos) (photos, *channel) {
	t.Helper()
	c := &channel{said: &connectortest.Log{}, files: &connectortest.Shelf{}}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	full := defaults()
	settings.MaxSize, settings.Most = 20, 2
	full.Photos = settings
	env := connectors.Env{Files: c.files, Transport: transport, Log: logTo(c.said)}
	return newPhotos(env, full), c
}

const jpeg = "\xff\xd8\xff\xe0 lampu"

func TestAPhotoThatCannotBeHadNeverHoldsUpTheComplaint(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "pengaduan")
	must(t, os.Mkdir(folder, 0o755))
	for name, body := range map[string]string{"lampu.jpg": jpeg, "besar.jpg": strings.Repeat("x", 21), "kosong.jpg": "", "../kunci.txt": "rahasia", "daftar.csv": "nama;hp"} {
		must(t, os.WriteFile(filepath.Join(folder, name), []byte(body), 0o644))
	}
	must(t, os.Symlink(filepath.Join(dir, "kunci.txt"), filepath.Join(folder, "tautan.jpg")))
	p, c := photoShelf(t, Photos{Column: "foto", Folder: config.Path(folder), Separator: ";"})
	for _, tt := range []struct {
		names, kept, says string
	}{
		{"lampu.jpg", "lampu.jpg", ""},
		{"", "", ""},
		{"hilang.jpg; lampu.jpg", "lampu.jpg", "the file is not there"},
		{"besar.jpg", "", "larger than the limit"},
		{"kosong.jpg", "", "is empty"},
		{"daftar.csv", "", "may tell of other people"},
		{"../kunci.txt", "", "lies outside the folder"},
		{"tautan.jpg", "", "lies outside the folder"},
		{".", "", "is no file"},
		{"lampu.jpg;lampu.jpg;lampu.jpg", "lampu.jpg lampu.jpg", "more photos than are taken"},
	} {
		t.Run(tt.names, func(t *testing.T) {
			c.said.Reset()
			var got complaint.Complaint
			must(t, p.of(t.Context(), connectors.NewPatience(time.Minute), &got, map[string]any{"foto": tt.names}, rowID{Text: "17"}))
			var names []string
			for _, one := range got.Attachments {
				names = append(names, one.Name)
			}
			if strings.Join(names, " ") != tt.kept {
				t.Errorf("kept %q, want %q", names, tt.kept)
			}
			if wants := tt.says != ""; (got.Missing > 0) != wants {
				t.Errorf("%d are said to be missing", got.Missing)
			}
			if said := c.said.String(); tt.says == "" && said != "" {
				t.Errorf("the log says %s", said)
			} else if tt.says != "" {
				wantPart(t, "the log", said, tt.says, "row=17")
				wantNoPart(t, "the log", said, "jpg", "kunci", "csv")
			}
		})
	}
}

func TestPhotosBehindAnAddress(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.EscapedPath())
		switch r.URL.Path {
		case "/unggah/lampu mati?.jpg":
			_, _ = w.Write([]byte(jpeg))
		case "/unggah/besar.jpg":
			_, _ = w.Write([]byte(strings.Repeat("x", 21)))
		case "/unggah/daftar":
			w.Header().Set("Content-Type", "image/jpeg")
			_, _ = w.Write([]byte(`[{"nama":"Warga"}]`))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	p, c := photoShelf(t, Photos{Column: "foto", URL: server.URL + "/unggah/"})
	for name, kept := range map[string]bool{"lampu mati?.jpg": true, "besar.jpg": false, "hilang.jpg": false, "daftar": false, "../rahasia": false} {
		var got complaint.Complaint
		must(t, p.of(t.Context(), connectors.NewPatience(time.Minute), &got, map[string]any{"foto": name}, rowID{Text: "17"}))
		if (len(got.Attachments) == 1) != kept {
			t.Errorf("%s: kept %v", name, got.Attachments)
		}
	}
	slices.Sort(asked)
	if want := []string{"/unggah/besar.jpg", "/unggah/daftar", "/unggah/hilang.jpg", "/unggah/lampu%20mati%3F.jpg"}; !slices.Equal(asked, want) {
		t.Errorf("the server was asked for %q, want %q", asked, want)
	}
	wantNoPart(t, "the log", c.said.String(), "hilang", "besar.jpg")
}

func TestPhotosOfAServerThatHangsEndWithThePagesTime(t *testing.T) {
	stop := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(stop)
	p, c := photoShelf(t, Photos{Column: "foto", URL: server.URL})
	var got complaint.Complaint
	must(t, p.of(t.Context(), connectors.NewPatience(50*time.Millisecond), &got, map[string]any{"foto": "lampu.jpg"}, rowID{Text: "17"}))
	if len(got.Attachments) > 0 || got.Missing != 1 {
		t.Errorf("kept %v, missing %d", got.Attachments, got.Missing)
	}
	wantPart(t, "the log", c.said.String(), "goes on without it")
}
