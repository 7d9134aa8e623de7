package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	createPath = "/complaints/complaint"
	token      = "contoh-token-natuna"
)

// stub is the national platform: it reads a create call and answers with the next id. It runs on the processors that are
// measured: fasthttp takes less of them than net/http.
type stub struct {
	url     string
	server  *fasthttp.Server
	created atomic.Int64
	sees    func(body []byte) // of tests; nil otherwise
}

func startStub() (*stub, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the stub: %w", err)
	}
	s := &stub{url: "http://" + l.Addr().String()}
	s.server = &fasthttp.Server{Handler: s.answer, NoDefaultServerHeader: true}
	go func() { _ = s.server.Serve(l) }() // ends with Close
	return s, nil
}

func (s *stub) answer(ctx *fasthttp.RequestCtx) {
	if string(ctx.Path()) != createPath || !ctx.IsPost() {
		ctx.SetStatusCode(http.StatusBadRequest)
		return
	}
	if s.sees != nil {
		s.sees(bytes.Clone(ctx.PostBody()))
	}
	ctx.SetContentType("application/json")
	_, _ = fmt.Fprintf(ctx, `{"complaint_id":"%d"}`, s.created.Add(1))
}

func (s *stub) Close() error { return s.server.Shutdown() }

// counting counts the answers that came back, so that the end of a run is seen without asking the database all the time.
type counting struct {
	http.RoundTripper
	answers *atomic.Int64
}

func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.RoundTripper.RoundTrip(r)
	if err == nil {
		c.answers.Add(1)
	}
	return response, err
}

// plainTransport keeps as many idle connections as there are requests at once.
func plainTransport(atOnce int) *http.Transport {
	return &http.Transport{MaxIdleConns: atOnce, MaxIdleConnsPerHost: atOnce, IdleConnTimeout: 90 * time.Second}
}

// answered makes a request and wants one status and a JSON body.
func answered(client *http.Client, r *http.Request, want int) error {
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	return wanted(response.StatusCode, want, body)
}

// wanted refuses another status, and a body that is no JSON.
func wanted(status, want int, body []byte) error {
	switch {
	case status != want:
		return fmt.Errorf("answered with %d: %.200s", status, body)
	case !json.Valid(body):
		return fmt.Errorf("answered with what is no JSON: %.200s", body)
	}
	return nil
}
