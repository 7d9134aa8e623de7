package telegram

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// reader is a connector that reads updates and speaks to nobody; log is what it says of them.
func reader(log *bytes.Buffer) *connector {
	s := defaults()
	s.Token, s.MaxFile, s.Groups = config.NewSecret(token), 1_000_000, []string{"-1001234500044"}
	return newConnector(connectors.Env{
		Name: "telegram", Zone: time.UTC, MaxBody: 1 << 20, Transport: http.DefaultTransport, Log: slog.New(slog.NewTextHandler(log, nil)),
	}, s)
}

// written is an update about a message of a person in their private chat.
func written(content string) string {
	return `{"update_id":731000001,"message":{"message_id":17,"from":{"id":812700044,"is_bot":false,"first_name":"Contoh","last_name":"Warga"},` +
		`"chat":{"id":812700044,"first_name":"Contoh","last_name":"Warga","type":"private"},"date":1798800000,` + content + `}}`
}

// group is an update about a message of a person in a group.
func group(content string) string {
	return strings.ReplaceAll(written(content), `"chat":{"id":812700044,"first_name":"Contoh","last_name":"Warga","type":"private"}`,
		`"chat":{"id":-1001234500044,"title":"Warga RT 02","type":"supergroup"}`)
}

// edited is an update about a message that was changed a minute after it was written.
func edited(content string) string {
	return strings.Replace(written(`"edit_date":1798800060,`+content), `"message":`, `"edited_message":`, 1)
}

func messageOf(t *testing.T, raw string) (*connectors.Message, string) {
	t.Helper()
	var log bytes.Buffer
	u, err := decode([]byte(raw))
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	m, err := reader(&log).read(u, []byte(raw))
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return m, log.String()
}

func degrees(d float64) *float64 { return &d }

