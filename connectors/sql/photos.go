package sql

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// photos fetches the files that rows name.
type photos struct {
	Photos
	files  connectors.FileStore
	client *resty.Client
	log    *slog.Logger
}

const (
	photoTimeout = 20 * time.Second
	pageTimeout  = 2 * time.Minute // for all photos of a page: a server that hangs must not hold up complaints
)

func newPhotos(env connectors.Env, s *Settings) photos {
	p := photos{Photos: s.Photos, files: env.Files, log: env.Log}
	if p.URL != "" {
		p.client = connectors.NewClient(env.Transport, photoTimeout)
	}
	return p
}

// of returns the photos of a row, and how many of them are missing. One that cannot be had is left out, and logged with the
// row's id: names and addresses may hold a citizen's words. The time for the whole page ends at until. The error is the
// context's, or the file store's: then nothing is lost by polling again.
func (p photos) of(ctx context.Context, until time.Time, record map[string]any, id rowID) (kept []complaint.Attachment, missing int, _ error) {
	fetching, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	names := p.names(record)
	for i, name := range names {
		if i == p.Most {
			p.log.Warn("a complaint has more photos than are taken; the rest is left out", "row", id.Text, "most", p.Most)
			missing += len(names) - i
			break
		}
		body, err := p.fetch(fetching, name)
		if ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		if err != nil {
			p.log.Warn("a photo cannot be had; the complaint goes on without it", "row", id.Text, "photo", i+1, "error", err)
			missing++
			continue
		}
		attachment, err := p.files.Put(ctx, path.Base(filepath.ToSlash(name)), bytes.NewReader(body))
		if err != nil {
			return nil, 0, fmt.Errorf("keep a photo of row %s: %w", id.Text, err)
		}
		attachment.Name = complaint.CleanText(attachment.Name)
		kept = append(kept, attachment)
	}
	return kept, missing, nil
}

func (p photos) names(record map[string]any) []string {
	if p.Folder == "" && p.URL == "" {
		return nil
	}
	text, _ := record[p.Column].(string)
	names := []string{text}
	if p.Separator != "" {
		names = strings.Split(text, p.Separator)
	}
	var filled []string
	for _, name := range names {
		if name = strings.TrimSpace(name); name != "" {
			filled = append(filled, name)
		}
	}
	return filled
}

func (p photos) fetch(ctx context.Context, name string) ([]byte, error) {
	if p.URL != "" {
		return p.download(ctx, name)
	}
	return p.open(name)
}

var errTooLarge = errors.New("it is larger than photos.max_size")

// open reads a file below the folder; no name and no symbolic link leads out of it.
func (p photos) open(name string) ([]byte, error) {
	root, err := os.OpenRoot(string(p.Folder))
	if err != nil {
		return nil, errors.New("the folder cannot be opened")
	}
	defer root.Close()
	info, err := root.Stat(filepath.FromSlash(name))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, errors.New("the file is not there")
	case err != nil:
		return nil, errors.New("the file cannot be opened, or lies outside the folder")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no file")
	}
	file, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, errors.New("the file cannot be opened")
	}
	defer file.Close()
	body, err := io.ReadAll(io.LimitReader(file, int64(p.MaxSize)+1))
	switch {
	case err != nil:
		return nil, errors.New("the file cannot be read")
	case int64(len(body)) > int64(p.MaxSize):
		return nil, errTooLarge
	case len(body) == 0:
		return nil, errors.New("the file is empty")
	}
	return body, nil
}

// download fetches a file behind the address. The name is one path below it, whatever is in it.
func (p photos) download(ctx context.Context, name string) ([]byte, error) {
	var steps []string
	for _, step := range strings.Split(name, "/") {
		if step == "." || step == ".." {
			return nil, errors.New("the name leads out of photos.url")
		}
		steps = append(steps, url.PathEscape(step))
	}
	address := strings.TrimRight(p.URL, "/") + "/" + strings.TrimLeft(strings.Join(steps, "/"), "/")
	answer, err := connectors.Do(ctx, p.client.R(), http.MethodGet, address)
	switch {
	case err != nil:
		return nil, err
	case answer.StatusCode() != http.StatusOK:
		return nil, fmt.Errorf("the server answers %d", answer.StatusCode())
	case int64(len(answer.Body())) > int64(p.MaxSize):
		return nil, errTooLarge
	case len(answer.Body()) == 0:
		return nil, errors.New("the file is empty")
	}
	return answer.Body(), nil
}
