package relay_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

const siti, budi = "628127000441", "628127000442" // invented

// chat is a channel of conversations of the tests' own. A person reads each key once.
type chat struct {
	rig *rig

	mu       sync.Mutex
	said     []connectors.Saying // as a person reads them: a repeat replaces itself
	repeats  int
	refuse   error            // what Say answers
	missing  map[string]error // by media id: what Fetch answers
	fetched  map[string]int
	fetching time.Duration
	hang     bool // Fetch answers nothing
	ended    int  // fetches that hung until they were ended
}

func newChat(r *rig) *chat {
	c := &chat{rig: r, missing: map[string]error{}, fetched: map[string]int{}}
	r.extra = append(r.extra, relay.Channel{Name: "wa", Kind: "test", Connector: connectors.Connector{
		Receive: receives{}, Say: c, Fetch: c, Check: r.channel, JoinWithin: time.Minute,
	}})
	return c
}

func (c *chat) Say(_ context.Context, s connectors.Saying) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refuse != nil {
		return c.refuse
	}
	if i := slices.IndexFunc(c.said, func(o connectors.Saying) bool { return o.Key == s.Key }); i >= 0 {
		if c.said[i].Text != s.Text || c.said[i].To != s.To {
			c.rig.Errorf("under the key %s it said %q, and %q again", s.Key, c.said[i].Text, s.Text)
		}
		c.repeats++
		return nil
	}
	c.said = append(c.said, s)
	return nil
}

func (c *chat) Fetch(ctx context.Context, m connectors.Media) (complaint.Attachment, error) {
	c.mu.Lock()
	err, wait, hang := c.missing[m.ID], c.fetching, c.hang
	c.fetched[m.ID]++
	c.mu.Unlock()
	if err != nil {
		return complaint.Attachment{}, err
	}
	if hang {
		<-ctx.Done()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.ended++
		return complaint.Attachment{}, ctx.Err()
	}
	if wait > 0 {
		<-time.After(wait)
	}
	return c.rig.put(m.Name, "the file "+m.ID), ctx.Err()
}

// heard is what one person read, without our references.
func (c *chat) heard(who string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var texts []string
	for _, s := range c.said {
		if s.To == who {
			texts = append(texts, s.Text)
		}
	}
	return texts
}

func (c *chat) last(who string) connectors.Saying {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range slices.Backward(c.said) {
		if s.To == who {
			return s
		}
	}
	return connectors.Saying{}
}

func says(id, who, text string) connectors.Message {
	return connectors.Message{
		ID: id, Sender: who, At: time.Now(), Text: text, Reporter: complaint.Reporter{Name: "Warga Contoh", Phone: who},
		Raw: complaint.Payload{Type: "application/json", Body: fmt.Appendf(nil, `{"id":%q,"text":%q}`, id, text)},
	}
}

func shows(id, who string, media ...string) connectors.Message {
	m := says(id, who, "")
	for _, one := range media {
		m.Media = append(m.Media, connectors.Media{ID: one, Name: one + ".jpg", Type: "image/jpeg"})
	}
	return m
}

func stands(id, who string) connectors.Message {
	lat, long := 3.94, 108.38
	m := says(id, who, "")
	m.Place = complaint.Place{Lat: &lat, Long: &long, Address: "Ranai Darat"}
	return m
}

func (r *rig) hears(messages ...connectors.Message) {
	r.Helper()
	_, err := r.relay.Receive(r.Context(), "wa", connectors.Received{Messages: messages})
	r.must(err)
}

// filed are the complaints of the chat, oldest first.
func (r *rig) filed() []store.Entry {
	r.Helper()
	all, err := r.store.List(r.Context(), store.States(), "", 100)
	r.must(err)
	return slices.DeleteFunc(all, func(e store.Entry) bool { return e.Source != "wa" })
}

func (r *rig) filedOne() store.Entry {
	r.Helper()
	all := r.filed()
	if len(all) != 1 {
		r.Fatalf("%d complaints were made, want 1: %+v\n%s", len(all), all, r.log.String())
	}
	return all[0]
}

