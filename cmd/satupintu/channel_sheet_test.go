package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

const sheetsOfTests = `
  - name: kantor-camat
    kind: spreadsheet
    every: 1s
    settings: { path: inbox, quiet: 0s, answers: true, map: { id: { expr: "file + '/' + No" }, text: Laporan } }
  - name: kecamatan
    kind: spreadsheet
    settings: { upload: { bearer: { env: PORTAL_TOKEN } }, answers: true, answers_in: jawaban, map: { id: No, text: Laporan } }
`

func campFile(n int) string { return fmt.Sprintf("aduan-%d.csv", n) }

func campText(n int) string { return fmt.Sprintf("Lampu jalan nomor %d di Sedanau mati", n) }

func campSheet(n int) string { return "No,Laporan\n1," + campText(n) + "\n" }

// answersIn are the rows of a file of answers, by column.
func (r *region) answersIn(folder, name string) []map[string]string {
	r.Helper()
	content, err := os.ReadFile(filepath.Join(r.folder, folder, name))
	if err != nil {
		return nil
	}
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\ufeff"))))
	reader.Comma = ';'
	lines, err := reader.ReadAll()
	if err != nil {
		r.Fatal(err)
	}
	var answers []map[string]string
	for _, line := range lines[1:] {
		answer := map[string]string{}
		for i, cell := range line {
			answer[lines[0][i]] = cell
		}
		answers = append(answers, answer)
	}
	return answers
}

// A row of a file goes once to the platform, and its answer stands beside the file, wherever between two steps the gateway
// dies.
func TestAFileIsAnsweredBesideItWhereverTheGatewayDies(t *testing.T) {
	storetest.Needs(t, "a minute")
	r := newRegion(t, "sqlite:natuna.db", sheetsOfTests, soonDone())
	r.edit("timeout: 1s", "timeout: 1s\n  sync: { fresh: 300ms, old: 1s }")
	r.edit(`category: "15" }`, `category: "15", hand_over: "21034" }`)
	if err := os.Mkdir(filepath.Join(r.folder, "jawaban"), 0o750); err != nil {
		t.Fatal(err)
	}
	points := slices.DeleteFunc(relay.Points(), func(p relay.Point) bool { return strings.HasPrefix(string(p), "upload:") }) // a row has no photo
	for n, point := range points {
		r.write(filepath.Join("inbox", campFile(n)), campSheet(n))
		life := r.launch(deathPoint + "=" + string(point))
		if !within(halfMinute, life.ended) || !life.killed() {
			t.Fatalf("it did not die at %s:\n%s", point, r.lastWords())
		}
	}
	last := r.launch(clockFile + "=" + r.write("clock", "15m")) // what was asked at a death is asked again after five minutes
	defer last.kill()
	r.eventually(halfMinute, "the gateway is ready", r.ready)
	answer := r.upload("kecamatan", "kiriman.csv", "No,Laporan\n1,Jalan di Serasan berlubang\n2,\n")
	if want := `"rows":2,"taken_in":1,"repeated":0,"set_aside":1`; !strings.Contains(answer, want) {
		t.Errorf("the upload is answered %s", answer)
	}
	for n := range points {
		r.wantAnswered("inbox", strings.Replace(campFile(n), ".csv", ".jawaban.csv", 1), campText(n))
		if content, err := os.ReadFile(filepath.Join(r.folder, "inbox", campFile(n))); err != nil || string(content) != campSheet(n) {
			t.Errorf("the original is %q, %v", content, err)
		}
	}
	r.wantAnswered("jawaban", "kiriman.jawaban.csv", "Jalan di Serasan berlubang")
	r.exactlyOnce(int64(len(points)) + 1)
}

func (r *region) wantAnswered(folder, file, text string) {
	r.Helper()
	r.eventually(halfMinute, file+" says that it is done", func() bool {
		answers := r.answersIn(folder, file)
		return len(answers) == 1 && answers[0]["status"] == "selesai"
	})
	there := r.sim.ByMarker(text)
	answer := r.answersIn(folder, file)[0]
	if len(there) != 1 || !strings.Contains(there[0].Content, answer["ref"]) || answer["nomor LAPOR"] == "" {
		r.Errorf("%s says %v; %q is %d times at the platform", file, answer, text, len(there))
	}
}

// upload posts a file and returns the answer.
func (r *region) upload(connector, name, content string) string {
	r.Helper()
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, "http://"+r.intake+"/in/"+connector, strings.NewReader(content))
	if err != nil {
		r.Fatal(err)
	}
	request.Header.Set("Content-Type", "text/csv")
	request.Header.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	request.Header.Set("Authorization", "Bearer token-portal")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.Fatal(err)
	}
	defer response.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil || response.StatusCode != http.StatusOK {
		r.Fatalf("answered %d: %s, %v", response.StatusCode, body.String(), err)
	}
	return body.String()
}

func TestWhatThePlatformHasIsNotSentToItAgain(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", `
  - name: ekspor
    kind: spreadsheet
    settings: { path: inbox, preset: lapor-export }
`)
	code, out := r.run("check")
	if code != exitFailed || !strings.Contains(out, "settings.preset: brings what SP4N-LAPOR! has already") {
		t.Errorf("exit %d: %s", code, out)
	}
}
