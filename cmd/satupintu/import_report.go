package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/reconcile"
)

// printReport shows a comparison to people: at most so many lines of one kind, the counts of all.
func printReport(w io.Writer, r reconcile.Report, zone *time.Location, f importFlags) error {
	fmt.Fprintf(w, "the file has %d complaints, from %s to %s\n", r.Entries, inZone(r.From, zone), inZone(r.AsOf, zone))
	for _, note := range r.Notes {
		fmt.Fprintln(w, "note:", note)
	}
	if f.dryRun {
		fmt.Fprintln(w, "--dry-run: nothing was changed; this is what would be")
	}
	counts := map[reconcile.Kind]int{}
	t := newTable(w, "WHAT", "REF", "TRACKING ID", "WAS", "IN THE FILE", "DATE", "AGENCY", "WHY")
	for _, l := range r.Lines {
		if counts[l.Kind]++; counts[l.Kind] <= f.most {
			t.row(string(l.Kind), orDash(string(l.Ref)), orDash(l.TrackingID), orDash(l.Was), orDash(l.Status), inZone(l.At, zone), orDash(short(l.Agency, 40)), orDash(l.Why))
		}
	}
	if err := t.flush(); err != nil {
		return err
	}
	t = newTable(w, "WHAT", "COMPLAINTS")
	for _, kind := range reconcile.Kinds() {
		count := fmt.Sprint(counts[kind])
		if counts[kind] > f.most {
			count += fmt.Sprintf(" (%d are shown above; --csv FILE has all)", f.most)
		}
		t.row(string(kind), count)
	}
	t.row("nothing new", fmt.Sprint(r.Same))
	return t.flush()
}

// reportCSV writes every line of a comparison. Dates are of the region's zone.
func reportCSV(w io.Writer, r reconcile.Report, zone *time.Location) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"what", "ref", "tracking_id", "was", "status", "date", "agency", "why"}}
	for _, l := range r.Lines {
		at := ""
		if !l.At.IsZero() {
			at = l.At.In(zone).Format(time.RFC3339)
		}
		row := []string{string(l.Kind), string(l.Ref), l.TrackingID, l.Was, l.Status, at, l.Agency, l.Why}
		for i, cell := range row {
			row[i] = noFormula(cell)
		}
		rows = append(rows, row)
	}
	return out.WriteAll(rows)
}

// noFormula keeps a spreadsheet program from calculating what a cell of the platform's says.
func noFormula(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func inZone(at time.Time, zone *time.Location) string {
	if at.IsZero() {
		return "-"
	}
	return at.In(zone).Format("2006-01-02 15:04")
}