func (r *rig) ticket(ref complaint.Ref) simulator.Complaint {
	r.Helper()
	found := r.sim.ByMarker(string(ref))
	if len(found) != 1 {
		r.Fatalf("%s is %d times at the platform\n%s", ref, len(found), r.log.String())
	}
	return found[0]
}

func TestWhatOnePersonSaysIsOneComplaintWithItsPhotoAndPlace(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		r.start()
		r.hears(says("m1", siti, "Lampu jalan di depan pasar Ranai mati"))
		pass(30 * time.Second)
		r.hears(shows("m2", siti, "foto"), stands("m3", siti))
		r.hears(says("b1", budi, "Air PDAM di Sedanau keruh"))
		r.hears(shows("m2", siti, "foto")) // again, as channels do
		pass(30 * time.Second)
		wrote := time.Now()
		r.hears(says("m4", siti, "Sudah tiga malam"))
		pass(5 * time.Minute)
		all := r.filed()
		if len(all) != 2 {
			t.Fatalf("%d complaints were made: %+v", len(all), all)
		}
		i := slices.IndexFunc(all, func(e store.Entry) bool { return e.SourceID == "m1" })
		got := r.ticket(all[i].Ref)
		if !strings.HasPrefix(got.Content, "Lampu jalan di depan pasar Ranai mati\nSudah tiga malam\n") || len(got.Attachments) != 1 {
			t.Errorf("it arrived as %q with %d files", got.Content, len(got.Attachments))
		}
		var place, reporter string
		r.must(r.store.Handle().QueryRow("SELECT place, reporter FROM complaint WHERE source_id = 'm1'").Scan(&place, &reporter))
		if !strings.Contains(place, `"lat":3.94`) || !strings.Contains(reporter, `"account":"`+siti) || !strings.Contains(reporter, "Warga Contoh") {
			t.Errorf("it lies at %s and is of %s", place, reporter)
		}
		told := c.heard(siti)
		if len(told) != 2 || !strings.Contains(told[0], string(all[i].Ref)) || !strings.Contains(told[1], "diteruskan ke SP4N-LAPOR!") {
			t.Errorf("its sender was told %q", told)
		}
		first := c.said[slices.IndexFunc(c.said, func(s connectors.Saying) bool { return s.To == siti })]
		if first.ReplyTo != "m1" || first.News != nil || first.HeardAt.Sub(wrote).Abs() > 10*time.Millisecond {
			t.Errorf("the receipt is %+v; the person last wrote at %s", first, wrote)
		}
		if last := c.last(siti); last.News == nil || last.News.Status != complaint.Forwarded || last.Key == first.Key {
			t.Errorf("the news is %+v", last)
		}
		l := r.balanced()
		if want := (store.Messages{Heard: 5, Joined: 5}); l.Messages != want {
			t.Errorf("messages %+v, want %+v", l.Messages, want)
		}
		r.metric(`messages_total{connector="wa",result="joined"}`, 5)
		r.metric(`messages_total{connector="wa",result="known"}`, 1)
		r.metric(`message_files_total{connector="wa",result="fetched"}`, 1)
		r.metric(`sayings_total{connector="wa",reason="success"}`, 4)
	})
}

func TestWhoNeverFallsSilentIsHeardAllTheSame(t *testing.T) {
	bubble(t, func(r *rig) {
		newChat(r)
		r.start()
		for n := range 50 { // 25 minutes
			r.hears(says(fmt.Sprint("m", n), siti, fmt.Sprint("Banjir di Midai, sudah ", n, " rumah")))
			pass(30 * time.Second)
		}
		pass(5 * time.Minute)
		if all := r.filed(); len(all) < 2 || len(all) > 4 {
			t.Errorf("%d complaints were made", len(all))
		}
		if l := r.balanced(); l.Messages.Joined+l.Messages.Followed != 50 {
			t.Errorf("messages %+v", l.Messages)
		}
	})
}

