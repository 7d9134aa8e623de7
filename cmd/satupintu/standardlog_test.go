package main

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// lines hands on each line that is written.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// What a platform sends beyond its answer is not repeated on standard error, where net/http would quote it.
func TestWhatComesBeyondAnAnswerIsNotLogged(t *testing.T) {
	flags, output := log.Flags(), log.Writer()
	t.Cleanup(func() {
		log.SetFlags(flags)
		log.SetOutput(output)
	})
	said := make(lines, 10)
	throughOurLog(slog.New(slog.NewTextHandler(said, nil)))

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	more := make(chan struct{})
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		<-more
		_, _ = io.WriteString(conn, `{"nameUser":"Siti Contoh","phoneUser":"+6281200000001"}`)
		_, _ = conn.Read(make([]byte, 1))
	}()
	w := new(wires)
	defer w.close()
	client := &http.Client{Transport: w.add(1)}
	answer, err := client.Get("http://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	close(more) // the connection waits for the next request
	select {
	case line := <-said:
		if !strings.Contains(line, "level=WARN") || !strings.Contains(line, "Unsolicited response") || strings.Contains(line, "Siti") || strings.Contains(line, "0001") {
			t.Errorf("logged is %s", line)
		}
	case <-time.After(10 * time.Second):
		t.Error("nothing is logged")
	}
}

func TestTheStandardLogIsUnquoted(t *testing.T) {
	for line, want := range map[string]string{
		fmt.Sprintf("Unsolicited response received on idle HTTP channel starting with %q; err=%v\n", "Siti Contoh", nil): "Unsolicited response received on idle HTTP channel",
		fmt.Sprintf("net/http: invalid Cookie.Domain %q; dropping domain attribute", "Siti"):                             "net/http: invalid Cookie.Domain",
		fmt.Sprintf("net/http: invalid byte %q in Cookie.Value; dropping invalid bytes", 'S'):                            "net/http: invalid byte",
		"http: panic serving 127.0.0.1:99: Siti\ngoroutine 7 [running]:\nmain.x(`Siti`)":                                 "http: panic serving 127.0.0.1:99: Siti",
		" \n": "",
	} {
		if got := unquoted(line); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
	if got := unquoted(strings.Repeat("é", 500)); len(got) > mostSaid || !utf8.ValidString(got) || got == "" {
		t.Errorf("a long line is %q", got)
	}
}
