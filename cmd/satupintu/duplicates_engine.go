package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/dedup/trial"
)

// engineFlags are how complaints of a file are compared.
type engineFlags struct {
	model, codes, region string
	reviewAbove          float64
	window               time.Duration
	wrongTaps            bool
}

func (f *engineFlags) add(c *cobra.Command) {
	const days = 24 * time.Hour
	c.Flags().StringVar(&f.model, "model", "", "a model's file, as duplicates fit --out writes it; the shipped one unless you say")
	c.Flags().StringVar(&f.codes, "region-codes", "", "Kemendagri codes and names, a CSV of two columns, to know villages by name")
	c.Flags().StringVar(&f.region, "region", "", "with --region-codes: the region's code, such as 21.03")
	c.Flags().Float64Var(&f.reviewAbove, "review-above", 0, "the score from which a person looks; the model's own unless you say")
	c.Flags().DurationVar(&f.window, "window", 90*days, "how far back duplicates are looked for")
	c.Flags().BoolVar(&f.wrongTaps, "wrong-taps", false, "another village code under the same street is doubt, not another place")
}

// options reads the files that the flags name.
func (f *engineFlags) options() (o dedup.Options, err error) {
	if f.reviewAbove < 0 || f.reviewAbove > 1 {
		return o, usageError{fmt.Errorf("--review-above must be from 0 to 1, not %v", f.reviewAbove)}
	}
	if f.window <= 0 {
		return o, usageError{errors.New("--window must be above zero")}
	}
	if (f.codes == "") != (f.region == "") {
		return o, usageError{errors.New("--region-codes and --region belong together")}
	}
	o = dedup.Options{Window: f.window, ReviewAbove: f.reviewAbove, WrongTaps: f.wrongTaps}
	if f.model != "" {
		if o.Model, err = fromFile(f.model, func(file *os.File) (*dedup.Model, error) { return dedup.ReadModel(file) }); err != nil {
			return o, fmt.Errorf("%s: %w", f.model, err)
		}
	}
	if f.codes != "" {
		o.Gazetteer, err = fromFile(f.codes, func(file *os.File) (*dedup.Gazetteer, error) { return dedup.ReadGazetteer(file, f.region) })
		if err != nil {
			return o, fmt.Errorf("%s: %w", f.codes, err)
		}
	}
	return o, nil
}

// fromFile opens a file and reads it.
func fromFile[T any](name string, read func(*os.File) (T, error)) (value T, err error) {
	file, err := os.Open(name)
	if err != nil {
		return value, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return read(file)
}

// sheetFrom reads the complaints of a CSV.
func sheetFrom(name string) (trial.Sheet, error) {
	if name == "" {
		return trial.Sheet{}, usageError{errors.New("--complaints is missing: name a CSV of complaints")}
	}
	return fromFile(name, func(file *os.File) (trial.Sheet, error) { return trial.ReadSheet(file, filepath.Base(name)) })
}

// pairsFrom reads the labelled pairs of a CSV.
func pairsFrom(name string, s trial.Sheet) ([]trial.Pair, error) {
	if name == "" {
		return nil, usageError{errors.New("--pairs is missing: name a CSV with the columns a, b, label")}
	}
	return fromFile(name, func(file *os.File) ([]trial.Pair, error) { return trial.ReadPairs(file, filepath.Base(name), s) })
}

// evidence is codes in one cell, each with its amount where it has one.
func evidence(all []dedup.Evidence) string {
	var said []string
	for _, e := range all {
		switch {
		case e.Amount == 0:
			said = append(said, e.Code)
		case e.Amount < 10:
			said = append(said, fmt.Sprintf("%s %.2g", e.Code, e.Amount))
		default: // metres or seconds
			said = append(said, fmt.Sprintf("%s %.0f", e.Code, e.Amount))
		}
	}
	return orDash(strings.Join(said, ", "))
}
