package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/email/postoffice"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

// read polls to the end and returns all that came.
func readAll(t testing.TB, c *connector, from connectors.Cursor) (connectors.Page, connectors.Cursor) {
	t.Helper()
	var all connectors.Page
	for range 100 {
		page, err := c.Poll(t.Context(), from)
		must(t, err)
		all.Complaints = append(all.Complaints, page.Complaints...)
		all.SetAside = append(all.SetAside, page.SetAside...)
		if page.Next == from {
			return all, from
		}
		from = page.Next
	}
	t.Fatal("after 100 pages there is still more")
	return all, from
}

func idsOf(page connectors.Page) []string {
	var ids []string
	for _, one := range page.Complaints {
		ids = append(ids, one.SourceID)
	}
	slices.Sort(ids)
	return ids
}

func TestARebuiltMailboxIsReadAgainAndDoublesNothing(t *testing.T) {
	box, out := startDovecot(t).Account(t), postoffice.StartSink(t)
	box.Create(t, "Aduan")
	one, two, three := letterOf("a@surat.example", "pipa bocor"), letterOf("b@surat.example", "jalan rusak"), letterOf("c@surat.example", "lampu mati")
	box.Deliver(t, "Aduan", one, two, three)
	s := settingsOf(box, out)
	s.Mailbox = "Aduan"
	c := connectorOf(t, s, io.Discard)
	before, end := readAll(t, c, "")

	client := box.Client(t)
	defer client.Close()
	must(t, client.Delete("Aduan").Wait())
	box.Create(t, "Aduan")
	box.Deliver(t, "Aduan", three, letterOf("d@surat.example", "baru"), one)
	after, again := readAll(t, c, end)
	if len(before.Complaints) != 3 || len(after.Complaints) != 3 || again == end {
		t.Fatalf("before %v, after %v", idsOf(before), idsOf(after))
	}
	ids := slices.Compact(slices.Sorted(slices.Values(append(idsOf(before), idsOf(after)...))))
	if len(ids) != 4 {
		t.Errorf("four mails have the ids %v", ids)
	}
}

func TestOneMailHasOneIDAndAnotherMailAnother(t *testing.T) {
	box := startDovecot(t).Account(t)
	same := letterOf("form@situs.example", "pipa bocor di Ranai")
	box.Deliver(t, "INBOX", same, letterOf("form@situs.example", "pipa bocor di Midai"), same)
	page, _ := readAll(t, connectorOf(t, settingsOf(box, postoffice.StartSink(t)), io.Discard), "")
	ids := idsOf(page)
	if len(ids) != 3 || len(slices.Compact(ids)) != 2 {
		t.Errorf("two mails under one Message-ID, one of them twice, have the ids %v", idsOf(page))
	}
}

func TestOnlyWhatWasTakenInIsMarkedAndNothingIsDeleted(t *testing.T) {
	box := startDovecot(t).Account(t)
	automatic := "Auto-Submitted: auto-replied\n" + letterOf("x@surat.example", "Saya cuti.")
	box.Deliver(t, "INBOX", letterOf("1@surat.example", "pipa bocor"), automatic, "From: a@surat.example\n\n\n", letterOf("2@surat.example", "jalan rusak"))
	c := connectorOf(t, settingsOf(box, postoffice.StartSink(t)), io.Discard)
	page, err := c.Poll(t.Context(), "")
	must(t, err)
	if got := fmt.Sprint(box.Flags(t, "INBOX")); strings.Contains(got, "Seen") {
		t.Errorf("reading alone marks a mail: %s", got)
	}
	must(t, c.Acknowledge(t.Context(), page))
	flags := box.Flags(t, "INBOX")
	for uid, seen := range map[imap.UID]bool{1: true, 2: false, 3: false, 4: true} {
		if slices.Contains(flags[uid], imap.FlagSeen) != seen {
			t.Errorf("mail %d has the flags %v, want seen: %v", uid, flags[uid], seen)
		}
	}
	if len(flags) != 4 || len(page.Complaints) != 2 || len(page.SetAside) != 1 {
		t.Errorf("%d mails, %d complaints, %d set aside", len(flags), len(page.Complaints), len(page.SetAside))
	}
}

