package spreadsheet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"

	"github.com/satupintu/satupintu/sync/retry"
)

func draftOf(name string) string { return "." + name + ".tmp" }

// localDrawer is a folder of this machine. No link leads out of it.
type localDrawer struct{ folder func() string }

func (d localDrawer) in(do func(root *os.Root) error) error {
	root, err := os.OpenRoot(d.folder())
	if err != nil {
		return err
	}
	return errors.Join(do(root), root.Close())
}

func (d localDrawer) read(_ context.Context, name string) (content []byte, err error) {
	err = d.in(func(root *os.Root) (err error) {
		file, err := root.Open(name)
		if err != nil {
			return err
		}
		content, err = io.ReadAll(io.LimitReader(file, mostTwin+1))
		return errors.Join(err, file.Close())
	})
	return content, err
}

// write leaves the file as open to others as the folder is.
func (d localDrawer) write(_ context.Context, name string, content []byte) error {
	return d.in(func(root *os.Root) error {
		folder, err := root.Stat(".")
		if err != nil {
			return err
		}
		if err := ignoreAbsent(root.Remove(draftOf(name))); err != nil { // a crash's
			return err
		}
		draft, err := root.OpenFile(draftOf(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = draft.Write(content)
		err = errors.Join(err, draft.Chmod(folder.Mode().Perm()&0o666), draft.Sync(), draft.Close())
		if err == nil {
			err = root.Rename(draftOf(name), name)
		}
		if err != nil {
			return errors.Join(err, ignoreAbsent(root.Remove(draftOf(name))))
		}
		open, err := root.Open(".")
		if err != nil {
			return err
		}
		return errors.Join(open.Sync(), open.Close())
	})
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// lock is the system's own: it ends with the process that holds it.
func (d localDrawer) lock(context.Context) (func(context.Context) error, error) {
	var file *os.File
	err := d.in(func(root *os.Root) (err error) {
		if file, err = root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
			return err
		}
		if err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil { //nolint:gosec // a descriptor
			return nil
		}
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errBusy
		}
		return errors.Join(err, file.Close())
	})
	return func(context.Context) error { return file.Close() }, err
}

func (d localDrawer) look(context.Context) (string, error) {
	return d.folder(), d.in(func(*os.Root) error { return nil })
}

func (localDrawer) Close() error { return nil }

// remoteDrawer is a folder of an SFTP server, over a connection of its own.
type remoteDrawer struct {
	*remote
	now  func() time.Time
	seen seenLock
}

// do runs what asks the server for a file below the folder.
func (d *remoteDrawer) do(ctx context.Context, ask func(line *session, folder string) error) error {
	line, err := d.connected(ctx)
	if err != nil {
		return err
	}
	end := line.watch(ctx)
	return fault(end(func() error {
		folder, err := d.folder(line)
		if err != nil {
			return err
		}
		return ask(line, folder)
	}()))
}

// folder is the one before the first pattern character of the path; of a file's path, the one it lies in.
func (d *remoteDrawer) folder(line *session) (string, error) {
	setting := path.Clean(d.settings.Path)
	if isPattern(setting) {
		base, _ := cutPattern(setting)
		return base, nil
	}
	info, err := line.Stat(setting)
	switch {
	case err == nil && info.IsDir():
		return setting, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", err
	case err != nil && path.Ext(setting) == "":
		return "", fmt.Errorf("the folder %s is not there", setting)
	}
	return path.Dir(setting), nil
}

func (d *remoteDrawer) read(ctx context.Context, name string) (content []byte, err error) {
	err = d.do(ctx, func(line *session, folder string) error {
		file, err := line.Open(path.Join(folder, name))
		if err != nil {
			return err
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return err
		}
		if info.Size() > mostTwin { // nothing of it is fetched
			return errLargeTwin
		}
		into := limited{most: mostTwin + 1} // it may have grown
		_, err = file.WriteTo(hearing{line, &into})
		content = into.Bytes()
		return err
	})
	return content, err
}

// limited keeps as much as it may, and fails on more.
type limited struct {
	bytes.Buffer
	most int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > l.most {
		return 0, errLargeTwin
	}
	return l.Buffer.Write(p)
}

// hearing puts off the end of the silence with each piece that comes.
type hearing struct {
	line *session
	into io.Writer
}

func (h hearing) Write(p []byte) (int, error) {
	h.line.heard()
	return h.into.Write(p)
}

func (d *remoteDrawer) write(ctx context.Context, name string, content []byte) error {
	return d.do(ctx, func(line *session, folder string) error {
		const renames = "posix-rename@openssh.com"
		if _, can := line.HasExtension(renames); !can {
			return retry.Because(errors.New("the SFTP server cannot replace a file in one step ("+renames+"): give answers_in, a folder of this machine"), retry.Failed)
		}
		draft := path.Join(folder, draftOf(name))
		if err := ignoreAbsent(line.Remove(draft)); err != nil { // a crash's, or a broken line's
			return err
		}
		file, err := line.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
		if err != nil {
			return err
		}
		_, err = io.Copy(pieces{line, file}, bytes.NewReader(content))
		if _, can := line.HasExtension("fsync@openssh.com"); can && err == nil {
			err = file.Sync()
		}
		if err = errors.Join(err, file.Close()); err != nil {
			return err
		}
		return line.PosixRename(draft, path.Join(folder, name))
	})
}

// pieces writes to a file on the server, of which each piece is answered.
type pieces struct {
	line *session
	file io.Writer
}

func (p pieces) Write(piece []byte) (int, error) {
	p.line.heard()
	return p.file.Write(piece)
}

// seenLock is somebody else's lock: when the server says it was made, and since when we have seen it.
type seenLock struct{ made, since time.Time }

// lock makes a file that must not be there yet: the protocol has no other lock. One that is there, the same, for longer than
// it may be held is that of a gateway that died.
func (d *remoteDrawer) lock(ctx context.Context) (func(context.Context) error, error) {
	err := d.do(ctx, func(line *session, folder string) error {
		err := exclusively(line, path.Join(folder, lockName))
		if err == nil {
			return nil
		}
		info, statErr := line.Lstat(path.Join(folder, lockName)) // the protocol has no word for "is there already"
		if statErr != nil {
			return err
		}
		if !d.seen.made.Equal(info.ModTime()) {
			d.seen = seenLock{info.ModTime(), d.now()}
		}
		if d.now().Sub(d.seen.since) < 2*mostHeld {
			return errBusy
		}
		d.seen = seenLock{}
		return errors.Join(ignoreAbsent(line.Remove(path.Join(folder, lockName))), exclusively(line, path.Join(folder, lockName)))
	})
	return d.unlock, err
}

func exclusively(line *session, name string) error {
	file, err := line.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	return file.Close()
}

func (d *remoteDrawer) unlock(ctx context.Context) error {
	return d.do(ctx, func(line *session, folder string) error {
		return ignoreAbsent(line.Remove(path.Join(folder, lockName)))
	})
}

func (d *remoteDrawer) look(ctx context.Context) (where string, err error) {
	err = d.do(ctx, func(line *session, folder string) error {
		where = folder + " on " + d.settings.Host
		_, err := line.Stat(folder)
		return err
	})
	return where, err
}
