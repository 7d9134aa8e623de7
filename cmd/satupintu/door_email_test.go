package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/connectors/email/postoffice"
)

// mailbox is an office's: letters lie in a real Dovecot, answers come to their writers by SMTP.
type mailbox struct {
	postoffice.Account
	out *postoffice.Sink
}

func mailDoor(t *testing.T, need *servers) doorway {
	d := mailbox{need.dovecot().Account(t), postoffice.StartSink(t)}
	return doorway{
		door: d, name: "surat", points: polledPoints(), photo: true, tells: doorNews(),
		files: map[string]string{"mail-password": postoffice.Password},
		connector: fmt.Sprintf(`
  - name: surat
    kind: email
    every: 1s
    settings:
      address: aduan@natuna.example
      imap: { server: %q, security: none, user: %s, password: { file: mail-password } }
      smtp: { server: %q, security: none }
`, postoffice.Address(d.Plain), d.Name, d.out.Address),
	}
}

func (mailbox) id(n int) string { return fmt.Sprintf("<aduan-%d@surat.example>", n) }

func (mailbox) writer(n int) string { return fmt.Sprintf("warga.midai.%d@surat.example", n) }

func (d mailbox) complain(r *region, n int) {
	r.Helper()
	d.Deliver(r, "INBOX", fmt.Sprintf(`From: Warga Midai <%s>
To: aduan@natuna.example
Subject: Jembatan rusak
Date: Sat, 03 Jan 2026 14:05:00 +0700
Message-ID: %s
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=batas

--batas
Content-Type: text/plain; charset=utf-8

%s
--batas
Content-Type: image/jpeg
Content-Disposition: attachment; filename="jembatan.jpg"
Content-Transfer-Encoding: base64

%s
--batas--
`, d.writer(n), d.id(n), doorText("surat", n), base64.StdEncoding.EncodeToString(doorPhoto("surat", n))))
}

// heard are the mails to the writer in the letter's thread. A mail program shows one Message-ID once.
func (d mailbox) heard(r *region, n int) (told []string) {
	r.Helper()
	seen := map[string]bool{}
	for _, sent := range d.out.Sent() {
		letter, err := mail.ReadMessage(bytes.NewReader(sent.Raw))
		if err != nil {
			r.Fatal(err)
		}
		id := letter.Header.Get("Message-ID")
		if sent.To != d.writer(n) || letter.Header.Get("In-Reply-To") != d.id(n) || seen[id] {
			continue
		}
		seen[id] = true
		text, err := io.ReadAll(quotedprintable.NewReader(letter.Body))
		if err != nil {
			r.Fatal(err)
		}
		told = append(told, strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
	return told
}
