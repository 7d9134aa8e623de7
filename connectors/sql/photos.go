package sql

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// photos finds the files that rows name.
type photos struct {
	settings Photos
	keep     connectors.Photos
	download connectors.Download
}

func newPhotos(env connectors.Env, s *Settings) photos {
	p := photos{settings: s.Photos}
	if s.Photos.URL != "" {
		p.download = connectors.Download{Client: connectors.NewClient(env.Transport, connectors.PhotoTimeout), Most: int64(s.Photos.MaxSize)}
	}
	p.keep = connectors.Photos{Files: env.Files, Log: env.Log, Most: s.Photos.Most, Fetch: p.fetch}
	return p
}

// of puts the photos of a row on its complaint. The log has the row's id alone: names and addresses may hold a citizen's words.
func (p photos) of(ctx context.Context, patience *connectors.Patience, c *complaint.Complaint, record map[string]any, id rowID) error {
	return p.keep.Of(ctx, patience, c, p.names(record), slog.String("row", id.Text))
}

func (p photos) names(record map[string]any) []connectors.Photo {
	if p.settings.Folder == "" && p.settings.URL == "" {
		return nil
	}
	text, _ := record[p.settings.Column].(string)
	names := []string{text}
	if p.settings.Separator != "" {
		names = strings.Split(text, p.settings.Separator)
	}
	var filled []connectors.Photo
	for _, name := range names {
		if name = strings.TrimSpace(name); name != "" {
			filled = append(filled, connectors.Photo{Name: path.Base(filepath.ToSlash(name)), At: name})
		}
	}
	return filled
}

func (p photos) fetch(ctx context.Context, name string) ([]byte, error) {
	if p.settings.URL != "" {
		return p.ask(ctx, name)
	}
	return p.open(name)
}

// open reads a file below the folder; no name and no symbolic link leads out of it.
func (p photos) open(name string) ([]byte, error) {
	root, err := os.OpenRoot(string(p.settings.Folder))
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
	body, err := io.ReadAll(io.LimitReader(file, int64(p.settings.MaxSize)+1))
	switch {
	case err != nil:
		return nil, errors.New("the file cannot be read")
	case int64(len(body)) > int64(p.settings.MaxSize):
		return nil, errors.New("it is larger than the limit")
	case len(body) == 0:
		return nil, errors.New("the file is empty")
	}
	return body, connectors.RefuseText(body, "")
}

// ask fetches a file behind the address. The name is one path below it, whatever is in it.
func (p photos) ask(ctx context.Context, name string) ([]byte, error) {
	var steps []string
	for _, step := range strings.Split(name, "/") {
		if step == "." || step == ".." {
			return nil, errors.New("the name leads out of photos.url")
		}
		steps = append(steps, url.PathEscape(step))
	}
	address := strings.TrimRight(p.settings.URL, "/") + "/" + strings.TrimLeft(strings.Join(steps, "/"), "/")
	return p.download.Get(ctx, address)
}
