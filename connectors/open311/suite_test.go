package open311_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/connectortest"
	"github.com/satupintu/satupintu/connectors/open311"
)

func TestTheServerKeepsEveryPromise(t *testing.T) {
	for _, format := range []string{"xml", "json"} {
		t.Run(format, func(t *testing.T) {
			connectortest.RunRoutes(t, func(testing.TB) connectortest.Routed {
				s := settings(t)
				return connectortest.Routed{
					Open:     func(env connectors.Env) (connectors.Connector, error) { return open311.Definition().Open(env, s) },
					Post:     func(n int) *http.Request { return filed(t, format, n, fixmystreetKey) },
					Stranger: func(n int) *http.Request { return filed(t, format, n, "kunci-lain") },
					Secrets:  []string{fixmystreetKey, appKey, "081270004401", "siti@natuna.example", "Dalam sekali"},
				}
			})
		})
	}
}

// filed is a request with a photo that comes before the key.
func filed(t *testing.T, format string, n int, key string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("photo1", "jalan.jpg")
	if err != nil {
		t.Fatal(err)
	}
	_, err = part.Write([]byte(photo))
	for name, value := range map[string]string{
		"api_key": key, "service_code": "jalan", "lat": "3.79", "long": "108.02", "description": "Dalam sekali", "phone": "081270004401",
		"email": "siti@natuna.example", "attribute[HOWMANYD]": "3", "attribute[fixmystreet_id]": fmt.Sprint(n),
	} {
		if err == nil {
			err = form.WriteField(name, value)
		}
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/requests."+format, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return r
}
