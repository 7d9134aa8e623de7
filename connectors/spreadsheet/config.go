package spreadsheet

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// Settings are what the connector is configured with.
type Settings struct {
	Path      config.Path        `yaml:"path" doc:"a file, a folder, or a pattern such as inbox/*.xlsx; or sftp or upload"`
	SFTP      SFTP               `yaml:"sftp" doc:"in place of path: files on an SFTP server"`
	Upload    Upload             `yaml:"upload" doc:"in place of path: files that are posted to /in/NAME"`
	Preset    string             `yaml:"preset" doc:"fields of map for a known sheet; each may still be given" enum:"lapor-export,google-forms"`
	Map       connectors.Mapping `yaml:"map" doc:"from a row to a complaint; file, sheet and row are known beside the headers"`
	Sheets    []string           `yaml:"sheets" doc:"the sheets to read; none named: every visible one"`
	Header    int                `yaml:"header" doc:"number of the header's row; 0: found by itself"`
	Encoding  string             `yaml:"encoding" doc:"of CSV files" enum:"auto,utf-8,windows-1252"`
	Delimiter string             `yaml:"delimiter" doc:"between the cells of CSV files: auto, or one character (comma, semicolon and tab by name too)"`
	Page      int                `yaml:"page" doc:"rows taken in at a time"`
	Quiet     config.Duration    `yaml:"quiet" doc:"how long a file must be unchanged before it is read"`
	Answers   bool               `yaml:"answers" doc:"whether what became of the complaints of a file NAME.xlsx is written to NAME.jawaban.csv, beside it"`
	AnswersIn config.Path        `yaml:"answers_in" doc:"folder of this machine for the answers, in place of beside; upload needs one for them"`
}

// Definition declares the kind spreadsheet.
func Definition() connectors.Definition {
	return connectors.Definition{
		Kind:     "spreadsheet",
		Summary:  "CSV and XLSX files in a folder, on an SFTP server or sent by HTTP; answers go to a file beside",
		Defaults: func() config.Settings { return defaults() },
		Open:     open,
		BringsFrom: func(settings config.Settings) string {
			if s, ok := settings.(*Settings); ok && s.bringsNational() {
				return "lapor"
			}
			return ""
		},
	}
}

func defaults() *Settings {
	return &Settings{
		Encoding:  autoEncoding,
		Delimiter: autoComma,
		Page:      500,
		Quiet:     config.Duration(5 * time.Second),
		Upload:    Upload{Tolerance: config.Duration(5 * time.Minute), Rate: 1},
		SFTP:      SFTP{Port: 22, Timeout: config.Duration(time.Minute)},
	}
}

const (
	autoComma = "auto"
	mostPage  = 10_000
)

// Validate reports impossible values.
func (s *Settings) Validate() error {
	var wrong config.Faults
	doors := count(s.Path != "", s.SFTP.given(), s.Upload.given())
	wrong.When(doors == 0, "path", "is missing: name a file, a folder or a pattern such as inbox/*.xlsx, or give sftp, or upload with secret or bearer")
	wrong.When(doors > 1, "path", "and sftp and upload are three ways: keep one of them")
	wrong.When(s.Answers && s.Upload.given() && s.AnswersIn == "", "answers_in", "is missing: an uploaded file has no folder beside which answers could be written")
	wrong.When(!s.Answers && s.AnswersIn != "", "answers_in", "is given without answers: true")
	wrong.When(!slices.Contains([]string{"", laporExport, googleForms}, s.Preset), "preset", "is not one of lapor-export, google-forms")
	wrong = append(wrong, s.Upload.faults()...)
	wrong = append(wrong, s.SFTP.faults()...)
	_, err := path.Match(filepath.ToSlash(string(s.Path)), "")
	wrong.When(err != nil, "path", "is no pattern: a [ needs its ]")
	wrong.When(s.Header < 0, "header", "is the number of a row, from 1; 0 finds it")
	wrong.When(!slices.Contains([]string{autoEncoding, utf8Encoding, winEncoding}, s.Encoding), "encoding", "is not one of auto, utf-8, windows-1252")
	_, known := comma(s.Delimiter)
	wrong.When(!known, "delimiter", "is not auto, comma, semicolon, tab or one character")
	wrong.When(s.Page < 1 || s.Page > mostPage, "page", fmt.Sprintf("is not between 1 and %d", mostPage))
	wrong.When(s.Quiet < 0, "quiet", "is negative")
	for i, sheet := range s.Sheets {
		wrong.When(strings.TrimSpace(sheet) == "", fmt.Sprintf("sheets[%d]", i), "is blank: give a sheet's name")
	}
	return errors.Join(append(wrong, s.whole().Map.Validate())...)
}

func count(all ...bool) int {
	n := 0
	for _, one := range all {
		if one {
			n++
		}
	}
	return n
}

// comma reads the setting delimiter; 0 stands for auto.
func comma(name string) (rune, bool) {
	switch strings.ToLower(name) {
	case autoComma:
		return 0, true
	case "comma":
		return ',', true
	case "semicolon":
		return ';', true
	case "tab", `\t`:
		return '\t', true
	}
	runes := []rune(name)
	if len(runes) != 1 || strings.ContainsRune("\"\r\n\x00\uFFFD", runes[0]) {
		return 0, false
	}
	return runes[0], true
}

// place is where the files lie.
func (s *Settings) place() place {
	if s.SFTP.given() {
		return newRemote(s.SFTP)
	}
	return localPlace{s}
}

// where is the place, in words.
func (s *Settings) where() string {
	if s.SFTP.given() {
		return s.SFTP.Path + " on " + s.SFTP.Host
	}
	return string(s.Path)
}

// rule is what the header must hold. A column whose field has a default may be missing, and one that an expression reads, but
// for those of anonymous and secret: there, what is missing would read as no.
func (s *Settings) rule() headerRule {
	rule := headerRule{row: s.Header}
	for _, name := range s.Map.Names() {
		if slices.Contains([]string{fileKey, sheetKey, rowKey}, name) {
			continue
		}
		hides := s.hides(name)
		if hides {
			rule.hide = append(rule.hide, name)
		}
		if hides || s.needs(name) {
			rule.names = append(rule.names, name)
		} else {
			rule.maybe = append(rule.maybe, name)
		}
	}
	return rule
}

func (s *Settings) needs(name string) bool {
	for _, value := range s.Map {
		if value.From == name && value.Default == "" {
			return true
		}
	}
	return false
}

// hides says whether an expression that hides a citizen reads a column.
func (s *Settings) hides(name string) bool {
	for _, field := range []string{"anonymous", "secret"} {
		if value := s.Map[field]; value.Expr != "" && slices.Contains(value.Names(), name) {
			return true
		}
	}
	return false
}
