package store

import (
	"context"
	"fmt"
	"time"
)

// Model is a model of duplicates that was fitted here, as package dedup writes it.
type Model struct {
	Number   int64     `json:"number"`
	JSON     string    `json:"-"`
	Note     string    `json:"note,omitempty"`
	FittedAt time.Time `json:"fitted_at"`
	InUse    bool      `json:"in_use"`
	UsedAt   time.Time `json:"used_at,omitzero"` // when it was last switched on
	Replaced int64     `json:"replaced"`         // the one in use when it was first switched on; 0: the shipped one
}

// SaveModel keeps a model, unused, and returns its number.
func (s *Store) SaveModel(ctx context.Context, json, note string) (int64, error) {
	var number int64
	err := s.inWriter(ctx, func(w *writer) (err error) {
		number, err = one[int64](ctx, w.tx, s.q.InsertModel, args{"model": json, "note": note, "now": w.now})
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("keep a model: %w", err)
	}
	return number, nil
}

// Models are all that were fitted here, oldest first.
func (s *Store) Models(ctx context.Context) ([]Model, error) {
	rows, err := all[struct {
		Number      int64
		Model, Note string
		FittedAt    int64 `db:"fitted_at"`
		InUse       int64 `db:"in_use"`
		UsedAt      int64 `db:"used_at"`
		Replaced    int64
	}](ctx, s.read, s.q.ListModels, args{})
	if err != nil {
		return nil, fmt.Errorf("read the models: %w", err)
	}
	models := make([]Model, len(rows))
	for i, r := range rows {
		models[i] = Model{r.Number, r.Model, r.Note, fromMilli(r.FittedAt), r.InUse == 1, fromMilli(r.UsedAt), r.Replaced}
	}
	return models, nil
}

// UseModel switches a model on, and the one before it off; 0 is the shipped one. Gateways read it when they start or are
// told to reload.
func (s *Store) UseModel(ctx context.Context, number int64) error {
	err := s.inWriter(ctx, func(w *writer) error {
		stopped, err := all[int64](ctx, w.tx, s.q.StopModels, args{})
		if err != nil || number == 0 {
			return err
		}
		n, err := w.run(ctx, s.q.UseModel, args{"number": number, "was": append(stopped, 0)[0]}) // 0: the shipped one
		if err == nil && n == 0 {
			err = fmt.Errorf("there is no model %d", number)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("switch the model: %w", err)
	}
	return nil
}

// ModelInUse is the model that is switched on; nil: the shipped one.
func (s *Store) ModelInUse(ctx context.Context) (*Model, error) {
	models, err := s.Models(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range models {
		if m.InUse {
			return &m, nil
		}
	}
	return nil, nil
}
