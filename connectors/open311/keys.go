package open311

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"regexp"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// nameForm keeps names apart from what stands beside them in an id.
var nameForm = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// keyFile is the file of api_keys.
type keyFile struct {
	Keys []apiKey `yaml:"keys" required:"true"`
}

// apiKey is one who may post. The name says who, and never leaves the gateway; it stays the same when the key is changed.
type apiKey struct {
	Name string        `yaml:"name" required:"true"`
	Key  config.Secret `yaml:"key" required:"true"`
}

func readKeys(path string) (keyFile, error) {
	var f keyFile
	return f, decodeFile(path, &f)
}

// Validate implements config.Settings.
func (f *keyFile) Validate() error {
	var errs []error
	wrong := func(i int, field, reason string) {
		errs = append(errs, &config.FieldError{Field: fmt.Sprintf("keys[%d].%s", i, field), Reason: reason})
	}
	if len(f.Keys) == 0 {
		errs = append(errs, &config.FieldError{Field: "keys", Reason: "lists no key: nobody could post"})
	}
	for i, key := range f.Keys {
		if key.Name != "" && !nameForm.MatchString(key.Name) {
			wrong(i, "name", "must be of small letters, digits and dashes, at most 40")
		}
		if weak := connectors.Weak(key.Key); weak != "" {
			wrong(i, "key", weak)
		}
		for _, earlier := range f.Keys[:i] {
			if key.Name != "" && earlier.Name == key.Name {
				wrong(i, "name", "is the name of another key already")
			}
			if key.Key.Set() && earlier.Key.Equal(key.Key) {
				wrong(i, "key", "is the same as another's: each who posts has a key of their own")
			}
		}
	}
	return errors.Join(errs...)
}

// bearer is the name of whoever has a key; empty: nobody. Every key is compared, in a time that tells nothing.
func (f keyFile) bearer(key string) string {
	sent, name := sha256.Sum256([]byte(key)), ""
	for _, known := range f.Keys {
		want := sha256.Sum256([]byte(known.Key.Reveal()))
		if subtle.ConstantTimeCompare(sent[:], want[:]) == 1 && key != "" {
			name = known.Name
		}
	}
	return name
}
