package server

import (
	"io"
	"net/http"
	"sync/atomic"

	"github.com/satupintu/satupintu/connectors"
)

// Bounds of what the bodies of requests hold in memory together. What came is counted, not what was announced, so that
// nobody takes up the room with a promise. The beginning of each body is free: large ones shut the door for no small one.
const (
	leastBodies = 64 << 20 // bytes, or so many times server.max_body if that is more:
	bodiesTimes = 4
	freeOfBody  = 64 << 10
)

// body is a request's, read within the bounds.
type body struct {
	io.ReadCloser
	all  *atomic.Int64 // bytes of all requests
	most int64         // of them
	read int64
	mine int64 // bytes of all that are this one's
	full bool
}

// bounded puts the bounds of every sender on a request's body. Release what it holds when the request ends.
func (s *Server) bounded(w http.ResponseWriter, r *http.Request, maxBody int64) *body {
	b := &body{ReadCloser: r.Body, all: &s.bodies, most: max(leastBodies, bodiesTimes*maxBody)}
	r.Body = http.MaxBytesReader(w, b, maxBody)
	return b
}

// Read fails with connectors.ErrFull when there is no room.
func (b *body) Read(p []byte) (int, error) {
	if b.full {
		return 0, connectors.ErrFull
	}
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	more := max(0, b.read-freeOfBody) - b.mine
	b.mine += more
	if b.all.Add(more) > b.most && more > 0 {
		b.full = true
		return 0, connectors.ErrFull
	}
	return n, err
}

func (b *body) release() { b.all.Add(-b.mine) }

var full = problem{
	Status: http.StatusServiceUnavailable, Detail: "nothing was kept: too many large requests come at once; send it again", retryAfter: 5,
}
