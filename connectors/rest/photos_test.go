package rest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/satupintu/satupintu/config"
)

// photoServer gives photos in every way that goes wrong.
type photoServer struct{ asked []string }

func (p *photoServer) RoundTrip(r *http.Request) (*http.Response, error) {
	p.asked = append(p.asked, strings.TrimSpace(r.URL.Host+r.URL.Path+" "+r.Header.Get("Authorization")))
	w := httptest.NewRecorder()
	switch r.URL.Path {
	case "/baik.jpg":
		_, _ = w.WriteString("\xff\xd8\xff\xe0 foto")
	case "/besar.jpg":
		_, _ = w.WriteString(strings.Repeat("x", 100))
	case "/kosong.jpg":
	case "/pindah.jpg":
		w.Header().Set("Location", "https://gudang.natuna.example/baik.jpg")
		w.WriteHeader(http.StatusFound)
	case "/keluar.jpg":
		w.Header().Set("Location", "http://169.254.169.254/latest/meta-data")
		w.WriteHeader(http.StatusFound)
	case "/putar.jpg":
		w.Header().Set("Location", "/putar.jpg")
		w.WriteHeader(http.StatusFound)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
	return w.Result(), nil
}

func TestPhotosComeFromNamedHostsAndTheCredentialFromNobodyElse(t *testing.T) {
	const ours = "https://aduan.natuna.example"
	for _, tt := range []struct {
		address string
		kept    int
		asked   []string
		says    string
	}{
		{ours + "/baik.jpg", 1, []string{"aduan.natuna.example/baik.jpg Bearer " + apiKey}, ""},
		{"/baik.jpg", 1, []string{"aduan.natuna.example/baik.jpg Bearer " + apiKey}, ""},
		{"http://aduan.natuna.example/baik.jpg", 1, []string{"aduan.natuna.example/baik.jpg"}, ""},
		{ours + ":8443/baik.jpg", 0, nil, "is not among photos.hosts"},
		{"https://gudang.natuna.example/baik.jpg", 1, []string{"gudang.natuna.example/baik.jpg"}, ""},
		{ours + "/pindah.jpg", 1, []string{"aduan.natuna.example/pindah.jpg Bearer " + apiKey, "gudang.natuna.example/baik.jpg"}, ""},
		{ours + "/keluar.jpg", 0, []string{"aduan.natuna.example/keluar.jpg Bearer " + apiKey}, "169.254.169.254, which is not among photos.hosts"},
		{ours + "/putar.jpg", 0, slices.Repeat([]string{"aduan.natuna.example/putar.jpg Bearer " + apiKey}, 3), "again and again"},
		{"http://127.0.0.1:5432/", 0, nil, "is not among photos.hosts"},
		{"file:///etc/passwd", 0, nil, "no address that can be fetched"},
		{"https://u:p@gudang.natuna.example/baik.jpg", 0, nil, "no address that can be fetched"},
		{"https://[", 0, nil, "no address that can be fetched"},
		{ours + "/besar.jpg", 0, []string{"aduan.natuna.example/besar.jpg Bearer " + apiKey}, "larger than the limit"},
		{ours + "/kosong.jpg", 0, []string{"aduan.natuna.example/kosong.jpg Bearer " + apiKey}, "empty"},
		{ours + "/hilang.jpg", 0, []string{"aduan.natuna.example/hilang.jpg Bearer " + apiKey}, "404"},
	} {
		l := newList()
		l.entries = []entry{{ID: "1", Text: "lampu mati", At: day(), Photos: []photo{{Address: tt.address}, {Address: tt.address, Gone: true}}}}
		server := &photoServer{}
		s := agency(noPaging)
		s.URL, s.Auth.Bearer = ours+"/api/laporan", config.NewSecret(apiKey)
		s.Photos = Photos{List: "foto", URL: "url", Unless: "dihapus", Hosts: []string{"gudang.natuna.example"}, MaxSize: 50, Most: 2}
		c := openOn(t, either{l, server}, s)
		page, fault := c.drain(t.Context())
		if fault != "" || len(page.Complaints) != 1 || len(page.Complaints[0].Attachments) != tt.kept || page.Complaints[0].Missing != 1-tt.kept {
			t.Errorf("%s: %+v, %s", tt.address, page.Complaints, fault)
		}
		if !slices.Equal(server.asked, tt.asked) {
			t.Errorf("%s: asked %q, want %q", tt.address, server.asked, tt.asked)
		}
		wantPart(t, tt.address, c.said.String(), tt.says)
		wantNoPart(t, tt.address, c.said.String(), ".jpg", apiKey)
	}
}

func TestTheListItselfIsNobodysPhoto(t *testing.T) {
	const typed = "/api/laporan?jumlah=200"
	server := offline(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ekspor.jpg":
			w.Header().Set("Content-Type", "image/jpeg")
			_, _ = w.Write([]byte("nama;hp\nContoh Warga;081255501234\n"))
		case "/foto.php":
			w.Header().Set("Content-Type", "text/html; charset=UTF-8")
			_, _ = w.Write([]byte("\xff\xd8\xff\xe0\x00\x10JFIF"))
		}
	})
	l := newList()
	l.entries = []entry{
		{ID: "1", Text: "lampu mati", At: day(), Phone: "081255501234"},
		{ID: "2", Text: "jalan rusak", At: day(), Photos: []photo{{Address: typed}, {Address: "/ekspor.jpg"}, {Address: "/foto.php"}}},
	}
	s := agency(noPaging)
	s.Auth.Bearer, s.Photos.List, s.Photos.URL = config.NewSecret(apiKey), "foto", "url"
	c := openOn(t, either{l, server}, s)
	page, fault := c.drain(t.Context())
	if fault != "" || len(page.Complaints) != 2 || !slices.Contains(l.asked, "http://aduan.natuna.example"+typed) {
		t.Fatalf("%+v, %s; asked %q", page.Complaints, fault, l.asked)
	}
	curious := page.Complaints[1]
	if len(curious.Attachments) != 1 || curious.Attachments[0].Name != "foto.php" || curious.Missing != 2 {
		t.Errorf("attachments %+v, missing %d; want the photo alone, and two missing", curious.Attachments, curious.Missing)
	}
	wantPart(t, "the log", c.said.String(), "it may tell of other people")
	wantNoPart(t, "the log", c.said.String(), "jumlah", "Contoh")
}

