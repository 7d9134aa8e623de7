package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v4"
)

// DSN names the database: sqlite:FILE, where a relative FILE starts at the configuration file's folder, or
// postgres://user@host/db. A password is never written in it: the whole DSN may be a secret reference, or the password
// stands where PostgreSQL's own clients look for it (PGPASSWORD, ~/.pgpass). It prints with a password as dots
// (but for the verb %p, which go vet refuses); convert it to string for the driver only.
type DSN string

const dsnWords = "sqlite:FILE or postgres://user@host/db"

// String is the DSN with any password as dots.
func (d DSN) String() string {
	if !isPostgres(string(d)) {
		return string(d)
	}
	u, err := url.Parse(string(d))
	if err != nil {
		return dots
	}
	const mark = "password-of-a-dsn"
	if _, ok := u.User.Password(); ok {
		u.User = url.UserPassword(u.User.Username(), mark)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return dots
	}
	for key := range query {
		if isPassword(key) {
			query.Set(key, mark)
			u.RawQuery = query.Encode()
		}
	}
	return strings.ReplaceAll(u.String(), mark, dots)
}

// GoString is the same as String.
func (d DSN) GoString() string { return d.String() }

// Format writes the same for every verb.
func (d DSN) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, d.String()) }

// MarshalText is the same, for JSON too.
func (d DSN) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalYAML is the same.
func (d DSN) MarshalYAML() (any, error) { return d.String(), nil }

// LogValue is the same.
func (d DSN) LogValue() slog.Value { return slog.StringValue(d.String()) }

// TypeName is the type's name in the reference.
func (DSN) TypeName() string { return "DSN" }

// DecodeNode implements NodeDecoder. Its messages never repeat the value: it may hold a password.
func (d *DSN) DecodeNode(dec *Decoder, node *yaml.Node, path string) {
	text, secret := "", false
	switch node.Kind {
	case yaml.MappingNode:
		var whole Secret
		if whole.DecodeNode(dec, node, path); !whole.Set() {
			return
		}
		text, secret = whole.Reveal(), true
	case yaml.ScalarNode:
		text = node.Value
	}
	read, wrong := dsn(text, secret, dec.at)
	if wrong != "" {
		dec.Problemf(node, path, "%s", wrong)
		return
	}
	*d = read
}

// dsn reads a DSN; wrong says what is the matter with it.
func dsn(text string, secret bool, at Place) (_ DSN, wrong string) {
	if file, ok := strings.CutPrefix(text, "sqlite:"); ok {
		return sqliteDSN(file, at)
	}
	if !isPostgres(text) {
		return "", "want " + dsnWords
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", "this is not a postgres:// address"
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", "the options of this postgres:// address cannot be read"
	}
	_, password := u.User.Password()
	for key := range query {
		password = password || isPassword(key)
	}
	if password && !secret {
		return "", "a secret is never written here: leave the password to PGPASSWORD or ~/.pgpass, " +
			"or write the whole dsn as " + secretWords
	}
	return DSN(text), ""
}

func sqliteDSN(file string, at Place) (_ DSN, wrong string) {
	switch {
	case file == "" || strings.HasPrefix(file, "file:"):
		return "", "want sqlite:FILE"
	case strings.HasPrefix(file, ":memory:"):
		return "", "a database in memory loses what was acknowledged: want sqlite:FILE"
	case strings.ContainsAny(file, "?\x00"):
		return "", "sqlite:FILE takes no options: the gateway sets those that keep complaints safe"
	case strings.HasPrefix(file, "//") && !strings.HasPrefix(file, "///"):
		return "", "want sqlite:FILE without the slashes before a relative FILE"
	}
	return DSN("sqlite:" + at.resolve(strings.TrimPrefix(file, "//"))), ""
}

func isPostgres(text string) bool {
	return strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://")
}

func isPassword(key string) bool {
	return strings.EqualFold(key, "password") || strings.EqualFold(key, "sslpassword")
}
