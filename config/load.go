package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Loader reads configurations. The zero value looks secrets up in the process's environment.
type Loader struct {
	Env func(name string) (value string, ok bool)
}

// Load reads a configuration file and connectors.d/*.yaml beside it, looks its secrets up and checks that it makes sense
// as a whole. The error is Problems: all of them, sorted by file and position. Beside Problems the Config holds whatever
// could be read (nil when nothing could), so that the kinds' settings can be checked in the same go: it must not be run.
func Load(path string) (*Config, error) { return Loader{}.Load(path) }

// Load is the same with the loader's own environment.
func (l Loader) Load(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		problem := notRead(path, err)
		if errors.Is(err, fs.ErrNotExist) {
			problem.Message += "; go to its folder (/etc/satupintu) or give --config FILE"
		}
		return nil, Problems{problem}
	}
	return l.Parse(path, data)
}

// Parse is Load for a file whose content is at hand.
func (l Loader) Parse(path string, data []byte) (*Config, error) {
	from := &source{dir: folderOf(path), env: l.Env}
	root := Place{File: path, Line: 1, Column: 1, from: from}
	node, problem := parse(root, data)
	if problem != nil {
		return nil, Problems{*problem}
	}
	root.node = node
	c, err := Default()
	if err != nil {
		return nil, err
	}
	c.File = path
	problems := decodeDocument(root, c)
	problems = append(problems, c.readFolder(root)...)
	problems = append(problems, c.check(root, problems)...)
	if !isS3(c.Store.Files) {
		c.Store.Files = root.resolve(c.Store.Files)
	}
	return c, problems.Err()
}

// notRead is the problem of a file that cannot be read, whose name stands before it.
func notRead(path string, err error) Problem {
	return Place{File: path}.Problemf("cannot be read: %s", causeOf(err))
}

// parse reads one YAML document; an empty file is an empty mapping.
func parse(at Place, data []byte) (*yaml.Node, *Problem) {
	var document yaml.Node
	err := yaml.Load(data, &document)
	if err == nil {
		return &document, nil
	}
	problem := at.Problemf("this is not YAML: %s", err)
	problem.At.Line = 0
	var load *yaml.LoadError
	if errors.As(err, &load) {
		message := strings.TrimPrefix(load.Message, "yaml: ")
		if message == "no documents in stream" {
			return &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}, nil
		}
		if load.ContextMsg != "" {
			message += fmt.Sprintf(" (%s that began on line %d)", load.ContextMsg, load.ContextMark.Line)
		}
		problem.At.Line, problem.At.Column = load.Mark.Line, load.Mark.Column
		problem.Message = "this is not YAML: " + message
	}
	return nil, &problem
}

func decodeDocument(at Place, into any) Problems {
	d := &Decoder{at: at}
	d.Decode(at.node, into, "")
	return d.problems
}

// DecodeFile overlays settings with a YAML file of their own, as strictly as Decode does.
func DecodeFile(path string, into Settings) Problems {
	data, err := os.ReadFile(path)
	if err != nil {
		return Problems{notRead(path, err)}
	}
	return DecodeYAML(path, data, into)
}

// DecodeYAML is DecodeFile for a file whose content is at hand.
func DecodeYAML(path string, data []byte, into Settings) Problems {
	at := Place{File: path, Line: 1, Column: 1}
	node, problem := parse(at, data)
	if problem != nil {
		return Problems{*problem}
	}
	return Decode(node, into, at)
}

// connectorFile is a file of connectors.d that is a mapping.
type connectorFile struct {
	Connectors []Connector `yaml:"connectors"`
}

// readFolder appends the connectors of connectors.d. A folder that is not there holds none.
func (c *Config) readFolder(root Place) Problems {
	folder := filepath.Join(filepath.Dir(root.File), "connectors.d")
	files, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return Problems{notRead(folder, err)}
	}
	var problems Problems
	for _, f := range files {
		path := filepath.Join(folder, f.Name())
		switch {
		case strings.HasPrefix(f.Name(), "."):
		case strings.HasSuffix(f.Name(), ".yaml"):
			connectors, more := readConnectors(path, root.from)
			c.Connectors = append(c.Connectors, connectors...)
			problems = append(problems, more...)
		default:
			c.ignored = append(c.ignored, path)
		}
	}
	return problems
}

// readConnectors reads one file: a list of connectors, or a mapping that holds such a list. Its relative paths start where
// those of the main file do, so that a connector may be moved between the two.
func readConnectors(path string, from *source) ([]Connector, Problems) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, Problems{notRead(path, err)}
	}
	at := Place{File: path, Line: 1, Column: 1, from: from}
	node, problem := parse(at, data)
	if problem != nil {
		return nil, Problems{*problem}
	}
	at.node = node
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 && deref(node.Content[0]).Kind == yaml.SequenceNode {
		d := &Decoder{at: at}
		var list []Connector
		d.Decode(node, &list, "connectors")
		return list, d.problems
	}
	var file connectorFile
	problems := decodeDocument(at, &file)
	return file.Connectors, problems
}
