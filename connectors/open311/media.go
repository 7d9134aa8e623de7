package open311

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// media gets the files that media_url names, and keeps those that were sent. What cannot be had holds nothing up: it is
// counted.
type media struct {
	client *resty.Client
	hosts  []string // that may be asked
	size   int64    // of the largest file, in bytes
	most   int
	files  connectors.FileStore
	log    *slog.Logger
}

const fileTimeout = 20 * time.Second

func newMedia(env connectors.Env, s *Settings) media {
	m := media{
		client: connectors.NewClient(env.Transport, fileTimeout), hosts: s.MediaHosts, size: int64(s.MaxFile), most: s.MaxFiles,
		files: env.Files, log: env.Log,
	}
	if polled, err := url.Parse(s.URL); err == nil && s.URL != "" {
		m.hosts = append([]string{polled.Host}, m.hosts...)
	}
	return m
}

// keep adds files to a complaint, first those that came with it, then those at addresses. The error is the context's or the
// file store's: then nothing is lost by trying again.
func (m media) keep(ctx context.Context, c *complaint.Complaint, sent []upload, addresses []string) error {
	for _, file := range sent {
		if len(c.Attachments) >= m.most || int64(len(file.body)) > m.size {
			c.Missing++
			continue
		}
		if err := m.put(ctx, c, file); err != nil {
			return err
		}
	}
	for _, address := range addresses {
		if len(c.Attachments) >= m.most {
			c.Missing++
			continue
		}
		file, err := m.fetch(ctx, address)
		if err != nil {
			c.Missing++
			m.log.Warn("a file that media_url names cannot be had; the complaint goes on without it", "id", c.SourceID, "error", err)
			continue
		}
		if err := m.put(ctx, c, file); err != nil {
			return err
		}
	}
	return nil
}

func (m media) put(ctx context.Context, c *complaint.Complaint, file upload) error {
	attachment, err := m.files.Put(context.WithoutCancel(ctx), file.name, bytes.NewReader(file.body))
	if err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	c.Attachments = append(c.Attachments, attachment)
	return nil
}

var errHost = errors.New("its host is not one of media_hosts")

// fetch gets one file. Its errors never quote the address.
func (m media) fetch(ctx context.Context, address string) (upload, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.User != nil {
		return upload{}, errors.New("its address is none of the web")
	}
	if !m.allowed(parsed.Host) {
		return upload{}, errHost
	}
	got, err := connectors.Do(ctx, m.client.R(), http.MethodGet, address)
	switch {
	case err != nil:
		return upload{}, err
	case got.StatusCode() != http.StatusOK:
		return upload{}, fmt.Errorf("%s answers %d", parsed.Host, got.StatusCode())
	case len(got.Body()) == 0:
		return upload{}, errors.New("it is empty")
	case int64(len(got.Body())) > m.size:
		return upload{}, errors.New("it is larger than max_file")
	case strings.HasPrefix(http.DetectContentType(got.Body()), "text/html"):
		return upload{}, errors.New("it is a page of HTML: the file is not there, or not for us")
	}
	return upload{cleanName(path.Base(parsed.Path)), got.Body()}, nil
}

func (m media) allowed(host string) bool {
	for _, known := range m.hosts {
		if strings.EqualFold(known, host) {
			return true
		}
	}
	return false
}
