package email

import (
	"context"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/email/postoffice"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

func changeOf(id string, seq int64) connectors.StatusChange {
	return connectors.StatusChange{
		Ref: "SP-1KAZ5T8M3Q0X4RD", SourceID: id, Seq: seq, Status: complaint.InProgress, Agency: "Dinas Perhubungan – Natuna",
		Note: "Petugas ke lokasi hari Senin.\n.\nTerima kasih.", TrackingID: "7001", At: time.Date(2026, 1, 5, 2, 30, 0, 0, time.UTC),
	}
}

func secretly(change connectors.StatusChange) connectors.StatusChange {
	change.Secret = true
	return change
}

func TestAReplyIsWrittenAsPeopleAndMailersReadIt(t *testing.T) {
	old := readHeader([]byte("From: Contoh Warga <warga.ranai@surat.example>\nCc: orang.lain@surat.example\n" +
		"Subject: Bls: =?utf-8?Q?Lampu_=E2=80=93_Sungai_Ulu?=\nMessage-ID: <b@surat.example>\nReferences: <a@surat.example> <x y> <é@x>\n\n"))
	for name, c := range map[string]struct {
		change   connectors.StatusChange
		template string
	}{
		"full":     {changeOf("b@surat.example", 3), ""},
		"secret":   {secretly(changeOf("b@surat.example", 3)), ""},
		"bare":     {connectors.StatusChange{Ref: "SP-1KAZ5T8M3Q0X4RD", Seq: 1, Status: complaint.Received, At: time.Date(2026, 1, 5, 2, 30, 0, 0, time.UTC)}, ""},
		"unmapped": {connectors.StatusChange{Ref: "SP-1KAZ5T8M3Q0X4RD", Seq: 4, Status: complaint.Other, Raw: "Menunggu\r\nX-Palsu: 1", At: time.Date(2026, 1, 5, 2, 30, 0, 0, time.UTC)}, "{{.Ref}}: {{.Status}}"},
	} {
		s := office()
		s.Reply = c.template
		office := connectorOf(t, s, io.Discard)
		got, err := office.compose(c.change, old, office.own.writer(old))
		must(t, err)
		golden := "testdata/reply-" + name + ".golden"
		if *update {
			must(t, os.WriteFile(golden, got, 0o644))
		}
		want, err := os.ReadFile(golden)
		must(t, err)
		if string(got) != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestAReplyGoesToTheWriterAlone(t *testing.T) {
	out := postoffice.StartSink(t)
	c := connectorOf(t, sending(out), io.Discard)
	old := readHeader([]byte("From: warga.ranai@surat.example\nTo: aduan@natuna.example, orang.lain@surat.example\nCc: ketiga@surat.example\nMessage-ID: <b@x>\n\n"))
	letter, err := c.compose(changeOf("b@x", 1), old, c.own.writer(old))
	must(t, err, c.send(t.Context(), "warga.ranai@surat.example", letter))
	sent := out.Sent()
	if len(sent) != 1 || sent[0].To != "warga.ranai@surat.example" || sent[0].From != "aduan@natuna.example" || headerOf(sent[0]).has("Cc") {
		t.Fatalf("sent %+v", sent)
	}
	if body := string(decode("quoted-printable", sent[0].Raw, 1<<20)); !strings.Contains(body, "\n.\n") {
		t.Errorf("a line of one dot is lost: %s", body)
	}
}

func sending(out *postoffice.Sink) *Settings {
	s := office()
	s.SMTP = Server{Server: out.Address, Security: noSecurity, User: "aduan", Password: config.NewSecret(postoffice.Password)}
	return s
}

func TestWhatASendingServerAnswersHasItsVerdict(t *testing.T) {
	refusal := func(code int) func(*postoffice.Sink) {
		return func(s *postoffice.Sink) {
			s.RefuseRecipients(&smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "warga.ranai@surat.example tidak dikenal"})
		}
	}
	for name, c := range map[string]struct {
		prepare func(*postoffice.Sink)
		verdict retry.Verdict
		reason  retry.Reason
	}{
		"no such person":         {refusal(550), retry.Permanent, retry.Rejected},
		"a name it cannot read":  {refusal(553), retry.Permanent, retry.Rejected},
		"refused":                {refusal(554), retry.Permanent, retry.Rejected},
		"greylisted":             {refusal(450), retry.Transient, retry.Unavailable},
		"local trouble":          {refusal(451), retry.Transient, retry.Unavailable},
		"no room":                {refusal(452), retry.Transient, retry.Unavailable},
		"full mailbox":           {refusal(552), retry.Transient, retry.Unavailable},
		"going down":             {refusal(421), retry.Transient, retry.Unavailable},
		"must sign in":           {refusal(530), retry.SignIn, retry.SignInFailed},
		"wrong password":         {func(s *postoffice.Sink) { s.RefuseSignIn(&smtp.SMTPError{Code: 535, Message: "rahasia"}) }, retry.SignIn, retry.SignInFailed},
		"no sign-in just now":    {func(s *postoffice.Sink) { s.RefuseSignIn(&smtp.SMTPError{Code: 454, Message: "rahasia"}) }, retry.Transient, retry.Unavailable},
		"silence after a letter": {(*postoffice.Sink).GoDeaf, retry.Uncertain, retry.Reset},
	} {
		t.Run(name, func(t *testing.T) {
			out := postoffice.StartSink(t)
			c.prepare(out)
			err := connectorOf(t, sending(out), io.Discard).send(t.Context(), "warga.ranai@surat.example", []byte("Subject: x\r\n\r\nx\r\n"))
			got := retry.Of(err)
			if err == nil || got.Verdict != c.verdict || got.Reason != c.reason {
				t.Errorf("%v: %s, %s", err, got.Verdict, got.Reason)
			}
			if strings.Contains(err.Error(), "warga.ranai") || strings.Contains(err.Error(), "rahasia") {
				t.Errorf("the server's words are repeated: %v", err)
			}
		})
	}
}

func TestASenderThatIsNotThereIsTriedAgain(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := office()
	s.SMTP = Server{Server: listener.Addr().String(), Security: noSecurity}
	must(t, listener.Close())
	c := connectorOf(t, s, io.Discard)
	if got := retry.Of(c.send(t.Context(), "a@surat.example", nil)); got.Verdict != retry.Transient || got.Reason != retry.Refused {
		t.Errorf("%v: %s", got.Err, got.Reason)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := retry.Of(c.send(ctx, "a@surat.example", nil)); got.Reason != retry.Shutdown {
		t.Errorf("%v: %s", got.Err, got.Reason)
	}
}
