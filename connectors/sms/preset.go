package sms

import "maps"

// whole is the settings with what the preset fills in: each one that was left out.
func (s *Settings) whole() *Settings {
	full := *s
	var preset Settings
	switch s.Preset {
	case kannel:
		preset = kannelSettings()
	case fonnte:
		preset = fonnteSettings()
		if s.Send.Parts == defaults().Send.Parts {
			full.Send.Parts = 0
		}
	case playSMS:
		preset = playSMSSettings()
	default:
		preset = Settings{Send: Send{Method: "POST", Answer: plainAnswer, Secret: SendSecret{In: inHeader}}}
	}
	mine, theirs := &full.Fields, &preset.Fields
	for _, text := range []struct{ mine, theirs *string }{
		{&mine.ID, &theirs.ID}, {&mine.Sender, &theirs.Sender}, {&mine.Text, &theirs.Text}, {&mine.Charset, &theirs.Charset}, {&mine.Time, &theirs.Time}, {&mine.Name, &theirs.Name},
		{&mine.Location, &theirs.Location}, {&mine.URL, &theirs.URL}, {&mine.File, &theirs.File}, {&mine.Ending, &theirs.Ending},
		{&mine.Group, &theirs.Group}, {&full.Zone, &preset.Zone},
		{&full.Send.Method, &preset.Send.Method}, {&full.Send.Answer, &preset.Send.Answer},
		{&full.Send.Secret.Name, &preset.Send.Secret.Name}, {&full.Send.Secret.In, &preset.Send.Secret.In},
	} {
		if *text.mine == "" {
			*text.mine = *text.theirs
		}
	}
	full.Send.Query = over(preset.Send.Query, s.Send.Query)
	if s.Send.JSON == "" {
		full.Send.Form = over(preset.Send.Form, s.Send.Form)
	}
	if full.Send.URL == "" {
		full.Send.URL = preset.Send.URL
	}
	if len(full.Media.Hosts) == 0 {
		full.Media.Hosts = preset.Media.Hosts
	}
	return &full
}

// over is the preset's entries with the operator's over them; nil when there are none.
func over(preset, own map[string]string) map[string]string {
	all := maps.Clone(preset)
	if all == nil {
		return maps.Clone(own)
	}
	maps.Copy(all, own)
	return all
}

// kannelSettings are for a Kannel whose sms-service has
//
//	get-url = ".../in/NAME/SECRET?id=%I&sender=%p&text=%a&charset=%C&time=%T"
//
// and whose sendsms is asked. %t is UTC, should it stand in place of %T, which is in Unix seconds.
func kannelSettings() Settings {
	return Settings{
		Fields: Fields{ID: "id", Sender: "sender", Text: "text", Charset: "charset", Time: "time"}, Zone: "UTC",
		Send: Send{
			Method: "GET", Answer: kannel, Secret: SendSecret{Name: "password", In: inQuery},
			Query: map[string]string{"to": "{to}", "text": "{text}", "charset": "UTF-8", "coding": "{coding}"},
		},
	}
}

// fonnteSettings are for the webhook and the send call of Fonnte, whose messages are WhatsApp's: no parts are counted.
func fonnteSettings() Settings {
	return Settings{
		Fields: Fields{
			ID: "inboxid", Sender: "sender", Text: "message", Time: "timestamp", Name: "name", Location: "location",
			URL: "url", File: "filename", Ending: "extension", Group: "member",
		},
		Send: Send{
			URL: "https://api.fonnte.com/send", Method: "POST", Answer: fonnte, Secret: SendSecret{Name: "Authorization", In: inHeader},
			Form: map[string]string{"target": "{to}", "message": "{text}"},
		},
		Media: Media{Hosts: []string{".fonnte.com"}},
	}
}

// playSMSSettings are for a playSMS whose SMS custom calls
//
//	.../in/NAME/SECRET?sender={SMSSENDER}&text={CUSTOMRAW}&time={SMSDATETIME}
//
// and whose web services are asked to send. It posts what stands behind the question mark as a form.
func playSMSSettings() Settings {
	return Settings{
		Fields: Fields{Sender: "sender", Text: "text", Time: "time"},
		Send: Send{
			Method: "GET", Answer: playSMS, Secret: SendSecret{Name: "h", In: inQuery},
			Query: map[string]string{"app": "ws", "op": "pv", "to": "{to}", "msg": "{text}", "unicode": "{unicode}", "nofooter": "1"},
		},
	}
}
