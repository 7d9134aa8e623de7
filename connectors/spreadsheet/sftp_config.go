package spreadsheet

import (
	"errors"
	"fmt"
	"net"
	"path"
	"slices"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/satupintu/satupintu/config"
)

// SFTP is a server that files are read from, and the account there.
type SFTP struct {
	Host          string          `yaml:"host" doc:"the server's name or address"`
	Port          int             `yaml:"port" doc:"the server's port"`
	User          string          `yaml:"user" doc:"the account"`
	Path          string          `yaml:"path" doc:"on the server: a file, a folder, or a pattern such as inbox/*.xlsx; a relative one starts where the login does"`
	Key           config.Secret   `yaml:"key" doc:"the account's private key, as ssh-keygen writes it; or password"`
	KeyPassphrase config.Secret   `yaml:"key_passphrase" doc:"of the key, where it has one"`
	Password      config.Secret   `yaml:"password" doc:"the account's password"`
	HostKey       []string        `yaml:"host_key" doc:"the server's public key, one or several, such as \"ssh-ed25519 AAAA…\" (see ssh-keyscan); or known_hosts"`
	KnownHosts    config.Path     `yaml:"known_hosts" doc:"file of public keys as ssh keeps it"`
	Timeout       config.Duration `yaml:"timeout" doc:"the longest the server may be silent"`
}

func (s SFTP) given() bool {
	return s.Host != "" || s.User != "" || s.Path != "" || s.Key.Set() || s.Password.Set() || len(s.HostKey) > 0 || s.KnownHosts != ""
}

const leastTimeout = time.Second

func (s SFTP) faults() []error {
	if !s.given() {
		return nil
	}
	var errs []error
	wrong := func(bad bool, field, reason string) {
		if bad {
			errs = append(errs, &config.FieldError{Field: "sftp." + field, Reason: reason})
		}
	}
	wrong(s.Host == "", "host", "is missing")
	wrong(s.User == "", "user", "is missing")
	wrong(s.Path == "", "path", "is missing: name a file, a folder or a pattern on the server, such as inbox/*.xlsx")
	_, err := path.Match(s.Path, "")
	wrong(err != nil, "path", "is no pattern: a [ needs its ]")
	wrong(s.Port < 1 || s.Port > 65535, "port", "is not between 1 and 65535")
	wrong(s.Timeout.D() < leastTimeout, "timeout", "is less than 1s")
	wrong(!s.Key.Set() && !s.Password.Set(), "key", "is missing: give key or password")
	wrong(s.KeyPassphrase.Set() && !s.Key.Set(), "key_passphrase", "is given without key")
	if s.Key.Set() {
		_, err := s.signer()
		wrong(err != nil, "key", reasonOf(err))
	}
	wrong(len(s.HostKey) == 0 && s.KnownHosts == "", "host_key", "is missing: without it anybody could pass for the server; see ssh-keyscan, "+
		"and compare what it shows with what the server's keeper says")
	wrong(len(s.HostKey) > 0 && s.KnownHosts != "", "host_key", "is given beside known_hosts; keep one of them")
	for i, line := range s.HostKey {
		_, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		wrong(err != nil, fmt.Sprintf("host_key[%d]", i), "is no public key: write it as ssh-keyscan does, without the host: ssh-ed25519 AAAA…")
	}
	if s.KnownHosts != "" {
		known, err := s.knownTypes()
		wrong(err != nil, "known_hosts", "cannot be read as a known_hosts file")
		wrong(err == nil && len(known) == 0, "known_hosts", "has no key of "+s.address())
	}
	return errs
}

func reasonOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// signer reads the private key. Its errors never quote it.
func (s SFTP) signer() (ssh.Signer, error) {
	var (
		signer ssh.Signer
		err    error
		sealed *ssh.PassphraseMissingError
	)
	if s.KeyPassphrase.Set() {
		signer, err = ssh.ParsePrivateKeyWithPassphrase([]byte(s.Key.Reveal()+"\n"), []byte(s.KeyPassphrase.Reveal()))
	} else {
		signer, err = ssh.ParsePrivateKey([]byte(s.Key.Reveal() + "\n"))
	}
	switch {
	case errors.As(err, &sealed):
		return nil, errors.New("has a passphrase: give key_passphrase, or a key without one")
	case err != nil && s.KeyPassphrase.Set():
		return nil, errors.New("is no private key as ssh-keygen writes it, or key_passphrase is another one's")
	case err != nil:
		return nil, errors.New("is no private key as ssh-keygen writes it")
	}
	return signer, nil
}

func (s SFTP) address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// hostKeys are the kinds of key the server may show, and what looks at the one it shows.
func (s SFTP) hostKeys() ([]string, ssh.HostKeyCallback, error) {
	if s.KnownHosts != "" {
		check, err := knownhosts.New(string(s.KnownHosts))
		if err != nil {
			return nil, nil, errors.New("the file known_hosts cannot be read")
		}
		known, err := s.knownTypes()
		return known, check, err
	}
	var kinds []string
	var keys []ssh.PublicKey
	for _, line := range s.HostKey {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return nil, nil, err
		}
		keys, kinds = append(keys, key), append(kinds, algorithms(key.Type())...)
	}
	return kinds, func(_ string, _ net.Addr, shown ssh.PublicKey) error {
		if slices.ContainsFunc(keys, func(key ssh.PublicKey) bool { return string(key.Marshal()) == string(shown.Marshal()) }) {
			return nil
		}
		return errors.New("another key")
	}, nil
}

// knownTypes are the kinds of key that the file known_hosts has of the server: asked for any other, it would show one that
// nobody has seen.
func (s SFTP) knownTypes() ([]string, error) {
	check, err := knownhosts.New(string(s.KnownHosts))
	if err != nil {
		return nil, err
	}
	var unlike *knownhosts.KeyError
	if err := check(s.address(), &net.TCPAddr{}, noKey{}); !errors.As(err, &unlike) {
		return nil, err
	}
	var kinds []string
	for _, known := range unlike.Want {
		kinds = append(kinds, algorithms(known.Key.Type())...)
	}
	return kinds, nil
}

// algorithms are the signatures a kind of key can make: an RSA key's with SHA-1 is not among them.
func algorithms(kind string) []string {
	if kind == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{kind}
}

// noKey is the key of no server.
type noKey struct{}

func (noKey) Type() string                        { return "none" }
func (noKey) Marshal() []byte                     { return nil }
func (noKey) Verify([]byte, *ssh.Signature) error { return errors.New("it is no key") }
