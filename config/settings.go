package config

// Settings are what a connector or platform kind is configured with: a pointer to a struct with yaml, doc, required and
// enum tags, holding its defaults. Validate reports impossible values and combinations as *FieldError, joined; a
// *FieldError carries the dotted key below settings, so that the message can point at its line and column.
type Settings interface {
	Validate() error
}
