package open311

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// check says what is wrong with the attributes that were sent for a service, as whoever posted can mend it. Attributes
// that the service does not ask for are no fault.
func (s service) check(f form) []string {
	var wrong []string
	for _, a := range s.Attributes {
		if !a.variable() {
			continue
		}
		values := f.attribute(a.Code)
		switch {
		case len(values) == 0 && a.Required:
			wrong = append(wrong, a.Code+" required")
		case len(values) > 1 && a.Datatype != multiType:
			wrong = append(wrong, a.Code+" takes one value")
		}
		for _, v := range values {
			if fault := a.fault(v); fault != "" {
				wrong = append(wrong, a.Code+" "+fault)
				break
			}
		}
	}
	return wrong
}

// fault says why a value is none of the attribute's.
func (a attribute) fault(v string) string {
	switch a.Datatype {
	case numberType:
		if n, err := strconv.ParseFloat(v, 64); err != nil || math.IsNaN(n) || math.IsInf(n, 0) || strings.ContainsAny(v, "xX_") {
			return "is not a number"
		}
	case datetimeType:
		if _, err := readDate(v, time.UTC); err != nil {
			return "is not a date such as 2010-01-01T00:00:00Z"
		}
	case singleType, multiType:
		if _, ok := a.named(v); !ok {
			return "is none of the values that the service lists"
		}
	}
	return ""
}

func (a attribute) named(key string) (string, bool) {
	for _, v := range a.Values {
		if v.Key == key {
			return v.Name, true
		}
	}
	return "", false
}

// words are the answers to what a service asks, one a line, as an agency reads them.
func (s service) words(f form) string {
	var lines []string
	for _, a := range s.Attributes {
		values := f.attribute(a.Code)
		if !a.variable() || len(values) == 0 {
			continue
		}
		for i, v := range values {
			if name, ok := a.named(v); ok {
				values[i] = name
			}
		}
		question := a.Description
		if question == "" {
			question = a.Code
		}
		lines = append(lines, fmt.Sprintf("%s: %s", strings.TrimRight(question, ": "), strings.Join(values, ", ")))
	}
	return strings.Join(lines, "\n")
}

// degrees reads a coordinate.
func degrees(text string, most float64) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsNaN(n) && math.Abs(n) <= most && !strings.ContainsAny(text, "xX_")
}

// location says what is wrong with where a request lies: one full location is enough.
func location(f form) []string {
	lat, long := f.Get("lat"), f.Get("long")
	var wrong []string
	switch {
	case lat == "" && long == "":
		if f.Get("address_string") == "" && f.Get("address_id") == "" {
			wrong = append(wrong, "lat and long, address_string or address_id required")
		}
		return wrong
	case lat == "":
		return append(wrong, "lat required with long")
	case long == "":
		return append(wrong, "long required with lat")
	}
	if _, ok := degrees(lat, 90); !ok {
		wrong = append(wrong, "lat is not a number of degrees between -90 and 90")
	}
	if _, ok := degrees(long, 180); !ok {
		wrong = append(wrong, "long is not a number of degrees between -180 and 180")
	}
	return wrong
}

// withoutNowhere takes a point away that is none, and the one of apps that do not know where they are: 0, 0. Complaints of
// many places would seem to be about one.
func withoutNowhere(record map[string]any) {
	latText, _ := record["lat"].(string)
	longText, _ := record["long"].(string)
	lat, latOK := degrees(latText, 90)
	long, longOK := degrees(longText, 180)
	if !latOK || !longOK || lat == 0 && long == 0 {
		delete(record, "lat")
		delete(record, "long")
	}
}
