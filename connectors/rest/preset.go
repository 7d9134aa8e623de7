package rest

import (
	"maps"

	"github.com/satupintu/satupintu/connectors"
)

// The presets.
const (
	sapawarga = "sapawarga"
	kobo      = "kobo"
	playSMS   = "playsms"
)

// whole is the settings with what the preset fills in: each one that was left out, and each field that map leaves out.
func (s *Settings) whole() *Settings {
	full := *s
	var preset Settings
	switch s.Preset {
	case sapawarga:
		preset = sapawargaSettings()
	case kobo:
		preset = koboSettings()
	case playSMS:
		preset = playSMSSettings()
	}
	for _, text := range []struct{ mine, theirs *string }{
		{&full.Items, &preset.Items}, {&full.Empty.Field, &preset.Empty.Field}, {&full.Empty.Is, &preset.Empty.Is},
		{&full.Where, &preset.Where},
		{&full.Paging.Style, &preset.Paging.Style}, {&full.Paging.Param, &preset.Paging.Param}, {&full.Paging.Next, &preset.Paging.Next},
		{&full.Paging.Limit, &preset.Paging.Limit}, {&full.Paging.Total, &preset.Paging.Total},
		{&full.Since.Param, &preset.Since.Param}, {&full.Since.Field, &preset.Since.Field}, {&full.Since.Format, &preset.Since.Format},
		{&full.Since.Within, &preset.Since.Within}, {&full.Since.Zone, &preset.Since.Zone},
		{&full.Photos.List, &preset.Photos.List}, {&full.Photos.URL, &preset.Photos.URL}, {&full.Photos.Name, &preset.Photos.Name},
		{&full.Photos.Unless, &preset.Photos.Unless},
		{&full.Auth.Key.Name, &preset.Auth.Key.Name}, {&full.Auth.Key.Prefix, &preset.Auth.Key.Prefix},
	} {
		if *text.mine == "" {
			*text.mine = *text.theirs
		}
	}
	if preset.Auth.Key.In != "" && s.Auth.Key.Name == "" {
		full.Auth.Key.In = preset.Auth.Key.In
	}
	if full.Paging.Style == "" {
		full.Paging.Style = noPaging
	}
	if full.Since.Format == "" {
		full.Since.Format = rfc3339Format
	}
	if len(full.WriteBack) == 0 {
		full.WriteBack = preset.WriteBack
	}
	full.Query = over(preset.Query, s.Query)
	full.Map = over(preset.Map, s.Map)
	return &full
}

// over is the preset's entries with the operator's over them.
func over[M ~map[string]V, V any](preset, own M) M {
	all := maps.Clone(preset)
	if all == nil {
		all = M{}
	}
	maps.Copy(all, own)
	return all
}

// sapawargaSettings read the list of complaints of Sapawarga, West Java. A complaint that bears an sp4n_id is on the national
// platform already.
func sapawargaSettings() Settings {
	return Settings{
		Items: "data.data", Where: `(sp4n_id ?? "") == ""`,
		Paging: Paging{Style: byPage, Param: "page", Limit: "limit", Total: "data.total_data"},
		Since:  Since{Field: "created_at"},
		Photos: Photos{List: "photos", URL: "url"},
		Map: connectors.Mapping{
			"id": {From: "id"}, "title": {From: "title"}, "text": {From: "description"},
			"category":    {Expr: `complaint_category?.name ?? category_id`},
			"reported_at": {From: "created_at"}, "reporter.name": {From: "user_name"}, "reporter.phone": {From: "user_phone"},
			"reporter.email": {From: "user_email"}, "secret": {From: "is_secret"}, "anonymous": {From: "is_anonymous"},
			"place.lat": {From: "latitude"}, "place.long": {From: "longitude"}, "place.address": {From: "address"},
		},
	}
}

// koboSettings read the submissions of a KoboToolbox form, /api/v2/assets/{uid}/data/. Which question holds the text only the
// form's maker knows. Times are UTC and carry no zone; _submission_time is when the server got it, and an edit does not move it.
func koboSettings() Settings {
	return Settings{
		Items: "results", Query: map[string]string{"format": "json", "sort": `{"_id":1}`},
		Auth:   Auth{Key: Key{Name: "Authorization", In: inHeader, Prefix: "Token "}},
		Paging: Paging{Style: byNext, Next: "next", Limit: "limit", Total: "count"},
		Since: Since{
			Param: "query", Field: "_submission_time", Format: "2006-01-02T15:04:05", Zone: "UTC",
			Within: `{"_submission_time":{"$gte":"{since}"}}`,
		},
		Photos: Photos{List: "_attachments", URL: "download_url", Name: "media_file_basename", Unless: "is_deleted"},
		Map: connectors.Mapping{
			"id":          {From: "_id"},
			"reported_at": {Expr: `_submission_time matches "(Z|[+-][0-9:]+)$" ? _submission_time : _submission_time + "Z"`},
			"place.lat":   {From: "_geolocation.0"}, "place.long": {From: "_geolocation.1"},
		},
	}
}

// playSMSSettings read the inbox of playSMS through its web services, index.php. It gives the newest first, at most as many as
// are asked for, and only those after a number: so more is asked for until less comes. Answers are sent as SMS.
func playSMSSettings() Settings {
	return Settings{
		Items: "data", Query: map[string]string{"app": "ws", "op": "ix"}, Empty: Empty{Field: "error", Is: "501"},
		Auth:   Auth{Key: Key{Name: "h", In: inQuery}},
		Paging: Paging{Style: byGrowing, Limit: "c"},
		Since:  Since{Param: "last", Field: "id", Format: numberFormat},
		Map: connectors.Mapping{
			"id": {From: "id"}, "text": {From: "msg"}, "reporter.phone": {From: "src"}, "reported_at": {From: "dt"},
		},
		WriteBack: map[string]Call{anyStatus: {
			Method: "GET", Query: map[string]string{"op": "pv", "to": "{to}", "msg": "{sms}", "unicode": "{unicode}", "nofooter": "1"},
			Good: Good{Field: "data.0.status", Is: "OK"},
		}},
	}
}
