package workbook

import (
	"archive/zip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// mostElement bounds what one row or one shared text may take in a part.
const mostElement = 4 << 20

// part surveys a part that is no sheet.
func (s *surveys) part(ctx context.Context, part *zip.File) error {
	name := strings.ToLower(part.Name)
	return eachToken(ctx, part, func(_ *xml.Decoder, token xml.Token) error {
		at, _ := token.(xml.StartElement)
		switch {
		case at.Name.Local == "si" && name == "xl/sharedstrings.xml": // excelize looks for them nowhere else
			s.texts++
		case at.Name.Local == "Relationship" && strings.HasPrefix(name, "xl/_rels/"):
			s.targets[attribute(at, "Id")] = target(attribute(at, "Target"))
		}
		return nil
	})
}

// survey is what is known of a sheet before its first row is read.
type survey struct {
	merged []mergedRange // by first row
	fault  *DamageError  // what excelize would misread without a word
	row    int           // the last row, or with a fault the last one before it
	worded int           // the first row with a shared text
}

// surveyor reads a sheet for what excelize does not look at.
type surveyor struct {
	survey
	texts       int
	begun, ends bool // the rows
	column      int
	shared      bool // the cell at hand names a shared text
}

func surveySheet(ctx context.Context, part *zip.File, texts int) (*survey, error) {
	s := &surveyor{texts: texts}
	if err := eachToken(ctx, part, s.see); err != nil {
		return nil, err
	}
	if !s.begun {
		return nil, &DamageError{Reason: "the file's part " + part.Name + " is no sheet: save it again as XLSX"}
	}
	slices.SortFunc(s.merged, func(a, b mergedRange) int { return a.first - b.first })
	return &s.survey, nil
}

func (s *surveyor) see(doc *xml.Decoder, token xml.Token) error {
	switch at := token.(type) {
	case xml.EndElement:
		s.ends = s.ends || at.Name.Local == "sheetData"
	case xml.StartElement:
		switch name := at.Name.Local; {
		case name == "sheetData":
			s.begun = true
		case name == "mergeCell" && len(s.merged) < mostMerged:
			s.merge(attribute(at, "ref"))
		case s.fault != nil || !s.begun || s.ends:
		case name == "row":
			s.beginRow(attribute(at, "r"))
		case name == "c":
			s.cell(at)
		case name == "v" && s.shared:
			return s.text(doc, at)
		}
	}
	return nil //nolint:nilerr // a fault is kept in s
}

func (s *surveyor) beginRow(number string) {
	row := s.row + 1
	if number != "" {
		row, _ = strconv.Atoi(number)
	}
	if row <= s.row || row > excelize.TotalRows {
		s.fault = &DamageError{Reason: fmt.Sprintf("row %q follows row %d: save the file again as XLSX", number, s.row)}
		return
	}
	s.row, s.column = row, 0
}

func (s *surveyor) cell(at xml.StartElement) {
	column, err := s.column+1, error(nil)
	ref, style := attribute(at, "r"), attribute(at, "s")
	if ref != "" {
		column, _, err = excelize.CellNameToCoordinates(ref)
	}
	if err == nil && style != "" {
		_, err = strconv.Atoi(style)
	}
	if err != nil || column <= s.column || column > excelize.MaxColumns {
		s.failed(fmt.Sprintf("cell %q cannot be read", ref))
	}
	s.column, s.shared = column, attribute(at, "t") == "s"
	if s.shared && s.worded == 0 {
		s.worded = s.row
	}
}

// text checks that the text a cell names is there.
func (s *surveyor) text(doc *xml.Decoder, at xml.StartElement) error {
	var number string
	if err := doc.DecodeElement(&number, &at); err != nil {
		return err
	}
	if i, err := strconv.Atoi(strings.TrimSpace(number)); number != "" && (err != nil || i < 0 || i >= s.texts) {
		s.failed(fmt.Sprintf("a cell names text %q of %d", number, s.texts))
	}
	return nil
}

func (s *surveyor) failed(reason string) {
	s.fault = &DamageError{Reason: reason + ": save the file again as XLSX"}
	s.row--
}

func (s *surveyor) merge(ref string) {
	from, to, _ := strings.Cut(ref, ":")
	column, first, err := excelize.CellNameToCoordinates(from)
	if err != nil {
		return
	}
	if _, last, err := excelize.CellNameToCoordinates(to); err == nil && last > first {
		s.merged = append(s.merged, mergedRange{column: column - 1, first: first, last: last})
	}
}

// eachToken reads a part to its end, so that it is known to be whole. Errors are *DamageError, the context's, or the disk's.
func eachToken(ctx context.Context, part *zip.File, see func(*xml.Decoder, xml.Token) error) error {
	content, err := part.Open()
	if err != nil {
		return asDamage(err, "the file is damaged")
	}
	defer content.Close()
	source := &bounded{Reader: content, stopped: ctx.Err}
	doc := xml.NewDecoder(source)
	for within := false; ; {
		if !within {
			source.room = mostElement
		}
		token, err := doc.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = see(doc, token)
		}
		if err != nil {
			return asDamage(err, "the file is damaged in "+part.Name)
		}
		switch at := token.(type) {
		case xml.StartElement:
			within = within || at.Name.Local == "row" || at.Name.Local == "si"
		case xml.EndElement:
			within = within && at.Name.Local != "row" && at.Name.Local != "si"
		}
	}
}

// bounded reads so long as there is room, and until it is stopped.
type bounded struct {
	io.Reader
	room    int
	stopped func() error
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.room <= 0 {
		return 0, errors.New("a row is larger than any spreadsheet program writes")
	}
	if err := b.stopped(); err != nil {
		return 0, err
	}
	n, err := b.Reader.Read(p)
	b.room -= n
	return n, err
}

func attribute(element xml.StartElement, name string) string {
	for _, a := range element.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}
