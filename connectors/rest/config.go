package rest

import (
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// Settings are what the connector is configured with. A preset fills in what is left out (see whole).
type Settings struct {
	Preset string `yaml:"preset" doc:"settings for a known application; each may still be given" enum:"sapawarga,kobo,playsms"`

	URL     string                   `yaml:"url" doc:"address of the list, without what paging and since put behind it" required:"true"`
	Query   map[string]string        `yaml:"query" doc:"parameters of the address that stay the same; a secret goes into auth"`
	Headers map[string]config.Secret `yaml:"headers" doc:"further headers of every request to this server"`
	Auth    Auth                     `yaml:"auth" doc:"how we sign in: bearer, basic, key or oauth2; none: openly"`
	Timeout config.Duration          `yaml:"timeout" doc:"the longest one request may take"`

	Items string `yaml:"items" doc:"dotted path to the list in an answer; empty: the answer is the list"`
	Empty Empty  `yaml:"empty" doc:"how an answer without a list says that there is nothing"`
	Where string `yaml:"where" doc:"which items are complaints, an expression as in map; empty: all"`

	Paging Paging `yaml:"paging" doc:"how the list is read on"`
	Since  Since  `yaml:"since" doc:"how the list is asked for what is new; without a param all of it is read each time"`

	Map    connectors.Mapping `yaml:"map" doc:"from an item to a complaint"`
	Photos Photos             `yaml:"photos" doc:"files whose addresses an item holds"`

	WriteBack map[string]Call `yaml:"write_back" doc:"for each status, or any for the others: a request that tells it; must be harmless when repeated"`
	Message   string          `yaml:"message" doc:"what {message} says, with {ref} {time} {status} {note} {agency} {tracking_id}; without it, the text short of the configuration's texts"`
	SMSParts  int             `yaml:"sms_parts" doc:"parts of {sms} at most; a longer message is cut at a word"`

	formerID string // of a preset: the key that was an item's id before, and is not any more
}

// Auth is how we sign in. One of its parts is given at most.
type Auth struct {
	Bearer config.Secret `yaml:"bearer" doc:"token sent as Authorization: Bearer"`
	Basic  Basic         `yaml:"basic" doc:"name and password"`
	Key    Key           `yaml:"key" doc:"an API key"`
	OAuth2 OAuth2        `yaml:"oauth2" doc:"OAuth 2.0 client credentials"`
}

// Basic is a name and a password.
type Basic struct {
	User     string        `yaml:"user" doc:"the name"`
	Password config.Secret `yaml:"password" doc:"of the name"`
}

// Key is an API key.
type Key struct {
	Name   string        `yaml:"name" doc:"of the header or the parameter that carries the key"`
	In     string        `yaml:"in" doc:"where it is carried" enum:"header,query"`
	Value  config.Secret `yaml:"value" doc:"the key"`
	Prefix string        `yaml:"prefix" doc:"what stands before the key, such as \"Token \""`
}

// OAuth2 is how a token is asked for. It is kept in memory until it ends, or is refused with 401.
type OAuth2 struct {
	TokenURL     string        `yaml:"token_url" doc:"address that gives tokens"`
	ClientID     string        `yaml:"client_id" doc:"our name there"`
	ClientSecret config.Secret `yaml:"client_secret" doc:"of the name"`
	Scope        string        `yaml:"scope" doc:"what the token is for, where the server wants to know"`
	In           string        `yaml:"in" doc:"where name and secret are carried" enum:"header,body"`
}

// Empty is a value that stands in an answer which has no list because nothing is there.
type Empty struct {
	Field string `yaml:"field" doc:"dotted path"`
	Is    string `yaml:"is" doc:"its value then"`
}

// Paging is how a list is read on. No answer is taken for the last because it is short: servers give less than is asked for.
type Paging struct {
	Style string `yaml:"style" doc:"none: one answer is all; page, offset: by number; cursor: by a value of the answer; next: by a link of the answer; grow: again, asking for more, until less comes" enum:"none,page,offset,cursor,next,grow"`
	Param string `yaml:"param" doc:"parameter that carries the page's number, the offset or the cursor"`
	First int    `yaml:"first" doc:"the first page's number"`
	Next  string `yaml:"next" doc:"with cursor and next: dotted path to the next cursor or link"`
	Limit string `yaml:"limit" doc:"parameter that asks for so many items; empty: none"`
	Size  int    `yaml:"size" doc:"items asked for at a time"`
	Total string `yaml:"total" doc:"dotted path to the number of items in the whole list; when fewer come, nothing counts as read"`
	Most  int    `yaml:"most" doc:"pages of one reading at most"`
}

// Since is how a server is asked for what is new. Whether it does so is checked on what comes back; when it does not, the
// whole list is read.
type Since struct {
	Param   string          `yaml:"param" doc:"parameter of the address; empty: the server cannot be asked"`
	Field   string          `yaml:"field" doc:"dotted path, in an item, to the time or number that the parameter is compared with"`
	Format  string          `yaml:"format" doc:"rfc3339, unix, unix_ms, date, number, or a layout of Go"`
	Within  string          `yaml:"within" doc:"text of the parameter's value, with {since} in it"`
	Zone    string          `yaml:"zone" doc:"of times that carry none, such as UTC; empty: the region's"`
	Overlap config.Duration `yaml:"overlap" doc:"how far back items are looked at again, for those that are written late"`
	Behind  int             `yaml:"behind" doc:"with number: how many numbers back items are looked at again"`

	First connectors.Reach `yaml:"first" doc:"how far back the first reading goes, by reported_at or else by the time at field: 7d, a date or all; an item without a time is taken whatever its age"`
}

// Photos says where an item holds the addresses of its files.
type Photos struct {
	List    string      `yaml:"list" doc:"dotted path to the list, of addresses or of objects, or to one address"`
	URL     string      `yaml:"url" doc:"with objects: key of the address"`
	Name    string      `yaml:"name" doc:"with objects: key of the file's name; empty: the address has it"`
	Unless  string      `yaml:"unless" doc:"with objects: key that is true of a file that was deleted"`
	Hosts   []string    `yaml:"hosts" doc:"hosts beside the list's own that files are fetched from, without credentials; .natuna.example stands for every host below it"`
	MaxSize config.Size `yaml:"max_size" doc:"the largest file; a larger one is left out"`
	Most    int         `yaml:"most" doc:"files of one complaint; more are left out"`
}

// Call is one request that tells a status. In its path, query, form and json stand {id} {ref} {status} {note} {agency}
// {tracking_id} {at} {to} {message}, and each is escaped as its place needs. {sms} is the message as an SMS holds it, {unicode}
// (0 or 1) and {coding} (0 or 2) whether it needs more than the GSM alphabet.
type Call struct {
	Method string            `yaml:"method" doc:"POST when empty" enum:"POST,PUT,PATCH,GET"`
	Path   string            `yaml:"path" doc:"on the list's server, such as /api/aduan/{id}/status"`
	Query  map[string]string `yaml:"query" doc:"parameters of the address"`
	Form   map[string]string `yaml:"form" doc:"the body, as a form; or json"`
	JSON   string            `yaml:"json" doc:"the body, as JSON whose texts hold the values; or form"`
	Good   Good              `yaml:"good" doc:"what a success says, where a 2xx alone does not mean one"`
}

// Good is a value that stands in the answer to a request that was carried out.
type Good struct {
	Field string `yaml:"field" doc:"dotted path; empty: every 2xx is a success"`
	Is    string `yaml:"is" doc:"its value then"`
}

// Definition declares the kind rest.
func Definition() connectors.Definition {
	return connectors.Definition{
		Kind:     "rest",
		Summary:  "A JSON list that is polled page by page, with presets for Sapawarga, KoboToolbox and playSMS",
		Defaults: func() config.Settings { return defaults() },
		Open:     open,
	}
}

const (
	mostItems = 10_000 // of one answer: what grow asks for at most
	mostPages = 5_000  // of one reading: the cursor keeps them in mind
)

func defaults() *Settings {
	return &Settings{
		Timeout: config.Duration(30 * time.Second),
		Auth:    Auth{Key: Key{In: inHeader}, OAuth2: OAuth2{In: inHeader}},
		Paging:  Paging{First: 1, Size: 100, Most: mostPages},
		Since:   Since{Overlap: config.Duration(15 * time.Minute), Behind: 50, First: connectors.UsualReach()},
		Photos:  Photos{MaxSize: 10 << 20, Most: 5}, SMSParts: 4,
	}
}

// Styles of paging.
const (
	noPaging   = "none"
	byPage     = "page"
	byOffset   = "offset"
	byCursor   = "cursor"
	byNext     = "next"
	byGrowing  = "grow"
	inHeader   = "header"
	inQuery    = "query"
	inBody     = "body"
	anyStatus  = "any" // in write_back
	sinceValue = "{since}"
)

// Formats of since.
const (
	rfc3339Format = "rfc3339"
	unixFormat    = "unix"
	unixMSFormat  = "unix_ms"
	dateFormat    = "date"
	numberFormat  = "number"
)
