package workbook

import (
	"archive/zip"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
	"github.com/xuri/nfp"
)

// cellStyle is what a cell's number stands for.
type cellStyle int

const (
	plainNumber cellStyle = iota
	dateAndTime
	dateOnly
	timeOnly
)

// dateMark begins each cell that is shown as a date. It is of Unicode's private use area, where no text has business.
const dateMark = "\ue0d1"

// dateStyles writes a workbook's styles anew, for a reader that gives values and no styles: a number shown as a
// date is to begin with dateMark and the cellStyle, others are to stay as they are.
func dateStyles(ctx context.Context, part *zip.File, to *zip.Writer) error {
	styles, err := readStyles(ctx, part)
	if err != nil {
		return err
	}
	out, err := to.Create("xl/styles.xml")
	if err != nil {
		return err
	}
	const own = 1000 // the first number format; the one of plainNumber is not there, so that numbers stay as they are
	var text strings.Builder
	text.WriteString(`<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts>`)
	for style := dateAndTime; style <= timeOnly; style++ {
		fmt.Fprintf(&text, `<numFmt numFmtId="%d" formatCode="&quot;%s%d&quot;0.000000"/>`, own+style, dateMark, style)
	}
	text.WriteString("</numFmts><cellXfs>")
	for _, style := range styles {
		fmt.Fprintf(&text, `<xf numFmtId="%d"/>`, own+style)
	}
	text.WriteString("</cellXfs></styleSheet>")
	_, err = io.WriteString(out, text.String())
	return err
}

// markedDate is a cell with dateMark as 2006-01-02 15:04:05, without what it does not show; of any other, nothing. A mere
// time of a day is no date, and neither is a number that stands for no day.
func markedDate(cell string, d1904 bool) (string, time.Time) {
	sign, text, marked := strings.Cut(cell, dateMark)
	if !marked || text == "" {
		return "", time.Time{}
	}
	const lastDay = 2_958_466 // the end of the year 9999
	value, err := strconv.ParseFloat(text[1:], 64)
	if err != nil || sign != "" || value >= lastDay {
		return sign + digits(text[1:]), time.Time{}
	}
	at, err := excelize.ExcelDateToTime(value, d1904)
	at = at.Round(time.Second)
	switch style := cellStyle(text[0] - '0'); {
	case err != nil:
		return text[1:], time.Time{}
	case style == timeOnly && value < 1:
		return at.Format(time.TimeOnly), time.Time{}
	case style == dateOnly && value == math.Trunc(value):
		return at.Format(time.DateOnly), at
	}
	return at.Format(time.DateTime), at
}

// digits writes a number as a spreadsheet shows it: at most 15 significant digits, no exponent.
func digits(number string) string {
	value, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return number
	}
	const exact = 15
	value, err = strconv.ParseFloat(strconv.FormatFloat(value, 'g', exact, 64), 64)
	if err != nil {
		return number
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}

// readStyles reads, for each cell format of the workbook, whether it shows a date.
func readStyles(ctx context.Context, part *zip.File) ([]cellStyle, error) {
	var styles []cellStyle
	own := map[string]cellStyle{}
	inCells := false
	err := eachToken(ctx, part, func(_ *xml.Decoder, token xml.Token) error {
		switch at := token.(type) {
		case xml.EndElement:
			inCells = inCells && at.Name.Local != "cellXfs"
		case xml.StartElement:
			id := attribute(at, "numFmtId")
			switch style, known := own[id]; {
			case at.Name.Local == "cellXfs":
				inCells = true
			case at.Name.Local == "numFmt":
				own[id] = styleOf(attribute(at, "formatCode"))
			case at.Name.Local == "xf" && inCells && known:
				styles = append(styles, style)
			case at.Name.Local == "xf" && inCells:
				styles = append(styles, builtInStyle(id))
			}
		}
		return nil
	})
	return styles, err
}

// builtInStyle is the style of a number format that a workbook does not spell out (ECMA-376, 18.8.30).
func builtInStyle(number string) cellStyle {
	switch id, _ := strconv.Atoi(number); {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id >= 50 && id <= 54, id == 36, id == 57, id == 58:
		return dateOnly
	case id == 22:
		return dateAndTime
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 55, id == 56:
		return timeOnly
	}
	return plainNumber
}

// styleOf reads a number format's code, such as dd/mm/yyyy hh:mm. A span ([h]:mm) is no time of a day.
func styleOf(code string) cellStyle {
	var date, clock bool
	parser := nfp.NumberFormatParser()
	sections := parser.Parse(code)
	if len(sections) == 0 {
		return plainNumber
	}
	for _, token := range sections[0].Items {
		if token.TType == nfp.TokenTypeElapsedDateTimes {
			return plainNumber
		}
		if token.TType != nfp.TokenTypeDateTimes {
			continue
		}
		value := strings.ToUpper(token.TValue)
		date = date || strings.ContainsAny(value, "YDBE")
		clock = clock || strings.ContainsAny(value, "HS")
		date = date || strings.Count(value, "M") > 2 // MMM: a month's name
	}
	switch {
	case date && clock:
		return dateAndTime
	case date:
		return dateOnly
	case clock:
		return timeOnly
	}
	return plainNumber
}
