package relay_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

func TestAFileThatCannotBeHadHoldsNothingUp(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		c.missing["hilang"] = retry.Never(errors.New("it is gone"))
		c.missing["lambat"] = errors.New("not just now")
		c.missing["sebentar"] = errors.New("not just now")
		r.start()
		r.hears(says("m1", siti, "Jalan ke Midai longsor"), shows("m2", siti, "foto", "hilang", "lambat", "sebentar"))
		pass(2 * time.Minute)
		if len(r.filed()) != 0 {
			t.Error("it did not wait for a file that may still come")
		}
		c.mu.Lock()
		delete(c.missing, "sebentar")
		c.mu.Unlock()
		pass(15 * time.Minute)
		got := r.ticket(r.filedOne().Ref)
		if len(got.Attachments) != 2 || !strings.Contains(got.Content, "(2 berkas dari pelapor tidak dapat disertakan.)") {
			t.Errorf("it arrived with %d files as %q", len(got.Attachments), got.Content)
		}
		if c.fetched["foto"] != 1 || c.fetched["hilang"] != 1 || c.fetched["lambat"] < 3 || c.fetched["sebentar"] != 1 {
			t.Errorf("fetched %v", c.fetched)
		}
		r.balanced()
	})
}

func TestNoMoreFilesAreFetchedThanAComplaintMayHave(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		r.start()
		r.hears(says("m0", siti, "Jalan ke Midai longsor"))
		const more = 7
		for i := range complaint.MaxAttachments + more {
			r.hears(shows(fmt.Sprintf("m%d", i+1), siti, fmt.Sprintf("foto%d", i)))
		}
		pass(5 * time.Minute)
		got := r.ticket(r.filedOne().Ref)
		if len(c.fetched) != complaint.MaxAttachments || len(got.Attachments) != complaint.MaxAttachments ||
			!strings.Contains(got.Content, "(7 berkas dari pelapor tidak dapat disertakan.)") {
			t.Errorf("%d were fetched; it arrived with %d as %q", len(c.fetched), len(got.Attachments), got.Content)
		}
		r.balanced()
	})
}

// The channel has the file; it is our own file store that is away.
func TestAFileStoreThatIsAwayCostsNoPhoto(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		c.missing["foto"] = fmt.Errorf("keep a file: %w", store.ErrShelf)
		r.start()
		r.hears(says("m1", siti, "Jalan ke Midai longsor"), shows("m2", siti, "foto"))
		pass(20 * time.Minute)
		r.off(3 * time.Hour)
		pass(time.Minute)
		if len(r.filed()) != 0 {
			t.Error("it did not wait for the file store")
		}
		c.mu.Lock()
		delete(c.missing, "foto")
		c.mu.Unlock()
		r.off(6 * time.Hour)
		pass(time.Minute)
		if got := r.ticket(r.filedOne().Ref); len(got.Attachments) != 1 {
			t.Errorf("it arrived with %d files", len(got.Attachments))
		}
		r.balanced()
	})
}

func TestAFileMayTakeLongerThanTheLease(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		c.fetching = 4 * time.Minute
		r.start()
		r.hears(says("m1", siti, "Lampu jalan di Ranai mati"), shows("m2", siti, "video"))
		pass(2 * time.Minute)
		r.hears(says("m3", budi, "Sampah menumpuk di Sedanau"))
		pass(2 * time.Minute)
		if filed := r.filed(); len(filed) != 1 || !strings.HasPrefix(r.ticket(filed[0].Ref).Content, "Sampah") {
			t.Errorf("while one person's file is fetched, another is not heard: %+v", filed)
		}
		pass(2 * time.Minute)
		filed := r.filed()
		if len(filed) != 2 || c.fetched["video"] != 1 {
			t.Fatalf("%d complaints, the file was fetched %d times", len(filed), c.fetched["video"])
		}
		files := 0
		for _, one := range filed {
			files += len(r.ticket(one.Ref).Attachments)
		}
		if files != 1 {
			t.Errorf("the complaints arrived with %d files", files)
		}
		r.balanced()
	})
}

// The gateway was off for an hour while a photo waited, and the line comes back a moment after it; another channel says how long it
// gives nothing.
func TestAFileIsNotGivenUpAtTheFirstTryAfterALongStop(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		c.missing["foto"] = errors.New("the line is not there yet")
		c.missing["nanti"] = retry.After(errors.New("429"), 40*time.Minute)
		r.start()
		r.hears(says("m1", siti, "Jalan ke Midai longsor"), shows("m2", siti, "foto"), says("b1", budi, "Lampu mati"), shows("b2", budi, "nanti"))
		pass(2 * time.Minute)
		r.halt()
		pass(time.Hour)
		time.AfterFunc(3*time.Second, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.missing, "foto")
		})
		time.AfterFunc(50*time.Minute, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.missing, "nanti")
		})
		r.start()
		pass(2 * time.Hour)
		for _, entry := range r.filed() {
			if got := r.ticket(entry.Ref); len(got.Attachments) != 1 {
				t.Errorf("%q arrived with %d files", got.Content, len(got.Attachments))
			}
		}
	})
}

func TestFilesThatHangAreGivenUp(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		c.hang = true
		r.start()
		r.hears(says("m1", siti, "Lampu jalan di Ranai mati"), shows("m2", siti, "a", "b", "c", "d", "e"))
		pass(14 * time.Minute)
		if got := r.ticket(r.filedOne().Ref); len(got.Attachments) != 0 {
			t.Errorf("it arrived with %d files", len(got.Attachments))
		}
	})
}

func TestManyFilesThatComeSlowlyAllArrive(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		c.fetching = 4 * time.Minute
		r.start()
		r.hears(says("m1", siti, "Lampu jalan di Ranai mati"), shows("m2", siti, "a", "b", "c"), shows("m3", siti, "d", "e"))
		pass(25 * time.Minute)
		if got := r.ticket(r.filedOne().Ref); len(got.Attachments) != 5 {
			t.Errorf("it arrived with %d files of 5", len(got.Attachments))
		}
	})
}

func TestALeaseThatIsLostEndsTheFetch(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		c.hang = true
		r.start()
		r.hears(says("m1", siti, "Lampu jalan di Ranai mati"), shows("m2", siti, "video"))
		pass(63 * time.Second)
		r.must(r.store.FreeTalks(r.Context(), "%")) // as if this gateway were taken for dead
		pass(r.cfg.Delivery.Lease.D())
		c.mu.Lock()
		ended, again := c.ended, c.fetched["video"]
		c.mu.Unlock()
		if ended != 1 || again != 2 {
			t.Errorf("%d fetches ended of %d; want the first to end and the second to go on", ended, again)
		}
		if log := r.log.String(); strings.Contains(log, "could not be") {
			t.Errorf("the log says %s", log)
		}
	})
}

func TestWhoGoesOnWhileAFileIsFetchedIsWaitedFor(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		c.fetching = 10 * time.Second
		r.start()
		r.hears(says("m1", siti, "Lampu jalan mati"), shows("m2", siti, "foto"))
		pass(65 * time.Second)
		r.hears(says("m3", siti, "di depan pasar Ranai"))
		pass(5 * time.Minute)
		if got := r.ticket(r.filedOne().Ref); !strings.HasPrefix(got.Content, "Lampu jalan mati\ndi depan pasar Ranai\n") || c.fetched["foto"] != 1 {
			t.Errorf("it arrived as %q, its file was fetched %d times", got.Content, c.fetched["foto"])
		}
	})
}
