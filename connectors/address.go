package connectors

import "net/url"

// BadAddress says what is wrong with an address of the web that stands in settings; empty: nothing is. It never quotes the
// address, which may hold a token.
func BadAddress(address string) string {
	parsed, err := url.Parse(address)
	switch {
	case err != nil:
		return "is not an address"
	case parsed.Scheme != "https" && parsed.Scheme != "http":
		return "must begin with https:// or http://"
	case parsed.Hostname() == "":
		return "has no host"
	case parsed.User != nil:
		return "must not carry a name or password"
	case parsed.Fragment != "":
		return "must not end in a # part"
	}
	return ""
}
