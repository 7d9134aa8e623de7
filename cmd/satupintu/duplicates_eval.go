package main

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/sync/dedup/trial"
)

// evalFlags are what is measured, and what is shown of it.
type evalFlags struct {
	engine            engineFlags
	complaints, pairs string
	folds             int
	texts             bool
	into              string
}

func duplicatesEval() *cobra.Command {
	c := &cobra.Command{
		Use: "eval --complaints C.csv --pairs P.csv", Args: exactly(0),
		Short: "Measure the decisions on pairs that a person labelled, beside four simple ways to decide",
		Long: "eval reads complaints (id, text, and where there are any address, kelurahan, kecamatan, reported_at, topic) and pairs\n" +
			"(a, b, label: resubmission, same-incident, recurrence, different, unsure) and says what becomes of each pair. With --folds it\n" +
			"judges each fold by a model, and a threshold, that were fitted on the other folds; the rules are the program's own in both\n" +
			"cases. Intervals are of 95 % (Wilson); unsure pairs count in no rate. Nothing is stored.\n\n" + exitHelp,
	}
	var f evalFlags
	f.engine.add(c)
	asJSON := jsonFlag(c)
	c.Flags().StringVar(&f.complaints, "complaints", "", "CSV of complaints (required)")
	c.Flags().StringVar(&f.pairs, "pairs", "", "CSV of labelled pairs (required)")
	c.Flags().IntVar(&f.folds, "folds", 0, "cross-validate with so many folds; 0 judges by the model as it is")
	c.Flags().BoolVar(&f.texts, "texts", false, "show the texts of wrong answers: personal data, for your eyes")
	c.Flags().StringVar(&f.into, "into", "", "also write the table of methods into this Markdown file, between its marks")
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, p, err := f.measure()
		if err != nil {
			return err
		}
		if f.into != "" {
			if err := intoSection(f.into, "pairs", methodsMarkdown(p)); err != nil {
				return err
			}
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), p)
		}
		return f.print(c.OutOrStdout(), s, p)
	}
	return c
}

func (f evalFlags) measure() (s trial.Sheet, p trial.Pairs, err error) {
	if f.folds == 1 || f.folds < 0 {
		return s, p, usageError{fmt.Errorf("--folds must be 0, or 2 and more, not %d", f.folds)}
	}
	o, err := f.engine.options()
	if err != nil {
		return s, p, err
	}
	if s, err = sheetFrom(f.complaints); err != nil {
		return s, p, err
	}
	pairs, err := pairsFrom(f.pairs, s)
	if err != nil {
		return s, p, err
	}
	p, err = trial.MeasurePairs(o, s, pairs, f.folds)
	return s, p, err
}

