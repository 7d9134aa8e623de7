package sql

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
)

const (
	mostPage = 5_000
	// SQL Server takes 2,100 parameters in a statement; the parts of long SMS are looked up a page at a time.
	mostServerPage = 2_000
	mostName       = 128 // bytes of an identifier; MySQL takes 64, PostgreSQL 63
)

// Validate reports impossible values. It looks at the settings as the preset completes them.
func (s *Settings) Validate() error {
	var wrong config.Faults
	d, known := dialects()[s.Driver]
	if !known { // its enum says so already
		return nil
	}
	full := s.whole()
	full.checkServer(&wrong)
	full.checkSQLServer(&wrong)
	full.checkSource(&wrong, d)
	full.checkNames(&wrong)
	full.checkPhotos(&wrong)
	full.checkAnswers(&wrong, d)
	return errors.Join(append(wrong, full.Map.Validate())...)
}

func (s *Settings) checkServer(wrong *config.Faults) {
	if s.DSN.Set() {
		if err := new(*s).fromDSN(); err != nil {
			wrong.When(true, "dsn", err.Error())
			return
		}
	}
	wrong.When(s.Host == "", "host", "is blank: name the database's server")
	wrong.When(s.Database == "", "database", "is missing: name the database, or give dsn")
	wrong.When(s.User == "", "user", "is missing: name the account, or give dsn")
	wrong.When(s.Port < 0 || s.Port > 65_535, "port", "is not between 1 and 65535")
	wrong.When(s.Timeout <= 0, "timeout", "must be longer than nothing")
	wrong.When(s.Page < 1 || s.Page > mostPage, "page", fmt.Sprintf("is not between 1 and %d", mostPage))
	_, err := s.zone(nil)
	wrong.When(err != nil, "zone", "is no time zone; write it as Asia/Jakarta")
}

