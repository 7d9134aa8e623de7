package connectors

import (
	"embed"
	"errors"
	"fmt"
	"strings"
	"sync"
	"text/template"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
)

//go:embed texts/*.yaml
var textFiles embed.FS

// Text names one of the texts a citizen reads.
type Text string

// The texts.
const (
	Receipt       Text = "receipt"        // a complaint came in
	Addition      Text = "addition"       // what a person adds to a complaint of their own came in
	Question      Text = "question"       // we do not know yet what it is about
	Standing      Text = "standing"       // where the last complaint stands, to who asks without naming it
	News          Text = "news"           // what became of a complaint
	Short         Text = "short"          // the same in as few words as an SMS has room for
	Mail          Text = "mail"           // the same in a letter
	SecretSubject Text = "secret_subject" // above a mail about a secret complaint
	Wordless      Text = "wordless"       // a complaint that is files and a place alone
)

// Words are what a text may name.
type Words struct {
	Ref        string
	Status     string // in the language's own words, fit to follow "your report"
	Agency     string
	Note       string
	TrackingID string
	At         string // local time, such as 03-01-2026 14.05
	About      string
	Files      int
	Secret     bool
}

// Texts are the words citizens read, in one language. A nil *Texts is the shipped Indonesian.
type Texts struct {
	statuses map[complaint.Status]string
	parsed   map[Text]*template.Template
}

// textFile is a file of texts.
type textFile struct {
	Statuses struct {
		Received   string `yaml:"received"`
		Forwarded  string `yaml:"forwarded"`
		Disposed   string `yaml:"disposed"`
		InProgress string `yaml:"in_progress"`
		Postponed  string `yaml:"postponed"`
		Done       string `yaml:"done"`
		Archived   string `yaml:"archived"`
		Rejected   string `yaml:"rejected"`
		Closed     string `yaml:"closed"`
		Other      string `yaml:"other"`
	} `yaml:"statuses"`
	Receipt       string `yaml:"receipt"`
	Addition      string `yaml:"addition"`
	Question      string `yaml:"question"`
	Standing      string `yaml:"standing"`
	News          string `yaml:"news"`
	Short         string `yaml:"short"`
	Mail          string `yaml:"mail"`
	SecretSubject string `yaml:"secret_subject"`
	Wordless      string `yaml:"wordless"`
}

func (f *textFile) texts() map[Text]string {
	return map[Text]string{
		Receipt: f.Receipt, Addition: f.Addition, Question: f.Question, Standing: f.Standing, News: f.News, Short: f.Short,
		Mail: f.Mail, SecretSubject: f.SecretSubject, Wordless: f.Wordless,
	}
}

func (f *textFile) statuses() map[complaint.Status]string {
	s := f.Statuses
	return map[complaint.Status]string{
		complaint.Received: s.Received, complaint.Forwarded: s.Forwarded, complaint.Disposed: s.Disposed,
		complaint.InProgress: s.InProgress, complaint.Postponed: s.Postponed, complaint.Done: s.Done, complaint.Archived: s.Archived,
		complaint.Rejected: s.Rejected, complaint.Closed: s.Closed, complaint.Other: s.Other,
	}
}

// Validate implements config.Settings: every text is there, can be read, and names nothing that is not known.
func (f *textFile) Validate() error {
	var errs []error
	wrong := func(key, reason string) { errs = append(errs, &config.FieldError{Field: key, Reason: reason}) }
	for status, word := range f.statuses() {
		if strings.TrimSpace(word) == "" {
			wrong("statuses."+string(status), "is empty: a citizen would read nothing")
		}
	}
	for name, text := range f.texts() {
		if strings.TrimSpace(text) == "" {
			wrong(string(name), "is empty: a citizen would read nothing")
			continue
		}
		if _, err := parseText(string(name), text); err != nil {
			wrong(string(name), "is no text: "+err.Error())
		}
	}
	return errors.Join(errs...)
}

// parseText reads a template and tries it with everything and with nothing.
func parseText(name, text string) (*template.Template, error) {
	parsed, err := template.New(name).Parse(strings.TrimSpace(text))
	if err != nil {
		return nil, err
	}
	full := Words{"SP-1KAZ5T8M3Q0X4RD", "selesai", "Dinas PUPR", "Sudah diperbaiki.", "7212345", "03-01-2026 14.05", "SP-1KAZ5T8M3Q0X4RD", 1, true}
	for _, sample := range []Words{full, {}} {
		if err := parsed.Execute(&strings.Builder{}, sample); err != nil {
			return nil, err
		}
	}
	return parsed, nil
}

