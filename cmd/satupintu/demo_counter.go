package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// counterBad is how many rows of the counter's file cannot become complaints.
const counterBad = 2

// counterFile is the spreadsheet a sub-district office keeps by hand: a banner above the header, semicolons, Indonesian
// dates, and two rows that say no more than that somebody was there.
func counterFile(complaints []told) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.Comma = ';'
	rows := [][]string{
		{"REKAP ADUAN MASYARAKAT KANTOR CAMAT BUNGURAN TIMUR", "", "", "", "", "", ""},
		{"", "", "", "", "", "", ""},
		{"No", "Tanggal", "Nama Pelapor", "No. HP", "Perihal", "Lokasi", "Isi Aduan"},
	}
	for i, c := range complaints {
		rows = append(rows, []string{c.id, indonesianTime(c.at), c.name, c.phone, c.category, c.place, c.text})
		number := strconv.Itoa(len(complaints) + 1 + i)
		switch i {
		case len(complaints) / 3: // a date nobody can read
			rows = append(rows, []string{number, "kemarin sore", "Warga Contoh", "", "Jalan", "Ranai", "Jalan rusak dekat simpang."})
		case len(complaints) / 2: // nothing was written down
			rows = append(rows, []string{number, indonesianTime(c.at), "Warga Contoh", "", "Lainnya", "Midai", ""})
		}
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write the counter's file: %w", err)
	}
	return out.Bytes(), nil
}

// indonesianTime writes 3 Januari 2026 pukul 14.05.
func indonesianTime(at time.Time) string {
	months := [...]string{
		"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember",
	}
	return fmt.Sprintf("%d %s %d pukul %s", at.Day(), months[at.Month()-1], at.Year(), at.Format("15.04"))
}

// putIntoInbox lets a file appear whole, as a careful program does: written under another name, then renamed.
func putIntoInbox(folder, name string, content []byte) error {
	half := filepath.Join(folder, "."+name+".part")
	if err := os.WriteFile(half, content, 0o600); err != nil {
		return fmt.Errorf("put a file into the inbox: %w", err)
	}
	if err := os.Rename(half, filepath.Join(folder, name)); err != nil {
		return fmt.Errorf("put a file into the inbox: %w", err)
	}
	return nil
}
