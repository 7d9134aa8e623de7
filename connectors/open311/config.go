package open311

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// Settings are what the connector is configured with. Which of them count is said by serve.
type Settings struct {
	Serve        bool   `yaml:"serve" doc:"true: others post to us, under /open311/NAME/v2/; false: we poll another server"`
	Jurisdiction string `yaml:"jurisdiction_id" doc:"served: the only one that is known here, empty: whichever is sent; polled: the one to ask for"`

	APIKeys    config.Path     `yaml:"api_keys" doc:"served: YAML file with the keys that may post"`
	Services   config.Path     `yaml:"services" doc:"served: YAML file with the services and what each asks for"`
	PublicURL  string          `yaml:"public_url" doc:"served: how others reach us, such as https://aduan.natuna.example; empty: as each request came"`
	Contact    string          `yaml:"contact" doc:"served: whom to ask about this service, for discovery"`
	KeyService string          `yaml:"key_service" doc:"served: how to get a key, for discovery"`
	ShowText   bool            `yaml:"show_text" doc:"served: lists carry what citizens wrote, without numbers, mail addresses and the reporter's name; false: no words of theirs"`
	MediaWait  config.Duration `yaml:"media_wait" doc:"served: how long a post may wait for its media_url; what is not there by then is left out"`

	URL     string          `yaml:"url" doc:"polled: the other server's endpoint, such as https://kota.example/open311/v2/"`
	APIKey  config.Secret   `yaml:"api_key" doc:"polled: our key there; needed for updates"`
	Format  string          `yaml:"format" doc:"polled: what to ask for" enum:"xml,json"`
	Since   config.Duration `yaml:"since" doc:"polled: how far back the first poll looks"`
	Overlap config.Duration `yaml:"overlap" doc:"polled: how far back each poll looks again, for requests that are published late"`
	Window  config.Duration `yaml:"window" doc:"polled: the longest time asked for at once; it shrinks where the server caps its answers"`
	Closed  bool            `yaml:"closed" doc:"polled: take requests too that are closed when they are first seen"`
	Updates bool            `yaml:"updates" doc:"polled: tell statuses by servicerequestupdates, where the server has that extension"`
	Timeout config.Duration `yaml:"timeout" doc:"polled: the longest one answer may take"`

	MediaHosts []string    `yaml:"media_hosts" doc:"hosts that media_url is fetched from, besides the polled server's own; others are not asked"`
	MaxFile    config.Size `yaml:"max_file" doc:"the largest file that is kept"`
	MaxFiles   int         `yaml:"max_files" doc:"the most files that are kept of one request"`

	Map connectors.Mapping `yaml:"map" doc:"more fields, or other sources for those known: the keys are the protocol's, and attribute.CODE"`
}

// Definition declares the kind open311.
func Definition() connectors.Definition {
	return connectors.Definition{
		Kind:     "open311",
		Summary:  "Open311 GeoReport v2: a server that city apps and FixMyStreet post to, or a client that polls another city's server.",
		Defaults: func() config.Settings { return defaults() },
		Open:     open,
	}
}

func defaults() *Settings {
	return &Settings{
		Contact: "Ask the office that runs this gateway.", KeyService: "Ask the office that runs this gateway for a key.",
		MediaWait: config.Duration(5 * time.Second),
		Format:    xmlFormat, Since: config.Duration(7 * day), Overlap: config.Duration(day), Window: config.Duration(30 * day),
		Timeout: config.Duration(30 * time.Second),
		MaxFile: 10 << 20, MaxFiles: 10,
		Map: connectors.Mapping{
			"id": {From: "id"}, "title": {From: "title"}, "text": {From: "text"}, "category": {From: "service_code"},
			"reporter.name": {From: "name"}, "reporter.phone": {From: "phone"}, "reporter.email": {From: "email"},
			"place.address": {From: "address"}, "place.lat": {From: "lat"}, "place.long": {From: "long"},
			"reported_at": {From: "requested_datetime"},
		},
	}
}

const day = 24 * time.Hour

// mostWindow is the longest time the protocol lets a client ask for.
const mostWindow = 90 * day

// Validate implements config.Settings. The files are read to the end, so that `check` finds what is wrong in them.
func (s *Settings) Validate() error {
	var errs []error
	wrong := func(field, format string, args ...any) {
		errs = append(errs, &config.FieldError{Field: field, Reason: fmt.Sprintf(format, args...)})
	}
	if s.Serve {
		s.validateServer(wrong)
	} else {
		s.validateClient(wrong)
	}
	if s.MaxFile <= 0 {
		wrong("max_file", "must be above zero")
	}
	if s.MaxFiles < 0 {
		wrong("max_files", "must be 0 or more")
	}
	for i, host := range s.MediaHosts {
		if host == "" || strings.ContainsAny(host, "/@ ") {
			wrong(fmt.Sprintf("media_hosts[%d]", i), "want a host such as foto.natuna.example, with its port where it has one")
		}
	}
	return errors.Join(append(errs, s.Map.Validate())...)
}

func (s *Settings) validateServer(wrong func(field, format string, args ...any)) {
	for _, file := range []struct {
		field string
		path  config.Path
		read  func(string) error
	}{
		{"api_keys", s.APIKeys, func(path string) error { _, err := readKeys(path); return err }},
		{"services", s.Services, func(path string) error { _, err := readServices(path); return err }},
	} {
		if file.path == "" {
			wrong(file.field, "is missing: with serve: true it names a YAML file; see docs/open311.md")
		} else if err := file.read(string(file.path)); err != nil {
			wrong(file.field, "%v", err)
		}
	}
	if s.PublicURL != "" {
		if reason := badBase(s.PublicURL); reason != "" {
			wrong("public_url", "%s", reason)
		}
	}
	if s.MediaWait < 0 || s.MediaWait.D() > 10*time.Second {
		wrong("media_wait", "must be at most 10s: whoever posts waits no longer for an answer")
	}
	if _, changed := s.Map["category"]; changed && s.Map["category"].From != "service_code" {
		wrong("map.category", "must stay service_code: lists are filtered by it")
	}
}

func (s *Settings) validateClient(wrong func(field, format string, args ...any)) {
	if s.URL == "" {
		wrong("url", "is missing: the endpoint of the server to poll, or serve: true")
	} else if reason := badBase(s.URL); reason != "" {
		wrong("url", "%s", reason)
	}
	if s.Updates && !s.APIKey.Set() {
		wrong("api_key", "is missing: no server takes updates without one")
	}
	for _, span := range []struct {
		field string
		value config.Duration
		least time.Duration
		most  time.Duration
	}{
		{"since", s.Since, 0, 20 * 365 * day},
		{"overlap", s.Overlap, time.Minute, mostWindow / 2},
		{"window", s.Window, time.Minute, mostWindow},
		{"timeout", s.Timeout, 100 * time.Millisecond, 10 * time.Minute},
	} {
		if span.value.D() < span.least || span.value.D() > span.most {
			wrong(span.field, "must be from %s to %s", config.Duration(span.least), config.Duration(span.most))
		}
	}
}

// badBase says what is wrong with an address that others are put behind.
func badBase(address string) string {
	if strings.Contains(address, "?") {
		return "must end with its path"
	}
	return connectors.BadAddress(address)
}
