package relay_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national/simulator"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

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
