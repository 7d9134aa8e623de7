package open311

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// server is the connector that others post to.
type server struct {
	settings *Settings
	env      connectors.Env
	mapper   *connectors.Mapper
	media    media
	keys     keyFile
	services serviceFile
}

func openServer(env connectors.Env, s *Settings, mapper *connectors.Mapper) (connectors.Connector, error) {
	srv := &server{settings: s, env: env, mapper: mapper, media: newMedia(env, s)}
	var err error
	if srv.keys, err = readKeys(string(s.APIKeys)); err != nil {
		return connectors.Connector{}, err
	}
	if srv.services, err = readServices(string(s.Services)); err != nil {
		return connectors.Connector{}, err
	}
	return connectors.Connector{Routes: srv, Check: srv, Beside: true}, nil // a FixMyStreet that was set up anew counts from 1
}

// Check implements connectors.Checker. There is nothing to reach; it reads the files as they are now.
func (s *server) Check(context.Context) (string, error) {
	keys, err := readKeys(string(s.settings.APIKeys))
	if err != nil {
		return "", err
	}
	services, err := readServices(string(s.settings.Services))
	if err != nil {
		return "", err
	}
	said := fmt.Sprintf("%d services for %d keys, under /open311/%s/v2/", len(services.Services), len(keys.Keys), s.env.Name)
	if !services.asks(repeatCode) {
		said += "; no service asks for " + repeatCode + ": what FixMyStreet sends twice is two requests"
	}
	if len(s.settings.MediaHosts) == 0 {
		said += "; no media_hosts: files that are only named by media_url are not fetched"
	}
	return said, nil
}

func (f serviceFile) asks(code string) bool {
	for _, s := range f.Services {
		for _, a := range s.Attributes {
			if a.Code == code {
				return true
			}
		}
	}
	return false
}

// Routes implements connectors.Router. Below test/ is the same service over a desk that keeps nothing.
func (s *server) Routes(d connectors.Desk) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", &endpoint{server: s, desk: d, media: s.media})
	trial := s.media
	trial.files, trial.hosts = noFiles{}, nil
	mux.Handle("/test/", http.StripPrefix("/test", &endpoint{server: s, desk: trialDesk(), media: trial}))
	return mux
}

// endpoint answers one service's requests.
type endpoint struct {
	*server
	desk  connectors.Desk
	media media
}

// request is one that is being answered.
type request struct {
	*http.Request
	format string
	header http.Header // of the answer
}

type handler func(request) (element, error)

// ServeHTTP implements http.Handler.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	resource, format := split(r.URL.Path)
	found, err := e.dispatch(r.Method, resource)
	asked := request{Request: r, format: format, header: w.Header()}
	if format != xmlFormat && format != jsonFormat {
		asked.format, err = xmlFormat, fail(http.StatusNotFound, "there is nothing here: want a path that ends in .xml or .json")
	}
	var said element
	if err == nil {
		said, err = found(asked)
	}
	if err != nil {
		e.refuse(w, asked, err)
		return
	}
	answer(w, asked.format, http.StatusOK, said)
}

// split cuts the format off a path: /requests/1.xml is requests/1 in xml.
func split(path string) (resource, format string) {
	path = strings.Trim(path, "/")
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return path, ""
}

// dispatch finds who answers.
func (e *endpoint) dispatch(method, resource string) (handler, error) {
	kind, id, one := strings.Cut(resource, "/")
	get := map[string]handler{
		"discovery": e.discovery, "services": e.list, "requests": e.requests, "servicerequestupdates": e.updates,
	}
	post := map[string]handler{"requests": e.create, "servicerequestupdates": e.update}
	if one {
		post = nil
		get = map[string]handler{
			"services": func(request) (element, error) { return e.definition(id) },
			"requests": func(r request) (element, error) { return e.one(r, id) },
			"tokens":   func(r request) (element, error) { return e.token(r, id) },
		}
	}
	if method == http.MethodHead {
		method = http.MethodGet
	}
	switch {
	case get[kind] == nil:
		return nil, fail(http.StatusNotFound, "there is nothing here")
	case method == http.MethodGet:
		return e.known(get[kind]), nil
	case method == http.MethodPost && post[kind] != nil:
		return post[kind], nil
	}
	return nil, fail(http.StatusBadRequest, "the method "+method+" is not for this address")
}

