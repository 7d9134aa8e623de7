package dedup

import (
	"fmt"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
)

const usual = "Assalamualaikum, mohon bantuan Bapak/Ibu. Lampu PJU di Jl. Datuk Kaya Gang Cempaka No. 12 RT 03 RW 02 dekat " +
	"musala sudah dua minggu mati dan belum ada petugas yg datang. Warga takut lewat kalau malam, kemarin ada anak yang jatuh " +
	"dari sepeda karena jalannya juga berlubang. Tolong segera diperbaiki, terima kasih."

func usualComplaint(n int) complaint.Complaint {
	return complaint.Complaint{
		Ref: complaint.Ref(fmt.Sprintf("SP-%015d", n)), Text: fmt.Sprintf("%s Nomor tiang %d.", usual, n),
		Reporter:   complaint.Reporter{Name: "Warga", Phone: fmt.Sprintf("0812700044%02d", n%100), Email: "warga@desa.example"},
		Place:      complaint.Place{Region: "21.03.07.2002", Address: "Jl. Datuk Kaya Gang Cempaka No. 12, Sungai Ulu"},
		Category:   "Penerangan Jalan",
		ReceivedAt: time.Date(2026, 3, 1, 8, n, 0, 0, time.UTC),
	}
}

func BenchmarkPrint(b *testing.B) {
	e, c := NewEngine(Options{Hasher: openHash{}}), usualComplaint(1)
	b.ReportAllocs()
	for b.Loop() {
		e.Print(c)
	}
}

func BenchmarkDecodePrint(b *testing.B) {
	encoded := NewEngine(Options{Hasher: openHash{}}).Print(usualComplaint(1)).Encode()
	b.ReportMetric(float64(len(encoded)), "bytes")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodePrint(encoded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkKeysAndProbes(b *testing.B) {
	p := NewEngine(Options{Hasher: openHash{}}).Print(usualComplaint(1))
	b.ReportAllocs()
	for b.Loop() {
		p.Keys()
		p.Probes()
	}
}

func BenchmarkJudgeOf32(b *testing.B) {
	e := NewEngine(Options{Hasher: openHash{}})
	var among []Earlier
	for n := range 32 {
		p := e.Print(usualComplaint(n))
		among = append(among, Earlier{Print: &p})
	}
	later := e.Print(usualComplaint(40))
	b.ReportAllocs()
	for b.Loop() {
		e.Judge(later, among)
	}
}
