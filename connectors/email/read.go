package email

import (
	netmail "net/mail"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// read takes a mail apart.
func (c *connector) read(h header, found letter) mail {
	apart := (&reader{whole: found.body, cut: found.cut}).read(h, found.body, 0)
	text := apart.text
	if text == "" {
		text = apart.forwarded
	}
	subject := h.text("Subject")
	if isAnswer(h, subject) {
		text = fresh(text)
	}
	if len(subject) > complaint.MaxTitle {
		text = strings.TrimSpace(subject + "\n\n" + text)
	}
	writer := c.own.writer(h)
	return mail{
		files: apart.files, left: apart.left,
		record: map[string]any{
			idKey: sourceID(h, found.body), titleKey: titleOf(subject), textKey: text, subjectKey: subject,
			nameKey: writer.name, addressKey: writer.address, toKey: h.text("To"),
			dateKey: sentAt(h, found.received, c.env.Zone), refKey: c.own.answers(h),
		},
	}
}

// isAnswer says that the letters a mail quotes are old: one that is passed on is about what it quotes.
func isAnswer(h header, subject string) bool {
	if answering.MatchString(subject) {
		return true
	}
	passedOn := prefixes.MatchString(subject)
	return !passedOn && len(h.ids("In-Reply-To")) > 0
}

func titleOf(subject string) string {
	title := bareSubject(complaint.CleanText(subject))
	if len(title) > complaint.MaxTitle {
		title = complaint.TitleFrom(title)
	}
	return title
}

func dateOf(value string, zone *time.Location) (time.Time, error) {
	if at, err := netmail.ParseDate(value); err == nil {
		return at, nil
	}
	return connectors.ParseTime(value, nil, zone)
}

// mostPart is what is read of the text of a mail that is too large, in bytes.
const mostPart = 1 << 20

// rest asks the server what the missing end of a mail held: the names of its files, and its text when that is not in
// what was read.
func (p *poll) rest(read *mail, found letter) error {
	structure, err := p.session.structure(found.uid)
	if err != nil || structure == nil {
		return err
	}
	known := map[string]bool{}
	for _, f := range read.files {
		known[nameOf(f)] = true
	}
	var textPath []int
	structure.Walk(func(path []int, part imap.BodyStructure) bool {
		single, ok := part.(*imap.BodyStructureSinglePart)
		if !ok {
			return true
		}
		name := decodeWords(single.Filename())
		switch {
		case name != "":
			if name = nameOf(file{name: name}); !known[name] {
				read.left = append(read.left, name+" (terlalu besar)")
			}
		case strings.EqualFold(single.Type, "text") && (textPath == nil || strings.EqualFold(single.Subtype, "plain")):
			textPath = append([]int{}, path...)
		}
		return true
	})
	if read.record[textKey] != "" || textPath == nil {
		return nil
	}
	return p.fill(read, found.uid, textPath)
}

// fill reads a mail's text by itself.
func (p *poll) fill(read *mail, uid imap.UID, path []int) error {
	part, err := p.session.part(uid, path, mostPart)
	if err != nil {
		return err
	}
	apart := (&reader{}).read(readHeader(part.header), part.body, 0)
	read.record[textKey] = apart.text
	return nil
}
