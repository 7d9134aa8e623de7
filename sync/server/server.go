// Package server is the gateway's HTTP face: the door channels post complaints to, the status they may ask for, and, on
// a listener of its own, metrics, health and reload.
//
// Promises:
//
//   - a 2xx is written after the commit, and the same delivery gets the same answer again
//   - an answer that is not a success is a problem document (RFC 9457) that names the field, and no personal data
//   - the bodies of all requests together hold a bounded amount of memory, whoever sends them
//   - a channel reads the status of its own complaints, with its own credentials, and of nobody else's
package server

import (
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/satupintu/satupintu/sync/relay"
)

// Site is what is served now. A reload replaces it whole.
type Site struct {
	Relay    *relay.Relay
	Channels []relay.Channel
	MaxBody  int64 // bytes
}

// Server answers channels.
type Server struct {
	site    atomic.Pointer[Site]
	routes  atomic.Pointer[protocols]
	metrics *relay.Metrics
	log     *slog.Logger
	now     func() time.Time
	slots   chan struct{}
	reads   chan struct{}
	bodies  atomic.Int64 // bytes of them that are held
}

// mostAtOnce bounds the requests that wait for the store together; one more is told to come back. Those that only read are
// bounded apart, and more, so that whoever asks for lists shuts the door for no complaint.
const (
	mostAtOnce = 1024
	mostReads  = 32
)

// New makes a server that serves nothing yet.
func New(metrics *relay.Metrics, log *slog.Logger) *Server {
	return &Server{
		metrics: metrics, log: log, now: time.Now, slots: make(chan struct{}, mostAtOnce), reads: make(chan struct{}, mostReads),
	}
}

// Serve makes a site the one that is served.
func (s *Server) Serve(site *Site) {
	routes := s.protocolsOf(site)
	s.site.Store(site)
	s.routes.Store(&routes)
}

// Handler is the face to the channels.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/in/{connector}", s.intake)
	mux.HandleFunc("/in/{connector}/{key}", s.intake) // for senders that can sign nothing; the connector looks at the key
	mux.HandleFunc("GET /complaints/{ref}/status", s.status)
	mux.HandleFunc("/open311/{connector}/v2/", s.protocol)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		problem{Status: http.StatusNotFound, Detail: "there is nothing here; channels post to /in/{connector}"}.write(w)
	})
	return s.guard(mux)
}

// guard answers a panic with a 500, and marks every answer as private.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		defer func() {
			if p := recover(); p != nil {
				s.log.Error("a request made the gateway fail", "route", r.Pattern, "panic", p) // a path may end in a secret
				problem{Status: http.StatusInternalServerError, Detail: "the gateway failed on this request; send it again later"}.write(w)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func (site *Site) channel(name string) (relay.Channel, bool) {
	if site == nil {
		return relay.Channel{}, false
	}
	for _, c := range site.Channels {
		if c.Name == name {
			return c, true
		}
	}
	return relay.Channel{}, false
}

// Current is the site that is served now, or nil.
func (s *Server) Current() *Site { return s.site.Load() }
