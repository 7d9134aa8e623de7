package connectors_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

// What a channel sends in place of an answer may be about who complained: it is in no error.
func TestAnErrorRepeatsNothingOfWhatWasReceived(t *testing.T) {
	for name, answer := range map[string]string{
		"a header line without a colon": "HTTP/1.1 200 OK\r\nNama Siti Contoh 081200000001\r\n\r\n",
		"a status line that is none":    "Nama \"Siti\" Contoh 081200000001\r\n\r\n",
		"a length that is none":         "HTTP/1.1 200 OK\r\nContent-Length: Siti Contoh\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			go func() {
				for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
					if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
						_, _ = io.WriteString(conn, answer)
					}
					_ = conn.Close()
				}
			}()
			_, err = connectors.Do(t.Context(), connectors.NewClient(&http.Transport{}, time.Minute).R(), http.MethodPost, "http://"+l.Addr().String()+"/kabar")
			if err == nil || strings.Contains(err.Error(), "Siti") || strings.Contains(err.Error(), "0812") || !strings.Contains(err.Error(), l.Addr().String()) {
				t.Errorf("it says: %v", err)
			}
			if verdict := retry.Of(err); verdict.Verdict != retry.Uncertain {
				t.Errorf("its verdict is %v", verdict)
			}
		})
	}
}