func TestMailIsMovedWhenItWasTakenInAndIsAnsweredWhereverItLies(t *testing.T) {
	box, out := startDovecot(t).Account(t), postoffice.StartSink(t)
	box.Create(t, "Selesai")
	box.Create(t, "Arsip/2026")
	box.Deliver(t, "INBOX", letterOf("1@surat.example", "pipa bocor"), letterOf("2@surat.example", "jalan rusak"))
	s := settingsOf(box, out)
	s.MoveTo = "Selesai"
	c := connectorOf(t, s, io.Discard)
	page, err := c.Poll(t.Context(), "")
	must(t, err)
	for range 2 {
		must(t, c.Acknowledge(t.Context(), page))
	}
	if in, moved := len(box.Flags(t, "INBOX")), len(box.Flags(t, "Selesai")); in != 0 || moved != 2 {
		t.Fatalf("%d mails in INBOX, %d in Selesai", in, moved)
	}
	client := box.Client(t)
	defer client.Close()
	_, err = client.Select("Selesai", nil).Wait()
	must(t, err)
	_, err = client.Move(uidSet(uids(1)), "Arsip/2026").Wait() // somebody tidies up
	must(t, err)
	for i, one := range page.Complaints {
		must(t, c.WriteStatus(t.Context(), changeOf(one.SourceID, int64(i+1))))
	}
	if letters := told(out); len(letters) != 2 {
		t.Errorf("told %v", letters)
	}
}

func TestAMailThatIsGoneAndWasNotKeptCannotBeAnsweredAndThatIsFinal(t *testing.T) {
	box, out := startDovecot(t).Account(t), postoffice.StartSink(t)
	box.Deliver(t, "INBOX", letterOf("1@surat.example", "pipa bocor"))
	c := connectorOf(t, settingsOf(box, out), io.Discard)
	for _, id := range []string{"tidak-ada@surat.example#0123456789ab", "1@surat.example#0123456789ab", noID + "#0123456789ab"} {
		if err := c.WriteStatus(t.Context(), changeOf(id, 1)); retry.Of(err).Verdict != retry.Permanent {
			t.Errorf("%s: %v", id, err)
		}
	}
	if letters := told(out); len(letters) != 0 {
		t.Errorf("somebody else was told: %v", letters)
	}
	c.env.Sent = func(context.Context, complaint.Ref) (complaint.Payload, error) {
		return complaint.Payload{Body: []byte(letterOf("2@surat.example", "lampu mati"))}, nil
	}
	must(t, c.WriteStatus(t.Context(), changeOf("2@surat.example#0123456789ab", 1))) // it was kept
	if sent := out.Sent(); len(sent) != 1 || sent[0].To != "warga.ranai@surat.example" {
		t.Errorf("of a mail that was kept was told %+v", sent)
	}
}

// What was kept with a complaint says whom to answer, though the same mail comes again with another address.
func TestWhoSendsACitizensMailAgainIsNotAnswered(t *testing.T) {
	box, out := startDovecot(t).Account(t), postoffice.StartSink(t)
	letter := letterOf("1@surat.example", "pipa bocor")
	again := "Reply-To: orang.lain@surat.example\n" + letter
	box.Deliver(t, "INBOX", letter)
	c := connectorOf(t, settingsOf(box, out), io.Discard)
	page, _ := readAll(t, c, "")
	box.Deliver(t, "INBOX", again)
	one := page.Complaints[0]
	if err := c.WriteStatus(t.Context(), changeOf(one.SourceID, 1)); retry.Of(err).Verdict != retry.Permanent || !strings.Contains(err.Error(), "different addresses") {
		t.Errorf("with nothing kept: %v", err)
	}
	box.Create(t, "Arsip")
	client := box.Client(t)
	defer client.Close()
	_, err := client.Select("INBOX", nil).Wait()
	must(t, err)
	_, err = client.Move(uidSet(uids(1)), "Arsip").Wait() // only the other one is left where the gateway looks first
	must(t, err)
	if err := c.WriteStatus(t.Context(), changeOf(one.SourceID, 1)); retry.Of(err).Verdict != retry.Permanent {
		t.Errorf("with the citizen's mail in another folder: %v", err)
	}
	c.env.Sent = func(context.Context, complaint.Ref) (complaint.Payload, error) {
		return complaint.Payload{}, errors.New("the database restarts")
	}
	if err := c.WriteStatus(t.Context(), changeOf(one.SourceID, 1)); err == nil || retry.Of(err).Verdict == retry.Permanent {
		t.Errorf("while what was kept cannot be read: %v", err)
	}
	if sent := out.Sent(); len(sent) != 0 {
		t.Fatalf("with nothing kept %s is told", sent[0].To)
	}
	c.env.Sent = func(context.Context, complaint.Ref) (complaint.Payload, error) { return one.Raw, nil }
	must(t, c.WriteStatus(t.Context(), changeOf(one.SourceID, 1)))
	must(t, c.WriteStatus(t.Context(), changeOf(one.SourceID, 2)))
	for _, sent := range out.Sent() {
		if sent.To != "warga.ranai@surat.example" {
			t.Errorf("%s is told", sent.To)
		}
	}
	if letters := told(out); len(letters) != 2 {
		t.Errorf("told %v", letters)
	}
}