func TestAPhotoServerThatHangsCostsNoOtherServersPhotos(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := offline(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Host == "gudang.natuna.example" {
				<-r.Context().Done()
			}
			_, _ = w.Write([]byte("\xff\xd8\xff\xe0 foto"))
		})
		l := newList()
		l.size = 8
		for i := range l.size {
			l.entries = append(l.entries, entry{ID: fmt.Sprint(i), Text: "lampu mati", At: day(), Photos: []photo{
				{Address: "https://gudang.natuna.example/1.jpg"}, {Address: "/1.jpg"}, {Address: "https://arsip.natuna.example/1.jpg"},
			}})
		}
		s := agency(noPaging)
		s.Photos.List, s.Photos.URL, s.Photos.Hosts = "foto", "url", []string{".natuna.example"}
		page, fault := openOn(t, either{l, server}, s).drain(t.Context())
		if fault != "" || len(page.Complaints) != 8 {
			t.Fatalf("%d complaints, %s", len(page.Complaints), fault)
		}
		for _, c := range page.Complaints {
			if len(c.Attachments) != 2 || c.Missing != 1 {
				t.Errorf("%s: %d photos, %d are missing, want 2 and 1", c.SourceID, len(c.Attachments), c.Missing)
			}
		}
	})
}

// offline is a server without a network.
type offline http.HandlerFunc

func (a offline) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Context().Err() == nil {
		a(w, r)
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// either sends what asks for the list to the list, and the rest elsewhere.
type either struct {
	list *list
	rest http.RoundTripper
}

func (e either) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/api/laporan" {
		return e.list.RoundTrip(r)
	}
	return e.rest.RoundTrip(r)
}

func TestMorePhotosThanAreTakenAreCounted(t *testing.T) {
	l := newList()
	var many []photo
	for i := range 5 {
		many = append(many, photo{Address: fmt.Sprintf("/baik.jpg?%d", i)})
	}
	l.entries = []entry{{ID: "1", Text: "lampu mati", At: day(), Photos: many}}
	s := agency(noPaging)
	s.Photos.List, s.Photos.URL, s.Photos.Most = "foto", "url", 2
	page, fault := openOn(t, either{l, &photoServer{}}, s).drain(t.Context())
	if fault != "" || len(page.Complaints[0].Attachments) != 2 || page.Complaints[0].Missing != 3 {
		t.Errorf("got %+v, %s", page.Complaints, fault)
	}
}
