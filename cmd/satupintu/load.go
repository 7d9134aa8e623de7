package main

import (
	"errors"
	"slices"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// plan is a configuration with every setting decoded: what is opened is all known to be well-formed.
type plan struct {
	*config.Config
	platform   config.Settings
	connectors []config.Settings // in the order of Config.Connectors
	texts      *connectors.Texts
}

// loadPlan reads a configuration and the settings of every kind in it. The error has everything that is wrong.
func loadPlan(file string) (*plan, error) {
	cfg, err := config.Load(file)
	if cfg == nil {
		return nil, err
	}
	p := &plan{Config: cfg}
	var problems config.Problems
	if !errors.As(err, &problems) && err != nil {
		return nil, err
	}
	problems = append(problems, p.decodePlatform()...)
	problems = append(problems, p.decodeConnectors()...)
	problems = append(problems, p.readTexts()...)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *plan) decodePlatform() config.Problems {
	if p.National.Kind == "" {
		return nil // reported as missing
	}
	kind, err := platformKind(p.National.Kind)
	if err != nil {
		return config.Problems{p.National.Where.At("kind").Problemf("%v", err)}
	}
	p.platform = kind.Defaults()
	return p.National.Decode(p.platform)
}

func (p *plan) decodeConnectors() config.Problems {
	var problems config.Problems
	p.connectors = make([]config.Settings, len(p.Connectors))
	for i := range p.Connectors {
		c := &p.Connectors[i]
		if c.Kind == "" {
			continue
		}
		kind, err := connectorKind(c.Kind)
		if err != nil {
			problems = append(problems, c.Where.At("kind").Problemf("%v", err))
			continue
		}
		p.connectors[i] = kind.Defaults()
		problems = append(problems, c.Decode(p.connectors[i])...)
		if kind.BringsFrom != nil && p.National.Kind != "" && kind.BringsFrom(p.connectors[i]) == p.National.Kind {
			problems = append(problems, c.Where.At("settings.preset").Problemf("brings what the national platform has already, and national.kind is %s: "+
				"every complaint would be there twice; use satupintu import lapor-export", p.National.Kind))
		}
	}
	return problems
}

// readTexts reads the words citizens read. A file that cannot be read is reported with its key.
func (p *plan) readTexts() config.Problems {
	texts, err := connectors.ReadTexts(p.Texts.Language, string(p.Texts.File))
	var problems config.Problems
	switch {
	case errors.As(err, &problems):
		return slices.DeleteFunc(problems, func(one config.Problem) bool { return one.At.Line == 0 }) // it is reported where it is named
	case err != nil:
		return config.Problems{config.Place{File: p.File, Path: "texts"}.Problemf("%v", err)}
	}
	p.texts = texts
	return nil
}

// notices is what an operator should know of the configuration before it runs: also what it asks for in vain, because
// this version reads the key and does not use it yet.
func (p *plan) notices() []string {
	notices := p.Notices()
	for _, key := range []struct {
		name string
		set  bool
	}{
		{"users", p.Users != ""}, {"region.holidays", p.Region.Holidays != ""},
	} {
		if key.set {
			notices = append(notices, key.name+" is read and not used yet by this version")
		}
	}
	return notices
}