func (f evalFlags) print(w io.Writer, s trial.Sheet, p trial.Pairs) error {
	fmt.Fprintf(w, "%d pairs of %d complaints from %s and %s\n", len(p.Judgements), len(s.Rows), filepath.Base(f.pairs), filepath.Base(f.complaints))
	printTaken(w, s)
	model := "model: " + cmp.Or(f.engine.model, "as shipped")
	if p.Folds > 0 {
		model = fmt.Sprintf("cross-validated in %d folds, each judged by a model fitted on the others", p.Folds)
	}
	fmt.Fprintf(w, "%s; a person looks from a score of %s\n\n", model, scores(p.Reviews))
	for _, part := range []func(io.Writer, trial.Pairs) error{printLabels, printMethods, printCalibration} {
		if err := part(w, p); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	return f.printErrors(w, s, p)
}

func scores(all []float64) string {
	said := make([]string, len(all))
	for i, s := range all {
		said[i] = fmt.Sprintf("%.2f", s)
	}
	return strings.Join(said, ", ")
}

func printTaken(w io.Writer, s trial.Sheet) {
	fmt.Fprint(w, "columns taken as")
	for i, t := range s.Taken {
		if i > 0 {
			fmt.Fprint(w, ",")
		}
		fmt.Fprint(w, " ", t)
	}
	fmt.Fprintln(w)
	if s.Empty > 0 {
		fmt.Fprintf(w, "%d rows without a text were left out\n", s.Empty)
	}
}

func printLabels(w io.Writer, p trial.Pairs) error {
	t := newTable(w, "LABEL", "PAIRS", "LINK", "REVIEW", "NEW", "LINKED", "LINKED OR REVIEW")
	for _, l := range p.Methods[0].Labels {
		t.row(string(l.Label), fmt.Sprint(l.Linked.Of), fmt.Sprint(l.Link), fmt.Sprint(l.Review), fmt.Sprint(l.New), l.Linked.String(), l.Together.String())
	}
	return t.flush()
}

func methodHead() []string {
	return []string{"METHOD", "LINK: PRECISION", "RECALL", "LINK OR REVIEW: PRECISION", "RECALL", "TWO MATTERS LINKED"}
}

// methodCells are a row of the table of methods, for people and for the page.
func methodCells(m trial.Method) []string {
	var joined, others int
	for _, l := range m.Labels {
		if l.Label == trial.Different || l.Label == trial.Recurrence {
			joined, others = joined+l.Link, others+l.Linked.Of
		}
	}
	return []string{
		m.Name, m.Link.Precision.String(), m.Link.Recall.String(), m.Together.Precision.String(), m.Together.Recall.String(),
		fmt.Sprintf("%d of %d", joined, others),
	}
}

func printMethods(w io.Writer, p trial.Pairs) error {
	t := newTable(w, methodHead()...)
	for _, m := range p.Methods {
		t.row(methodCells(m)...)
	}
	return t.flush()
}

func printCalibration(w io.Writer, p trial.Pairs) error {
	t := newTable(w, "SCORE", "PAIRS", "MEAN SCORE", "ONE MATTER")
	for _, b := range p.Calibration {
		mean := "-"
		if b.Same.Of > 0 {
			mean = fmt.Sprintf("%.3f", b.Mean)
		}
		t.row(fmt.Sprintf("%.2f to %.2f", b.From, b.To), fmt.Sprint(b.Same.Of), mean, b.Same.String())
	}
	t.row("Brier score", "", fmt.Sprintf("%.3f", p.Brier), "")
	return t.flush()
}

func (f evalFlags) printErrors(w io.Writer, s trial.Sheet, p trial.Pairs) error {
	if len(p.Errors) == 0 {
		_, err := fmt.Fprintln(w, "no pair of two matters was linked, and none of one matter is new")
		return err
	}
	t := newTable(w, "EARLIER", "LATER", "LABEL", "ANSWER", "SCORE", "COSINE", "FOR", "AGAINST")
	for _, j := range p.Errors {
		answer := string(j.Answer)
		if j.NotFound {
			answer += " (not found)"
		}
		t.row(j.A, j.B, string(j.Label), answer, fmt.Sprintf("%.2f", j.Score), fmt.Sprintf("%.2f", j.Cosine), evidence(j.For), evidence(j.Against))
	}
	if err := t.flush(); err != nil || !f.texts {
		return err
	}
	for _, j := range p.Errors {
		printTexts(w, fmt.Sprintf("%s and %s: %s, answered %s", j.A, j.B, j.Label, j.Answer), s.Rows[j.Pair.Earlier], s.Rows[j.Pair.Later])
	}
	return nil
}

// printTexts shows two complaints to a person's eyes.
func printTexts(w io.Writer, head string, earlier, later trial.Row) {
	fmt.Fprintf(w, "\n%s\n", head)
	for _, r := range []trial.Row{earlier, later} {
		fmt.Fprintf(w, "  %s  %s\n  %s\n", r.Complaint.ReportedAt.Format("2006-01-02 15:04"), orDash(r.Complaint.Place.Address), short(r.Complaint.Text, 600))
	}
}
