package retry

import (
	"errors"
	"net/url"
	"regexp"
)

// Cause is an error of an HTTP client without what may be somebody's: the address, which may hold a secret or what was searched for,
// and what a library quotes of what it received in place of an answer, such as a header line without a colon.
func Cause(err error) error {
	var at *url.Error
	for errors.As(err, &at) {
		err = at.Err
	}
	if err == nil || !quoted.MatchString(err.Error()) {
		return err
	}
	return unquoted{err, quoted.ReplaceAllLiteralString(err.Error(), `"…"`)}
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// unquoted is an error in other words.
type unquoted struct {
	error
	words string
}

func (e unquoted) Error() string { return e.words }
func (e unquoted) Unwrap() error { return e.error }