func TestWhatPeopleSend(t *testing.T) {
	const sizes = `"photo":[{"file_id":"kecil","file_unique_id":"A1","file_size":1500,"width":90,"height":67},` +
		`{"file_id":"sedang","file_unique_id":"A2","file_size":40000,"width":320,"height":240},` +
		`{"file_id":"besar","file_unique_id":"A3","file_size":900000,"width":1280,"height":960},` +
		`{"file_id":"raksasa","file_unique_id":"A4","file_size":1000001,"width":2560,"height":1920}]`
	for name, c := range map[string]struct {
		content string
		want    connectors.Message
	}{
		"a text": {
			`"text":" Lampu jalan mati\r\ndi Ranai "`,
			connectors.Message{Text: "Lampu jalan mati\ndi Ranai"},
		},
		"what everybody begins with":          {`"text":"/start","entities":[{"type":"bot_command","offset":0,"length":6}]`, connectors.Message{}},
		"that, and what it is about":          {`"text":"/start\nLampu mati"`, connectors.Message{Text: "Lampu mati"}},
		"that, in a group":                    {`"text":"/Help@AduanNatunaBot  /start"`, connectors.Message{Text: "/start"}},
		"a command that says something":       {`"text":"/lapor lampu mati"`, connectors.Message{Text: "/lapor lampu mati"}},
		"a command with the bot's name":       {`"text":"/lapor@AduanNatunaBot lampu mati"`, connectors.Message{Text: "/lapor lampu mati"}},
		"a command with the bot's name alone": {`"text":"/lapor@AduanNatunaBot"`, connectors.Message{Text: "/lapor"}},
		"a word that begins like a command":   {`"text":"/helpdesk@desa tidak menjawab"`, connectors.Message{Text: "/helpdesk@desa tidak menjawab"}},
		"a way that begins like a command":    {`"text":"/start/stop mesin air rusak"`, connectors.Message{Text: "/start/stop mesin air rusak"}},
		"a command that is not the beginning": {`"text":"Saya tulis /start@AduanNatunaBot dan tidak dijawab"`, connectors.Message{Text: "Saya tulis /start@AduanNatunaBot dan tidak dijawab"}},
		"a command under a photo":             {`"photo":[{"file_id":"satu"}],"caption":"/start"`, connectors.Message{Media: []connectors.Media{{ID: "satu", Name: "foto-17.jpg", Type: "image/jpeg"}}}},
		"a photo is its largest size that may be kept": {
			sizes + `,"caption":"Jalan rusak di Sedanau"`,
			connectors.Message{Text: "Jalan rusak di Sedanau", Media: []connectors.Media{{ID: "besar", Name: "foto-17.jpg", Type: "image/jpeg"}}},
		},
		"a photo of an album": {
			`"media_group_id":"1377","photo":[{"file_id":"satu","file_unique_id":"B1","width":90,"height":67}]`,
			connectors.Message{Media: []connectors.Media{{ID: "satu", Name: "foto-17.jpg", Type: "image/jpeg"}}},
		},
		"a photo that is too large in each size is fetched in vain, and counted": {
			`"photo":[{"file_id":"besar","file_size":2000000,"width":2000,"height":900},{"file_id":"lebih","file_size":3000000,"width":4000,"height":900}]`,
			connectors.Message{Media: []connectors.Media{{ID: "besar", Name: "foto-17.jpg", Type: "image/jpeg"}}},
		},
		"a document, by a name that is a name": {
			`"document":{"file_id":"d1","file_name":"../surat\u202egnp.exe.pdf","mime_type":"application/pdf","file_size":700}`,
			connectors.Message{Media: []connectors.Media{{ID: "d1", Name: "suratgnp.exe.pdf", Type: "application/pdf"}}},
		},
		"an animation comes as a document too, and is one file": {
			`"animation":{"file_id":"g1","file_name":"banjir.mp4","mime_type":"video/mp4"},"document":{"file_id":"g1","file_name":"banjir.mp4","mime_type":"video/mp4"}`,
			connectors.Message{Media: []connectors.Media{{ID: "g1", Name: "banjir.mp4", Type: "video/mp4"}}},
		},
		"a video": {`"video":{"file_id":"v1","mime_type":"video/mp4","width":640,"height":480}`, connectors.Message{
			Media: []connectors.Media{{ID: "v1", Name: "video-17.mp4", Type: "video/mp4"}},
		}},
		"a voice": {`"voice":{"file_id":"s1","mime_type":"audio/ogg","duration":9}`, connectors.Message{
			Media: []connectors.Media{{ID: "s1", Name: "suara-17.ogg", Type: "audio/ogg"}},
		}},
		"a round video": {`"video_note":{"file_id":"n1","length":240}`, connectors.Message{Media: []connectors.Media{{ID: "n1", Name: "video-17.mp4"}}}},
		"an audio":      {`"audio":{"file_id":"a1","file_name":"rekaman.mp3"}`, connectors.Message{Media: []connectors.Media{{ID: "a1", Name: "rekaman.mp3"}}}},
		"a sticker is known by its type and no name": {`"sticker":{"file_id":"t1","type":"regular","is_animated":true,"emoji":"👍"}`, connectors.Message{
			Media: []connectors.Media{{ID: "t1", Type: "image/webp"}},
		}},
		"a location": {`"location":{"latitude":3.9489,"longitude":108.3828}`, connectors.Message{
			Place: complaint.Place{Lat: degrees(3.9489), Long: degrees(108.3828)},
		}},
		"the beginning of a shared position": {`"location":{"latitude":3.9489,"longitude":108.3828,"live_period":900}`, connectors.Message{
			Place: complaint.Place{Lat: degrees(3.9489), Long: degrees(108.3828)},
		}},
		"a point on the equator": {`"location":{"latitude":0,"longitude":108.4}`, connectors.Message{Place: complaint.Place{Lat: degrees(0), Long: degrees(108.4)}}},
		"a venue comes as a location too": {
			`"venue":{"location":{"latitude":3.9,"longitude":108.4},"title":"Pasar Ranai","address":"Jalan Dr. Sutomo"},"location":{"latitude":3.9,"longitude":108.4}`,
			connectors.Message{Place: complaint.Place{Address: "Pasar Ranai, Jalan Dr. Sutomo", Lat: degrees(3.9), Long: degrees(108.4)}},
		},
		"the sender's own number": {`"contact":{"phone_number":"+6281270004401","first_name":"Contoh","user_id":812700044}`, connectors.Message{
			Reporter: complaint.Reporter{Phone: "+6281270004401"},
		}},
		"what was forwarded": {
			`"forward_origin":{"type":"user","date":1798700000,"sender_user":{"id":9,"is_bot":false,"first_name":"Lain"}},"text":"Pohon tumbang di Midai"`,
			connectors.Message{Text: "Pohon tumbang di Midai"},
		},
		"an answer to a message of ours names what ours was about": {
			`"reply_to_message":{"message_id":16,"from":{"id":7000000001,"is_bot":true},"chat":{"id":812700044},"text":"Laporan SP-1KAZ5T8M3Q0X4RD selesai."},"text":"Belum, masih mati."`,
			connectors.Message{Text: "Menanggapi SP-1KAZ5T8M3Q0X4RD\n\nBelum, masih mati."},
		},
		"a photo in answer to a message of ours": {
			`"reply_to_message":{"message_id":16,"from":{"id":7000000001,"is_bot":true},"text":"SP-1KAZ5T8M3Q0X4RD"},"photo":[{"file_id":"satu"}]`,
			connectors.Message{Text: "Menanggapi SP-1KAZ5T8M3Q0X4RD", Media: []connectors.Media{{ID: "satu", Name: "foto-17.jpg", Type: "image/jpeg"}}},
		},
		"an answer that names a complaint itself": {
			`"reply_to_message":{"message_id":16,"from":{"id":7000000001,"is_bot":true},"text":"SP-1KAZ5T8M3Q0X4RD"},"text":"Soal SP-1KAZ5T8M3Q0X4RE: sudah ada?"`,
			connectors.Message{Text: "Soal SP-1KAZ5T8M3Q0X4RE: sudah ada?"},
		},
		"an answer to somebody else names nothing": {
			`"reply_to_message":{"message_id":16,"from":{"id":812700044,"is_bot":false},"text":"SP-1KAZ5T8M3Q0X4RD"},"text":"ini"`,
			connectors.Message{Text: "ini"},
		},
		"a field of another type than we know is left out": {
			`"text":"Sumur kering di Serasan","photo":{"file_id":"satu"},"location":"3.9, 108.4","edit_date":"kemarin","venue":7`,
			connectors.Message{Text: "Sumur kering di Serasan"},
		},
		"a point of words is left out":     {`"text":"di sini","location":{"latitude":"tiga","longitude":108}`, connectors.Message{Text: "di sini"}},
		"a point that is none is left out": {`"text":"di sini","location":{"latitude":391,"longitude":108}`, connectors.Message{Text: "di sini"}},
	} {
		t.Run(name, func(t *testing.T) {
			raw := written(c.content)
			got, log := messageOf(t, raw)
			if got == nil {
				t.Fatalf("it was left alone: %s", log)
			}
			c.want.Sender, c.want.At, c.want.Raw = "812700044", time.Unix(1798800000, 0).UTC(), complaint.Payload{Type: "application/json", Body: []byte(raw)}
			c.want.Reporter.Name, c.want.Reporter.Account = "Contoh Warga", "812700044"
			if diff := cmp.Diff(c.want, *got, cmpopts.IgnoreFields(connectors.Message{}, "ID")); diff != "" {
				t.Error(diff)
			}
			if !strings.HasPrefix(got.ID, "812700044:17:") || log != "" {
				t.Errorf("its id is %q; said was %q", got.ID, log)
			}
		})
	}
}

