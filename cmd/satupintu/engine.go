package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/dedup"
)

// engineOptions are what complaints of this gateway are compared with: the region's villages by name, and the model in use. A
// model that cannot be read, such as one of another version, is said and the shipped one taken.
func (b *base) engineOptions(ctx context.Context, cfg *config.Config) (dedup.Options, error) {
	o := dedup.Options{Hasher: b.hasher, Window: cfg.Dedup.Window.D(), ReviewAbove: cfg.Dedup.ReviewAbove, WrongTaps: cfg.Dedup.WrongTaps}
	if cfg.Region.Codes != "" {
		var err error
		o.Gazetteer, err = fromFile(string(cfg.Region.Codes), func(f *os.File) (*dedup.Gazetteer, error) { return dedup.ReadGazetteer(f, cfg.Region.Code) })
		if err != nil {
			return o, fmt.Errorf("region.codes: %w", err)
		}
	}
	kept, err := b.store.ModelInUse(ctx)
	if err != nil || kept == nil {
		return o, err
	}
	if o.Model, err = dedup.ReadModel(strings.NewReader(kept.JSON)); err != nil {
		o.Model = nil
		b.log.Error("the model of duplicates in use cannot be read, the shipped one is taken; fit it again: satupintu duplicates fit",
			"model", kept.Number, "error", err)
	}
	return o, nil
}
