package sql

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/satupintu/satupintu/config"
)

// errDSN says nothing of what it is about: that holds a password.
var errDSN = errors.New("is no connection string such as mysql://user:password@host:3306/database; in an address a sign of the password " +
	"such as @ or / is written as %40 or %2F")

// fromDSN takes the server, the database and the account out of the setting dsn, where there is one, and how the connection
// is encrypted where it says so.
func (s *Settings) fromDSN() error {
	text := s.DSN.Reveal()
	if text == "" { // the reference could not be read
		return errDSN
	}
	if !strings.Contains(text, "://") {
		if s.Driver != mysqlDriver {
			return errDSN
		}
		return s.fromMySQL(text)
	}
	at, err := url.Parse(text)
	if err != nil || at.User == nil || at.Host == "" {
		return errDSN
	}
	schemes := map[string]string{"mysql": mysqlDriver, "mariadb": mysqlDriver, "postgres": postgresDriver, "postgresql": postgresDriver, "sqlserver": serverDriver}
	if schemes[at.Scheme] != s.Driver {
		return errors.New("is for another driver than the setting driver names")
	}
	query := at.Query()
	s.Host, s.User, s.Database = at.Hostname(), at.User.Username(), strings.TrimPrefix(at.Path, "/")
	if s.Driver == serverDriver && s.Database == "" {
		s.Database = query.Get("database")
	}
	s.Port = 0
	if port := at.Port(); port != "" {
		if s.Port, err = strconv.Atoi(port); err != nil {
			return errDSN
		}
	}
	if password, given := at.User.Password(); given {
		s.Password = config.NewSecret(password)
	}
	s.encrypted(query.Get("sslmode"), query.Get("tls"), query.Get("encrypt"))
	return nil
}

// fromMySQL reads a connection string as the MySQL driver and PHP write it: user:password@tcp(host:3306)/database.
func (s *Settings) fromMySQL(text string) error {
	cfg, err := mysql.ParseDSN(text)
	if err != nil {
		return errDSN
	}
	s.User, s.Database, s.Host, s.Port = cfg.User, cfg.DBName, cfg.Addr, 0
	if cfg.Passwd != "" {
		s.Password = config.NewSecret(cfg.Passwd)
	}
	if host, port, err := net.SplitHostPort(cfg.Addr); err == nil && cfg.Net == "tcp" {
		s.Host = host
		if s.Port, err = strconv.Atoi(port); err != nil {
			return errDSN
		}
	}
	s.encrypted(cfg.TLSConfig)
	return nil
}

// encrypted takes the first word on encryption that is known; without one the setting tls stands.
func (s *Settings) encrypted(words ...string) {
	known := map[string]string{
		"disable": tlsOff, "false": tlsOff, "require": tlsEncrypt, "skip-verify": tlsEncrypt, "verify-ca": tlsVerify, "verify-full": tlsVerify,
		"true": tlsVerify, "strict": tlsVerify,
	}
	for _, word := range words {
		if to, ok := known[strings.ToLower(word)]; ok {
			s.TLS = to
			return
		}
	}
}