func TestWhatIsLeftAloneIsNamedWithoutItsWords(t *testing.T) {
	for name, c := range map[string]struct{ raw, why string }{
		"a poll":                                {written(`"poll":{"id":"7","question":"RAHASIA"}`), "neither text"},
		"somebody else's number":                {written(`"contact":{"phone_number":"+6281270004402","first_name":"RAHASIA","user_id":5}`), "neither text"},
		"a number of nobody on Telegram":        {written(`"contact":{"phone_number":"+6281270004402","first_name":"RAHASIA"}`), "neither text"},
		"a service message":                     {written(`"pinned_message":{"message_id":3,"text":"RAHASIA"}`), "neither text"},
		"an empty text":                         {written(`"text":" \u0000 "`), "neither text"},
		"another group":                         {strings.ReplaceAll(group(`"text":"RAHASIA"`), "-1001234500044", "-1001234500045"), "not in groups"},
		"a channel's post":                      {`{"update_id":1,"channel_post":{"message_id":1,"chat":{"id":-1009,"type":"channel"},"text":"RAHASIA"}}`, "no message"},
		"a channel's post as a message":         {`{"update_id":1,"message":{"message_id":1,"chat":{"id":-1009,"type":"channel"},"text":"RAHASIA"}}`, "not in groups"},
		"something new of Telegram's":           {`{"update_id":1,"perubahan":{"message_id":1}}`, "no message"},
		"a bot":                                 {strings.Replace(written(`"text":"RAHASIA"`), `"is_bot":false`, `"is_bot":true`, 1), "a bot"},
		"a group in its own name":               {group(`"sender_chat":{"id":-1001234500044,"type":"supergroup"},"text":"RAHASIA"`), "nobody"},
		"a group where nobody is named":         {`{"update_id":1,"message":{"message_id":1,"chat":{"id":-1001234500044,"type":"group"},"text":"RAHASIA"}}`, "nobody"},
		"where a shared position moves":         {edited(`"location":{"latitude":3.95,"longitude":108.39,"live_period":900}`), "moved"},
		"the end of a shared position":          {edited(`"location":{"latitude":3.95,"longitude":108.39}`), "moved"},
		"a group where the writer's id is none": {strings.Replace(group(`"text":"RAHASIA"`), `"from":{"id":812700044`, `"from":{"id":"RAHASIA"`, 1), "nobody"},
		"a photo without anything to ask":       {written(`"photo":[{"file_unique_id":"RAHASIA"}]`), "neither text"},
	} {
		t.Run(name, func(t *testing.T) {
			got, log := messageOf(t, c.raw)
			if got != nil || !strings.Contains(log, c.why) || !strings.Contains(log, "update_id=") {
				t.Errorf("got %+v; said was %q", got, log)
			}
			if strings.Contains(log, "RAHASIA") || strings.Contains(log, "8127000") {
				t.Errorf("said was %q", log)
			}
		})
	}
}

