package connectors

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Mapper turns a channel's records into complaints. The same record always gives the same complaint. It may be used by
// several goroutines at once.
type Mapper struct {
	zone    *time.Location
	sources []namedSource
}

type namedSource struct {
	field string
	source
}

// name is the field as the sender calls it, where it has a name for it: created (reported_at).
func (s namedSource) name() string {
	if s.from == "" {
		return s.field
	}
	return s.from + " (" + s.field + ")"
}

// Map makes a complaint of a record: cleaned, checked, with a title. Its errors are *complaint.FieldError, joined, whose
// Field is the sender's own key where there is one; they never carry a value. With an error the complaint holds what
// could be read, so that its SourceID can be shown.
func (m *Mapper) Map(record map[string]any) (complaint.Complaint, error) {
	var (
		c    complaint.Complaint
		errs []error
		vars map[string]any // made once, and only when there is an expression
	)
	failed := map[string]bool{}
	for _, s := range m.sources {
		if s.program != nil && vars == nil {
			vars = exprVars(record)
		}
		err := s.fill(&c, record, vars, m.zone)
		if err != nil {
			failed[s.field] = true
			errs = append(errs, &complaint.FieldError{Field: s.name(), Reason: err.Error()})
		}
	}
	c.Clean()
	if c.Title == "" {
		c.Title = complaint.TitleFrom(c.Text)
	}
	return c, errors.Join(append(errs, m.checkErrors(c, failed)...)...)
}

// checkErrors are the complaint's own faults, in the sender's names, without those of fields that could not be read.
func (m *Mapper) checkErrors(c complaint.Complaint, failed map[string]bool) []error {
	var errs []error
	for _, err := range split(c.Check()) {
		var fault *complaint.FieldError
		if !errors.As(err, &fault) {
			errs = append(errs, err)
			continue
		}
		if failed[fault.Field] || fault.Field == "place" && (failed["place.lat"] || failed["place.long"]) {
			continue
		}
		for _, s := range m.sources {
			if s.field == fault.Field {
				fault = &complaint.FieldError{Field: s.name(), Reason: fault.Reason}
				break
			}
		}
		errs = append(errs, fault)
	}
	return errs
}

func split(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// fill reads one field's value and sets it. A missing value leaves the field empty.
func (s namedSource) fill(c *complaint.Complaint, record, vars map[string]any, zone *time.Location) error {
	value, err := s.value(record, vars)
	if err != nil || value == nil {
		return err
	}
	return setField(c, s.field, value, reading{zone: zone, layouts: s.layouts})
}

// reading is how values that are written in many ways are read.
type reading struct {
	zone    *time.Location
	layouts []string
}

func readAs(field string, value any, how reading) error {
	return setField(new(complaint.Complaint), field, value, how)
}

func setField(c *complaint.Complaint, field string, value any, how reading) error {
	switch field {
	case "class":
		return setClass(&c.Class, value)
	case "anonymous":
		return setFlag(&c.Anonymous, value)
	case "secret":
		return setFlag(&c.Secret, value)
	case "place.lat":
		return setDegrees(&c.Place.Lat, value)
	case "place.long":
		return setDegrees(&c.Place.Long, value)
	case "incident_at":
		return setTime(&c.IncidentAt, value, how)
	case "reported_at":
		return setTime(&c.ReportedAt, value, how)
	}
	text := textField(c, field)
	if text == nil {
		return fmt.Errorf("is no field of a complaint")
	}
	var err error
	*text, err = textOf(value)
	return err
}

func textField(c *complaint.Complaint, field string) *string {
	switch field {
	case "id":
		return &c.SourceID
	case "title":
		return &c.Title
	case "text":
		return &c.Text
	case "category":
		return &c.Category
	case "reporter.name":
		return &c.Reporter.Name
	case "reporter.phone":
		return &c.Reporter.Phone
	case "reporter.email":
		return &c.Reporter.Email
	case "reporter.identity":
		return &c.Reporter.Identity
	case "place.region":
		return &c.Place.Region
	case "place.address":
		return &c.Place.Address
	}
	return nil
}

func setClass(class *complaint.Class, value any) error {
	text, err := textOf(value)
	if err != nil {
		return err
	}
	parsed, err := complaint.ParseClass(strings.ToLower(strings.TrimSpace(text)))
	if err != nil { // its words carry the value
		return errors.New("is not one of supervised, ordinary, aspiration, information; translate it with lookup")
	}
	*class = parsed
	return nil
}
