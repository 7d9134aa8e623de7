package dedup

// FeatureNames are all features, in the order in which they are measured.
func FeatureNames() []string { return []string{"reporter", "words", "hours"} }

// Features measures two complaints, one value for each of FeatureNames.
func (e *Engine) Features(later, earlier Print) []Feature {
	apart := later.At.Sub(earlier.At).Abs()
	hours := min(1, apart.Hours())
	return []Feature{{"reporter", share(later.Reporters, earlier.Reporters)}, {"words", share(later.Exact, earlier.Exact)}, {"hours", hours}}
}

func share(a, b []string) float64 {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return 1
			}
		}
	}
	return 0
}
