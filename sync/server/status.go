package server

import (
	"errors"
	"net/http"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
)

// status tells a channel where one of its complaints stands. The credentials say which channel asks; a complaint of
// another is not found, just as one that does not exist.
func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	site := s.site.Load()
	sources, refused := authenticated(site, r)
	if len(sources) == 0 {
		refused.write(w)
		return
	}
	ref, err := complaint.ParseRef(r.PathValue("ref"))
	if err != nil {
		problem{Status: http.StatusBadRequest, Field: "ref", Detail: err.Error()}.write(w)
		return
	}
	for _, source := range sources {
		change, err := site.Relay.LastChange(r.Context(), source, ref)
		switch {
		case err == nil:
			writeJSON(w, http.StatusOK, change)
			return
		case !errors.Is(err, store.ErrNotFound):
			s.log.Error("a status could not be read", "error", err)
			problem{Status: http.StatusServiceUnavailable, Detail: "the store does not answer; ask again", retryAfter: 5}.write(w)
			return
		}
	}
	problem{Status: http.StatusNotFound, Detail: "this channel filed no complaint with that reference"}.write(w)
}

// authenticated returns the channels whose credentials a request carries.
func authenticated(site *Site, r *http.Request) ([]string, problem) {
	refused := problem{Status: http.StatusUnauthorized, Detail: "the request carries no channel's credentials"}
	if site == nil {
		return nil, unavailable
	}
	var sources []string
	for _, c := range site.Channels {
		if c.Authenticate == nil {
			continue
		}
		err := c.Authenticate.Authenticate(r)
		var request *connectors.RequestError
		switch {
		case err == nil:
			sources = append(sources, c.Name)
		case errors.As(err, &request) && request.Status == http.StatusTooManyRequests:
			refused = problem{Status: request.Status, Detail: request.Detail, retryAfter: 1}
		}
	}
	return sources, refused
}
