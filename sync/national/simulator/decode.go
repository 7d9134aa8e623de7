package simulator

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// createBody is what the simulator reads of a create call; it takes the other known keys without looking.
type createBody struct {
	Title, Content string
	Channel        string

	NewUser            bool
	UserID             string
	Email, Name, Phone string

	Class, Disposition, Category, Location string

	Anonymous, Secret, Priority bool
	Attachments                 []int64
}

// decodeCreate reads a create body. Its error says everything that is wrong, as the platform would. Ids may be numbers
// or strings of digits, flags may be booleans, 0 or 1; attachments must be a string or false.
func decodeCreate(data []byte) (createBody, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return createBody{}, fmt.Errorf("the body is not a JSON object: %w", err)
	}
	f := fields{raw: raw}
	b := createBody{
		Title: f.text("title"), Content: f.text("content"), Channel: f.id("channel"),
		NewUser: f.flag("is_new_user_slider"), UserID: f.id("user_id"),
		Email: f.text("emailUser"), Name: f.text("nameUser"), Phone: f.text("phoneUser"),
		Class: f.id("classification_id"), Disposition: f.id("disposition_id"),
		Category: f.id("category_id"), Location: f.id("location_id"),
		Anonymous: f.flag("is_anonymous"), Secret: f.flag("is_secret"), Priority: f.flag("is_priority"),
		Attachments: f.attachments("attachments"),
	}
	for _, name := range []string{"priority_program_id", "community_id"} {
		f.id(name)
	}
	for _, name := range []string{"is_disposisi_slider", "is_approval"} {
		f.flag(name)
	}
	f.require(strings.TrimSpace(b.Title) != "", "title", "is required")
	f.require(strings.TrimSpace(b.Content) != "", "content", "is required")
	switch {
	case b.NewUser:
		f.require(b.Email+b.Name+b.Phone != "", "is_new_user_slider", "needs emailUser, nameUser or phoneUser")
	default:
		f.require(b.UserID != "", "user_id", "is required without is_new_user_slider")
	}
	return b, f.err()
}

// fields reads the members of a JSON object and collects what is wrong with them.
type fields struct {
	raw   map[string]json.RawMessage
	wrong []string
}

func (f *fields) require(ok bool, name, reason string) {
	if !ok {
		f.wrong = append(f.wrong, name+" "+reason)
	}
}

func (f *fields) err() error {
	if len(f.wrong) == 0 {
		return nil
	}
	return fmt.Errorf("The given data was invalid: %s.", strings.Join(f.wrong, "; ")) //nolint:staticcheck // the platform's words
}

func (f *fields) text(name string) string {
	var s *string
	if raw, ok := f.raw[name]; ok && json.Unmarshal(raw, &s) != nil {
		f.require(false, name, "must be a string")
	}
	if s == nil {
		return ""
	}
	return *s
}

// id reads a whole number or a string of digits; null and "" are none.
func (f *fields) id(name string) string {
	raw, ok := f.raw[name]
	if !ok {
		return ""
	}
	written := string(raw)
	if strings.HasPrefix(written, `"`) {
		written = f.text(name)
	}
	if written == "" || written == "null" {
		return ""
	}
	if !isNumber(written) {
		f.require(false, name, "must be a number")
		return ""
	}
	return written
}

func (f *fields) flag(name string) bool {
	switch written := strings.Trim(string(f.raw[name]), `"`); written {
	case "true", "1":
		return true
	case "", "null", "false", "0":
		return false
	}
	f.require(false, name, "must be true or false")
	return false
}

func (f *fields) attachments(name string) []int64 {
	raw := string(f.raw[name])
	if raw == "" || raw == "null" || raw == "false" {
		return nil
	}
	if !strings.HasPrefix(raw, `"`) {
		f.require(false, name, `must be a string such as "[4199656]", or false`)
		return nil
	}
	list := f.text(name)
	if list == "" {
		return nil
	}
	var ids []int64
	if json.Unmarshal([]byte(list), &ids) != nil {
		f.require(false, name, `must be a string such as "[4199656]", or false`)
		return nil
	}
	return ids
}

func isNumber(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n >= 0 && s[0] != '+' && s[0] != '-'
}
