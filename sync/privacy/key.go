// Package privacy keeps personal data where it must stay: sealed at rest, hashed with a key where it is only compared,
// and removed from free text before that leaves. It is pure and logs nothing; no error of it repeats what it was given.
package privacy

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// LeastSecret is the length a secret must have, in bytes. It is stretched by nothing: it must be random, not a password.
const LeastSecret = 32

const (
	sealedPrefix = "s1:" // names the way of sealing: another way gets another prefix
	keyLength    = 32    // AES-256, and HMAC-SHA256
	hashLength   = 16    // bytes of a hash that are kept
)

// ErrNoKey is what Seal and Open of the zero Key return.
var ErrNoKey = errors.New("no privacy key is configured: set privacy.key")

// ErrNotOurs is returned by Open for what was sealed with another key or for another context, or changed since.
var ErrNotOurs = errors.New("the sealed value does not open: it was sealed with another privacy.key or belongs elsewhere")

// Key seals and hashes. Keys made of one secret are the same key; what one seals, another opens. The zero Key seals
// nothing, and its hashes keep nobody from trying every phone number.
type Key struct {
	aead cipher.AEAD
	hash []byte
}

// NewKey derives a key from a secret of at least LeastSecret bytes. Sealing and hashing use different keys, so that
// neither helps against the other.
func NewKey(secret string) (Key, error) {
	if len(secret) < LeastSecret {
		return Key{}, fmt.Errorf("the privacy key has %d bytes and needs at least %d: make one with `openssl rand -hex 32`", len(secret), LeastSecret)
	}
	seal, err := subkey(secret, "satupintu seal v1")
	if err != nil {
		return Key{}, err
	}
	hash, err := subkey(secret, "satupintu hash v1")
	if err != nil {
		return Key{}, err
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return Key{}, fmt.Errorf("make the sealing cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return Key{}, fmt.Errorf("make the sealing cipher: %w", err)
	}
	return Key{aead: aead, hash: hash}, nil
}

func subkey(secret, use string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, use, keyLength)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	return key, nil
}

// IsZero says that there is no key.
func (k Key) IsZero() bool { return k.aead == nil }

// Seal encrypts plain for one place, its context, such as "complaint SP-… reporter": elsewhere it does not open. The
// same plain text sealed twice looks different.
func (k Key) Seal(plain []byte, context string) (string, error) {
	if k.IsZero() {
		return "", ErrNoKey
	}
	box := k.aead.Seal(nil, nil, plain, []byte(sealedPrefix+context))
	return sealedPrefix + base64.RawURLEncoding.EncodeToString(box), nil
}

// Open returns what was sealed for this context. The error is ErrNotOurs when it was sealed with another key or for
// another context, or has been changed.
func (k Key) Open(sealed, context string) ([]byte, error) {
	if k.IsZero() {
		return nil, ErrNoKey
	}
	coded, ok := strings.CutPrefix(sealed, sealedPrefix)
	if !ok {
		return nil, fmt.Errorf("open a sealed value: it does not begin with %q", sealedPrefix)
	}
	box, err := base64.RawURLEncoding.Strict().DecodeString(coded)
	if err != nil {
		return nil, fmt.Errorf("open a sealed value: %w", err)
	}
	plain, err := k.aead.Open([]byte{}, nil, box, []byte(sealedPrefix+context))
	if err != nil {
		return nil, ErrNotOurs
	}
	return plain, nil
}

// Sealed says whether a stored value was made by Seal.
func Sealed(stored string) bool { return strings.HasPrefix(stored, sealedPrefix) }

// Hash returns 32 hex digits that are the same for the same domain and value under the same key, and tell nothing about
// the value to who does not have the key.
func (k Key) Hash(domain, value string) string {
	mac := hmac.New(sha256.New, k.hash)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(domain)))) // so that no domain and value run into another
	mac.Write([]byte(domain))
	mac.Write([]byte(value))
	return hex.EncodeToString(mac.Sum(nil)[:hashLength])
}

// Format keeps the key out of every print and log, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[privacy key]") }
