package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// socket is an HTTP server on an address of its own.
type socket struct {
	address string // as it is bound
	server  *http.Server
	stop    context.CancelFunc
	ended   chan struct{}
	err     error // once ended is closed
}

// openSocket serves a handler until close. A request that is still under way when ctx ends, or at close, is told so by
// its own context.
func openSocket(ctx context.Context, address string, handler http.Handler) (*socket, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	base, stop := context.WithCancel(ctx)
	s := &socket{
		address: listener.Addr().String(), stop: stop, ended: make(chan struct{}),
		server: &http.Server{
			Handler: handler, ReadHeaderTimeout: 10 * time.Second,
			BaseContext: func(net.Listener) context.Context { return base },
		},
	}
	go func() {
		defer close(s.ended)
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.err = fmt.Errorf("serve %s: %w", s.address, err)
		}
	}()
	return s, nil
}

// url is the address for people and clients on this machine.
func (s *socket) url() string {
	host, port, err := net.SplitHostPort(s.address)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return "http://" + net.JoinHostPort("127.0.0.1", port)
	}
	return "http://" + s.address
}

// close ends the requests under way and returns when all of them have.
func (s *socket) close() error {
	s.stop()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := s.server.Shutdown(ctx)
	<-s.ended
	return errors.Join(err, s.err)
}
