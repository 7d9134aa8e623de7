package storetest

import (
	"testing"

	"github.com/satupintu/satupintu/sync/store"
)

// Sabotage runs a statement behind the store's back, to see that it is noticed.
func Sabotage(t *testing.T, s *store.Store, statement string) error {
	t.Helper()
	_, err := s.Handle().ExecContext(t.Context(), statement)
	return err
}
