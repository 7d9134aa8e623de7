package main

import (
	"testing"

	"github.com/satupintu/satupintu/connectors/email/postoffice"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// servers are those that several doors share, each started when it is first asked for.
type servers struct {
	t        *testing.T
	database *storetest.Postgres
	post     *postoffice.Dovecot
}

func (s *servers) postgres() *storetest.Postgres {
	if s.database == nil {
		s.database = storetest.StartPostgres(s.t)
	}
	return s.database
}

func (s *servers) dovecot() *postoffice.Dovecot {
	s.t.Helper()
	if s.post != nil {
		return s.post
	}
	var err error
	if s.post, err = postoffice.Open(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := s.post.Close(); err != nil {
			s.t.Error(err)
		}
	})
	return s.post
}