func TestAGreetingIsAskedAboutOnceAndBelongsToWhatFollows(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		r.start()
		r.hears(says("m1", siti, "Assalamualaikum min"))
		pass(2 * time.Minute)
		r.hears(says("m2", siti, "halo?"))
		pass(2 * time.Minute)
		if told := c.heard(siti); len(told) != 1 || !strings.Contains(told[0], "apa yang ingin dilaporkan") || len(r.filed()) != 0 {
			t.Fatalf("she was told %q, and %d complaints were made", told, len(r.filed()))
		}
		if s := c.last(siti); s.ReplyTo != "m1" || s.News != nil {
			t.Errorf("the question is %+v", s)
		}
		r.hears(shows("m3", siti, "foto"))
		pass(2 * time.Minute)
		r.hears(says("m4", siti, "Jembatan di Serasan rusak"))
		pass(2 * time.Minute)
		got := r.ticket(r.filedOne().Ref)
		if !strings.HasPrefix(got.Content, "Jembatan di Serasan rusak\n") || len(got.Attachments) != 1 {
			t.Errorf("it arrived as %q with %d files", got.Content, len(got.Attachments))
		}
		r.hears(says("m5", siti, "Terima kasih 🙏"))
		pass(2 * time.Minute)
		r.hears(says("m6", siti, "Menanggapi "+string(r.filedOne().Ref)+"\n\nmakasih min"))
		pass(2 * time.Minute)
		if l := r.balanced(); l.Messages != (store.Messages{Heard: 6, Joined: 4, Noted: 2}) {
			t.Errorf("messages %+v", l.Messages)
		}
		if n := len(c.heard(siti)); n != 3 { // the question, the receipt, the news
			t.Errorf("she was told %d things: %q", n, c.heard(siti))
		}
	})
}

func TestAGreetingNobodyGoesOnFromIsNoTicketAndAPhotoIsOne(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		r.start()
		sticker := says("b1", budi, "")
		sticker.Media = []connectors.Media{{ID: "stiker", Type: "image/webp"}}
		r.hears(says("m1", siti, "tes"), sticker, shows("x1", "628127000443", "foto"))
		pass(10 * time.Minute)
		r.off(20 * time.Hour)
		pass(time.Minute)
		if l := r.balanced(); l.Messages.Asked != 3 || len(c.said) != 3 {
			t.Errorf("messages %+v, said %d", l.Messages, len(c.said))
		}
		r.off(5 * time.Hour)
		pass(time.Minute)
		if got := r.ticket(r.filedOne().Ref); len(got.Attachments) != 1 || !strings.Contains(got.Content, "tidak menulis keterangan") {
			t.Errorf("the photo arrived as %+v", got)
		}
		if l := r.balanced(); l.Messages != (store.Messages{Heard: 3, Noted: 2, Joined: 1}) || c.fetched["stiker"] > 0 {
			t.Errorf("messages %+v, the sticker was fetched %d times", l.Messages, c.fetched["stiker"])
		}
	})
}

func TestWhoAsksWithoutNamingItIsToldWhereTheLastOneStands(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		r.start()
		r.hears(says("m1", siti, "Sampah menumpuk di Sedanau"))
		pass(2 * time.Minute)
		ref := r.filedOne().Ref
		r.hears(says("m2", siti, "SP-000000000000000 sudah ada?"), says("b1", budi, "sudah ada?")) // mistyped
		pass(2 * time.Minute)
		if got := c.last(siti).Text; !strings.Contains(got, string(ref)+" diteruskan ke SP4N-LAPOR!") {
			t.Errorf("she was told %q", got)
		}
		if got := c.last(budi).Text; !strings.Contains(got, "apa yang ingin dilaporkan") {
			t.Errorf("who filed nothing was told %q", got)
		}
		for n, words := range []string{"Assalamualaikum", "Bagaimana laporan saya kemarin?", "sudah ada?"} {
			before := len(c.heard(siti))
			r.hears(says(fmt.Sprint("n", n), siti, words))
			pass(2 * time.Minute)
			got := c.heard(siti)[before:]
			if told := len(got) == 1 && strings.Contains(got[0], string(ref)+" diteruskan"); told != (n > 0) {
				t.Errorf("to %q she was told %q", words, got)
			}
		}
		r.filedOne()
		r.balanced()
	})
}