// known checks the jurisdiction of a request whose parameters stand in its address.
func (e *endpoint) known(next handler) handler {
	return func(r request) (element, error) {
		if err := e.jurisdiction(r.URL.Query().Get("jurisdiction_id")); err != nil {
			return element{}, err
		}
		return next(r)
	}
}

func (e *endpoint) jurisdiction(asked string) error {
	if e.settings.Jurisdiction == "" || asked == "" || asked == e.settings.Jurisdiction {
		return nil
	}
	return fail(http.StatusNotFound, "jurisdiction_id not found")
}

const comeBack = 5 // seconds

// refuse answers an error.
func (e *endpoint) refuse(w http.ResponseWriter, r request, err error) {
	var (
		mine  *failure
		field *complaint.FieldError
	)
	switch {
	case errors.As(err, &mine):
	case errors.As(err, &field):
		mine = fail(http.StatusBadRequest, fieldReasons(err)...)
	case errors.Is(err, connectors.ErrNotFound):
		mine = fail(http.StatusNotFound, "service_request_id not found")
	default:
		w.Header().Set("Retry-After", strconv.Itoa(comeBack))
		mine = fail(http.StatusServiceUnavailable, "the service cannot do this now; send it again")
	}
	w.Header().Del("Content-Type")
	answer(w, r.format, mine.status, mine.element())
}

// fieldReasons words a complaint's faults by the sender's names.
func fieldReasons(err error) []string {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	var reasons []string
	for _, one := range all {
		var field *complaint.FieldError
		if errors.As(one, &field) {
			name, _, _ := strings.Cut(field.Field, " (")
			reasons = append(reasons, name+" "+field.Reason)
		}
	}
	return reasons
}

// specification names the protocol in discovery.
const specification = "http://wiki.open311.org/GeoReport_v2"

// discovery says where everything is. The test endpoints keep nothing of what is posted there.
func (e *endpoint) discovery(r request) (element, error) {
	if r.format == xmlFormat {
		r.header.Set("Content-Type", "text/xml")
	}
	changed := w3c(e.services.changed, e.env.Zone)
	here := e.address(r.Request)
	at := func(address, kind string, formats ...string) element {
		var all []element
		for _, f := range formats {
			all = append(all, leaf("format", f))
		}
		return object("endpoint", leaf("specification", specification), leaf("url", address), leaf("changeset", changed),
			leaf("type", kind), listOf("formats", all...))
	}
	return object("discovery",
		leaf("changeset", changed), leaf("contact", e.settings.Contact), leaf("key_service", e.settings.KeyService),
		listOf("endpoints",
			at(here, "production", "text/xml", "application/json"),
			at(here+"test/", "test", "text/xml"),
			at(here+"test/", "test", "application/json"),
		)), nil
}

// address is the endpoint's own, ending in a slash: clients put paths right behind it.
func (e *endpoint) address(r *http.Request) string {
	base := strings.TrimRight(e.settings.PublicURL, "/")
	if base == "" {
		scheme := "http"
		if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
			scheme = "https"
		}
		base = scheme + "://" + r.Host
	}
	return base + "/open311/" + e.env.Name + "/v2/"
}

// list is every service, always: clients delete what is missing.
func (e *endpoint) list(request) (element, error) {
	var all []element
	for _, s := range e.services.Services {
		all = append(all, object("service",
			leaf("service_code", s.Code), leaf("service_name", s.Name), leaf("description", s.Description),
			leaf("metadata", len(s.Attributes) > 0), leaf("type", s.Type), leaf("keywords", s.Keywords), leaf("group", s.Group)))
	}
	return listOf("services", all...), nil
}

func (e *endpoint) definition(code string) (element, error) {
	s, ok := e.services.find(code)
	if !ok {
		return element{}, fail(http.StatusNotFound, "service_code not found")
	}
	var all []element
	for _, a := range s.Attributes {
		fields := []element{
			leaf("variable", a.variable()), leaf("code", a.Code), leaf("datatype", a.Datatype), leaf("required", a.Required),
			leaf("datatype_description", a.DatatypeDescription), leaf("order", a.Order), leaf("description", a.Description),
		}
		if a.isList() {
			var values []element
			for _, v := range a.Values {
				values = append(values, object("value", leaf("key", v.Key), leaf("name", v.Name)))
			}
			fields = append(fields, listOf("values", values...))
		}
		all = append(all, object("attribute", fields...))
	}
	return object("service_definition", leaf("service_code", s.Code), listOf("attributes", all...)), nil
}
