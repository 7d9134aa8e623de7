package store

// lately is what was put or asked for last, between most and twice as many: when the young are so many, they are the old, and what was
// old is forgotten. Its owner locks it.
type lately[K comparable, V any] struct {
	most       int
	young, old map[K]V
}

func (l *lately[K, V]) get(key K) (V, bool) {
	if value, ok := l.young[key]; ok {
		return value, true
	}
	value, ok := l.old[key]
	if ok {
		l.put(key, value)
	}
	return value, ok
}

func (l *lately[K, V]) put(key K, value V) {
	if l.young == nil || len(l.young) >= l.most {
		l.young, l.old = make(map[K]V), l.young
	}
	l.young[key] = value
}

func (l *lately[K, V]) forget() { l.young, l.old = nil, nil }
