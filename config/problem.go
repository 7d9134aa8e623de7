package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with the configuration, in words for an operator. It never holds a secret.
type Problem struct {
	At      Place
	Message string
}

// String is the problem on one line: gateway.yaml:41:7: connectors[1].settings: unknown key "methd".
func (p Problem) String() string {
	if at := p.At.String(); at != "" {
		return at + ": " + p.Message
	}
	return p.Message
}

// Error is the same line, so that a Problem can be returned alone.
func (p Problem) Error() string { return p.String() }

// Problems is everything that is wrong, as an error. Load and Decode return them sorted.
type Problems []Problem

// Error is every problem, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// Err is nil when there is no problem, else the problems sorted by file and position.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	p.sort()
	return p
}

func (p Problems) sort() {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.At.File, b.At.File),
			cmp.Compare(a.At.Line, b.At.Line),
			cmp.Compare(a.At.Column, b.At.Column),
			cmp.Compare(a.At.Path, b.At.Path),
			cmp.Compare(a.Message, b.Message))
	})
}

// about reports whether a problem is known already with the value at this place or with a part of it: whatever a later
// check would say about such a value follows from the first mistake.
func (p Problems) about(at Place) bool {
	return slices.ContainsFunc(p, func(q Problem) bool {
		return q.At.File == at.File && within(q.At.Path, at.Path)
	})
}

// within reports whether path is parent or a key below it.
func within(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// FieldError is what Validate reports about one key. Field is dotted, from the settings' own root, such as "search.path"
// or "rules[2].to"; Reason says what is wrong and what to write instead, without the value of a secret.
type FieldError struct {
	Field  string
	Reason string
}

func (e *FieldError) Error() string {
	if e.Field == "" {
		return e.Reason
	}
	return fmt.Sprintf("%s: %s", e.Field, e.Reason)
}

// Faults collects what is wrong with settings, for Validate.
type Faults []error

// When adds a *FieldError where something is bad.
func (f *Faults) When(bad bool, field, reason string) {
	if bad {
		*f = append(*f, &FieldError{Field: field, Reason: reason})
	}
}

// fieldErrors takes joined errors apart. An error that names no field stands for the settings as a whole.
func fieldErrors(err error) []*FieldError {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*FieldError
		for _, e := range joined.Unwrap() {
			all = append(all, fieldErrors(e)...)
		}
		return all
	}
	var field *FieldError
	if errors.As(err, &field) {
		return []*FieldError{field}
	}
	return []*FieldError{{Reason: err.Error()}}
}