func TestPeopleOfAGroupAreSendersOfTheirOwn(t *testing.T) {
	said := func(person int) *connectors.Message {
		m, _ := messageOf(t, fmt.Sprintf(`{"update_id":1,"message":{"message_id":9,"chat":{"id":-1001234500044,"type":"supergroup","title":"Warga RT 02"},`+
			`"from":{"id":%d,"first_name":"Contoh"},"date":1798800000,"text":"Lampu mati"}}`, person))
		return m
	}
	one, other := said(5), said(6)
	if one.Sender != "-1001234500044:5" || other.Sender != "-1001234500044:6" || one.Reporter.Account != one.Sender {
		t.Errorf("got %q and %q", one.Sender, other.Sender)
	}
}

// In a group everybody sees our answer to one person, and who answers it may have a matter of their own.
func TestAnAnswerInAGroupNamesNoComplaintButWhatItsWriterNames(t *testing.T) {
	const ours = `"reply_to_message":{"message_id":16,"from":{"id":7000000001,"is_bot":true},"text":"Laporan SP-1KAZ5T8M3Q0X4RD kami terima."},`
	for text, want := range map[string]string{
		"Di tempat saya air juga mati":          "Di tempat saya air juga mati",
		"SP-1KAZ5T8M3Q0X4RD: belum, masih mati": "SP-1KAZ5T8M3Q0X4RD: belum, masih mati",
	} {
		m, log := messageOf(t, group(ours+`"text":"`+text+`"`))
		if m == nil {
			t.Fatalf("it was left alone: %s", log)
		}
		if m.Text != want {
			t.Errorf("%q is taken for %q", text, m.Text)
		}
	}
}

func TestAnEditIsAMessageAndAnEditOfNothingIsNone(t *testing.T) {
	id := func(raw string) string {
		m, log := messageOf(t, raw)
		if m == nil {
			t.Fatalf("%s is left alone: %s", raw, log)
		}
		return m.ID
	}
	first := id(written(`"text":"Lampu mati"`))
	if again := id(edited(`"text":"Lampu mati"`)); again != first {
		t.Errorf("an update about an edit of nothing has the id %q, the message %q", again, first)
	}
	if later := id(edited(`"text":"Lampu mati di Ranai"`)); later == first {
		t.Errorf("an edit has the id of what it replaces: %q", later)
	}
	const photo = `"photo":[{"file_id":"%s","file_unique_id":"A2","width":9,"height":9}],"caption":"%s"`
	captioned := id(written(fmt.Sprintf(photo, "x1", "Jalan rusak")))
	if again := id(edited(fmt.Sprintf(photo, "x2", "Jalan rusak"))); again != captioned {
		t.Errorf("another file_id of the same photo makes another message: %q, %q", captioned, again)
	}
	if later := id(edited(fmt.Sprintf(photo, "x2", "Jalan rusak parah"))); later == captioned {
		t.Errorf("an edited caption has the id of what it replaces")
	}
	m, _ := messageOf(t, edited(`"text":"Lampu mati di Ranai"`))
	if !m.At.Equal(time.Unix(1798800060, 0)) {
		t.Errorf("an edit is of %s", m.At)
	}
}