// The gateway was off for a day, and what a citizen wrote in the morning and in the evening comes within a second.
func TestWhatWasSaidHoursApartIsNotOneMatterThoughItComesAtOnce(t *testing.T) {
	bubble(t, func(r *rig) {
		newChat(r)
		r.start()
		at := func(m connectors.Message, ago time.Duration) connectors.Message {
			m.At = time.Now().Add(-ago)
			return m
		}
		r.hears(at(says("m1", siti, "Lampu jalan mati di Ranai"), 12*time.Hour), at(says("m2", siti, "di depan SD 3"), 12*time.Hour-5*time.Minute),
			at(says("m3", siti, "Jalan ke Midai longsor"), 3*time.Hour))
		pass(10 * time.Minute)
		var texts []string
		for _, c := range r.sim.Complaints() {
			text, _, _ := strings.Cut(c.Content, "\n\n[Ref ")
			texts = append(texts, text)
		}
		slices.Sort(texts)
		if want := []string{"Jalan ke Midai longsor", "Lampu jalan mati di Ranai\ndi depan SD 3"}; !slices.Equal(texts, want) {
			t.Errorf("filed are %q, want %q", texts, want)
		}
		r.balanced()
	})
}

func TestWhoNamesAComplaintIsHeardOnItsTicket(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		r.start()
		r.hears(says("m1", siti, "Sampah menumpuk di Sedanau"))
		pass(2 * time.Minute)
		primary := r.filedOne().Ref
		r.until(primary, store.Done)
		r.hears(says("m2", siti, "Sudah ada? "+strings.ToLower(string(primary))), shows("m3", siti, "foto"))
		r.hears(says("b1", budi, "Terkait "+string(primary)+": kucing saya juga sakit"))
		pass(10 * time.Minute)
		all := r.filed()
		if len(all) != 3 {
			t.Fatalf("%d complaints: %+v", len(all), all)
		}
		for _, e := range all[1:] {
			r.toldAs(nil, e.Ref, store.Done)
			got := r.joinedOnce(primary, e.Ref)
			if e.SourceID == "m2" && len(got.Attachments) != 1 {
				t.Errorf("it arrived with %d files", len(got.Attachments))
			}
			if strings.Contains(got.Text, "Warga Contoh") || strings.Contains(got.Text, "6281") {
				t.Errorf("it says who said it: %q", got.Text)
			}
		}
		told := c.heard(siti)
		if n := len(told); n != 3 || !strings.Contains(told[2], "Tambahan untuk laporan Anda "+string(primary)) || !strings.Contains(told[2], "diteruskan ke SP4N-LAPOR!") {
			t.Errorf("its reporter was told %q", told)
		}
		// What becomes of it is told once to who filed it, and to nobody else.
		id := r.ticket(primary).ID
		r.must(r.sim.AddFollowUp(id, simulator.FollowUp{Text: "<p>Petugas datang besok.</p>"}))
		r.off(time.Hour)
		pass(2 * time.Minute)
		if got := c.last(siti); !strings.Contains(got.Text, "Petugas datang besok.") || len(c.heard(siti)) != 4 {
			t.Errorf("its reporter was told %q", c.heard(siti))
		}
		others := c.heard(budi)
		if len(others) != 1 || strings.Contains(others[0], string(primary)) || strings.Contains(others[0], "SP4N") {
			t.Errorf("somebody else was told %q", others)
		}
		if l := r.balanced(); l.Messages != (store.Messages{Heard: 4, Joined: 1, Followed: 3}) {
			t.Errorf("messages %+v", l.Messages)
		}
	})
}

