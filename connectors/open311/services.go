package open311

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/config"
)

// serviceFile is the file of services, in the protocol's own words.
type serviceFile struct {
	Services []service `yaml:"services" required:"true"`

	changed time.Time // when the file was last written
}

// service is one kind of request that is taken.
type service struct {
	Code        string      `yaml:"service_code" required:"true"`
	Name        string      `yaml:"service_name" required:"true"`
	Description string      `yaml:"description"`
	Type        string      `yaml:"type" enum:"realtime,batch,blackbox"`
	Keywords    string      `yaml:"keywords"` // separated by commas
	Group       string      `yaml:"group"`
	Notice      string      `yaml:"service_notice"`
	Secret      bool        `yaml:"secret"`    // rahasia: shown to nobody
	Anonymous   bool        `yaml:"anonymous"` // anonim: nobody learns who complained
	Attributes  []attribute `yaml:"attributes"`
}

// The types of service.
const (
	realtime = "realtime"
	batch    = "batch"
	blackbox = "blackbox"
)

// attribute is one thing that a service asks for.
type attribute struct {
	Code                string  `yaml:"code" required:"true"`
	Variable            *bool   `yaml:"variable"` // false: only something to read
	Datatype            string  `yaml:"datatype" enum:"string,number,datetime,text,singlevaluelist,multivaluelist"`
	Required            bool    `yaml:"required"`
	DatatypeDescription string  `yaml:"datatype_description"`
	Order               int     `yaml:"order"` // 0: its place in the file
	Description         string  `yaml:"description"`
	Values              []value `yaml:"values"`
}

// value is one of those that may be chosen.
type value struct {
	Key  string `yaml:"key" required:"true"`
	Name string `yaml:"name" required:"true"`
}

// The datatypes.
const (
	stringType   = "string"
	numberType   = "number"
	datetimeType = "datetime"
	textType     = "text"
	singleType   = "singlevaluelist"
	multiType    = "multivaluelist"
)

func (a attribute) variable() bool { return a.Variable == nil || *a.Variable }
func (a attribute) isList() bool   { return a.Datatype == singleType || a.Datatype == multiType }

func readServices(path string) (serviceFile, error) {
	var f serviceFile
	if err := decodeFile(path, &f); err != nil {
		return f, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return f, err
	}
	f.changed = info.ModTime()
	f.fillIn()
	return f, nil
}

// fillIn puts the defaults where nothing is written, and attributes in their order.
func (f *serviceFile) fillIn() {
	for i := range f.Services {
		s := &f.Services[i]
		if s.Type == "" {
			s.Type = realtime
		}
		for j := range s.Attributes {
			a := &s.Attributes[j]
			if a.Datatype == "" {
				a.Datatype = stringType
			}
			if a.Order == 0 {
				a.Order = j + 1
			}
		}
		slices.SortStableFunc(s.Attributes, func(a, b attribute) int { return a.Order - b.Order })
	}
}

func (f serviceFile) find(code string) (service, bool) {
	i := slices.IndexFunc(f.Services, func(s service) bool { return s.Code == code })
	if i < 0 {
		return service{}, false
	}
	return f.Services[i], true
}

// Validate implements config.Settings.
func (f *serviceFile) Validate() error {
	var errs []error
	wrong := func(field, reason string) {
		errs = append(errs, &config.FieldError{Field: field, Reason: reason})
	}
	if len(f.Services) == 0 {
		wrong("services", "lists no service: nothing could be posted")
	}
	seen := map[string]bool{}
	for i, s := range f.Services {
		at := fmt.Sprintf("services[%d].", i)
		if seen[s.Code] {
			wrong(at+"service_code", "is the code of another service already")
		}
		if strings.ContainsAny(s.Code, ", ") {
			wrong(at+"service_code", "must hold no comma and no blank: lists are asked for by several codes")
		}
		seen[s.Code] = true
		s.validate(at, wrong)
	}
	return errors.Join(errs...)
}

func (s service) validate(at string, wrong func(field, reason string)) {
	codes, orders := map[string]bool{}, map[int]bool{}
	for i, a := range s.Attributes {
		here := fmt.Sprintf("%sattributes[%d].", at, i)
		if codes[a.Code] {
			wrong(here+"code", "is the code of another attribute already")
		}
		if strings.ContainsAny(a.Code, "[]") {
			wrong(here+"code", "must hold no brackets")
		}
		order := a.Order
		if order == 0 {
			order = i + 1
		}
		if order < 0 || orders[order] {
			wrong(here+"order", "must be a number above zero that no other attribute of the service has")
		}
		codes[a.Code], orders[order] = true, true
		a.validate(here, wrong)
	}
}

func (a attribute) validate(at string, wrong func(field, reason string)) {
	if a.isList() && a.variable() && len(a.Values) == 0 {
		wrong(at+"values", "are missing: a list needs something to choose from")
	}
	if !a.isList() && len(a.Values) > 0 {
		wrong(at+"values", "are for singlevaluelist and multivaluelist only")
	}
	if a.Required && !a.variable() {
		wrong(at+"required", "cannot be, with variable: false: nobody is asked for it")
	}
	keys := map[string]bool{}
	for i, v := range a.Values {
		if keys[v.Key] {
			wrong(fmt.Sprintf("%svalues[%d].key", at, i), "is the key of another value already")
		}
		keys[v.Key] = true
	}
}
