package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
)

// rowsPerInsert keeps one statement's parameters small: a complaint may be a megabyte.
const rowsPerInsert = 400

// insertComplaints inserts those complaints that are not known, with their deliveries. Of what was read again most is known: it is
// looked up before anything is decided about it.
func (w *writer) insertComplaints(ctx context.Context, fates map[sourceKey]*fate, readAgain bool) error {
	rows := make([]*row, 0, len(fates))
	for _, f := range fates {
		rows = append(rows, &f.row)
	}
	slices.SortFunc(rows, func(a, b *row) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.SourceID, b.SourceID))
	})
	for chunk := range slices.Chunk(rows, rowsPerInsert) {
		if err := w.insertChunk(ctx, chunk, fates, readAgain); err != nil {
			return fmt.Errorf("insert complaints: %w", err)
		}
	}
	return nil
}

func (w *writer) insertChunk(ctx context.Context, chunk []*row, fates map[sourceKey]*fate, readAgain bool) error {
	fateOf := func(r *row) *fate { return fates[sourceKey{r.Source, r.SourceID}] }
	deliveryOf := func(r *row) *deliveryRow { return w.delivery(r, fateOf(r).first) }
	insert := w.insertOneAfterTheOther
	if w.s.dialect == postgres && !readAgain { // it is asked as seldom as can be
		insert = w.insertAtOnce
	}
	fresh, err := insert(ctx, chunk, deliveryOf)
	if err != nil {
		return err
	}
	var known []*row
	for _, r := range chunk {
		delivery := fresh[r.Ref]
		if delivery == nil {
			known = append(known, r)
			continue
		}
		if to := delivery.decided; to != nil {
			f := fateOf(r)
			f.decided, f.claimed = true, to.Work != nil
			w.born.decided = append(w.born.decided, *to)
		}
	}
	return w.findKnown(ctx, fates, known)
}

// insertOneAfterTheOther inserts those complaints that are not known, and then their deliveries. It returns these by reference.
func (w *writer) insertOneAfterTheOther(ctx context.Context, chunk []*row, deliveryOf func(*row) *deliveryRow) (map[string]*deliveryRow, error) {
	q := w.s.q.InsertComplaints
	refs, err := allSet[string](ctx, w.tx, q, nil, columnsOf(q, chunk))
	if err != nil {
		return nil, err
	}
	isNew := make(map[string]bool, len(refs))
	for _, ref := range refs {
		isNew[ref] = true
	}
	fresh, deliveries := make(map[string]*deliveryRow, len(refs)), make([]*deliveryRow, 0, len(refs))
	for _, r := range chunk {
		if isNew[r.Ref] {
			delivery := deliveryOf(r)
			fresh[r.Ref], deliveries = delivery, append(deliveries, delivery)
		}
	}
	return fresh, insertSet(ctx, w, w.s.q.InsertDeliveries, deliveries)
}

// insertAtOnce is insertOneAfterTheOther in one statement. A delivery is made for what is known too: it comes to nothing, and what was
// claimed with it goes back to who reserved it.
func (w *writer) insertAtOnce(ctx context.Context, chunk []*row, deliveryOf func(*row) *deliveryRow) (map[string]*deliveryRow, error) {
	deliveries, byRef := make([]*deliveryRow, len(chunk)), make(map[string]*deliveryRow, len(chunk))
	for i, r := range chunk {
		deliveries[i] = deliveryOf(r)
		byRef[r.Ref] = deliveries[i]
	}
	q := w.s.q.InsertWithDeliveries
	columns := columnsOf(q, chunk)
	maps.Copy(columns, columnsOf(q, deliveries))
	refs, err := allSet[string](ctx, w.tx, q, args{"now": w.now, "owner": w.s.owner}, columns)
	if err != nil {
		return nil, err
	}
	fresh := make(map[string]*deliveryRow, len(refs))
	for _, ref := range refs {
		fresh[ref] = byRef[ref]
	}
	return fresh, nil
}

// findKnown reads under which reference the complaints lie that were here already.
func (w *writer) findKnown(ctx context.Context, fates map[sourceKey]*fate, rows []*row) error {
	if len(rows) == 0 {
		return nil
	}
	known, err := allSet[struct {
		Source    string
		SourceID  string `db:"source_id"`
		Ref, Hash string
	}](ctx, w.tx, w.s.q.FindKnown, args{}, columnsOf(w.s.q.FindKnown, rows))
	if err != nil {
		return fmt.Errorf("find known complaints: %w", err)
	}
	for _, k := range known {
		f := fates[sourceKey{k.Source, k.SourceID}]
		f.known, f.ref, f.hash = true, k.Ref, k.Hash
	}
	return nil
}
