package sql

import (
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/lib/pq"

	"github.com/satupintu/satupintu/sync/retry"
)

func TestADatabasesWordsAreKeptOnlyWhereTheyQuoteNobody(t *testing.T) {
	of := func(number uint16, class, words string) error {
		err := &mysql.MySQLError{Number: number, Message: words}
		copy(err.SQLState[:], class)
		return err
	}
	for _, tt := range []struct {
		err     error
		verdict retry.Verdict
		reason  retry.Reason
		says    string
		quotes  bool
	}{
		{of(1062, "23000", "Duplicate entry 'rahasia' for key"), retry.Permanent, retry.Rejected, "MySQL error 1062; its words", false},
		{of(1366, "HY000", "Incorrect integer value: 'rahasia'"), retry.Permanent, retry.Rejected, "MySQL error 1366; its words", false},
		{of(1366, "22007", "Incorrect string value: 'rahasia'"), retry.Permanent, retry.Rejected, "MySQL error 1366; its words", false},
		{of(1267, "HY000", "Illegal mix of collations"), retry.Transient, retry.Failed, "MySQL error 1267; its words", false},
		{of(3854, "HY000", "Cannot convert string 'rahasia'"), retry.Transient, retry.Failed, "MySQL error 3854; its words", false},
		{of(1054, "42S22", "Unknown column 'rahasia'"), retry.Transient, retry.Failed, "do not fit the database", true},
		{of(1142, "42000", "UPDATE command denied for table 'rahasia'"), retry.SignIn, retry.SignInFailed, "may not do this", true},
		{of(1045, "28000", "Access denied for user 'rahasia'"), retry.SignIn, retry.SignInFailed, "refuses the account", true},
		{of(1213, "40001", "Deadlock found"), retry.Transient, retry.Unavailable, "MySQL error 1213", false},
		{of(1205, "HY000", "Lock wait timeout exceeded"), retry.Transient, retry.Unavailable, "MySQL error 1205", false},
		{&pq.Error{Code: "22P02", Message: `invalid input syntax for type integer: "rahasia"`}, retry.Permanent, retry.Rejected, "PostgreSQL error 22P02; its words", false},
		{&pq.Error{Code: "23505", Message: "duplicate", Detail: "Key (nama)=(rahasia)"}, retry.Permanent, retry.Rejected, "23505", false},
		{&pq.Error{Code: "P0001", Message: "rahasia"}, retry.Transient, retry.Failed, "P0001; its words", false},
		{&pq.Error{Code: "42501", Message: "permission denied for table rahasia"}, retry.SignIn, retry.SignInFailed, "may not do this", true},
		{&pq.Error{Code: "40001", Message: "could not serialize access"}, retry.Transient, retry.Unavailable, "40001", false},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, retry.Transient, retry.Unreachable, "cannot be reached", false},
		{retry.Never(errors.New("gone")), retry.Permanent, retry.Rejected, "gone", false},
	} {
		got := explain(fmt.Errorf("statement 1: %w", tt.err))
		var marked *retry.Error
		if !errors.As(got, &marked) || marked.Verdict != tt.verdict || marked.Reason != tt.reason {
			t.Errorf("%v: %v, %+v; want %s, %s", tt.err, got, marked, tt.verdict, tt.reason)
		}
		wantPart(t, "the error", got.Error(), tt.says)
		if !tt.quotes {
			wantNoPart(t, "the error", got.Error(), "rahasia")
		}
	}
}
