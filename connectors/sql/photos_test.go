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
)

// photoShelf is a photo reader with what it says and keeps.
func photoShelf(t *testing.T, settings Photos) (photos, *channel) {
	t.Helper()
	c := &channel{said: &safeBuffer{}, files: &shelf{}}
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
	for name, body := range map[string]string{"lampu.jpg": jpeg, "besar.jpg": strings.Repeat("x", 21), "kosong.jpg": "", "../kunci.txt": "rahasia"} {
		must(t, os.WriteFile(filepath.Join(folder, name), []byte(body), 0o644))
	}
	must(t, os.Symlink(filepath.Join(dir, "kunci.txt"), filepath.Join(folder, "tautan.jpg")))
	p, c := photoShelf(t, Photos{Column: "foto", Folder: config.Path(folder), Separator: ";"})
	for _, tt := range []struct {
		names, kept, says string
		missing           int
	}{
		{"lampu.jpg", "lampu.jpg", "", 0},
		{"", "", "", 0},
		{"hilang.jpg; lampu.jpg", "lampu.jpg", "the file is not there", 1},
		{"besar.jpg", "", "larger than photos.max_size", 1},
		{"kosong.jpg", "", "is empty", 1},
		{"../kunci.txt", "", "lies outside the folder", 1},
		{"tautan.jpg", "", "lies outside the folder", 1},
		{".", "", "is no file", 1},
		{"lampu.jpg;lampu.jpg;lampu.jpg", "lampu.jpg lampu.jpg", "more photos than are taken", 1},
	} {
		t.Run(tt.names, func(t *testing.T) {
			c.said.text.Reset()
			got, missing, err := p.of(t.Context(), time.Now().Add(time.Minute), map[string]any{"foto": tt.names}, rowID{Text: "17"})
			must(t, err)
			if missing != tt.missing {
				t.Errorf("%d are missing, want %d", missing, tt.missing)
			}
			var names []string
			for _, one := range got {
				names = append(names, one.Name)
			}
			if strings.Join(names, " ") != tt.kept {
				t.Errorf("kept %q, want %q", names, tt.kept)
			}
			if said := c.said.String(); tt.says == "" && said != "" {
				t.Errorf("the log says %s", said)
			} else if tt.says != "" {
				wantPart(t, "the log", said, tt.says, "row=17")
				wantNoPart(t, "the log", said, "jpg", "kunci")
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
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	p, c := photoShelf(t, Photos{Column: "foto", URL: server.URL + "/unggah/"})
	for name, kept := range map[string]bool{"lampu mati?.jpg": true, "besar.jpg": false, "hilang.jpg": false, "../rahasia": false} {
		got, _, err := p.of(t.Context(), time.Now().Add(time.Minute), map[string]any{"foto": name}, rowID{Text: "17"})
		must(t, err)
		if (len(got) == 1) != kept {
			t.Errorf("%s: kept %v", name, got)
		}
	}
	slices.Sort(asked)
	if want := []string{"/unggah/besar.jpg", "/unggah/hilang.jpg", "/unggah/lampu%20mati%3F.jpg"}; !slices.Equal(asked, want) {
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
	got, missing, err := p.of(t.Context(), time.Now().Add(50*time.Millisecond), map[string]any{"foto": "lampu.jpg"}, rowID{Text: "17"})
	must(t, err)
	if len(got) > 0 || missing != 1 {
		t.Errorf("kept %v, %d are missing", got, missing)
	}
	wantPart(t, "the log", c.said.String(), "goes on without it")
}
