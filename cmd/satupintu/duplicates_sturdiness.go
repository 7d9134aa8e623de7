package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/dedup/trial"
)

// sturdyFlags are what cases are made from, and how many.
type sturdyFlags struct {
	engine     engineFlags
	complaints string
	cases      int
	seed       uint64
	texts      bool
	into       string
}

// fewBases is how many invented complaints cases are made from where no table is given.
const fewBases = 2000

func duplicatesSturdiness() *cobra.Command {
	c := &cobra.Command{
		Use: "sturdiness", Args: exactly(0),
		Short: "Make complaints in which one thing is changed and count how they are decided, against the targets",
		Long: "sturdiness makes two suites. In the first the matter stays the same and the words change: typos, dropped vowels, slang,\n" +
			"order, a cut to 160 characters, greetings, channel heads, formats of numbers, mojibake, all at once; at the rate at which people\n" +
			"do so and at three times that. In the second one thing makes it another matter: the house number, gang, RT, point, street,\n" +
			"village, pupil, asset, state or date. Each is judged with the same reporter, an unknown one and another one. A target holds\n" +
			"for all kinds of a suite together; the exit code is 1 when one is missed. Kinds that fall below by themselves are marked.\n\n" + exitHelp,
	}
	var f sturdyFlags
	f.engine.add(c)
	asJSON := jsonFlag(c)
	c.Flags().StringVar(&f.complaints, "complaints", "", "CSV of complaints to make cases from; invented ones unless you say")
	c.Flags().IntVar(&f.cases, "cases", 10_000, "cases of each suite")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "of what is drawn: the same seed makes the same cases")
	c.Flags().BoolVar(&f.texts, "texts", false, "show a few cases that were decided wrongly: personal data where --complaints is")
	c.Flags().StringVar(&f.into, "into", "", "also write the table into this Markdown file, between its marks")
	c.RunE = func(c *cobra.Command, _ []string) error {
		rows, err := f.measure()
		if err != nil {
			return err
		}
		if f.into != "" {
			if err := intoSection(f.into, "sturdiness", sturdinessMarkdown(rows)); err != nil {
				return err
			}
		}
		if *asJSON {
			err = printJSON(c.OutOrStdout(), rows)
		} else {
			err = f.print(c.OutOrStdout(), rows)
		}
		return errors.Join(err, missed(rows))
	}
	return c
}

func (f sturdyFlags) measure() ([]trial.SturdinessRow, error) {
	if f.cases < 1 {
		return nil, usageError{errors.New("--cases must be above 0")}
	}
	o, err := f.engine.options()
	if err != nil {
		return nil, err
	}
	bases := trial.Invented(fewBases, f.seed)
	if f.complaints != "" {
		s, err := sheetFrom(f.complaints)
		if err != nil {
			return nil, err
		}
		bases = make([]complaint.Complaint, len(s.Rows))
		for i, r := range s.Rows {
			bases[i] = r.Complaint
		}
	}
	return trial.Sturdiness(o, bases, f.cases, f.seed)
}

// missed is an error that counts the targets that were not reached.
func missed(rows []trial.SturdinessRow) error {
	n := 0
	for _, r := range rows {
		if r.Kind == trial.AllKinds && !r.Met {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("sturdiness: %d of the suites miss their target; see the rows of all kinds", n)
}

func (f sturdyFlags) print(w io.Writer, rows []trial.SturdinessRow) error {
	t := newTable(w, sturdinessHead()...)
	for _, r := range rows {
		t.row(sturdinessCells(r)...)
	}
	if err := t.flush(); err != nil || !f.texts {
		return err
	}
	for _, r := range rows {
		for _, c := range r.Missed {
			head := fmt.Sprintf("%s matter, %s reporter, %gx, %s:", r.Matter, r.Reporter, r.Rate, r.Kind)
			printTexts(w, head, trial.Row{Complaint: c.Earlier}, trial.Row{Complaint: c.Later})
		}
	}
	return nil
}

func sturdinessHead() []string {
	return []string{"MATTER", "REPORTER", "RATE", "CHANGED", "CASES", "LINKED", "LINKED OR REVIEW", "NOT FOUND", "TARGET", "MET"}
}

// sturdinessCells are a row of the table, for people and for the page.
func sturdinessCells(r trial.SturdinessRow) []string {
	met := "yes"
	switch {
	case r.Target == nil:
		met = "-"
	case !r.Met && r.Kind == trial.AllKinds:
		met = "NO"
	case !r.Met:
		met = "below"
	}
	return []string{
		r.Matter, string(r.Reporter), fmt.Sprintf("%gx", r.Rate), r.Kind, fmt.Sprint(r.Linked.Of), r.Linked.String(), r.Together.String(),
		fmt.Sprint(r.NotFound), targetSaid(r.Target), met,
	}
}

func targetSaid(t *trial.Target) string {
	switch {
	case t == nil:
		return "-"
	case t.AtMost:
		return fmt.Sprintf("linked at most %g", t.Linked)
	case t.Linked == 0:
		return fmt.Sprintf("linked or review %.2f", t.Together)
	}
	return fmt.Sprintf("linked %.2f, or review %.2f", t.Linked, t.Together)
}
