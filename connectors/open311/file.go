package open311

import (
	"errors"
	"fmt"
	"os"

	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
)

// decodeFile reads a YAML file as strictly as the configuration is read: every mistake with its line and column. Relative
// paths in it start at its own folder.
func decodeFile(path string, into config.Settings) error {
	text, err := os.ReadFile(path)
	if err != nil {
		var at *os.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return fmt.Errorf("cannot read %s: %w", path, err)
	}
	return decodeText(path, text, into)
}

func decodeText(path string, text []byte, into config.Settings) error {
	node := yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}
	if err := yaml.Load(text, &node); err != nil && len(text) > 0 {
		return fmt.Errorf("%s is not YAML: %w", path, err)
	}
	return config.Decode(&node, into, config.Place{File: path, Line: 1, Column: 1}).Err()
}
