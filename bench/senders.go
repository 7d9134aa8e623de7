package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// load is what the senders send.
type load struct {
	first    int // number of the first complaint
	requests int
	pace     float64 // requests a second, of all senders together; 0: as fast as they are answered
}

// latencies are how long a sender waits for its answer.
type latencies struct {
	P50 time.Duration `json:"p50"`
	P99 time.Duration `json:"p99"`
}

// send makes the requests of a load by 64 senders. Under a pace, the wait counts from when a request should have gone
// out: a sender that is kept waiting does not make its next request look quick.
func send(ctx context.Context, l load, take func(context.Context, []byte) error) (latencies, error) {
	var (
		next    atomic.Int64
		senders sync.WaitGroup
		waits   = make([]time.Duration, l.requests)
		began   = time.Now()
	)
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	for range atOnce {
		senders.Go(func() {
			for i := int(next.Add(1)) - 1; i < l.requests && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				body, due := payload(l.first, i), time.Now()
				if l.pace > 0 {
					due = began.Add(time.Duration(float64(i) / l.pace * float64(time.Second)))
					time.Sleep(time.Until(due))
				}
				if err := take(ctx, body); err != nil {
					fail(fmt.Errorf("request %d: %w", i, err))
					return
				}
				waits[i] = time.Since(due)
			}
		})
	}
	senders.Wait()
	if err := context.Cause(ctx); err != nil {
		return latencies{}, err
	}
	slices.Sort(waits)
	return latencies{P50: waits[len(waits)/2], P99: waits[len(waits)*99/100]}, nil
}

// overHTTP posts each request to a front, on connections that are kept, with as little work as can be: what it costs is in
// every side's rate.
func overHTTP(address string) func(context.Context, []byte) error {
	client := &fasthttp.Client{MaxConnsPerHost: atOnce}
	return func(_ context.Context, body []byte) error {
		request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(request)
		defer fasthttp.ReleaseResponse(response)
		request.SetRequestURI(address + door)
		request.Header.SetMethod(http.MethodPost)
		request.Header.SetContentType("application/json")
		request.Header.Set("Authorization", "Bearer "+token)
		request.SetBodyRaw(body)
		if err := client.DoTimeout(request, response, time.Minute); err != nil {
			return err
		}
		return wanted(response.StatusCode(), http.StatusAccepted, response.Body())
	}
}
