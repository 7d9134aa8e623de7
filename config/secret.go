package config

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Secret is a value that never stands in the file and never prints: { env: NAME }, { file: PATH } (without its trailing
// line end) or { cred: NAME }, a systemd credential. It is looked up while the file is read; a reference that leads
// nowhere is a problem of the file. The zero value is not set.
type Secret struct {
	value *string // behind a pointer, since fmt prints unexported fields without asking their methods
}

const (
	dots        = "••••••"
	secretWords = "{ env: NAME }, { file: PATH } or { cred: NAME }"
	plainSecret = "a secret is never written here: use " + secretWords
	maxSecret   = 1 << 20 // bytes of a secret's file
)

// NewSecret is a secret that does not come from a file, for tests and defaults.
func NewSecret(value string) Secret { return Secret{&value} }

// Reveal is the secret itself; empty when it is not set.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Set reports whether there is a secret.
func (s Secret) Set() bool { return s.value != nil }

// Equal compares without telling by its time how much was right.
func (s Secret) Equal(other Secret) bool {
	return s.Set() == other.Set() && subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String is dots, for every secret.
func (Secret) String() string { return dots }

// GoString is dots.
func (Secret) GoString() string { return dots }

// Format writes dots for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, dots) }

// MarshalText is dots.
func (Secret) MarshalText() ([]byte, error) { return []byte(dots), nil }

// MarshalJSON is dots.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + dots + `"`), nil }

// MarshalYAML is dots.
func (Secret) MarshalYAML() (any, error) { return dots, nil }

// LogValue is dots.
func (Secret) LogValue() slog.Value { return slog.StringValue(dots) }

// TypeName is the type's name in the reference.
func (Secret) TypeName() string { return "secret" }

// DecodeNode implements NodeDecoder. A secret that cannot be read is set, and empty: Validate then finds nothing missing that the
// file names, and the settings are never used.
func (s *Secret) DecodeNode(d *Decoder, node *yaml.Node, path string) {
	s.value = new(string)
	if node.Kind != yaml.MappingNode {
		d.Problemf(node, path, plainSecret)
		return
	}
	before := len(d.problems)
	var ref reference
	d.Decode(node, &ref, path)
	if len(d.problems) > before {
		return
	}
	value, err := ref.read(d.at.lookup)
	if err != nil {
		d.Problemf(node, path, "%s", err)
		return
	}
	s.value = &value
}

// reference is a secret as it is written.
type reference struct {
	Env  string `yaml:"env"`
	File Path   `yaml:"file"`
	Cred string `yaml:"cred"`
}

func (r reference) read(env func(string) (string, bool)) (string, error) {
	switch {
	case r.Env != "" && r.File == "" && r.Cred == "":
		value, ok := env(r.Env)
		if !ok {
			return "", fmt.Errorf("the environment variable %s is not set", r.Env)
		}
		return notEmpty(value, "the environment variable "+r.Env)
	case r.File != "" && r.Env == "" && r.Cred == "":
		return readSecret(string(r.File))
	case r.Cred != "" && r.Env == "" && r.File == "":
		return r.credential(env)
	}
	return "", errors.New("a secret is named by one of " + secretWords)
}

func (r reference) credential(env func(string) (string, bool)) (string, error) {
	if r.Cred != filepath.Base(r.Cred) || r.Cred == ".." || r.Cred == "." {
		return "", fmt.Errorf("the credential %s: want a name, not a path", quote(r.Cred))
	}
	dir, _ := env("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return "", fmt.Errorf("the credential %s cannot be read: CREDENTIALS_DIRECTORY is not set; "+
			"does the systemd unit have LoadCredential?", r.Cred)
	}
	return readSecret(filepath.Join(dir, r.Cred))
}

func readSecret(path string) (string, error) {
	if err := readable(path); err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", unreadable(path, err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", unreadable(path, err)
	}
	if len(data) > maxSecret {
		return "", fmt.Errorf("%s is too large for a secret", path)
	}
	return notEmpty(strings.TrimRight(string(data), "\r\n"), path)
}

func notEmpty(value, what string) (string, error) {
	if value == "" {
		return "", fmt.Errorf("%s is empty", what)
	}
	return value, nil
}
