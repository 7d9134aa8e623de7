package connectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/go-resty/resty/v2"
)

// Wording is a request that an operator words, with places such as {id} for values. Each value is escaped as its place needs.
type Wording struct {
	Path  string
	Query map[string]string
	Form  map[string]string // the body, or
	JSON  string            // the body: its texts hold values, its keys do not
}

// Worded is a Wording that was read. It may be used by several goroutines at once.
type Worded struct {
	wording Wording
	json    any // nil: there is none
}

var valuePlace = regexp.MustCompile(`\{[a-z_]+\}`)

// Compile reads a wording whose places may have these names.
func (w Wording) Compile(names []string) (*Worded, error) {
	made := &Worded{wording: w}
	if w.JSON != "" {
		if err := json.Unmarshal([]byte(w.JSON), &made.json); err != nil {
			return nil, errors.New("json is not JSON; put each value into a text: {\"status\": \"{status}\"}")
		}
	}
	for _, text := range made.texts() {
		for _, place := range valuePlace.FindAllString(text, -1) {
			if !slices.Contains(names, nameOf(place)) {
				return nil, fmt.Errorf("%s is none of {%s}", place, strings.Join(names, "}, {"))
			}
		}
	}
	return made, nil
}

func nameOf(place string) string { return place[1 : len(place)-1] }

// texts are all texts that may hold values.
func (w *Worded) texts() []string {
	texts := []string{w.wording.Path}
	for _, values := range []map[string]string{w.wording.Query, w.wording.Form} {
		for _, text := range values {
			texts = append(texts, text)
		}
	}
	_ = inTexts(w.json, func(text string) string { texts = append(texts, text); return text }) // changes nothing
	return texts
}

// inTexts is a JSON value with each text of it changed; keys stay.
func inTexts(value any, change func(string) string) any {
	switch v := value.(type) {
	case string:
		return change(v)
	case []any:
		made := make([]any, len(v))
		for i := range v {
			made[i] = inTexts(v[i], change)
		}
		return made
	case map[string]any:
		made := make(map[string]any, len(v))
		for key := range v {
			made[key] = inTexts(v[key], change)
		}
		return made
	}
	return value
}

func putValues(text string, values map[string]string, escape func(string) string) string {
	return valuePlace.ReplaceAllStringFunc(text, func(place string) string { return escape(values[nameOf(place)]) })
}

func plainly(text string) string { return text }

// Path is the path with its values, escaped. A value that is blank or a step (.., .) never stands in one: it would lead
// elsewhere.
func (w *Worded) Path(values map[string]string) (string, error) {
	for _, place := range valuePlace.FindAllString(w.wording.Path, -1) {
		if value := values[nameOf(place)]; value == "" || value == "." || value == ".." {
			return "", fmt.Errorf("%s is blank or a step, and has its place in the path", place)
		}
	}
	return putValues(w.wording.Path, values, url.PathEscape), nil
}

// Query is the parameters of the address with their values.
func (w *Worded) Query(values map[string]string) map[string]string {
	return putAll(w.wording.Query, values)
}

func putAll(texts, values map[string]string) map[string]string {
	made := make(map[string]string, len(texts))
	for name, text := range texts {
		made[name] = putValues(text, values, plainly)
	}
	return made
}

// Body puts the body with its values on a request, where there is one.
func (w *Worded) Body(request *resty.Request, values map[string]string) {
	switch {
	case w.json != nil:
		body := inTexts(w.json, func(text string) string { return putValues(text, values, plainly) })
		request.SetHeader("Content-Type", "application/json").SetBody(body)
	case len(w.wording.Form) > 0:
		request.SetFormData(putAll(w.wording.Form, values))
	}
}

// QueryOf is the parameters of an address; the later ones stand in for the earlier.
func QueryOf(first url.Values, more ...map[string]string) string {
	values := url.Values{}
	for name, list := range first {
		values[name] = list
	}
	for _, some := range more {
		for name, value := range some {
			values.Set(name, value)
		}
	}
	return values.Encode()
}
