package spreadsheet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/sftp"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

func TestAFolderThatIsAwayIsAnError(t *testing.T) {
	for _, path := range []string{"in", "in/*.csv", "in/a.csv"} {
		b := newInbox(t)
		b.put("in/a.csv", rows(1, 1))
		b.set.Path = config.Path(filepath.Join(b.dir, path))
		g := b.drain("")
		must(t, os.RemoveAll(filepath.Join(b.dir, "in")))
		if page, err := b.Poll(t.Context(), g.next); err == nil {
			t.Errorf("%s: got %+v", path, page)
		}
	}
}

func TestAFileThatChangesWhileItIsReadIsStartedOver(t *testing.T) {
	b := newInbox(t, func(s *Settings) { s.Page = 2 })
	b.put("a.csv", rows(1, 5))
	page, err := b.Poll(t.Context(), "")
	must(t, err)
	b.putAged("a.csv", rows(1, 6), time.Second)
	next, err := b.Poll(t.Context(), page.Next)
	if err != nil || len(next.Complaints) != 0 || next.More {
		t.Fatalf("while it is written: %+v, %v", next, err)
	}
	b.clock = b.clock.Add(time.Minute)
	if g := b.drain(next.Next); g.ids() != "1 2 3 4 5 6" {
		t.Errorf("got %s", g.ids())
	}
}

// The changes that come between the listing and the end of the page are the dangerous ones.
func TestRowsReadDuringAChangeAreNotHandedOut(t *testing.T) {
	for _, when := range []string{"before it is opened", "before its second row"} {
		t.Run(when, func(t *testing.T) {
			b := newInbox(t)
			b.put("a.csv", rows(1, 5))
			at := b.clock
			calls := 0
			change := func(call int) {
				if calls++; calls == call {
					b.putAged("a.csv", rows(7, 9), time.Hour+time.Second)
				}
			}
			ctx := t.Context()
			if when == "before it is opened" {
				b.now = func() time.Time { change(2); return at }
			} else {
				ctx = hooked{ctx, func() { change(2) }}
			}
			page, err := b.Poll(ctx, "")
			if calls < 2 || err != nil || len(page.Complaints)+len(page.SetAside) != 0 || page.Next != "" {
				t.Errorf("got %+v, %v", page, err)
			}
			b.now = func() time.Time { return at }
			if g := b.drain(page.Next); g.ids() != "7 8 9" {
				t.Errorf("then %s", g.ids())
			}
		})
	}
}

// hooked is a context that does something whenever it is asked whether to go on: before each row.
type hooked struct {
	context.Context
	do func()
}

func (h hooked) Err() error {
	h.do()
	return h.Context.Err()
}

func TestAFileThatMayNotBeReadDoesNotHoldUpTheOthers(t *testing.T) {
	b := newInbox(t)
	b.putAged("a.csv", rows(1, 1), 2*time.Hour)
	b.put("b.csv", rows(2, 2))
	must(t, os.Chmod(filepath.Join(b.dir, "a.csv"), 0))
	if os.Getuid() == 0 { // who may read every file: look at this one as nobody
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		must(t, os.Chmod(filepath.Dir(b.dir), 0o755)) // nobody may pass through
		must(t, syscall.Setfsuid(65534))
		defer func() { must(t, syscall.Setfsuid(0)) }()
	}
	page, err := b.Poll(t.Context(), "")
	if err != nil || len(page.Complaints) != 1 {
		t.Fatalf("got %+v, %v", page, err)
	}
	if _, err := b.Poll(t.Context(), page.Next); !errors.Is(err, os.ErrPermission) {
		t.Errorf("nobody is told: %v", err)
	}
}

func TestACursorOfAnotherKindIsAnError(t *testing.T) {
	b := newInbox(t)
	b.put("a.csv", rows(1, 1))
	if page, err := b.Poll(t.Context(), "17"); err == nil {
		t.Errorf("got %+v", page)
	}
}

func TestACursorThatNamesARowThatIsGoneStartsTheFileOver(t *testing.T) {
	b := newInbox(t, func(s *Settings) { s.Page = 2 })
	b.put("a.csv", rows(1, 3))
	page, err := b.Poll(t.Context(), "")
	must(t, err)
	odd := connectors.Cursor(strings.Replace(string(page.Next), `"r":3`, `"r":77`, 1))
	if odd == page.Next {
		t.Fatalf("the cursor is %s", page.Next)
	}
	if g := b.drain(odd); g.ids() != "1 2 3" {
		t.Errorf("got %s", g.ids())
	}
}

