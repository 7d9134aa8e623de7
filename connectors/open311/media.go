package open311

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// media gets the files that media_url names, and keeps those that were sent. What cannot be had holds nothing up: it is
// counted.
type media struct {
	download connectors.Download
	hosts    []string // that may be asked
	size     int64    // of the largest file, in bytes
	most     int
	files    connectors.FileStore
	log      *slog.Logger
}

func newMedia(env connectors.Env, s *Settings) media {
	m := media{
		download: connectors.Download{Client: connectors.NewClient(env.Transport, connectors.PhotoTimeout), Most: int64(s.MaxFile)},
		hosts:    s.MediaHosts, size: int64(s.MaxFile), most: s.MaxFiles, files: env.Files, log: env.Log,
	}
	if polled, err := url.Parse(s.URL); err == nil && s.URL != "" {
		m.hosts = append([]string{polled.Host}, m.hosts...)
	}
	return m
}

// keep adds files to a complaint, first those that came with it, then those at addresses. The error is the context's or the
// file store's: then nothing is lost by trying again.
func (m media) keep(ctx context.Context, patience *connectors.Patience, c *complaint.Complaint, sent []upload, addresses []string) error {
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
		file, err := m.fetch(ctx, patience, address)
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
func (m media) fetch(ctx context.Context, patience *connectors.Patience, address string) (upload, error) {
	at, err := url.Parse(address)
	if err != nil || !m.allowed(at.Host) {
		return upload{}, errHost
	}
	body, err := patience.Fetch(ctx, strings.ToLower(at.Host), func(ctx context.Context) ([]byte, error) { return m.download.Get(ctx, address) })
	if err != nil {
		return upload{}, err
	}
	return upload{cleanName(path.Base(at.Path)), body}, nil
}

func (m media) allowed(host string) bool {
	return slices.ContainsFunc(m.hosts, func(known string) bool { return strings.EqualFold(known, host) })
}
