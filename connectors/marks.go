package connectors

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
)

// Mark is what a cursor keeps of a record that was handed out.
type Mark struct {
	Time int64  // the record's own, in the unit of its kind
	Sum  uint64 // of what tells the record from others
}

func compareMarks(a, b Mark) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Sum, b.Sum))
}

// Marks are the records that were handed out, ordered by time, each once. In JSON they take 22 bytes each.
type Marks []Mark

// Has says whether a record is among them.
func (m Marks) Has(one Mark) bool {
	_, found := slices.BinarySearchFunc(m, one, compareMarks)
	return found
}

// With adds records.
func (m Marks) With(more ...Mark) Marks {
	m = append(slices.Clone(m), more...)
	slices.SortFunc(m, compareMarks)
	return slices.Compact(m)
}

// After leaves out what lies before a time, and the oldest of what is more than most; cut says that there was more.
func (m Marks) After(low int64, most int) (kept Marks, cut bool) {
	start, _ := slices.BinarySearchFunc(m, Mark{Time: low}, compareMarks)
	m = m[start:]
	if len(m) > most {
		return m[len(m)-most:], true
	}
	return m, false
}

const markSize = 16

// MarshalJSON writes the marks as base64 of their times and sums.
func (m Marks) MarshalJSON() ([]byte, error) {
	packed := make([]byte, 0, len(m)*markSize)
	for _, one := range m {
		packed = binary.BigEndian.AppendUint64(packed, uint64(one.Time))
		packed = binary.BigEndian.AppendUint64(packed, one.Sum)
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(packed))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *Marks) UnmarshalJSON(text []byte) error {
	var encoded string
	if err := json.Unmarshal(text, &encoded); err != nil {
		return err
	}
	packed, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return err
	}
	if len(packed)%markSize != 0 {
		return errors.New("the list of records that were seen is broken off")
	}
	*m = make(Marks, 0, len(packed)/markSize)
	for ; len(packed) > 0; packed = packed[markSize:] {
		*m = append(*m, Mark{int64(binary.BigEndian.Uint64(packed)), binary.BigEndian.Uint64(packed[8:])})
	}
	slices.SortFunc(*m, compareMarks)
	*m = slices.Compact(*m)
	return nil
}