func TestAMailWithoutMessageIDIsAnswered(t *testing.T) {
	box, out := startDovecot(t).Account(t), postoffice.StartSink(t)
	nameless := strings.Replace(letterOf("x", "trotoar rusak"), "Message-ID: <x>\n", "", 1)
	other := strings.Replace(nameless, "trotoar", "jembatan", 1)
	other = strings.Replace(other, "warga.ranai@", "warga.midai@", 1)
	box.Deliver(t, "INBOX", nameless, other, letterOf("1@surat.example", "pipa"))
	c := connectorOf(t, settingsOf(box, out), io.Discard)
	page, _ := readAll(t, c, "")
	for _, one := range page.Complaints[:2] {
		must(t, c.WriteStatus(t.Context(), changeOf(one.SourceID, 1)))
	}
	sent := out.Sent()
	if len(sent) != 2 || sent[0].To != "warga.ranai@surat.example" || sent[1].To != "warga.midai@surat.example" {
		t.Errorf("sent %d letters: %+v", len(sent), sent)
	}
}

func TestOfALargeMailTheTextIsTakenAndTheFilesLeftOutAreNamed(t *testing.T) {
	box := startDovecot(t).Account(t)
	large := strings.Repeat(strings.Repeat("QUJD", 19)+"\n", 20_000) // 1.5 MB
	part := func(head, body string) string { return "--x\n" + head + "\n\n" + body + "\n" }
	file := "Content-Type: video/mp4; name=\"%s\"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=\"%[1]s\""
	head := strings.Replace(letterOf("besar@surat.example", ""), "\n\n", "\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n", 1)
	first := head + part("Content-Type: text/plain; charset=utf-8", "Lihat video jalan rusak.") + part(fmt.Sprintf(file, "kecil.mp4"), "QUJDRA==") +
		part(fmt.Sprintf(file, "video satu.mp4"), large) + part(fmt.Sprintf(file, "dua.mp4"), "QUJD") + "--x--\n"
	last := strings.Replace(head, "besar@", "belakang@", 1) + part(fmt.Sprintf(file, "tiga.mp4"), large) +
		part("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable", "Teksnya di belakang =E2=80=93 jauh.") + "--x--\n"
	box.Deliver(t, "INBOX", first, last)
	s := settingsOf(box, postoffice.StartSink(t))
	s.MaxMail, s.MaxFile = 1<<20, 1<<20
	page, _ := readAll(t, connectorOf(t, s, io.Discard), "")
	if len(page.Complaints) != 2 {
		t.Fatalf("%d complaints, %v", len(page.Complaints), page.SetAside)
	}
	for i, want := range []string{
		"Lihat video jalan rusak.\n\n[Tidak disertakan: dua.mp4 (terlalu besar), video satu.mp4 (terlalu besar)]",
		"Teksnya di belakang – jauh.\n\n[Tidak disertakan: tiga.mp4 (terlalu besar)]",
	} {
		if got := page.Complaints[i]; got.Text != want || len(got.Attachments) != 1-i || len(got.Raw.Body) > mostLetter {
			t.Errorf("text %q, %d files, raw %d bytes", got.Text, len(got.Attachments), len(got.Raw.Body))
		}
	}
}

func TestAPollThatFoundNothingWaitsForMailWhereTheServerCan(t *testing.T) {
	server := startDovecot(t)
	box := server.Account(t)
	way := startWay(t, postoffice.Address(server.Plain))
	idle := way.watch("IDLE\r\n")
	s := settingsOf(box, postoffice.StartSink(t))
	s.IMAP.Server, s.Idle = way.address, config.Duration(mostIdle)
	c := connectorOf(t, s, io.Discard)
	type answer struct {
		page connectors.Page
		err  error
	}
	came := make(chan answer, 1)
	go func() {
		page, err := c.Poll(t.Context(), "")
		came <- answer{page, err}
	}()
	<-idle
	box.Deliver(t, "INBOX", letterOf("1@surat.example", "pipa bocor"))
	if got := <-came; got.err != nil || len(got.page.Complaints) != 1 {
		t.Errorf("%d complaints, %v", len(got.page.Complaints), got.err)
	}
}

