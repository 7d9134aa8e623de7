package connectors

import (
	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
)

// DecodeSettings reads a connector's settings over its kind's defaults, strictly, and validates them. The error is
// config.Problems: everything that is wrong, with its line and column.
func DecodeSettings(def Definition, node *yaml.Node, at config.Place) (config.Settings, error) {
	settings := def.Defaults()
	if err := config.Decode(node, settings, at).Err(); err != nil {
		return nil, err
	}
	return settings, nil
}
