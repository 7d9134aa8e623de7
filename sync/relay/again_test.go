package relay_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/relay"
	"github.com/satupintu/satupintu/sync/store"
)

// rereader makes of a raw text what its first word says.
type rereader struct {
	read int
	stop int // it fails at this one; 0: never
}

func (r *rereader) Reread(_ context.Context, _ *connectors.Patience, aside connectors.SetAside) (page connectors.Page, err error) {
	r.read++
	word, id, _ := strings.Cut(strings.TrimSpace(string(aside.Raw)), " ")
	one := complaint.Complaint{SourceID: id, Title: "Lampu jalan", Text: "Lampu jalan nomor " + id + " di Ranai mati\x00", Class: complaint.Ordinary}
	one.Raw = complaint.Payload{Type: "text/plain", Body: []byte(id)}
	switch {
	case r.read == r.stop:
		return page, errors.New("the disk is full")
	case word == "hilang":
		return page, fmt.Errorf("look for it by hand: %w", connectors.ErrNotKept)
	case word == "salah":
		page.SetAside = append(page.SetAside, connectors.SetAside{SourceID: id, Reason: connectors.BadField, Detail: "isi (text): is missing"})
	case word == "kosong":
		one.Text = ""
		page.Complaints = append(page.Complaints, one)
	case word == "ubah":
		one.Text += " lagi"
		page.Complaints = append(page.Complaints, one)
	case word == "lain":
		one.Text = "Sampah menumpuk sejak kemarin di pasar Sedanau"
		page.Complaints = append(page.Complaints, one)
	case word == "foto":
		one.Missing = 2
		page.Complaints = append(page.Complaints, one)
	case word != "lewat":
		page.Complaints = append(page.Complaints, one)
	}
	return page, nil
}

// office is a database in which a channel has set raws aside.
func office(t *testing.T, raws ...string) relay.AgainOptions {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{DSN: "sqlite:" + filepath.Join(t.TempDir(), database)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	o := relay.AgainOptions{Store: s, Show: 10, Channel: relay.Channel{Name: "kantor", Kind: "surat", Connector: connectors.Connector{Reread: &rereader{}}}}
	for i, raw := range raws {
		_, err := s.Keep(t.Context(), store.Page{Source: "kantor", Refusals: []store.Refusal{
			{Where: fmt.Sprintf("row %d", i), Reason: string(connectors.BadField), Detail: "text: is missing", Raw: []byte(raw)},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func wantAgain(t *testing.T, o relay.AgainOptions, want relay.Again) relay.Again {
	t.Helper()
	got, err := relay.ReadAgain(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	first := got.First
	got.First = nil
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	got.First = first
	return got
}

func TestWhatWasSetAsideIsReadAgainAndSaysWhatBecameOfIt(t *testing.T) {
	o := office(t, "ya 1", "foto 2", "salah 3", "kosong 4", "lewat 5", "hilang 6", "", "ya 1", "ubah 7", "lain 8")
	for _, id := range []string{"7", "8"} {
		page, err := (&rereader{}).Reread(t.Context(), nil, connectors.SetAside{Raw: []byte("ya " + id)})
		if err != nil {
			t.Fatal(err)
		}
		page.Complaints[0].Clean()
		if _, err := o.Store.Keep(t.Context(), store.Page{Source: "kantor", Complaints: page.Complaints}); err != nil {
			t.Fatal(err)
		}
	}
	got := wantAgain(t, o, relay.Again{TakenIn: 2, Missing: 2, Known: 2, Revised: 1, Unfit: 4, NotKept: 2})
	said := map[string]string{}
	for _, one := range got.First {
		said[one.Where] = one.Reason + " " + one.Detail
	}
	for where, words := range map[string]string{
		"row 2": "bad_field isi (text): is missing", "row 3": "bad_field text: is missing", "row 4": "bad_field the settings leave it out now",
		"row 5": "bad_field look for it by hand: too little", "row 6": "bad_field it is no single row", "row 9": "same_id another complaint is here under this id",
	} {
		if !strings.HasPrefix(said[where], words) {
			t.Errorf("%s: %q, want %q", where, said[where], words)
		}
	}
	wantAgain(t, o, relay.Again{Unfit: 4, NotKept: 2})
	left, err := o.Store.Refusals(t.Context(), 10)
	if err != nil || len(left) != 6 {
		t.Errorf("%d are still set aside, %v", len(left), err)
	}
}

func TestAKindThatReadsNothingAgainSaysSo(t *testing.T) {
	o := office(t, "ya 1")
	o.Channel.Reread = nil
	if got := wantAgain(t, o, relay.Again{NotKept: 1}); !strings.Contains(got.First[0].Detail, "the kind surat reads nothing again") {
		t.Errorf("%+v", got.First)
	}
}

// However much was set aside, it is read and kept in pieces: what was kept before an error stays.
func TestMuchThatWasSetAsideIsReadInPieces(t *testing.T) {
	var raws []string
	for i := range 250 {
		raws = append(raws, fmt.Sprintf("ya %d", i))
	}
	for i := range 5 {
		raws = append(raws, fmt.Sprintf("ya %d%s", 1000+i, bytes.Repeat([]byte(" "), 4<<20)))
	}
	o := office(t, raws...)
	r := &rereader{stop: 230}
	o.Channel.Reread = r
	if got, err := relay.ReadAgain(t.Context(), o); err == nil || !strings.Contains(err.Error(), "the disk is full") || got.TakenIn < 200 {
		t.Errorf("%+v, %v", got, err)
	}
	r.stop = 0
	got, err := relay.ReadAgain(t.Context(), o)
	if err != nil || got.TakenIn == 0 || got.TakenIn > 55 || got.Known > 0 {
		t.Errorf("after the error: %+v, %v", got, err)
	}
	if l, err := o.Store.Audit(t.Context()); err != nil || l.Accepted != 255 || l.Refused != 0 {
		t.Errorf("%+v, %v", l, err)
	}
}
