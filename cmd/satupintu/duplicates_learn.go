package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/dedup/trial"
	"github.com/satupintu/satupintu/sync/store"
)

// mostLabels is how many decided reviews are learnt from at most.
const mostLabels = 100_000

// learningOf is what the gateway's store keeps to learn from.
func learningOf(ctx context.Context, b *base, p *plan) (learning, error) {
	o, err := b.engineOptions(ctx, p.Config)
	if err != nil {
		return learning{}, err
	}
	engine := dedup.NewEngine(o)
	return learning{
		decided: func(ctx context.Context) ([]trial.Decided, error) {
			labels, err := b.store.Labels(ctx, time.Time{}, mostLabels)
			decided := make([]trial.Decided, len(labels))
			for i, l := range labels {
				decided[i] = trial.Decided{Later: engine.Print(l.Later), Earlier: engine.Print(l.Earlier), Same: l.Same}
			}
			return decided, err
		},
		prints: func(ctx context.Context, since time.Time) ([]trial.Printed, error) {
			kept, err := b.store.PrintsSince(ctx, since)
			prints := make([]trial.Printed, len(kept))
			for i, k := range kept {
				prints[i] = trial.Printed(k)
			}
			return prints, err
		},
		models: storedModels{b.store},
	}, nil
}

// storedModels are the models in the gateway's store.
type storedModels struct{ store *store.Store }

// InUse is the model in use, its number, and the number of the one it replaced.
func (s storedModels) InUse(ctx context.Context) (*dedup.Model, int64, int64, error) {
	models, err := s.store.Models(ctx)
	if err != nil {
		return nil, 0, 0, err
	}
	i := slices.IndexFunc(models, func(m store.Model) bool { return m.InUse })
	if i < 0 {
		return dedup.ShippedModel(), 0, 0, nil
	}
	now := models[i]
	m, err := dedup.ReadModel(strings.NewReader(now.JSON))
	if err != nil {
		return nil, 0, 0, fmt.Errorf("model %d: %w", now.Number, err)
	}
	return m, now.Number, now.Replaced, nil
}

// Use switches a model on.
func (s storedModels) Use(ctx context.Context, number int64) error {
	return s.store.UseModel(ctx, number)
}

// Keep keeps a fitted model, unused.
func (s storedModels) Keep(ctx context.Context, m *dedup.Model) (int64, error) {
	var written bytes.Buffer
	if err := m.Write(&written); err != nil {
		return 0, err
	}
	return s.store.SaveModel(ctx, written.String(), m.Note)
}