func TestWhoNamesTheNumberOfThePlatformIsHeardOnItsTicket(t *testing.T) {
	bubble(t, func(r *rig) {
		newChat(r)
		r.start()
		r.hears(says("m1", siti, "Sampah menumpuk di Sedanau"))
		pass(time.Hour) // until its status was asked for
		primary := r.filedOne().Ref
		track := r.story(primary).TrackingID
		r.hears(says("m2", siti, "Bagaimana laporan "+track+"?"), says("b1", budi, "Bagaimana laporan 9999999?"))
		r.hears(says("c1", "628127000443", "Lapor rumah nomor "+track+" kebanjiran di Midai")) // by chance
		pass(10 * time.Minute)
		all := r.filed()
		if len(all) != 4 {
			t.Fatalf("%d complaints", len(all))
		}
		for _, e := range all[1:] {
			if e.SourceID == "m2" {
				r.toldAs(nil, e.Ref, store.Done)
				r.joinedOnce(primary, e.Ref)
				continue
			}
			if linked := r.story(e.Ref).Primary; linked != "" {
				t.Errorf("%s is linked to %s: the number is nobody's, or is somebody else's by chance", e.SourceID, linked)
			}
			r.ticket(e.Ref) // its own
		}
	})
}

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

// A channel may say only later that it could not bring an answer to its person.
func TestWhatDidNotReachItsPersonIsShownToTheOperatorAndToldAgainWhenTheySaySo(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		r.start()
		r.hears(says("m1", siti, "Jalan ke Midai longsor"), says("b1", budi, "halo"))
		pass(2 * time.Minute)
		ref, told := r.filedOne().Ref, c.last(siti)
		if told.Key != string(ref)+"-1" || len(c.heard(siti)) != 2 {
			t.Fatalf("told was %+v", told)
		}
		_, err := r.relay.Receive(r.Context(), "wa", connectors.Received{Undelivered: []connectors.Undelivered{
			{Key: told.Key, Detail: "she blocks the number"}, {Key: c.last(budi).Key, Detail: "a question"}, {Key: "SP-"}, {Key: told.Key + "x"},
		}})
		r.must(err)
		untold, err := r.store.NotTold(r.Context(), 10)
		r.must(err)
		if len(untold) != 1 || untold[0].Ref != ref || untold[0].Seq != 1 || untold[0].State != store.Dead || untold[0].Detail != "she blocks the number" {
			t.Errorf("shown as not told is %+v", untold)
		}
		pass(time.Hour)
		if c.repeats != 0 {
			t.Error("it was told again by itself")
		}
		r.must(r.store.Retry(r.Context(), ref))
		pass(time.Minute)
		if untold, err := r.store.NotTold(r.Context(), 10); err != nil || len(untold) != 0 || c.repeats != 1 {
			t.Errorf("after the operator's order: not told is %+v, %v, and %d were told again", untold, err, c.repeats)
		}
		r.balanced()
	})
}

func TestAChannelThatCannotSpeakLosesNoComplaint(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		c.refuse = retry.Because(errors.New("the gateway of the operator is down"), retry.Unavailable)
		r.start()
		r.hears(says("m1", siti, "Jalan ke Midai longsor"), says("b1", budi, "halo"))
		pass(10 * time.Minute)
		r.ticket(r.filedOne().Ref)
		c.mu.Lock()
		c.refuse = nil
		c.mu.Unlock()
		r.off(3 * time.Hour)
		pass(2 * time.Minute)
		if told := c.heard(siti); len(told) != 2 || !strings.Contains(told[0], "sudah kami terima") || len(c.heard(budi)) != 1 {
			t.Errorf("they were told %q and %q", told, c.heard(budi))
		}
		r.balanced()
	})
}

func TestWhoIsToBeAskedOnAChannelThatIsAwayWaitsForItAlone(t *testing.T) {
	bubble(t, func(r *rig) {
		r.cfg.Delivery.Breaker = config.Breaker{Failures: 2, OpenFor: config.Duration(time.Hour)}
		c := newChat(r)
		c.refuse = away()
		r.start()
		const people = 20
		for i := range people {
			r.hears(says(fmt.Sprintf("m%d", i), fmt.Sprintf("6281270005%02d", i), "halo"))
		}
		pass(50 * time.Minute)
		if lines := strings.Count(r.log.String(), "could not be looked at"); lines < 2 || lines > 5 {
			t.Errorf("%d lines of log about one trouble:\n%s", lines, r.log.String())
		}
		c.mu.Lock()
		c.refuse = nil
		c.mu.Unlock()
		pass(15 * time.Minute)
		asked := 0
		for i := range people {
			asked += len(c.heard(fmt.Sprintf("6281270005%02d", i)))
		}
		if asked != people {
			t.Errorf("soon after the channel may be told something again %d of %d are asked", asked, people)
		}
		r.balanced()
	})
}

