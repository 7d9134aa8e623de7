package spreadsheet

import (
	"os"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/workbook/workbooktest"
)

// A sheet that the settings did not fit is read when they are others, and the sheets beside it that were read are not: whatever
// map makes of their ids now, they are there already.
func TestASheetThatDidNotFitIsReadAfterACorrection(t *testing.T) {
	b := newInbox(t, func(s *Settings) { s.Page = 1; s.Map["id"] = connectors.Value{From: "No"} })
	content, err := os.ReadFile(workbooktest.Make(t, func(f *excelize.File) {
		must(t, f.SetSheetName("Sheet1", "Januari"))
		_, err := f.NewSheet("Februari")
		must(t, err, f.SetSheetRow("Januari", "A1", &[]any{"No", "Waktu", "Laporan"}), f.SetSheetRow("Januari", "A2", &[]any{1, "", "Lampu mati"}),
			f.SetSheetRow("Februari", "A1", &[]any{"No", "Waktu", "Isi"}), f.SetSheetRow("Februari", "A2", &[]any{2, "", "Jalan rusak"}),
			f.SetSheetRow("Februari", "A3", &[]any{3, "", "Pohon tumbang"}))
	}))
	must(t, err)
	b.put("aduan.xlsx", string(content))
	first := b.drain("")
	if first.ids() != "1" || first.wheres() != "aduan.xlsx sheet Februari" {
		t.Fatalf("complaints %s, set aside %s", first.ids(), first.wheres())
	}
	b.restart()
	if g := b.drain(first.next); len(g.complaints)+len(g.asides) > 0 || g.next != first.next {
		t.Errorf("nothing was corrected, and it is read again: %+v", g)
	}
	b.set.Map["id"] = connectors.Value{Expr: "sheet + '/' + No"}
	b.set.Map["text"] = connectors.Value{Expr: "Isi ?? Laporan"}
	var second got
	second.next = first.next
	for range 10 { // each page by a process of its own
		b.restart()
		page, err := b.Poll(t.Context(), second.next)
		must(t, err)
		second.complaints, second.asides, second.next = append(second.complaints, page.Complaints...), append(second.asides, page.SetAside...), page.Next
	}
	if second.ids() != "Februari/2 Februari/3" || len(second.asides) > 0 {
		t.Errorf("after the correction: complaints %s, set aside %s", second.ids(), second.wheres())
	}
	b.set.Answers = !b.set.Answers // settings that are others once more
	b.restart()
	if g := b.drain(second.next); len(g.complaints)+len(g.asides) > 0 {
		t.Errorf("what fitted is read again: %+v", g)
	}
	b.age("aduan.xlsx", time.Minute) // somebody saved it
	if g := b.drain(second.next); len(g.complaints) != 3 {
		t.Errorf("changed, the file is not read whole: %s", g.ids())
	}
}

// A sheet that is found under a corrected name is read, the others are not again.
func TestASheetThatWasNamedWronglyIsReadAfterACorrection(t *testing.T) {
	b := newInbox(t, func(s *Settings) {
		s.Map["id"], s.Sheets = connectors.Value{Expr: "sheet + '/' + No"}, []string{"Januari", "Pebruari"}
	})
	content, err := os.ReadFile(workbooktest.Make(t, natuna(t)))
	must(t, err)
	b.put("aduan.xlsx", string(content))
	g := b.drain("")
	b.set.Sheets = []string{"Januari", "Februari"}
	b.restart()
	if after := b.drain(g.next); g.ids() != "Januari/1 Januari/2" || after.ids() != "Februari/1 Februari/2" {
		t.Errorf("before %s, after %s", g.ids(), after.ids())
	}
}