func TestTheCursorStaysSmall(t *testing.T) {
	n := note{}
	var files []found
	for i := range 10_000 {
		file := found{fmt.Sprintf("laporan-kantor-camat-%05d.xlsx", i), 123_456, 1_700_000_000_000_000_000 + int64(i)}
		files = append(files, file)
		n.Done = append(n.Done, doneFile{Name: file.name, Size: file.size, Modified: file.modified})
	}
	cursor, err := n.cursor()
	if err != nil || len(cursor) > 1<<20 {
		t.Errorf("%d bytes, %v", len(cursor), err)
	}
	if back, err := connectors.ReadCursor[note](cursor); err != nil || !cmp.Equal(back, n) || len(back.without(files[:3]).Done) != 3 {
		t.Errorf("it is not read as it was written: %v", err)
	}
	n.Done = append(n.Done, n.Done...)
	if _, err := n.cursor(); err == nil || !strings.Contains(err.Error(), "move the old ones elsewhere") {
		t.Errorf("too many files: %v", err)
	}
}

func TestAStopLosesNothing(t *testing.T) {
	b := newInbox(t)
	b.put("a.csv", rows(1, 3))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if page, err := b.Poll(ctx, ""); err == nil {
		t.Fatalf("got %+v", page)
	}
	if g := b.drain(""); g.ids() != "1 2 3" {
		t.Errorf("got %s", g.ids())
	}
}

// faulty is a place with a file that the disk does not give: at once, or from some moment on.
type faulty struct {
	place
	name   string
	fault  error
	opened *os.File // the one that was handed out last, of that name
}

type faultyVisit struct {
	visit
	*faulty
}

func (p *faulty) look(ctx context.Context) (visit, error) {
	v, err := p.place.look(ctx)
	return faultyVisit{v, p}, err
}

func (v faultyVisit) Close() error { return v.visit.Close() }

func (v faultyVisit) open(file found) (*os.File, error) {
	if file.name != v.name {
		return v.visit.open(file)
	}
	if v.fault != nil {
		return nil, v.fault
	}
	raw, err := v.visit.open(file)
	v.opened = raw
	return raw, err
}

func TestAFileThatTheDiskDoesNotGiveHoldsUpNoOther(t *testing.T) {
	for name, fault := range map[string]error{
		"a broken disk":     &fs.PathError{Op: "read", Path: "a.csv", Err: syscall.EIO},
		"open in a program": fmt.Errorf("ask: %w", &sftp.StatusError{Code: 4}),
	} {
		b := newInbox(t)
		b.putAged("a.csv", rows(1, 1), 2*time.Hour)
		b.put("b.csv", rows(2, 2))
		broken := &faulty{place: b.place, name: "a.csv", fault: fault}
		b.place = broken
		page, err := b.Poll(t.Context(), "")
		if err != nil || len(page.Complaints) != 1 {
			t.Fatalf("%s: got %+v, %v", name, page, err)
		}
		if _, err := b.Poll(t.Context(), page.Next); !errors.Is(err, fault) {
			t.Errorf("%s: nobody is told: %v", name, err)
		}
		broken.fault = nil
		if g := b.drain(page.Next); g.ids() != "1" {
			t.Errorf("%s: once it can be read: %q", name, g.ids())
		}
	}
}

func TestAFileThatBreaksHalfwayHoldsUpNoOther(t *testing.T) {
	const many = 20_000 // more than is read ahead
	for _, restarts := range []bool{false, true} {
		b := newInbox(t, func(s *Settings) { s.Page = 100 })
		b.putAged("a.csv", rows(1, many), 2*time.Hour)
		b.put("b.csv", rows(many+1, many+1))
		broken := &faulty{place: b.place, name: "a.csv"}
		b.place = broken
		page, err := b.Poll(t.Context(), "")
		must(t, err)
		must(t, broken.opened.Close())
		next := page.Next
		for err == nil {
			next = page.Next
			page, err = b.Poll(t.Context(), next)
		}
		broken.fault = err
		if !strings.Contains(string(next), `"open"`) || !errors.Is(err, fs.ErrClosed) {
			t.Fatalf("it broke at %s with %v", next, err)
		}
		if restarts {
			b.restart()
			b.place, broken.fault = broken, &fs.PathError{Op: "read", Path: "a.csv", Err: syscall.EIO}
		}
		page, err = b.Poll(t.Context(), next)
		if err != nil || len(page.Complaints) != 1 || page.Complaints[0].SourceID != strconv.Itoa(many+1) {
			t.Fatalf("restarted %v, with one that breaks: %d complaints, %v", restarts, len(page.Complaints), err)
		}
		broken.fault = nil
		if g := b.drain(page.Next); len(g.complaints) != many {
			t.Errorf("restarted %v, once it can be read: %d", restarts, len(g.complaints))
		}
	}
}
