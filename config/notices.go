package config

import (
	"fmt"
	"net/url"
	"strings"
)

// Notices says what the configuration leaves out or allows that an operator should know of, one sentence each, for the
// start-up log. None of it keeps the gateway from running.
func (c *Config) Notices() []string {
	var notices []string
	say := func(when bool, format string, args ...any) {
		if when {
			notices = append(notices, fmt.Sprintf(format, args...))
		}
	}
	listen, err := splitAddress(c.Server.Listen)
	say(!c.Privacy.Key.Set(), "privacy.key is not set: names, phones and identity numbers are stored unsealed")
	say(len(c.Privacy.Redact) == 0, "privacy.redact is empty: identity numbers in free text leave as they came")
	say(err == nil && !listen.local() && c.Server.TLS.Cert == "", "server.tls is not set: what reaches %s travels in the clear "+
		"unless a proxy in front of it speaks TLS", c.Server.Listen)
	say(isPostgres(string(c.Store.DSN)) && !isS3(c.Store.Files), "store.files is a folder: several gateways on one "+
		"database need one they all share, or s3://")
	say(strings.HasPrefix(c.Store.S3.Endpoint, "http://") && !localEndpoint(c.Store.S3.Endpoint), "store.s3.endpoint is http://: attachments "+
		"travel in the clear")
	for _, file := range c.ignored {
		notices = append(notices, file+" is not read: connectors are read from *.yaml only")
	}
	return notices
}

func localEndpoint(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && address{host: u.Hostname()}.local()
}
