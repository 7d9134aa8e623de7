package open311

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/satupintu/satupintu/connectors"
)

func TestAFormThatThereIsNoRoomForIsToComeAgain(t *testing.T) {
	for kind, begins := range map[string]string{
		formType:                   "service_code=jalan",
		filesType + "; boundary=b": "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nRanai",
		filesType + "; boundary=c": "--c\r\n",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/requests.json",
			io.MultiReader(strings.NewReader(begins), iotest.ErrReader(connectors.ErrFull)))
		r.Header.Set("Content-Type", kind)
		_, err := readForm(r)
		var refused *failure
		if !errors.Is(err, connectors.ErrFull) || errors.As(err, &refused) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
