// Package server is the gateway's HTTP face: the door channels post complaints to, the status they may ask for, and, on
// a listener of its own, metrics, health and reload.
//
// Promises:
//
//   - a 2xx is written after the commit, and the same delivery gets the same answer again
//   - an answer that is not a success is a problem document (RFC 9457) that names the field, and no personal data
//   - a channel reads the status of its own complaints, with its own credentials, and of nobody else's
package server

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
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
	metrics *relay.Metrics
	log     *slog.Logger
	now     func() time.Time
	slots   chan struct{}
}

// mostAtOnce bounds the requests that wait for the store together; one more is told to come back.
const mostAtOnce = 1024

// New makes a server that serves nothing yet.
func New(metrics *relay.Metrics, log *slog.Logger) *Server {
	return &Server{metrics: metrics, log: log, now: time.Now, slots: make(chan struct{}, mostAtOnce)}
}

// Serve makes a site the one that is served.
func (s *Server) Serve(site *Site) { s.site.Store(site) }

// Handler is the face to the channels.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/in/{connector}", s.intake)
	mux.HandleFunc("/in/{connector}/{key}", s.intake) // for senders that can sign nothing; the connector looks at the key
	mux.HandleFunc("GET /complaints/{ref}/status", s.status)
	mux.HandleFunc("/open311/{connector}/v2/", s.routes)
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

// routes hands a protocol server its requests.
func (s *Server) routes(w http.ResponseWriter, r *http.Request) {
	site := s.site.Load()
	name := r.PathValue("connector")
	c, ok := site.channel(name)
	if !ok || c.Routes == nil {
		problem{Status: http.StatusNotFound, Detail: "no such service"}.write(w)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, site.MaxBody)
	http.StripPrefix("/open311/"+name+"/v2", c.Routes.Routes(site.desk(name))).ServeHTTP(w, r)
}

// desk is how a protocol server reaches the gateway: as itself, and no other.
func (site *Site) desk(name string) connectors.Desk {
	return connectors.Desk{
		TakeIn: func(ctx context.Context, complaints []complaint.Complaint) ([]complaint.Ref, error) {
			kept, err := site.Relay.TakeIn(ctx, name, complaints)
			refs := make([]complaint.Ref, len(kept))
			for i, k := range kept {
				refs[i] = k.Ref
			}
			return refs, err
		},
		Read: func(ctx context.Context, ref complaint.Ref) (connectors.StatusChange, error) {
			return site.Relay.LastChange(ctx, name, ref)
		},
	}
}

// Current is the site that is served now, or nil.
func (s *Server) Current() *Site { return s.site.Load() }
