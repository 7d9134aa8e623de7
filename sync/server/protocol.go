package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store"
)

// protocols are the channels of a site that speak a protocol of their own, by name.
type protocols map[string]http.Handler

func (s *Server) protocolsOf(site *Site) protocols {
	served := protocols{}
	for _, c := range site.Channels {
		if c.Routes != nil {
			served[c.Name] = http.StripPrefix("/open311/"+c.Name+"/v2", c.Routes.Routes(s.desk(site, c)))
		}
	}
	return served
}

// protocol hands a protocol server its requests, within the bounds that every sender has. What it is sent is counted as what
// other channels take in is.
func (s *Server) protocol(w http.ResponseWriter, r *http.Request) {
	began, name := s.now(), r.PathValue("connector")
	site, served := s.site.Load(), s.routes.Load()
	if site == nil || served == nil || (*served)[name] == nil {
		problem{Status: http.StatusNotFound, Detail: "no such service"}.write(w)
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(began.Add(readTimeout)) // without sockets there is nothing to set
	defer s.bounded(w, r, site.MaxBody).release()
	seen := &answered{ResponseWriter: w, status: http.StatusOK}
	(*served)[name].ServeHTTP(seen, r)
	if r.Method == http.MethodPost {
		s.metrics.Answered(name, protocolReason(seen.status), s.now().Sub(began))
	}
}

func protocolReason(status int) string {
	if status < http.StatusBadRequest {
		return ""
	}
	return refusalReason(status)
}

// answered remembers the status of an answer.
type answered struct {
	http.ResponseWriter
	status int
}

func (a *answered) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController through.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

var errBusy = errors.New("too many requests wait for the store")

// desk is how a protocol server reaches the gateway: as itself, and no other. What fails and is not the sender's fault is
// logged here.
func (s *Server) desk(site *Site, c relay.Channel) connectors.Desk {
	return connectors.Desk{
		TakeIn: func(ctx context.Context, complaints []complaint.Complaint) (refs []complaint.Ref, err error) {
			err = s.within(ctx, s.slots, c, func(ctx context.Context) error {
				kept, err := site.Relay.TakeIn(ctx, c.Name, complaints)
				for _, k := range kept {
					refs = append(refs, k.Ref)
				}
				return err
			})
			return refs, err
		},
		Read: func(ctx context.Context, ref complaint.Ref) (change connectors.StatusChange, err error) {
			err = s.within(ctx, s.reads, c, func(ctx context.Context) (err error) {
				if change, err = site.Relay.LastChange(ctx, c.Name, ref); errors.Is(err, store.ErrNotFound) {
					err = connectors.ErrNotFound
				}
				return err
			})
			return change, err
		},
		List: func(ctx context.Context, q connectors.Query) (listed []connectors.Listed, err error) {
			err = s.within(ctx, s.reads, c, func(ctx context.Context) (err error) {
				listed, err = site.Relay.List(ctx, c.Name, q)
				return err
			})
			return listed, err
		},
		Updates: func(ctx context.Context, q connectors.UpdateQuery) (updates []connectors.Update, err error) {
			err = s.within(ctx, s.reads, c, func(ctx context.Context) (err error) {
				updates, err = site.Relay.Updates(ctx, c.Name, q)
				return err
			})
			return updates, err
		},
	}
}

// within asks the store when there is room, for as long as a sender waits.
func (s *Server) within(ctx context.Context, slots chan struct{}, c relay.Channel, ask func(context.Context) error) error {
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	default:
		return errBusy
	}
	ctx, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	err := ask(ctx)
	var field *complaint.FieldError
	if err != nil && !errors.As(err, &field) && !errors.Is(err, connectors.ErrNotFound) {
		s.log.Error("the store failed a protocol server; whoever asked was told to come back", "connector", c.Name, "error", err)
	}
	return err
}
