package simulator

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestACreateBodyIsReadInAllItsSpellings(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       createBody
	}{
		{
			"a user that exists", `{"title":"Jalan","content":"Rusak","user_id":77,"attachments":""}`,
			createBody{Title: "Jalan", Content: "Rusak", UserID: "77"},
		},
		{
			"a new user", `{"title":"Jalan","content":"Rusak","is_new_user_slider":true,"emailUser":"warga@contoh.example","user_id":null}`,
			createBody{Title: "Jalan", Content: "Rusak", NewUser: true, Email: "warga@contoh.example"},
		},
		{
			"ids and flags as strings", `{"title":"a","content":"b","user_id":"7","channel":"13","disposition_id":"21031","category_id":"","location_id":"34","classification_id":"6","is_anonymous":"1","is_secret":1,"is_priority":"0"}`,
			createBody{Title: "a", Content: "b", UserID: "7", Channel: "13", Disposition: "21031", Location: "34", Class: "6", Anonymous: true, Secret: true},
		},
		{
			"attachments", `{"title":"a","content":"b","user_id":7,"attachments":"[4199656, 4199657]"}`,
			createBody{Title: "a", Content: "b", UserID: "7", Attachments: []int64{4199656, 4199657}},
		},
		{
			"keys that are not looked at", `{"title":"a","content":"b","user_id":7,"tags_raw":"#jalan","copy_externals":[],"date_of_incident":null,"info_disposition":""}`,
			createBody{Title: "a", Content: "b", UserID: "7"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decodeCreate([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestACreateBodyThatIsWrongSaysWhere(t *testing.T) {
	const good = `"title":"a","content":"b","user_id":7`
	for body, want := range map[string]string{
		``:                                     "not a JSON object",
		`[]`:                                   "not a JSON object",
		`null`:                                 "title is required; content is required",
		`{` + good + `}x`:                      "not a JSON object",
		`{"content":"b","user_id":7}`:          "title is required",
		`{"title":"\n","content":" "}`:         "title is required; content is required; user_id is required",
		`{"title":1,"content":"b"}`:            "title must be a string",
		`{` + good + `,"disposition_id":"x"}`:  "disposition_id must be a number",
		`{` + good + `,"category_id":1.5}`:     "category_id must be a number",
		`{` + good + `,"location_id":-1}`:      "location_id must be a number",
		`{` + good + `,"channel":"+1"}`:        "channel must be a number",
		`{` + good + `,"channel":{}}`:          "channel must be a number",
		`{` + good + `,"is_secret":"ya"}`:      "is_secret must be true or false",
		`{` + good + `,"attachments":[1]}`:     "attachments must be a string",
		`{` + good + `,"attachments":true}`:    "attachments must be a string",
		`{` + good + `,"attachments":"1,2"}`:   "attachments must be a string",
		`{` + good + `,"attachments":"[1.5]"}`: "attachments must be a string",
		`{"title":"a","content":"b","is_new_user_slider":true}`:   "is_new_user_slider needs",
		`{"title":"a","content":"b","nameUser":"x"}`:              "user_id is required",
		`{` + good + `,"community_id":"x","is_approval":"maybe"}`: "community_id must be a number; is_approval must be true or false",
	} {
		if _, err := decodeCreate([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", body, err, want)
		}
	}
}

func TestAnActThatWasForgottenDoesNotBegin(t *testing.T) {
	l := newLater()
	l.pending[1] = nil
	if !l.begin(1) || l.begin(1) || l.begin(2) {
		t.Error("an act begins when it is pending, once, and not otherwise")
	}
}

func FuzzDecodeCreate(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `{"title":"a","content":"b","user_id":7,"attachments":"[1]"}`, `{"attachments":"[","channel":""}`,
		`{"title":"a","content":"b","is_new_user_slider":true,"nameUser":"c","attachments":false}`, `{"user_id":"\u0037"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		body, err := decodeCreate(data)
		if err != nil {
			return
		}
		if !json.Valid(data) || strings.TrimSpace(body.Title) == "" || strings.TrimSpace(body.Content) == "" {
			t.Fatalf("taken: %q as %+v", data, body)
		}
		for _, id := range []string{body.Channel, body.UserID, body.Class, body.Disposition, body.Category, body.Location} {
			if strings.Trim(id, "0123456789") != "" {
				t.Fatalf("taken as an id: %q from %q", id, data)
			}
		}
		if !body.NewUser && body.UserID == "" {
			t.Fatalf("taken without a user: %q", data)
		}
	})
}

func FuzzFaults(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"rules":[{"call":"create","fault":"500_after","next":3}]}`, `{"latency":{"min":"1s","max":"2s"},"rules":null}`,
		`{"rules":[{"fault":"late","delay":"5m","chance":0.5,"retry_after":"1s","word":"x","skip":1,"every":2}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var read Faults
		if json.Unmarshal(data, &read) != nil || read.check() != nil {
			return
		}
		written, err := json.Marshal(read)
		if err != nil {
			t.Fatalf("cannot be written again: %v", err)
		}
		var again Faults
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatalf("%s cannot be read again: %v", written, err)
		}
		if diff := cmp.Diff(read, again); diff != "" {
			t.Fatalf("(-read +again):\n%s", diff)
		}
	})
}
