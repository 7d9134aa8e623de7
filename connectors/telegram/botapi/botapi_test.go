package botapi

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "7000000001:AAF-contoh"

func ask(s *Server, method, body string) answer {
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/bot"+key+"/"+method, strings.NewReader(body)))
	var a answer
	_ = json.Unmarshal(recorder.Body.Bytes(), &a)
	return a
}

// ids are the update_ids of an answer of getUpdates, counted from the first that there ever was.
func ids(t *testing.T, a answer) (found []int64) {
	t.Helper()
	list, ok := a.Result.([]any)
	if !a.OK || !ok {
		t.Fatalf("got %+v", a)
	}
	for _, one := range list {
		found = append(found, int64(one.(map[string]any)["update_id"].(float64))-731_000_000)
	}
	return found
}

func same(a []int64, b ...int64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestOffsetsConfirm(t *testing.T) {
	s := New(key)
	for range 5 {
		s.Write(Person{ID: 1, FirstName: "Contoh"}, Fields{"text": "a"})
	}
	for _, row := range []struct {
		body string
		want []int64
	}{
		{`{}`, []int64{1, 2, 3, 4, 5}},
		{`{"limit":2}`, []int64{1, 2}},
		{`{"limit":0,"offset":731000002}`, []int64{2}},
		{`{"offset":731000100}`, []int64{2, 3, 4, 5}}, // too far beyond to be believed
		{`{"offset":1}`, []int64{2, 3, 4, 5}},
		{`{"offset":-2}`, []int64{4, 5}},
		{`{}`, []int64{4, 5}},
		{`{"offset":731000006}`, nil},
		{`{}`, nil},
	} {
		if got := ids(t, ask(s, "getUpdates", row.body)); !same(got, row.want...) {
			t.Errorf("%s gives %v, want %v", row.body, got, row.want)
		}
	}
}

func TestUpdatesLiveForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(key)
		s.Write(Person{ID: 1, FirstName: "Contoh"}, Fields{"text": "a"})
		<-time.After(23 * time.Hour)
		s.Write(Person{ID: 1, FirstName: "Contoh"}, Fields{"text": "b"})
		<-time.After(time.Hour)
		if got := ids(t, ask(s, "getUpdates", `{}`)); !same(got, 2) {
			t.Errorf("after a day there are %v", got)
		}
	})
}

func TestKindsThatAreNotAskedForDoNotCome(t *testing.T) {
	s := New(key)
	ask(s, "getUpdates", `{"allowed_updates":["message"]}`)
	s.Update(Fields{"channel_post": Fields{"message_id": 1}})
	s.Update(Fields{"message": Fields{"message_id": 1}})
	if got := ids(t, ask(s, "getUpdates", `{}`)); !same(got, 1) {
		t.Errorf("there are %v", got)
	}
}

func TestAWebhookEndsAWaitingPollAndExcludesOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(key)
		waiting := make(chan answer)
		go func() { waiting <- ask(s, "getUpdates", `{"timeout":50}`) }()
		synctest.Wait()
		if a := ask(s, "setWebhook", `{"url":"http://aduan.natuna.example/in/telegram"}`); a.OK {
			t.Error("an address without https is taken")
		}
		if a := ask(s, "setWebhook", `{"url":"https://aduan.natuna.example/in/telegram"}`); !a.OK {
			t.Errorf("setWebhook: %+v", a)
		}
		if a := <-waiting; a.Code != 409 || a.Description != "Conflict: terminated by setWebhook request" {
			t.Errorf("the poll ends with %+v", a)
		}
		if a := ask(s, "getUpdates", `{}`); a.Code != 409 || !strings.Contains(a.Description, "while webhook is active") {
			t.Errorf("a poll beside the webhook: %+v", a)
		}
		ask(s, "deleteWebhook", `{}`)
		if a := ask(s, "getUpdates", `{}`); !a.OK {
			t.Errorf("a poll after the webhook: %+v", a)
		}
	})
}

func TestAnotherTokenIsNotKnown(t *testing.T) {
	s := New(key)
	for path, want := range map[string]int{"/bot1:x/getMe": 401, "/botx/getMe": 404, "/": 404, "/file/bot1:x/a": 401, "/bot" + key + "/getMe": 200, "/bot" + key + "/tidakAda": 404} {
		recorder := httptest.NewRecorder()
		s.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, path, strings.NewReader("{}")))
		if recorder.Code != want {
			t.Errorf("%s: %d, want %d", path, recorder.Code, want)
		}
	}
}

func TestALinkLivesForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(key)
		id := s.File("a", "text/plain", []byte("isi"))["file_id"].(string)
		path := ask(s, "getFile", `{"file_id":"`+id+`"}`).Result.(map[string]any)["file_path"].(string)
		get := func() int {
			recorder := httptest.NewRecorder()
			s.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/file/bot"+key+"/"+path, nil))
			return recorder.Code
		}
		<-time.After(59 * time.Minute)
		if got := get(); got != 200 {
			t.Errorf("within the hour: %d", got)
		}
		<-time.After(time.Minute)
		if got := get(); got != 404 {
			t.Errorf("after the hour: %d", got)
		}
	})
}

// What tests our decoding may not be made of it.
func TestItImportsNothingOfOurs(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			if strings.HasPrefix(spec.Path.Value, `"github.com/satupintu`) {
				t.Errorf("%s imports %s", entry.Name(), spec.Path.Value)
			}
		}
	}
}
