package sql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/lib/pq"
	mssql "github.com/microsoft/go-mssqldb"

	"github.com/satupintu/satupintu/sync/retry"
)

// explain makes an operator's error of a database's. A database quotes the values it stumbles over, which are a
// citizen's; its words are kept only where they can be about names alone: a table, a column, an account. A mistake in a
// statement or a grant is tried again, because it is mended on the way; a value that the table refuses is not.
func explain(err error) error {
	var marked *retry.Error
	var mine *mysql.MySQLError
	var theirs *pq.Error
	var servers mssql.Error
	switch {
	case errors.As(err, &marked):
		return err
	case errors.As(err, &mine):
		return verdict(state{class: string(mine.SQLState[:2]), code: fmt.Sprintf("MySQL error %d", mine.Number), words: mine.Message, number: mine.Number})
	case errors.As(err, &theirs):
		code := string(theirs.Code)
		return verdict(state{class: code[:min(2, len(code))], code: "PostgreSQL error " + code, words: theirs.Message})
	case errors.As(err, &servers):
		return serverVerdict(servers)
	case isConnection(err):
		return retry.Because(fmt.Errorf("the database cannot be reached: %w", err), retry.Unreachable)
	}
	return err
}

// state is a database's error: the class of its SQLSTATE, its code for people, its own words.
type state struct {
	class, code, words string
	number             uint16 // MySQL's
}

// MySQL's own numbers, where the SQLSTATE says too little.
const (
	lockTimeout      = 1205
	deadlock         = 1213
	noPrivilegeTable = 1142
	noPrivilegeCol   = 1143
	noPrivilegeDB    = 1044
	tooManyOpen      = 1040
	shuttingDown     = 1053
	interrupted      = 1317
	maxTimeMariaDB   = 1969
	maxTimeMySQL     = 3024
	readOnlyServer   = 1290
	wrongValue       = 1366
	mixedCollations  = 1267
	noConversion     = 3854 // MySQL 8's, as the next
	noConversionTo   = 3988
)

// errNoRoom is of a value that a column has no room for, or cannot be compared with: an emoji, where a character has three bytes.
var errNoRoom = errors.New("the database refuses a value, or a sign in it")

func verdict(s state) error {
	spoken := errors.New(s.code + ": " + strings.Join(strings.Fields(s.words), " "))
	silent := errors.New(s.code + "; its words are left out, for they may quote a complaint")
	switch s.number {
	case lockTimeout, deadlock, tooManyOpen, shuttingDown, interrupted, maxTimeMariaDB, maxTimeMySQL, readOnlyServer:
		return retry.Because(spoken, retry.Unavailable)
	case noPrivilegeTable, noPrivilegeCol, noPrivilegeDB:
		return retry.Denied(fmt.Errorf("the account may not do this: %w", spoken))
	case wrongValue: // on MySQL of the class HY000, on MariaDB of 22
		return retry.Never(fmt.Errorf("%w: %w", errNoRoom, silent))
	case mixedCollations, noConversion, noConversionTo: // may be the statement's mistake
		return retry.Because(fmt.Errorf("%w: %w", errNoRoom, silent), retry.Failed)
	}
	switch s.class {
	case "28": // invalid authorization
		return retry.Denied(fmt.Errorf("the database refuses the account: %w", spoken))
	case "42": // syntax error or access rule violation
		if s.code == "PostgreSQL error 42501" {
			return retry.Denied(fmt.Errorf("the account may not do this: %w", spoken))
		}
		return retry.Because(fmt.Errorf("the settings do not fit the database: %w", spoken), retry.Failed)
	case "08", "3D", "53", "57", "40", "55": // connection, no such database, resources, operator, rollback, not in this state
		return retry.Because(spoken, retry.Unavailable)
	case "22", "23": // data, constraint
		return retry.Never(fmt.Errorf("the database refuses a value: %w", silent))
	}
	return retry.Because(silent, retry.Failed)
}

func isConnection(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}

func tooSlow(s *Settings) error {
	return retry.Because(fmt.Errorf("the database does not answer within %s (setting timeout)", s.Timeout), retry.Timeout)
}
