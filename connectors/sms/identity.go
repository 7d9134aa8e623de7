package sms

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/satupintu/satupintu/config"
)

// early checks what needs no body: where a request comes from, and its secret, where that is not among the parameters.
func (c *connector) early(r *http.Request) error {
	if len(c.settings.From) > 0 && !contains(c.settings.From, c.origin(r)) {
		return denied("requests are not taken from this address")
	}
	switch c.settings.SecretIn {
	case inPath:
		return c.knows(r.PathValue(keyOfPath))
	case inHeader:
		return c.knows(strings.TrimPrefix(r.Header.Get(c.settings.SecretName), "Bearer "))
	}
	return nil
}

// late checks a secret among the parameters, of the address or of a form.
func (c *connector) late(values url.Values) error {
	if c.settings.SecretIn != inParam {
		return nil
	}
	return c.knows(values.Get(c.settings.SecretName))
}

func (c *connector) knows(secret string) error {
	if !c.settings.Secret.Equal(config.NewSecret(secret)) {
		return denied("the secret is missing, or another")
	}
	return nil
}

// Authenticate implements connectors.Authenticator.
func (c *connector) Authenticate(r *http.Request) error {
	if err := c.early(r); err != nil {
		return err
	}
	return c.late(r.URL.Query())
}

// origin is the address a request comes from: of who speaks to us, or, when that is one of our proxies, the last in
// X-Forwarded-For that is none of them. What stands before it, anybody may have written.
func (c *connector) origin(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	client := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !contains(c.settings.Proxies, client) {
			break
		}
		hop = strings.TrimSpace(hop)
		next, err := netip.ParseAddr(hop)
		if err != nil {
			return netip.Addr{}
		}
		client = next.Unmap()
	}
	return client
}

func contains(networks []Network, one netip.Addr) bool {
	return slices.ContainsFunc(networks, func(n Network) bool { return n.Contains(one) })
}

func denied(detail string) error { return refuse(http.StatusUnauthorized, detail) }
