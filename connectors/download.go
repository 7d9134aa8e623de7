package connectors

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/sync/retry"
)

// Download is how files are fetched by their address.
type Download struct {
	Client *resty.Client
	Most   int64 // bytes of one file
	// Texts says that a text may be what somebody sent. Else it is refused as RefuseText does.
	Texts bool
	// Allow says whether an address may be asked, and what a request to it needs: credentials go to nobody else. nil: any
	// address, without credentials, and no redirect is followed.
	Allow func(ctx context.Context, at *url.URL, request *resty.Request) error
}

const mostRedirects = 3

// Get fetches a file. The error has its verdict and no part of the address but the host.
func (d Download) Get(ctx context.Context, address string) ([]byte, error) {
	at, err := url.Parse(address)
	for range mostRedirects {
		if err != nil || at.Host == "" || at.User != nil || at.Scheme != "http" && at.Scheme != "https" {
			return nil, retry.Never(errors.New("it has no address that can be fetched"))
		}
		request := d.Client.R().SetResponseBodyLimit(int(d.Most))
		if d.Allow != nil {
			if err := d.Allow(ctx, at, request); err != nil {
				return nil, retry.Never(err)
			}
		}
		answer, failed := Do(ctx, request, http.MethodGet, at.String())
		if d.Allow != nil && answer != nil && isRedirect(answer.StatusCode()) {
			at, err = at.Parse(answer.Header().Get("Location"))
			continue
		}
		return d.fileOf(answer, failed)
	}
	return nil, retry.Never(errors.New("its address leads on to another again and again"))
}

func isRedirect(status int) bool {
	return slices.Contains([]int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect}, status)
}

func (d Download) fileOf(answer *resty.Response, err error) ([]byte, error) {
	switch {
	case errors.Is(err, resty.ErrResponseBodyTooLarge):
		return nil, retry.Never(errors.New("it is larger than the limit"))
	case err != nil:
		return nil, err
	case answer.StatusCode() != http.StatusOK:
		return nil, retry.Never(fmt.Errorf("the server answers %d", answer.StatusCode()))
	case len(answer.Body()) == 0:
		return nil, retry.Never(errors.New("the file is empty"))
	case d.Texts:
		return answer.Body(), nil
	}
	if err := RefuseText(answer.Body(), answer.Header().Get("Content-Type")); err != nil {
		return nil, retry.Never(err)
	}
	return answer.Body(), nil
}

// Hosts are names of servers, such as foto.natuna.example; .natuna.example stands for every name below it.
type Hosts []string

// Has says whether a host is among them.
func (h Hosts) Has(host string) bool {
	host = strings.ToLower(host)
	return slices.ContainsFunc(h, func(name string) bool {
		name = strings.ToLower(name)
		return name == host || strings.HasPrefix(name, ".") && strings.HasSuffix(host, name)
	})
}
