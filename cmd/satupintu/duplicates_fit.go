package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/dedup/trial"
)

// learnedFrom is how far back it is shown what another model would have changed.
const learnedFrom = 90 * 24 * time.Hour

// fitFlags are what a model is fitted on, and what becomes of it.
type fitFlags struct {
	engine                 engineFlags
	complaints, pairs, out string
	use, back, afresh      bool
	most                   int
}

func duplicatesFit() *cobra.Command {
	c := &cobra.Command{
		Use: "fit", Args: exactly(0),
		Short: "Learn from decided reviews: fit the model again, show what would change, switch to it or back",
		Long: "fit reads the reviews that persons decided, fits the model on them beside the shipped one, and shows its weights and which\n" +
			"complaints of the last 90 days it would have decided otherwise. Nothing changes until --switch makes it the model in use; the\n" +
			"old one is kept, and --back returns to it; once more returns to the one that it replaced, at last to the shipped one. Rules\n" +
			"that forbid a link are no part of the model: no fit loosens them.\n" +
			"With --complaints, --pairs and --out it needs no database and writes a model's file from labelled pairs.\n\n" + exitHelp,
	}
	var f fitFlags
	file := configFlag(c)
	asJSON := jsonFlag(c)
	f.engine.add(c)
	c.Flags().StringVar(&f.complaints, "complaints", "", "CSV of complaints, as duplicates eval reads it")
	c.Flags().StringVar(&f.pairs, "pairs", "", "CSV of labelled pairs")
	c.Flags().StringVar(&f.out, "out", "", "with --complaints and --pairs: write the model into this file")
	c.Flags().BoolVar(&f.afresh, "afresh", false, "with --out: start from no weights instead of --model or the shipped model")
	c.Flags().BoolVar(&f.use, "switch", false, "make the fitted model the one in use")
	c.Flags().BoolVar(&f.back, "back", false, "return to the model that the one in use replaced, and fit nothing")
	c.Flags().IntVarP(&f.most, "limit", "n", 50, "the most changed complaints to list")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := f.check(); err != nil {
			return err
		}
		if f.out != "" {
			return f.fromPairs(c.OutOrStdout())
		}
		return withStore(c.Context(), *file, func(b *base, p *plan) error {
			l, err := learningOf(c.Context(), b, p)
			if err != nil {
				return err
			}
			if f.back {
				return goBack(c, l.models)
			}
			f.engine.window, f.engine.reviewAbove, f.engine.wrongTaps = p.Dedup.Window.D(), p.Dedup.ReviewAbove, p.Dedup.WrongTaps
			if p.Region.Codes != "" {
				f.engine.codes, f.engine.region = string(p.Region.Codes), p.Region.Code
			}
			r, err := f.again(c.Context(), l)
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(c.OutOrStdout(), r)
			}
			return r.print(c.OutOrStdout(), f)
		})
	}
	return c
}

func (f fitFlags) check() error {
	fromPairs := f.complaints != "" || f.pairs != "" || f.out != ""
	switch {
	case fromPairs && (f.complaints == "" || f.pairs == "" || f.out == ""):
		return usageError{errors.New("fit: --complaints, --pairs and --out belong together")}
	case f.use && f.back:
		return usageError{errors.New("fit: give either --switch or --back")}
	case fromPairs && (f.use || f.back):
		return usageError{errors.New("fit: --switch and --back are of a gateway's own model; with --out there is none")}
	}
	return nil
}