func TestWrongCredentialsAreToldAsSuch(t *testing.T) {
	box := startDovecot(t).Account(t)
	s := settingsOf(box, postoffice.StartSink(t))
	s.IMAP.Password = config.NewSecret("SALAH-5512")
	c := connectorOf(t, s, io.Discard)
	_, err := c.Poll(t.Context(), "")
	if retry.Of(err).Verdict != retry.SignIn || strings.Contains(err.Error(), "SALAH") {
		t.Errorf("got %v", err)
	}
	if _, err := c.Check(t.Context()); retry.Of(err).Verdict != retry.SignIn {
		t.Errorf("Check: %v", err)
	}
}

func TestAServerNobodyVouchesForIsNotSpokenTo(t *testing.T) {
	server := startDovecot(t)
	box := server.Account(t)
	for security, port := range map[string]int{tlsSecurity: server.TLS, starttlsSecurity: server.Plain} {
		s := settingsOf(box, postoffice.StartSink(t))
		s.CA, s.IMAP.Server, s.IMAP.Security = "", postoffice.Address(port), security
		_, err := connectorOf(t, s, io.Discard).Poll(t.Context(), "")
		if got := retry.Of(err); got.Reason != retry.TLS {
			t.Errorf("%s: %v (%s)", security, err, got.Reason)
		}
	}
}

func TestCheckSaysWhatIsMissing(t *testing.T) {
	box, out := startDovecot(t).Account(t), postoffice.StartSink(t)
	s := settingsOf(box, out)
	s.MoveTo = "Tidak Ada"
	if _, err := connectorOf(t, s, io.Discard).Check(t.Context()); err == nil || !strings.Contains(err.Error(), "create that folder") {
		t.Errorf("got %v", err)
	}
	s.MoveTo, s.SMTP.Server = "", ""
	said, err := connectorOf(t, s, io.Discard).Check(t.Context())
	if err != nil || !strings.Contains(said, "statuses are not sent") || !strings.Contains(said, "not encrypted") {
		t.Errorf("said %q, %v", said, err)
	}
}

// What we send must not come back as a complaint, and what people answer must be known as their later word.
func TestOurReplyIsLeftAloneAndTheAnswerToItIsAFollowUp(t *testing.T) {
	box, out := startDovecot(t).Account(t), postoffice.StartSink(t)
	box.Deliver(t, "INBOX", letterOf("1@surat.example", "pipa bocor"))
	var log bytes.Buffer
	c := connectorOf(t, settingsOf(box, out), &log)
	page, end := readAll(t, c, "")
	must(t, c.WriteStatus(t.Context(), changeOf(page.Complaints[0].SourceID, 2)))
	reply := out.Sent()[0]
	answer := strings.Replace(letterOf("2@surat.example", "Masih bocor."), "\n\n", "\nIn-Reply-To: "+headerOf(reply).raw("Message-ID")+
		"\nReferences: "+headerOf(reply).raw("References")+" "+headerOf(reply).raw("Message-ID")+"\n\n", 1)
	box.Deliver(t, "INBOX", string(reply.Raw), answer)
	later, _ := readAll(t, c, end)
	if len(later.Complaints) != 1 || later.Complaints[0].Text != "Menanggapi SP-1KAZ5T8M3Q0X4RD\n\nMasih bocor." {
		t.Errorf("got %+v", later.Complaints)
	}
	if !strings.Contains(log.String(), "our own reply") || strings.Contains(log.String(), "surat.example") {
		t.Errorf("the log says %s", log.String())
	}
}

func TestACursorOfAnotherKindIsRefused(t *testing.T) {
	for _, cursor := range []connectors.Cursor{"x", "1", "1 2 3 4", "1 2 a", "since=1/2/3", "1 2 since=1/2", "1 2 since=1/2/a", "1 2 since=1/2/99999999999", "1 since=1/2/3", `{"a":1}`, "1 99999999999"} {
		if _, err := readCursor(cursor); !errors.Is(err, errBadCursor) {
			t.Errorf("%q: %v", cursor, err)
		}
	}
}
