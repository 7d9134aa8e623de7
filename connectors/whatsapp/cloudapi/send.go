package cloudapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// sending is the body of a message that is sent.
type sending struct {
	Product   string `json:"messaging_product"`
	To        string `json:"to"`
	Recipient string `json:"recipient"`
	Type      string `json:"type"`
	Text      struct {
		Body string `json:"body"`
	} `json:"text"`
	Template struct {
		Name     string `json:"name"`
		Language struct {
			Code string `json:"code"`
		} `json:"language"`
		Components []struct {
			Type       string `json:"type"`
			Parameters []struct {
				Type string `json:"type"`
				Text string `json:"text"`
			} `json:"parameters"`
		} `json:"components"`
	} `json:"template"`
	Opaque string `json:"biz_opaque_callback_data"`
}

func (a *API) send(w http.ResponseWriter, r *http.Request) {
	var s sending
	if json.NewDecoder(r.Body).Decode(&s) != nil || s.Product != "whatsapp" || (s.To == "") == (s.Recipient == "") || strings.Contains(s.To, ".") || len(s.Opaque) > 512 {
		a.refuse(w, http.StatusBadRequest, 100, 0, "Invalid parameter")
		return
	}
	sent := Sent{To: s.To + s.Recipient, Opaque: s.Opaque}
	if code := a.fill(&sent, s); code != 0 {
		a.refuse(w, map[bool]int{true: http.StatusNotFound, false: http.StatusBadRequest}[code == 132001], code, 0, "Message failed to send")
		return
	}
	a.mu.Lock()
	sent.ID = wamid(sent.To, a.next())
	a.sent = append(a.sent, sent)
	a.mu.Unlock()
	answer(w, map[string]any{
		"messaging_product": "whatsapp", "contacts": []any{map[string]any{"input": sent.To, "wa_id": s.To}},
		"messages": []any{map[string]any{"id": sent.ID}},
	})
}

// fill takes what is sent, and returns the error code of what may not be.
func (a *API) fill(sent *Sent, s sending) int {
	switch {
	case s.Type == "text" && !a.mayHear(sent.To):
		return 131047
	case s.Type == "text" && (s.Text.Body == "" || utf8.RuneCountInString(s.Text.Body) > 4096):
		return 100
	case s.Type == "text":
		sent.Text = s.Text.Body
		return 0
	case s.Type != "template":
		return 131051
	}
	at := slices.IndexFunc(a.options.Templates, func(t Template) bool {
		return t.Name == s.Template.Name && t.Language == s.Template.Language.Code
	})
	if at < 0 {
		return 132001
	}
	sent.Template = s.Template.Name
	for _, component := range s.Template.Components {
		for _, parameter := range component.Parameters {
			if component.Type != "body" || parameter.Type != "text" || parameter.Text == "" || strings.ContainsAny(parameter.Text, "\n\t") || strings.Contains(parameter.Text, "    ") {
				return 132018
			}
			sent.Values = append(sent.Values, parameter.Text)
		}
	}
	if len(sent.Values) != a.options.Templates[at].Variables {
		return 132000
	}
	return 0
}

func (a *API) mayHear(person string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	wrote, ok := a.heard[person]
	return ok && a.options.Now().Sub(wrote) < window
}
