package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store"
)

// readTimeout is how long a sender may take for a whole request: 25 MiB in it is a slow line, more is a stalled one.
const readTimeout = 2 * time.Minute

// keepTimeout is how long a sender waits for the store before it is told to come back.
const keepTimeout = 15 * time.Second

// accepted is the answer to one complaint.
type accepted struct {
	Ref       complaint.Ref `json:"ref"`
	StatusURL string        `json:"status_url"`
}

// intake takes in what a channel sends.
func (s *Server) intake(w http.ResponseWriter, r *http.Request) {
	began, site, name := s.now(), s.site.Load(), r.PathValue("connector")
	c, ok := site.channel(name)
	if !ok || c.Receive == nil {
		problem{Status: http.StatusNotFound, Detail: "no connector of that name takes requests; see connectors in the configuration"}.write(w)
		return
	}
	// A sender that does not finish within its time is cut off, so that slow ones cannot shut the door for the others.
	_ = http.NewResponseController(w).SetReadDeadline(began.Add(readTimeout)) // without sockets there is nothing to set
	body := s.bounded(w, r, site.MaxBody)
	defer body.release()
	received, err := c.Receive.Receive(r)
	if err != nil && body.full {
		s.refuse(w, c, began, full)
		return
	}
	if err != nil {
		s.refuse(w, c, began, s.problemOf(c, err))
		return
	}
	if received.Answer != nil {
		answer(w, *received.Answer)
		return
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		s.refuse(w, c, began, unavailable)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), keepTimeout)
	defer cancel()
	kept, err := site.Relay.Receive(ctx, c.Name, received)
	if err != nil {
		s.refuse(w, c, began, s.problemOf(c, err))
		return
	}
	switch {
	case received.Refuse != nil:
		s.refuse(w, c, began, s.problemOf(c, received.Refuse))
		return
	case received.Told != nil:
		answer(w, *received.Told)
	case received.Tell != nil:
		answer(w, received.Tell(outcomes(kept)))
	default:
		s.accept(w, r, received.List, kept)
	}
	s.metrics.Answered(c.Name, "", s.now().Sub(began))
}

// answer writes a literal answer. A sender that is gone asks again.
func answer(w http.ResponseWriter, a connectors.Answer) {
	w.Header().Set("Content-Type", a.Type)
	_, _ = w.Write(a.Body)
}

func outcomes(kept []store.Kept) []connectors.Outcome {
	all := make([]connectors.Outcome, len(kept))
	for i, k := range kept {
		all[i] = connectors.Outcome{Known: k.Known, Revised: k.Revised, SameID: k.SameID}
	}
	return all
}

func (s *Server) accept(w http.ResponseWriter, r *http.Request, list bool, kept []store.Kept) {
	answers := make([]accepted, len(kept))
	for i, k := range kept {
		answers[i] = accepted{k.Ref, baseURL(r) + "/complaints/" + string(k.Ref) + "/status"}
	}
	if list || len(answers) != 1 {
		writeJSON(w, http.StatusAccepted, answers)
		return
	}
	writeJSON(w, http.StatusAccepted, answers[0])
}

// baseURL is how the sender reached us.
func baseURL(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

var unavailable = problem{
	Status: http.StatusServiceUnavailable, Detail: "nothing was kept: the store does not answer in time; send it again", retryAfter: 5,
}

// problemOf words an error for the sender. What is not the sender's fault is logged here and not told.
func (s *Server) problemOf(c relay.Channel, err error) problem {
	var (
		request *connectors.RequestError
		field   *complaint.FieldError
		large   *http.MaxBytesError
	)
	switch {
	case errors.As(err, &large):
		return problem{Status: http.StatusRequestEntityTooLarge, Detail: "the request is larger than server.max_body allows"}
	case errors.As(err, &request):
		p := problem{Status: request.Status, Detail: request.Detail, Field: request.Field}
		if p.Status == http.StatusTooManyRequests {
			p.retryAfter = 1
		}
		return p
	case errors.As(err, &field):
		return problem{Status: http.StatusBadRequest, Detail: field.Reason, Field: field.Field}
	}
	s.log.Error("a complaint could not be kept; the sender was told to send it again", "connector", c.Name, "error", err)
	return unavailable
}

func (s *Server) refuse(w http.ResponseWriter, c relay.Channel, began time.Time, p problem) {
	p.write(w)
	s.metrics.Answered(c.Name, refusalReason(p.Status), s.now().Sub(began))
}

func refusalReason(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "unauthenticated"
	case http.StatusMethodNotAllowed:
		return "method"
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusUnsupportedMediaType:
		return "unsupported_type"
	case http.StatusTooManyRequests:
		return "throttled"
	case http.StatusServiceUnavailable:
		return "unavailable"
	case http.StatusInternalServerError:
		return "internal"
	default:
		return "bad_request"
	}
}
