package spreadsheet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/satupintu/satupintu/sync/retry"
)

// remote is a folder of an SFTP server. Files are read from a copy of our own: it is fetched once, goes on where it was when
// the line breaks, and is gone when it is closed.
type remote struct {
	settings SFTP
	line     *session // of the last visit
	part     *part
}

// part is a copy that is not whole yet.
type part struct {
	file found
	copy *os.File
	have int64 // bytes
}

func newRemote(settings SFTP) *remote { return &remote{settings: settings} }

func (*remote) ownClock() bool { return false }

// Close ends the connection and forgets what was fetched of a file.
func (r *remote) Close() error {
	var err error
	if r.line != nil {
		err = r.line.Close()
	}
	r.line = nil
	return errors.Join(err, r.forget())
}

func (r *remote) forget() error {
	if r.part == nil {
		return nil
	}
	err := r.part.copy.Close()
	r.part = nil
	return err
}

// connected is a session that works: the last one, or a new one.
func (r *remote) connected(ctx context.Context) (*session, error) {
	if r.line.usable() {
		return r.line, nil
	}
	if r.line != nil {
		_ = r.line.Close()
		r.line = nil
	}
	line, err := dial(ctx, r.settings)
	r.line = line
	return line, err
}

// remoteVisit is one look at the server's folder.
type remoteVisit struct {
	*remote
	ctx    context.Context
	line   *session
	base   string
	listed []found
}

func (r *remote) look(ctx context.Context) (visit, error) {
	line, err := r.connected(ctx)
	if err != nil {
		return nil, err
	}
	v := &remoteVisit{remote: r, ctx: ctx, line: line}
	err = v.do(v.list)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil, retry.Because(fmt.Errorf("list %s on %s: %w", r.settings.Path, r.settings.Host, err), retry.Failed)
	}
	return v, err
}

// do runs what asks the server, within the time it may be silent.
func (v *remoteVisit) do(ask func() error) error {
	end := v.line.watch(v.ctx)
	return fault(end(ask()))
}

// list finds the files there are. A folder that is away is an error; a file that is not there yet is none.
func (v *remoteVisit) list() error {
	names, err := v.names(path.Clean(v.settings.Path))
	if err != nil {
		return err
	}
	for _, name := range names {
		v.line.heard()
		info, err := v.line.Lstat(path.Join(v.base, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case info.Mode().IsRegular() && !ignored(path.Base(name)):
			v.listed = append(v.listed, found{name, info.Size(), info.ModTime().UnixNano()})
		}
	}
	oldestFirst(v.listed)
	return nil
}

func (v *remoteVisit) names(setting string) ([]string, error) {
	if isPattern(setting) {
		var pattern string
		v.base, pattern = cutPattern(setting)
		return v.matches(v.base, strings.Split(pattern, "/"), "")
	}
	info, err := v.line.Stat(setting)
	switch {
	case err == nil && info.IsDir(), errors.Is(err, fs.ErrNotExist) && path.Ext(setting) == "":
		v.base = setting
		all, err := v.matches(setting, []string{"*"}, "")
		var names []string
		for _, name := range all {
			if isSpreadsheet(name) {
				names = append(names, name)
			}
		}
		return names, err
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	v.base = path.Dir(setting)
	if _, err := v.line.Stat(v.base); err != nil {
		return nil, err
	}
	return []string{path.Base(setting)}, nil
}

// matches are the names in a folder that fit the first of several patterns, and below them the others. The folder itself
// must be there; what is below it may come and go, and links are not followed.
func (v *remoteVisit) matches(folder string, patterns []string, below string) ([]string, error) {
	v.line.heard()
	entries, err := v.line.ReadDirContext(v.ctx, folder)
	if below != "" && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		fits, err := path.Match(patterns[0], entry.Name())
		if err != nil || !fits {
			continue
		}
		name := path.Join(below, entry.Name())
		switch {
		case len(patterns) == 1:
			names = append(names, name)
		case entry.IsDir():
			deeper, err := v.matches(path.Join(folder, entry.Name()), patterns[1:], name)
			if err != nil {
				return nil, err
			}
			names = append(names, deeper...)
		}
	}
	return names, nil
}

func (v *remoteVisit) files() []found { return v.listed }

// Close leaves the connection open for the next visit.
func (v *remoteVisit) Close() error { return nil }

func (v *remoteVisit) unchanged(file found) error {
	return v.do(func() error {
		info, err := v.line.Lstat(path.Join(v.base, file.name))
		if errors.Is(err, fs.ErrNotExist) || err == nil && !file.is(info) {
			return errChanged
		}
		return err
	})
}

// open fetches a file and hands out the copy.
func (v *remoteVisit) open(file found) (*os.File, error) {
	if v.part == nil || v.part.file != file {
		if err := v.forget(); err != nil {
			return nil, err
		}
		made, err := os.CreateTemp("", "satupintu-sftp-*")
		if err != nil {
			return nil, fmt.Errorf("make room for a file from the SFTP server: %w", err)
		}
		_ = os.Remove(made.Name()) // it lives on while it is open
		v.part = &part{file: file, copy: made}
	}
	if err := v.do(v.fetch); err != nil {
		if errors.Is(err, errChanged) {
			err = errors.Join(err, v.forget())
		}
		return nil, err
	}
	if err := v.unchanged(file); err != nil {
		return nil, errors.Join(err, v.forget())
	}
	whole := v.part.copy
	v.part = nil
	_, err := whole.Seek(0, io.SeekStart)
	return whole, err
}

// fetch gets what is missing of the file.
func (v *remoteVisit) fetch() error {
	there, err := v.line.Open(path.Join(v.base, v.part.file.name))
	if errors.Is(err, fs.ErrNotExist) {
		return errChanged
	}
	if err != nil {
		return err
	}
	defer there.Close()
	info, err := there.Stat()
	if err != nil {
		return err
	}
	if !v.part.file.is(info) {
		return errChanged
	}
	if _, err := there.Seek(v.part.have, io.SeekStart); err != nil {
		return err
	}
	if _, err := there.WriteTo(v); err != nil {
		return err
	}
	if v.part.have != v.part.file.size {
		return errChanged
	}
	return nil
}

// Write adds to the copy what came.
func (v *remoteVisit) Write(p []byte) (int, error) {
	v.line.heard()
	n, err := v.part.copy.WriteAt(p, v.part.have)
	v.part.have += int64(n)
	return n, err
}
