package spreadsheet

import (
	"maps"

	"github.com/satupintu/satupintu/connectors"
)

// The presets.
const (
	laporExport = "lapor-export"
	googleForms = "google-forms"
)

// whole is the settings with the fields that map leaves out and the preset knows.
func (s *Settings) whole() *Settings {
	var known connectors.Mapping
	switch s.Preset {
	case laporExport:
		known = laporColumns()
	case googleForms:
		known = formColumns(s.Map)
	default:
		return s
	}
	maps.Copy(known, s.Map)
	full := *s
	full.Map = known
	return &full
}

// bringsNational says whether the rows come from the national platform: sent there, they would be there twice.
func (s *Settings) bringsNational() bool { return s.Preset == laporExport }

// laporColumns are those of the platform's official spreadsheet. The text is the one the citizen wrote.
func laporColumns() connectors.Mapping {
	const kind = "lower($env['Tipe Laporan (Anonim/Rahasia)'] ?? '')"
	return connectors.Mapping{
		"id": {From: "Tracking ID"}, "title": {From: "Judul Laporan"}, "text": {From: "Isi Laporan Awal"}, "category": {From: "Kategori"},
		"reporter.name": {From: "Nama Pelapor"},
		"reported_at":   {Expr: "trim(($env['Tanggal Laporan Masuk'] ?? '') + ' ' + ($env['Waktu Laporan Masuk'] ?? ''))"},
		"anonymous":     {Expr: kind + " contains 'anonim'"}, "secret": {Expr: kind + " contains 'rahasia'"},
		"class": {From: "Klasifikasi Laporan", Default: "ordinary", Lookup: map[string]string{
			"Pengaduan berkadar pengawasan": "supervised", "Pengaduan tidak berkadar pengawasan": "ordinary", "Pengaduan": "ordinary",
			"Aspirasi": "aspiration", "Permintaan Informasi": "information",
		}},
		"place.address": {Expr: "join(filter([$env['Kelurahan'], $env['Kecamatan'], $env['Kota/Kabupaten']], # != nil and # != ''), ', ')"},
	}
}

// formColumns are those of the sheet in which Google Forms collects its answers: the time it came, and the questions, whose
// titles are the form's own. There is no number of an answer: it is known by its time and the beginning of its text.
func formColumns(own connectors.Mapping) connectors.Mapping {
	known := connectors.Mapping{"reported_at": {From: "Timestamp"}}
	at, text := own["reported_at"].From, own["text"].From
	if at == "" {
		at = known["reported_at"].From
	}
	if text != "" {
		known["id"] = connectors.Value{Expr: "string(" + variable(at) + ") + '/' + " + variable(text) + "[:100]"}
	}
	return known
}