// ParseText reads a text a region gives in a connector's own settings; it may name what Words has.
func ParseText(text string) (*template.Template, error) { return parseText("text", text) }

// TextLanguages are the languages that are shipped.
func TextLanguages() []string { return []string{"id", "en"} }

// ReadTexts reads the shipped texts of a language, with a region's own file over them where one is named. What is wrong
// with the file is config.Problems, with line and column.
func ReadTexts(language, file string) (*Texts, error) {
	shipped, err := textFiles.ReadFile("texts/" + language + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("there are no texts in the language %q", language)
	}
	f := &textFile{}
	if problems := config.DecodeYAML("texts/"+language+".yaml", shipped, f); len(problems) > 0 {
		return nil, problems
	}
	if file != "" {
		if problems := config.DecodeFile(file, f); len(problems) > 0 {
			return nil, problems
		}
	}
	t := &Texts{statuses: f.statuses(), parsed: map[Text]*template.Template{}}
	for name, text := range f.texts() {
		if t.parsed[name], err = parseText(string(name), text); err != nil {
			return nil, fmt.Errorf("text %s: %w", name, err)
		}
	}
	return t, nil
}

// indonesian is what a nil *Texts stands for.
var indonesian = sync.OnceValues(func() (*Texts, error) { return ReadTexts("id", "") })

// Status is a status as a citizen reads it, fit to follow "your report". One that no mapping knows is told in the platform's
// own word, raw.
func (t *Texts) Status(status complaint.Status, raw string) string {
	if t == nil {
		shipped, err := indonesian()
		if err != nil {
			return string(status)
		}
		t = shipped
	}
	word, known := t.statuses[status]
	raw = complaint.CleanText(raw)
	switch {
	case known && (status != complaint.Other || raw == ""):
		return word
	case raw == "":
		return t.statuses[complaint.Other]
	}
	return raw
}

// Say words one text.
func (t *Texts) Say(name Text, w Words) (string, error) {
	if t == nil {
		shipped, err := indonesian()
		if err != nil {
			return "", err
		}
		t = shipped
	}
	if t.parsed[name] == nil {
		return "", fmt.Errorf("there is no text %s", name)
	}
	var out strings.Builder
	if err := t.parsed[name].Execute(&out, w); err != nil {
		return "", fmt.Errorf("word the text %s: %w", name, err)
	}
	return strings.TrimSpace(out.String()), nil
}

// Words are what a text may name of a piece of news. Of a secret complaint nothing is said but where it stands: what an
// agency answers may repeat what it is about, and who looks at the person's telephone is not known.
func (t *Texts) Words(change StatusChange, zone *time.Location) Words {
	w := Words{
		Ref: string(change.Ref), Status: t.Status(change.Status, change.Raw), Agency: complaint.CleanText(change.Agency),
		Note: complaint.CleanText(change.Note), TrackingID: complaint.CleanText(change.TrackingID), Secret: change.Secret,
	}
	if !change.At.IsZero() {
		w.At = change.At.In(zone).Format("02-01-2006 15.04")
	}
	if change.Secret {
		w.Agency, w.Note = "", ""
	}
	return w
}

// Message is what a person reads of a change where there is room for little: template, in which {ref} {time} {status} {note}
// {agency} {tracking_id} are filled in and the gaps of empty ones closed, or where that is empty the region's short text.
func (t *Texts) Message(template string, change StatusChange, zone *time.Location) string {
	w := t.Words(change, zone)
	if template == "" {
		text, err := t.Say(Short, w)
		if err != nil { // every text was tried when it was read
			return w.Ref + ": " + w.Status
		}
		return text
	}
	filled := strings.NewReplacer(
		"{ref}", w.Ref, "{time}", w.At, "{status}", w.Status, "{note}", w.Note, "{agency}", w.Agency, "{tracking_id}", w.TrackingID,
	).Replace(template)
	return strings.Join(strings.Fields(filled), " ")
}
