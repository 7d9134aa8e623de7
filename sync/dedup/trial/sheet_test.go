package trial

import (
	"strings"
	"testing"
	"time"
)

func readSheet(t *testing.T, text string) Sheet {
	t.Helper()
	s, err := ReadSheet(strings.NewReader(text), "aduan.csv")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestColumnsAreKnownByTheirNames(t *testing.T) {
	s := readSheet(t, "\uFEFFkelurahan,ID,Text,address,kecamatan,reported_at,topic,agency\n"+
		"Ranai,7,\"lampu mati\ndi dermaga\",Jl. Cempaka No. 5,Bunguran Timur,2026-03-02 09:15:00,Lampu jalan,Dinas\n"+
		",8,jalan rusak,,,2026-03-02 10:15:00,,\n"+
		",9,,,,2026-03-02 10:16:00,,\n")
	a, b := s.Rows[0], s.Rows[1]
	if len(s.Rows) != 2 || s.Empty != 1 || a.Line != 2 || b.Line != 4 {
		t.Fatalf("%+v", s)
	}
	if a.ID != "7" || a.Village != "Ranai" || a.Complaint.Text != "lampu mati\ndi dermaga" || a.Complaint.Category != "Lampu jalan" {
		t.Errorf("%+v", a)
	}
	if a.Complaint.Place.Address != "Jl. Cempaka No. 5, Kelurahan Ranai, Kecamatan Bunguran Timur" || b.Complaint.Place.Address != "" {
		t.Errorf("%q, %q", a.Complaint.Place.Address, b.Complaint.Place.Address)
	}
	if want := time.Date(2026, 3, 2, 2, 15, 0, 0, time.UTC); !a.Complaint.ReportedAt.Equal(want) {
		t.Errorf("reported at %s; a time without a zone is western Indonesian", a.Complaint.ReportedAt)
	}
}

func TestOtherTablesAreReadToo(t *testing.T) {
	s := readSheet(t, "laporan,waktu,pelapor_id,akun_sms\nair keruh,02-03-2026 09:15,P1,\nair mati,03-03-2026 09:15,P2,ya\n")
	if r := s.Rows[0]; r.ID != "2" || r.Complaint.Reporter.Email != "P1@table.invalid" || r.Complaint.ReportedAt.Day() != 2 || r.Complaint.ReportedAt.Month() != 3 {
		t.Errorf("%+v", r)
	}
	if who := s.Rows[1].Complaint.Reporter; who.Email != "" {
		t.Errorf("a shared account is a reporter: %+v", who)
	}
	s = readSheet(t, "nid,content_text\n11,air keruh\n12,air mati\n")
	if gap := s.Rows[1].Complaint.ReportedAt.Sub(s.Rows[0].Complaint.ReportedAt); gap != time.Minute {
		t.Errorf("rows without times are %s apart", gap)
	}
	if taken := strings.Join(s.Taken, "; "); taken != "id: nid; text: content_text; time: none, one minute apart in the order of the file" {
		t.Error(taken)
	}
}

func TestABrokenTableIsNamedByLineAndColumn(t *testing.T) {
	for name, c := range map[string]struct{ table, want string }{
		"empty":   {"", "aduan.csv:1: the file is empty; want a header and rows"},
		"no text": {"id,isi laporan\n1,x\n", "aduan.csv:1: no column holds the text; name one of them text (known names: text, laporan, content_text, isi, isi_laporan, message, pesan); the file has id, isi laporan"},
		"time":    {"id,text,reported_at\n1,x,2026-03-02 09:00\n22,lampu,kemarin\n", "aduan.csv:3:10: reported_at: not a time; want one such as 2026-03-02 09:15:00"},
		"cells":   {"id,text\n1,x\n2,y,z\n", "aduan.csv:3:1: the row has another number of columns than the header (2)"},
		"quote":   {"id,text\n1,lampu \"mati\n", "aduan.csv:2:9: bare \" in non-quoted-field"},
	} {
		if _, err := ReadSheet(strings.NewReader(c.table), "aduan.csv"); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v\nwant %s", name, err, c.want)
		}
	}
}

const four = "id,text,reported_at\n1,a,2026-03-02 12:00\n2,b,2026-03-02 11:00\n3,c,2026-03-02 13:00\n4,d,2026-03-02 14:00\n"

func TestThePairsEarlierIsTheOneThatWasToldFirst(t *testing.T) {
	s := readSheet(t, four)
	pairs, err := ReadPairs(strings.NewReader("a,b,label\n1,2,different\n3,4,same-incident\n"), "pasangan.csv", s)
	if err != nil || pairs[0] != (Pair{Earlier: 1, Later: 0, Label: Different}) || pairs[1] != (Pair{Earlier: 2, Later: 3, Label: SameIncident}) {
		t.Errorf("%+v, %v", pairs, err)
	}
}

func TestABrokenListOfPairsIsNamedByLineAndColumn(t *testing.T) {
	s := readSheet(t, four)
	for name, c := range map[string]struct{ table, want string }{
		"column": {"a,c,label\n", "pasangan.csv:1: the column b is missing; want a, b, label; the file has a, c, label"},
		"id":     {"a,b,label\n1,5,different\n", "pasangan.csv:2:3: b: no complaint has this id"},
		"label":  {"a,b,label\n1,2,different\n3,4,sama\n", "pasangan.csv:3:5: label: not a label; want one of [resubmission same-incident recurrence different unsure]"},
	} {
		if _, err := ReadPairs(strings.NewReader(c.table), "pasangan.csv", s); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v\nwant %s", name, err, c.want)
		}
	}
	twice := readSheet(t, "id,text\n1,a\n2,b\n1,c\n")
	if _, err := ReadPairs(strings.NewReader("a,b,label\n"), "p", twice); err == nil || err.Error() != "the complaints in line 2 and line 4 have the same id" {
		t.Error(err)
	}
}