// checkSQLServer refuses what SQL Server is not offered for.
func (s *Settings) checkSQLServer(wrong *config.Faults) {
	if s.Driver != serverDriver {
		return
	}
	wrong.When(strings.ContainsAny(s.Host, `/\`), "host", "is no name or address: give the machine alone, and in port the port of its instance")
	wrong.When(strings.Contains(s.User, `\`), "user", "is a Windows account, which cannot sign in from here: make a login of SQL Server's own")
	wrong.When(s.Preset != "", "preset", "is not for sqlserver: OpenSID and Gammu SMSD keep their rows in MySQL, MariaDB or PostgreSQL")
	wrong.When(s.Preset == "" && s.Outbox.Creator != "", "outbox.creator", "is not for sqlserver: Gammu SMSD keeps its rows in MySQL, MariaDB or PostgreSQL")
	wrong.When(s.Page > mostServerPage, "page", fmt.Sprintf("is above %d, the most with sqlserver", mostServerPage))
	wrong.When(s.Query != "", "query", "is not offered with sqlserver: make a view of it in the database, and name the view in table")
}

func (s *Settings) checkSource(wrong *config.Faults, d dialect) {
	wrong.When(s.Table == "" && s.Query == "", "table", "is missing: name the table that holds complaints, or give a query")
	wrong.When(s.Time == "", "time", "is missing: name the column that says when a row was written or changed")
	wrong.When(s.ID == "", "id", "is missing: name the column with a row's number")
	_, err := parseNamed("SELECT 1 WHERE "+s.Where, nil, d.mark)
	wrong.When(s.Where != "" && err != nil, "where", fmt.Sprint(err))
	if s.Query == "" {
		return
	}
	query, err := parseNamed(s.Query, queryParameters(), d.mark)
	wrong.When(err != nil, "query", fmt.Sprint(err))
	for _, name := range queryParameters() {
		wrong.When(err == nil && !query.has(name), "query", "lacks {"+name+"}: without it a poll cannot go on where the last one ended")
	}
}

// checkNames looks at identifiers. They are quoted, so that nothing in them is SQL; what is refused here is a slip.
func (s *Settings) checkNames(wrong *config.Faults) {
	for field, name := range map[string]string{
		"time": s.Time, "id": s.ID, "photos.column": s.Photos.Column, "parts.udh": s.Parts.UDH,
		"parts.sender": s.Parts.Sender, "parts.text": s.Parts.Text, "parts.time": s.Parts.Time,
	} {
		wrong.When(!isName(name), field, "is no column's name")
	}
	for _, part := range strings.Split(s.Table, ".") {
		wrong.When(s.Table != "" && (part == "" || !isName(part)), "table", "is no table's name; write it as pengaduan or public.pengaduan")
	}
	for i, name := range s.Columns {
		wrong.When(name == "" || !isName(name), fmt.Sprintf("columns[%d]", i), "is no column's name")
	}
	joins := s.Parts.UDH != ""
	wrong.When(joins && s.Parts.Sender == "", "parts.sender", "is missing: parts are joined by sender")
	wrong.When(joins && s.Parts.Text == "", "parts.text", "is missing: name the column with the words")
	wrong.When(joins && s.Parts.Time == "", "parts.time", "is missing: name the column with the time of the SMS")
	wrong.When(joins && s.Query != "", "parts.udh", "needs table in place of query: parts are looked up again by their id")
	wrong.When(s.Parts.Wait <= 0, "parts.wait", "must be longer than nothing")
	wrong.When(s.Parts.Within <= 0, "parts.within", "must be longer than nothing")
}

func isName(name string) bool {
	return len(name) <= mostName && !strings.ContainsFunc(name, unicode.IsControl) && strings.TrimSpace(name) == name
}

func (s *Settings) checkPhotos(wrong *config.Faults) {
	p := s.Photos
	wrong.When(p.Folder != "" && p.URL != "", "photos.url", "is given beside folder; keep one")
	wrong.When(p.Column == "" && (p.Folder != "" || p.URL != ""), "photos.column", "is missing: name the column with the file names")
	address, err := url.Parse(p.URL)
	wrong.When(p.URL != "" && (err != nil || address.Host == "" || !slices.Contains([]string{"http", "https"}, address.Scheme)),
		"photos.url", "is no address such as https://desa.example/upload/")
	wrong.When(p.MaxSize < 1, "photos.max_size", "must be more than nothing")
	wrong.When(p.Most < 1 || p.Most > complaint.MaxAttachments, "photos.most", fmt.Sprintf("is not between 1 and %d", complaint.MaxAttachments))
}

func (s *Settings) checkAnswers(wrong *config.Faults, d dialect) {
	if s.Acknowledge != "" {
		parsed, err := parseNamed(s.Acknowledge, ackParameters(), d.mark)
		wrong.When(err != nil, "acknowledge", fmt.Sprint(err))
		wrong.When(err == nil && !parsed.has("id"), "acknowledge", "lacks {id}: it would mark every row")
	}
	for status, script := range s.WriteBack {
		field := "write_back." + status
		wrong.When(status != anyStatus && !slices.Contains(complaint.Statuses(), complaint.Status(status)), field, "is no status; "+statusWords())
		wrong.When(len(script) == 0, field, "holds no statement")
		for i, text := range script {
			parsed, err := parseNamed(text, writeParameters(), d.mark)
			wrong.When(err != nil, fmt.Sprintf("%s[%d]", field, i), fmt.Sprint(err))
			wrong.When(err == nil && !parsed.has("id"), fmt.Sprintf("%s[%d]", field, i), "lacks {id}: it would not know which complaint it is about")
		}
	}
	wrong.When(s.Outbox.Creator != "" && len(s.WriteBack) > 0, "write_back", "is given beside outbox.creator; keep one")
	wrong.When(s.Outbox.Creator != "" && s.Parts.Sender == "", "parts.sender", "is missing: the column with the number that is answered")
	wrong.When(s.Outbox.Most < 1 || s.Outbox.Most > mostParts, "outbox.most", fmt.Sprintf("is not between 1 and %d", mostParts))
	wrong.When(s.Message != "" && strings.TrimSpace(s.Message) == "", "message", "is blank")
}

func statusWords() string {
	var words []string
	for _, status := range complaint.Statuses() {
		words = append(words, string(status))
	}
	return "the statuses are " + strings.Join(words, ", ") + "; any stands for the others"
}
