package sql

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors/connectortest"
)

const certificate = "cert.pem"

// writeCertificate makes a key and a certificate of 127.0.0.1, signed by itself, that any account may read.
func writeCertificate(t testing.TB, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Ranai"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, certificate), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644),
		os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o644))
}

// encryption is what the setting tls must hold. The tests' PostgreSQL speaks plainly: there, asking for more is an error.
func encryption(t *testing.T, s server) {
	name, db := agencyTable().open(t, s)
	other := t.TempDir()
	writeCertificate(t, other)
	encrypts := s.driver == mysqlDriver
	if encrypts {
		exec1(t, db, "CREATE OR REPLACE USER rapat@'%' IDENTIFIED BY '"+testPassword+"' REQUIRE SSL", "GRANT SELECT ON "+name+".* TO rapat@'%'")
	}
	for _, tt := range []struct {
		tls  string
		ca   string
		user string
		fits bool
	}{
		{tlsVerify, filepath.Join(s.dir, certificate), "rapat", encrypts},
		{tlsVerify, filepath.Join(other, certificate), "gateway", false},
		{tlsVerify, "", "gateway", false},
		{tlsEncrypt, "", "rapat", encrypts},
		{tlsOff, "", "gateway", true},
		{tlsOff, "", "rapat", false},
	} {
		settings := agencyTable().settings(s, name)
		settings.TLS, settings.CA, settings.User, settings.WriteBack = tt.tls, config.Path(tt.ca), tt.user, nil
		if tt.ca != "" && s.dir == "" {
			settings.CA = config.Path(filepath.Join(other, certificate))
		}
		c := &channel{server: s, said: &connectortest.Log{}, files: &connectortest.Shelf{}}
		c.open(t, settings)
		_, err := c.Poll.Poll(t.Context(), "")
		if (err == nil) != tt.fits {
			t.Errorf("tls %s as %s gives %v", tt.tls, tt.user, err)
		}
		if err != nil {
			wantNoPart(t, "the error", err.Error(), testPassword)
		}
	}
}