// fromPairs writes the model that labelled pairs make.
func (f fitFlags) fromPairs(w io.Writer) (err error) {
	o, err := f.engine.options()
	if err != nil {
		return err
	}
	s, err := sheetFrom(f.complaints)
	if err != nil {
		return err
	}
	pairs, err := pairsFrom(f.pairs, s)
	if err != nil {
		return err
	}
	was := o.Model
	switch {
	case f.afresh:
		was = &dedup.Model{ReviewAbove: 1}
	case was == nil:
		was = dedup.ShippedModel()
	}
	m, err := trial.FitPairs(o, s, pairs, was)
	if err != nil {
		return err
	}
	m.Note = fmt.Sprintf("fitted on %d labelled pairs by: satupintu duplicates fit --complaints C.csv --pairs P.csv --out FILE", len(pairs))
	out, err := os.Create(f.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := m.Write(out); err != nil {
		return err
	}
	return printWeights(w, was, m)
}

// learning is what a gateway keeps for its model to learn from.
type learning struct {
	decided func(context.Context) ([]trial.Decided, error)
	prints  func(ctx context.Context, since time.Time) ([]trial.Printed, error) // in time order
	models  shelf
}

// shelf holds the models that were fitted. Model 0 is the shipped one.
type shelf interface {
	InUse(ctx context.Context) (m *dedup.Model, number, before int64, err error)
	Use(ctx context.Context, number int64) error
	Keep(ctx context.Context, m *dedup.Model) (number int64, err error)
}

// refitted is a model beside the one in use.
type refitted struct {
	Labels   int             `json:"labels"`
	Was      *dedup.Model    `json:"was"`
	Now      *dedup.Model    `json:"now"`
	Looked   int             `json:"complaints"` // of the last 90 days
	Changed  []trial.Changed `json:"changed"`
	Switched int64           `json:"switched_to,omitempty"`
}

// again fits on what was decided, says what would change, and switches where it is told to.
func (f fitFlags) again(ctx context.Context, l learning) (r refitted, err error) {
	o, err := f.engine.options()
	if err != nil {
		return r, err
	}
	labels, err := l.decided(ctx)
	if err != nil {
		return r, err
	}
	if r.Was, _, _, err = l.models.InUse(ctx); err != nil {
		return r, err
	}
	shown := time.Now().Add(-learnedFrom)
	prints, err := l.prints(ctx, shown.Add(-o.Window)) // those that the first of the shown ones are compared with
	if err != nil {
		return r, err
	}
	o = trial.Ready(o)
	for _, p := range prints {
		o.Words.Learn(p.Print)
	}
	r.Labels = len(labels)
	if r.Now, err = trial.Refit(o, labels); err != nil {
		return r, err
	}
	r.since(shown, o, prints)
	if !f.use {
		return r, nil
	}
	if r.Switched, err = l.models.Keep(ctx, r.Now); err != nil {
		return r, err
	}
	return r, l.models.Use(ctx, r.Switched)
}

// since keeps the changes of the time that is shown.
func (r *refitted) since(shown time.Time, o dedup.Options, prints []trial.Printed) {
	for _, p := range prints {
		if !p.Print.At.Before(shown) {
			r.Looked++
		}
	}
	for _, c := range trial.WhatChanges(o, prints, r.Was, r.Now) {
		if !c.At.Before(shown) {
			r.Changed = append(r.Changed, c)
		}
	}
}

func goBack(c *cobra.Command, models shelf) error {
	_, number, before, err := models.InUse(c.Context())
	if err != nil {
		return err
	}
	if number == 0 {
		return errors.New("fit: the shipped model is in use; there is none before it")
	}
	name := fmt.Sprintf("model %d", before)
	if before == 0 {
		name = "the shipped model"
	}
	return said(c, models.Use(c.Context(), before), "%s is in use again; running gateways take it up when they start or reload", name)
}

func (r refitted) print(w io.Writer, f fitFlags) error {
	fmt.Fprintf(w, "fitted on %d decided reviews beside the shipped model\n\n", r.Labels)
	if err := printWeights(w, r.Was, r.Now); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nof %d complaints of the last 90 days %d would have been decided otherwise\n", r.Looked, len(r.Changed))
	t := newTable(w, "REF", "WAS", "NOW", "EARLIER", "SCORE")
	for i, c := range r.Changed {
		if i == f.most {
			break
		}
		t.row(string(c.Ref), string(c.Was), string(c.Now), string(c.Earlier), fmt.Sprintf("%.2f", c.Score))
	}
	if err := t.flush(); err != nil {
		return err
	}
	end := "nothing was changed; --switch makes this the model in use"
	if r.Switched > 0 {
		end = fmt.Sprintf("model %d is in use; running gateways take it up when they start or reload; --back returns to the one before", r.Switched)
	}
	_, err := fmt.Fprintln(w, end)
	return err
}

func printWeights(w io.Writer, was, now *dedup.Model) error {
	t := newTable(w, "WEIGHT", "WAS", "NOW")
	line := func(name string, a, b float64) { t.row(name, fmt.Sprintf("%.3f", a), fmt.Sprintf("%.3f", b)) }
	line("(intercept)", was.Intercept, now.Intercept)
	for _, name := range dedup.FeatureNames() {
		line(name, was.Weights[name], now.Weights[name])
	}
	line("a person looks from", was.ReviewAbove, now.ReviewAbove)
	return t.flush()
}