// Ids lie in databases: a message that comes again after a new release of ours must be known.
func TestTheIDOfAMessageIsWhatItAlwaysWas(t *testing.T) {
	for content, want := range map[string]string{
		`"text":"Lampu mati di Ranai"`: "812700044:17:c97c267b3fa7",
		`"text":"/start"`:              "812700044:17:56c764ac10ff",
		`"caption":"x","photo":[{"file_id":"a","file_unique_id":"A2"}],"location":{"latitude":3.5,"longitude":108},"contact":{"phone_number":"1","user_id":812700044}`: "812700044:17:ebf153d77147",
	} {
		if m, _ := messageOf(t, written(content)); m.ID != want {
			t.Errorf("%s has the id %s", content, m.ID)
		}
	}
}

func TestAMessageWithoutItsIDsIsUnreadable(t *testing.T) {
	for _, raw := range []string{
		`{"update_id":1,"message":{"chat":{"id":5,"type":"private"},"text":"RAHASIA"}}`,
		`{"update_id":1,"message":{"message_id":5,"chat":"RAHASIA","text":"RAHASIA"}}`,
		`{"update_id":1,"message":{"message_id":5,"chat":{"id":5},"text":"RAHASIA"}}`,
		`{"update_id":1,"message":"RAHASIA"}`,
	} {
		u, err := decode([]byte(raw))
		if err == nil {
			_, err = reader(&bytes.Buffer{}).read(u, []byte(raw))
		}
		if err == nil || strings.Contains(err.Error(), "RAHASIA") {
			t.Errorf("%s: %v", raw, err)
		}
	}
	for _, raw := range []string{``, `null`, `[]`, `7`, `{}`, `{"update_id":"x"}`, `{"update_id":-1}`, `{"update_id":9007199254740992}`, `{"update_id":1`, `<html>`} {
		if _, err := decode([]byte(raw)); err == nil {
			t.Errorf("%q is taken for an update", raw)
		}
	}
}

func FuzzUpdate(f *testing.F) {
	f.Add([]byte(written(`"text":"Lampu mati"`)))
	f.Add([]byte(written(`"text":"/start@AduanNatunaBot \u0301 Lampu mati"`)))
	f.Add([]byte(edited(`"caption":"x","photo":[{"file_id":"a","file_unique_id":"b","width":1,"height":2}],"location":{"latitude":3.9,"longitude":108.4}`)))
	f.Add([]byte(written(`"venue":{"location":{"latitude":3.9,"longitude":108.4},"title":"Pasar","address":""},"contact":{"phone_number":"1","user_id":812700044},"document":{"file_id":"d","file_name":"a/b"}`)))
	f.Add([]byte(`{"update_id":1,"message":{"message_id":9,"chat":{"id":-1001234500044,"type":"group"},"from":{"id":5},"reply_to_message":{"from":{"id":7000000001},"text":"SP-1KAZ5T8M3Q0X4RD"}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		u, err := decode(raw)
		if err != nil {
			return
		}
		c := reader(&bytes.Buffer{})
		m, err := c.read(u, raw)
		if err != nil || m == nil {
			return
		}
		chat, id, err := numbers(m.ID)
		if err != nil || chat == 0 || id == 0 || m.Sender == "" || !bytes.Equal(m.Raw.Body, raw) {
			t.Errorf("id %q, sender %q", m.ID, m.Sender)
		}
		if to, _, err := numbers(m.Sender); err != nil || to != chat {
			t.Errorf("the sender %q is not of the chat of %q", m.Sender, m.ID)
		}
		said := complaint.Complaint{SourceID: m.ID, Text: m.Text + "-", Reporter: m.Reporter, Place: m.Place}
		for _, media := range m.Media {
			if media.ID == "" || media.Name == "" && media.Type != "image/webp" || strings.ContainsAny(media.Name, "/\\\x00") || len(media.Name) > 150 {
				t.Errorf("a file is %+v", media)
			}
		}
		if len(m.Text) < complaint.MaxText && len(m.Place.Address) < complaint.MaxText {
			said.Class = complaint.Ordinary
			if err := said.Check(); err != nil {
				t.Error(err)
			}
		}
		if m.Text != complaint.CleanText(m.Text) || m.Place.Address != complaint.CleanText(m.Place.Address) {
			t.Errorf("not cleaned: %q, %q", m.Text, m.Place.Address)
		}
		again, err := c.read(u, raw)
		if err != nil || !cmp.Equal(m, again) {
			t.Errorf("read twice it is %+v and %+v, %v", m, again, err)
		}
		if _, err := json.Marshal(m); err != nil {
			t.Error(err)
		}
	})
}
