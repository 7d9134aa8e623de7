package spreadsheet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

// twinSuffix ends the name of a file of answers: aduan.xlsx has aduan.jawaban.csv.
const twinSuffix = ".jawaban.csv"

// loneTwin is where answers go whose file is not known any more.
const loneTwin = "jawaban.csv"

// isTwin says whether a name is that of a file of answers, which is never read as complaints.
func isTwin(name string) bool {
	name = strings.ToLower(name)
	return name == loneTwin || strings.HasSuffix(name, twinSuffix)
}

func twinOf(file string) string { return strings.TrimSuffix(file, path.Ext(file)) + twinSuffix }

// drawer is where files of answers lie.
type drawer interface {
	// read returns a file, or fs.ErrNotExist. Of a larger one than mostTwin it returns no more than says so, or errLargeTwin.
	read(ctx context.Context, name string) ([]byte, error)
	// write replaces a file as a whole: whoever reads it sees the old one or the new one. It is on disk when write returns,
	// where an SFTP server can say so.
	write(ctx context.Context, name string, content []byte) error
	// lock keeps other gateways from writing here until it is undone, or this one dies. errBusy: another one has it.
	lock(ctx context.Context) (unlock func(context.Context) error, err error)
	// look says whether the drawer is there, in words.
	look(ctx context.Context) (string, error)
	io.Closer
}

// lockName is the file that is locked.
const lockName = ".jawaban.lock"

var errBusy = errors.New("another gateway is writing answers there, or died while it did")

// mostHeld is how long a lock may be held; mostBusy, how long it is waited for before it is tried again.
const (
	mostHeld = time.Minute
	mostBusy = 10 * time.Second
)

// answers writes what became of complaints into files beside those they came from: one row for each complaint. One gateway
// at a time changes them.
type answers struct {
	drawer drawer
	style  twinStyle
	sent   func(context.Context, complaint.Ref) (complaint.Payload, error)
	mu     sync.Mutex
}

func newAnswers(env connectors.Env, s *Settings) *answers {
	a := &answers{drawer: s.drawer(), style: twinStyle{comma: ';', zone: env.Zone, texts: env.Texts}, sent: env.Sent}
	if given, _ := comma(s.Delimiter); given != 0 {
		a.style.comma = given
	}
	return a
}

func (s *Settings) drawer() drawer {
	switch {
	case s.AnswersIn != "":
		return localDrawer{func() string { return string(s.AnswersIn) }}
	case s.SFTP.given():
		return &remoteDrawer{remote: newRemote(s.SFTP), now: time.Now}
	}
	return localDrawer{func() string { return newFolder(string(s.Path)).base }}
}

func (a *answers) Close() error { return a.drawer.Close() }

// WriteStatus implements connectors.StatusWriter.
func (a *answers) WriteStatus(ctx context.Context, change connectors.StatusChange) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	err := ctx.Err()
	if err == nil {
		err = a.tell(ctx, change)
	}
	var marked *retry.Error
	if err == nil || errors.As(err, &marked) || ctx.Err() != nil {
		return err
	}
	return retry.Because(err, retry.Failed)
}

func (a *answers) tell(ctx context.Context, change connectors.StatusChange) error {
	name, err := a.fileOf(ctx, change.Ref)
	if err != nil {
		return fmt.Errorf("find the file that %s came from: %w", change.Ref, err)
	}
	ctx, cancel := context.WithTimeout(ctx, mostHeld)
	defer cancel()
	unlock, err := a.drawer.lock(ctx)
	if errors.Is(err, errBusy) {
		return retry.After(err, mostBusy)
	}
	if err != nil {
		return fmt.Errorf("lock the files of answers: %w", err)
	}
	err = a.update(ctx, name, change)
	ending, done := context.WithTimeout(context.WithoutCancel(ctx), mostHeld)
	defer done()
	return errors.Join(err, unlock(ending))
}

func (a *answers) update(ctx context.Context, name string, change connectors.StatusChange) error {
	before, err := a.drawer.read(ctx, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errLargeTwin) {
		return fmt.Errorf("read the file of answers %s: %w", name, err)
	}
	var t *twin
	if !errors.Is(err, errLargeTwin) {
		t, err = a.style.parse(before)
	}
	if err != nil {
		return fmt.Errorf("the file of answers %s: %w; move it elsewhere, and a new one is begun", name, err)
	}
	if !t.put(a.style.row(change)) {
		return nil
	}
	after, err := a.style.text(t)
	if err == nil {
		err = a.drawer.write(ctx, name, after)
	}
	if err != nil {
		return fmt.Errorf("write the file of answers %s: %w", name, err)
	}
	return nil
}

// fileOf is the file of answers of a complaint: that of the file it came from.
func (a *answers) fileOf(ctx context.Context, ref complaint.Ref) (string, error) {
	if a.sent == nil {
		return loneTwin, nil
	}
	payload, err := a.sent(ctx, ref)
	if err != nil {
		return "", err
	}
	var row struct {
		File string `json:"file"`
	}
	if json.Unmarshal(payload.Body, &row) != nil || row.File == "" || row.File != cleanName(row.File) {
		return loneTwin, nil //nolint:nilerr // a row of an older form
	}
	return twinOf(row.File), nil
}

func (a *answers) check(ctx context.Context) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	where, err := a.drawer.look(ctx)
	if err != nil {
		return "", fmt.Errorf("answers cannot be written: %w", err)
	}
	return "answers go to " + where, nil
}