// Dying at every moment loses nothing, files nothing twice and says nothing in two ways.
func TestADeathAtAnyMomentOfAConversationChangesNothing(t *testing.T) {
	points := append(relay.TalkPoints(), relay.BeforeKeep, relay.AfterKeep, relay.BeforeTell, relay.BeforeTold, relay.AfterTell)
	for _, point := range points {
		t.Run(string(point), func(t *testing.T) {
			bubble(t, func(r *rig) {
				c := newChat(r)
				m := &meddler{point: point, left: 1, reached: map[string]int{}}
				r.at = m.at
				r.start()
				lives := func(d time.Duration) {
					for began := time.Now(); time.Since(began) < d; pass(time.Second) {
						if m.buried() {
							r.crash()
							r.start()
						}
					}
				}
				sent := func(messages ...connectors.Message) {
					r.Helper()
					done := make(chan error, 1)
					gateway := r.relay
					go func() { // a gateway that dies answers nobody; the channel sends again
						_, err := gateway.Receive(context.Background(), "wa", connectors.Received{Messages: messages})
						done <- err
					}()
					lives(5 * time.Second)
					select {
					case err := <-done:
						if err == nil {
							return
						}
					default:
					}
					r.hears(messages...)
				}
				sent(says("b1", budi, "halo"))
				sent(says("m1", siti, "Lampu jalan di Ranai mati"), shows("m2", siti, "foto", "satu"))
				lives(20 * time.Minute)
				if m.left > 0 {
					t.Fatalf("nobody came to %s", point)
				}
				got := r.ticket(r.filedOne().Ref)
				if len(got.Attachments) != 2 {
					t.Errorf("it arrived with %d files", len(got.Attachments))
				}
				if told := c.heard(siti); len(told) != 2 || len(c.heard(budi)) != 1 {
					t.Errorf("they read %q and %q", told, c.heard(budi))
				}
				if l := r.balanced(); l.Messages != (store.Messages{Heard: 3, Joined: 2, Asked: 1}) {
					t.Errorf("messages %+v", l.Messages)
				}
			})
		})
	}
}

