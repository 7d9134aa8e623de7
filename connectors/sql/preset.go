package sql

import (
	"fmt"
	"maps"
	"slices"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// The presets.
const (
	openSID = "opensid"
	gammu   = "gammu"
)

// whole is the settings with what the preset fills in: each one that was left out, and each field that map leaves out.
func (s *Settings) whole() *Settings {
	full := *s
	d := dialects()[s.Driver]
	if full.DSN.Set() {
		_ = full.fromDSN() // Validate says what is wrong with it
	}
	if full.Port == 0 {
		full.Port = d.port
	}
	var preset Settings
	switch s.Preset {
	case openSID:
		preset = openSIDSettings(d)
	case gammu:
		preset = gammuSettings(d)
	default:
		return &full
	}
	for _, text := range []struct{ mine, theirs *string }{
		{&full.Table, &preset.Table}, {&full.Time, &preset.Time}, {&full.ID, &preset.ID}, {&full.Where, &preset.Where},
		{&full.Photos.Column, &preset.Photos.Column}, {&full.Acknowledge, &preset.Acknowledge},
		{&full.Parts.UDH, &preset.Parts.UDH}, {&full.Parts.Sender, &preset.Parts.Sender}, {&full.Parts.Text, &preset.Parts.Text},
		{&full.Parts.Time, &preset.Parts.Time}, {&full.Outbox.Creator, &preset.Outbox.Creator},
	} {
		if *text.mine == "" {
			*text.mine = *text.theirs
		}
	}
	if len(full.WriteBack) == 0 {
		full.WriteBack = preset.WriteBack
	} else {
		full.Outbox.Creator = s.Outbox.Creator             // statements of the operator's own take the place of SMS,
		preset.Map["id"] = connectors.Value{From: full.ID} // and find the row by {id}
	}
	full.Map = maps.Clone(preset.Map)
	maps.Copy(full.Map, s.Map)
	full.Columns = append(slices.Clone(s.Columns), preset.Columns...)
	return &full
}

// openSIDSettings read the village site OpenSID: a row without id_pengaduan is a complaint, one with it a reply. The time
// is created_at, which our own answers do not move. Its statuses are 1 waiting, 2 in progress, 3 done; what is done already
// is left alone, since an answer of ours would open it again.
func openSIDSettings(d dialect) Settings {
	q := d.quote
	settings := Settings{
		Table: "pengaduan", Time: "created_at", ID: "id",
		Where:     fmt.Sprintf("%s IS NULL AND (%s IS NULL OR %[2]s <> 3)", q("id_pengaduan"), q("status")),
		Photos:    Photos{Column: "foto"},
		WriteBack: map[string]Script{},
		Map: connectors.Mapping{
			"id": {From: "id"}, "title": {From: "judul"}, "text": {From: "isi"}, "reported_at": {From: "created_at"},
			"reporter.name": {From: "nama"}, "reporter.phone": {From: "telepon"}, "reporter.email": {From: "email"},
			"reporter.identity": {From: "nik"},
		},
	}
	for _, status := range complaint.Statuses() {
		number := 2
		switch {
		case status == complaint.Received || status == complaint.Forwarded:
			number = 1
		case status.Final():
			number = 3
		}
		settings.WriteBack[string(status)] = openSIDScript(q, number)
	}
	return settings
}

// openSIDScript sets the status as OpenSID's own form does, of the complaint and its replies, and adds a reply. The reply
// belongs to the village of its complaint (config_id), and is not added when it is there already.
func openSIDScript(q func(string) string, status int) Script {
	table, parent := q("pengaduan"), q("id_pengaduan")
	return Script{
		fmt.Sprintf("UPDATE %s SET %s = %d WHERE %s = {id} OR %s = {id}", table, q("status"), status, q("id"), parent),
		fmt.Sprintf("INSERT INTO %s (%s, %s, %s, %s, %s, %s) SELECT %s, %s, 'SP4N-LAPOR!', {message}, %d, '' FROM %s WHERE %s = {id} "+
			"AND NOT EXISTS (SELECT 1 FROM %s WHERE %s = {id} AND %s = {message})",
			table, q("config_id"), parent, q("nama"), q("isi"), q("status"), q("ip_address"),
			q("config_id"), q("id"), status, table, q("id"), table, parent, q("isi")),
	}
}

// gammuSettings read the inbox of Gammu SMSD. The time is UpdatedInDB, because ReceivingDateTime is the network's and
// may lie hours back. Class 127 are answers of the network itself. ID alone is no complaint's id: it begins anew when the
// inbox is emptied, and another person's SMS gets it.
func gammuSettings(d dialect) Settings {
	q := d.quote
	return Settings{
		Table: "inbox", Time: "UpdatedInDB", ID: "ID",
		Where:   fmt.Sprintf("%s = 'false' AND %s <> 127", q("Processed"), q("Class")),
		Columns: []string{"ID", "SenderNumber", "ReceivingDateTime"},
		Parts:   Parts{UDH: "UDH", Sender: "SenderNumber", Text: "TextDecoded", Time: "ReceivingDateTime"},
		Map: connectors.Mapping{
			"id": {Expr: "hashOf(ID, SenderNumber, ReceivingDateTime)"}, "text": {From: "TextDecoded"}, "reporter.phone": {From: "SenderNumber"},
			"reported_at": {From: "ReceivingDateTime"},
		},
		Acknowledge: fmt.Sprintf("UPDATE %s SET %s = 'true' WHERE %s = {id}", q("inbox"), q("Processed"), q("ID")),
		Outbox:      Outbox{Creator: "satupintu"},
	}
}