func TestAStopInTheMiddleOfAConversationLosesNothing(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		c.fetching = 5 * time.Second
		r.start()
		r.hears(says("m1", siti, "Lampu jalan di Ranai mati"), shows("m2", siti, "foto"))
		pass(63 * time.Second) // it is being fetched
		r.halt()
		r.start()
		pass(5 * time.Minute)
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

// By the time it wakes the person has said what it is about.
func TestAGatewayFrozenPastItsLeaseAsksNothing(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		frozen := false
		r.at = func(p relay.Point) {
			if p == relay.BeforeAsk && !frozen {
				frozen = true
				<-time.After(r.cfg.Delivery.Lease.D() + 2*time.Minute)
			}
		}
		r.start()
		r.hears(says("m1", siti, "halo"))
		pass(65 * time.Second)
		r.hears(says("m2", siti, "Jalan ke Midai longsor"))
		pass(r.cfg.Delivery.Lease.D() + 5*time.Minute)
		r.ticket(r.filedOne().Ref)
		if told := c.heard(siti); !frozen || len(told) == 0 || !strings.Contains(told[0], "sudah kami terima") || c.repeats != 0 {
			t.Errorf("frozen: %t; she read %q", frozen, told)
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

func TestOfASecretComplaintNothingIsSaidButWhereItStands(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		r.start()
		secret := complaint.Complaint{
			SourceID: "r1", Title: "Pungutan liar", Text: "Kepala desa meminta uang", Secret: true, Reporter: complaint.Reporter{Account: siti},
		}
		kept, err := r.relay.Receive(r.Context(), "wa", connectors.Received{Complaints: []complaint.Complaint{secret}})
		r.must(err)
		ref := kept[0].Ref
		r.until(ref, store.Done)
		r.must(r.sim.AddFollowUp(r.ticket(ref).ID, simulator.FollowUp{Text: "<p>Pungutan kepala desa kami selidiki.</p>"}))
		r.must(r.sim.SetStatus(r.ticket(ref).ID, simulator.StatusDone, ""))
		r.off(time.Hour)
		pass(2 * time.Minute)
		told := c.heard(siti)
		if len(told) < 2 || !strings.Contains(told[len(told)-1], string(ref)) {
			t.Fatalf("she was told %q", told)
		}
		for _, text := range told {
			for _, word := range []string{"ungutan", "epala", "uang", "Instansi", "Keterangan"} {
				if strings.Contains(text, word) {
					t.Errorf("a secret complaint's %q is said: %q", word, text)
				}
			}
		}
	})
}

// Neither log nor metrics know who spoke, whatever goes wrong.
func TestNoLogAndNoMetricKnowsWhoSpoke(t *testing.T) {
	bubble(t, func(r *rig) {
		c := newChat(r)
		c.refuse = retry.Never(errors.New("refused"))
		c.missing["foto"] = retry.Never(errors.New("gone"))
		r.start()
		r.hears(says("m1", siti, "Lampu jalan Siti Contoh mati"), shows("m2", siti, "foto"), says("b1", budi, "halo"))
		pass(10 * time.Minute)
		r.halt()
		families, err := r.registry.Gather()
		r.must(err)
		shown := fmt.Sprint(families) + r.log.String()
		if !strings.Contains(shown, "satupintu_sayings_total") || !strings.Contains(r.log.String(), "connector=wa") {
			t.Fatal("nothing is shown at all")
		}
		for _, word := range []string{siti, budi, "8127", "Warga Contoh", "Lampu jalan"} {
			if strings.Contains(shown, word) {
				t.Errorf("%q stands in the log or the metrics", word)
			}
		}
		r.start()
		r.balanced()
	})
}

func TestMessagesOfAChannelThatCannotAnswerAreNotAcknowledged(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		_, err := r.relay.Receive(r.Context(), "portal", connectors.Received{Messages: []connectors.Message{says("m1", siti, "halo")}})
		if err == nil {
			t.Error("messages were taken in that nobody will look at")
		}
	})
}

// A messenger that is refused sends the same again, and with it what is fit.
func TestAnUnfitMessageIsSetAsideAndStopsNoOther(t *testing.T) {
	bubble(t, func(r *rig) {
		newChat(r)
		r.start()
		north := 99.0
		for field, m := range map[string]connectors.Message{
			"sender": {ID: "m1", Text: "Lampu mati"}, "id": {Sender: siti, Text: "Lampu mati"},
			"text":      {ID: "m1", Sender: siti, Text: strings.Repeat("x", complaint.MaxText+1)},
			"place.lat": {ID: "m1", Sender: siti, Place: complaint.Place{Lat: &north, Long: &north}},
		} {
			m.Raw.Body = []byte(field)
			r.hears(m, says("fit", budi, "Air keruh"))
			refused, err := r.store.Refusals(r.Context(), 10)
			r.must(err)
			if !slices.ContainsFunc(refused, func(s store.RefusalSeen) bool { return strings.HasPrefix(s.Detail, field+":") }) {
				t.Errorf("%s: set aside is %+v", field, refused)
			}
		}
		if l := r.balanced(); l.Messages.Heard != 1 || l.Refused != 4 {
			t.Errorf("%+v", l)
		}
		r.metric(`intake_refused_total{connector="wa",reason="bad_field"}`, 4)
	})
}

// receives stands for the ability to take requests, which tests do by themselves.
type receives struct{}

func (receives) Receive(*http.Request) (connectors.Received, error) {
	return connectors.Received{}, nil
}
