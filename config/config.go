// Package config reads the gateway's YAML file: every key known, every value of its type, every secret a reference,
// every problem reported at once with file, line and column. It knows no connector and no platform: their settings
// travel as raw nodes and are decoded, with the same strictness, by those who own them (Decode).
package config

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// Config is one gateway's configuration, complete: what the file leaves out has its default.
type Config struct {
	Region     Region      `yaml:"region" doc:"the region this gateway serves" required:"true"`
	Store      Store       `yaml:"store" doc:"where complaints are kept" required:"true"`
	Server     Server      `yaml:"server" doc:"the two listeners"`
	National   National    `yaml:"national" doc:"the national platform" required:"true"`
	Delivery   Delivery    `yaml:"delivery" doc:"how complaints are sent and sent again"`
	Dedup      Dedup       `yaml:"dedup" doc:"when two complaints are the same matter"`
	Routing    Routing     `yaml:"routing" doc:"which agency gets what" required:"true"`
	SLA        SLA         `yaml:"sla" doc:"the clocks of the process, in working days"`
	Privacy    Privacy     `yaml:"privacy" doc:"personal data"`
	Texts      Texts       `yaml:"texts" doc:"the words citizens read"`
	Users      Path        `yaml:"users" doc:"console accounts: name, bcrypt hash and role"`
	Connectors []Connector `yaml:"connectors" doc:"the channels; at least one, here or in connectors.d/*.yaml"`

	File string `yaml:"-"` // the file this was read from, as it was named

	ignored []string // files of connectors.d that are not read
}

// Region is the part of the country the gateway serves.
type Region struct {
	Code     string   `yaml:"code" doc:"Kemendagri code of the region" required:"true"`
	Name     string   `yaml:"name" doc:"the region's name, for people"`
	Timezone Timezone `yaml:"timezone" doc:"the zone of every local time that carries none"`
	Codes    Path     `yaml:"codes" doc:"region codes, CSV with kode,nama"`
	Holidays Path     `yaml:"holidays" doc:"holidays, CSV with date and name"`
}

// Store is the database and the files beside it.
type Store struct {
	DSN   DSN    `yaml:"dsn" doc:"sqlite:FILE or postgres://…" required:"true"`
	Files string `yaml:"files" doc:"folder of attachments; s3://bucket/prefix for several gateways"`
	S3    S3     `yaml:"s3" doc:"the server behind s3://bucket/prefix, and the account there"`
}

// S3 is an S3-compatible server. Without keys the account is the environment's (AWS_ACCESS_KEY_ID and
// AWS_SECRET_ACCESS_KEY), that of ~/.aws/credentials, or the machine's own role.
type S3 struct {
	Endpoint  string   `yaml:"endpoint" doc:"the server's address, such as https://s3.natuna.example; empty: Amazon's"`
	Region    string   `yaml:"region" doc:"the bucket's region; empty: the server is asked"`
	AccessKey Secret   `yaml:"access_key" doc:"the account's key id; empty: AWS_ACCESS_KEY_ID, ~/.aws/credentials or the machine's role"`
	SecretKey Secret   `yaml:"secret_key" doc:"the account's secret key"`
	Timeout   Duration `yaml:"timeout" doc:"the longest one file may take on its way there or back"`
}

// Equal says whether two name the same database and the same place of files. Secrets that were read anew are the same when they say so.
func (s Store) Equal(other Store) bool {
	keys := s.S3.AccessKey.Equal(other.S3.AccessKey) && s.S3.SecretKey.Equal(other.S3.SecretKey)
	other.S3.AccessKey, other.S3.SecretKey = s.S3.AccessKey, s.S3.SecretKey
	return keys && s == other
}

// Bucket is the bucket and the prefix that files names; ok is false where it names a folder.
func (s Store) Bucket() (bucket, prefix string, ok bool) {
	rest, ok := strings.CutPrefix(s.Files, "s3://")
	bucket, prefix, _ = strings.Cut(rest, "/")
	return bucket, strings.Trim(prefix, "/"), ok
}

// Server is the HTTP face.
type Server struct {
	Listen  string `yaml:"listen" doc:"address of channel intake"`
	Metrics string `yaml:"metrics" doc:"address of metrics, health and reload"`
	TLS     TLS    `yaml:"tls" doc:"certificate of the intake listener; empty: plain HTTP"`
	MaxBody Size   `yaml:"max_body" doc:"the largest request body"`
}

// TLS names a certificate and its key; both or neither.
type TLS struct {
	Cert Path `yaml:"cert" doc:"PEM certificate chain"`
	Key  Path `yaml:"key" doc:"PEM private key"`
}

// National is the platform complaints are forwarded to. Settings are decoded by the platform's kind.
type National struct {
	Kind        string    `yaml:"kind" doc:"lapor, open311 or manual" required:"true"`
	Rate        Rate      `yaml:"rate" doc:"the most requests the platform is sent"`
	Concurrency int       `yaml:"concurrency" doc:"requests under way at once"`
	Timeout     Duration  `yaml:"timeout" doc:"the longest one request may take, its answer read"`
	Sync        Sync      `yaml:"sync" doc:"how often statuses are asked for"`
	Settings    yaml.Node `yaml:"settings" doc:"of the platform's kind"`

	Where Place `yaml:"-"` // where the section stands, for errors found later
}

// Decode reads the platform's settings into what its kind holds as defaults.
func (n *National) Decode(into Settings) Problems {
	return Decode(&n.Settings, into, n.Where.At("settings"))
}

// DecodeNode implements NodeDecoder.
func (n *National) DecodeNode(d *Decoder, node *yaml.Node, path string) {
	type plain National
	d.Decode(node, (*plain)(n), path)
	n.Where = d.Place(node, path)
}

// Sync is how often a complaint's status is asked for: a fresh one every Fresh, an old one every Old.
type Sync struct {
	Fresh Duration `yaml:"fresh" doc:"for a complaint just forwarded"`
	Old   Duration `yaml:"old" doc:"for one that has long been still"`
}

// Delivery is how complaints are forwarded.
type Delivery struct {
	Backoff     Backoff  `yaml:"backoff" doc:"the pauses between attempts"`
	GiveUpAfter Duration `yaml:"give_up_after" doc:"from the first attempt, without time in which nobody tried; then it is a dead letter"`
	Settle      Duration `yaml:"settle" doc:"how long after a request its absence proves that it was never carried out"`
	Breaker     Breaker  `yaml:"breaker" doc:"when a failing platform is left alone"`
	Lease       Duration `yaml:"lease" doc:"how long a gateway may hold work without renewing it"`
	MaxAttempts int      `yaml:"max_attempts" doc:"0: age alone decides"`
}

// Backoff is the pauses between attempts.
type Backoff struct {
	First  Duration `yaml:"first" doc:"after the first failure"`
	Max    Duration `yaml:"max" doc:"the longest"`
	Factor float64  `yaml:"factor" doc:"each pause is this many times the last"`
	Jitter float64  `yaml:"jitter" doc:"share by which each is changed at random"`
}

// Breaker leaves the platform alone for OpenFor after Failures failures in a row.
type Breaker struct {
	Failures int      `yaml:"failures" doc:"failures in a row"`
	OpenFor  Duration `yaml:"open_for" doc:"then one delivery tries"`
}

// Dedup decides when two complaints are the same matter.
type Dedup struct {
	Window      Duration `yaml:"window" doc:"how far back duplicates are looked for"`
	Mode        string   `yaml:"mode" doc:"link, review or off" enum:"link,review,off"`
	ReviewAbove float64  `yaml:"review_above" doc:"the score from which a person looks; 0: what the model in use was fitted for"`
	ReviewWait  Duration `yaml:"review_wait" doc:"nobody decided: forward it"`
	WrongTaps   bool     `yaml:"wrong_taps" doc:"people here often tap a wrong village on a form: another one under the same street is doubt, not another place"`
}

// Routing sends complaints to agencies: the first rule that matches, else the fallback.
type Routing struct {
	Fallback Target `yaml:"fallback" doc:"the region's agency for whatever no rule matches" required:"true"`
	Rules    []Rule `yaml:"rules" doc:"in order"`
}

// Rule is one line of the routing table.
type Rule struct {
	When When   `yaml:"when" doc:"all that is given must match" required:"true"`
	To   Target `yaml:"to" doc:"the agency and category" required:"true"`
}

// When is a rule's condition. Words are compared without case; a list matches when one of its entries does.
type When struct {
	Category []string `yaml:"category" doc:"the channel's category"`
	Text     []string `yaml:"text" doc:"words in the title or text"`
	Source   []string `yaml:"source" doc:"the connector's name"`
	Region   []string `yaml:"region" doc:"region codes, or leading parts of them"`
	Class    []string `yaml:"class" doc:"the complaint's class" enum:"supervised,ordinary,aspiration,information"`
}

// Target is where a rule leads, in the platform's own ids.
type Target struct {
	Agency   string `yaml:"agency" doc:"institution id" required:"true"`
	Category string `yaml:"category" doc:"category id"`
	Location string `yaml:"location" doc:"location id"`
	HandOver string `yaml:"hand_over" doc:"institution id it is handed over to at the platform, because it is not the agency's to answer"`
}

// SLA are the clocks of the process. A day is a working day.
type SLA struct {
	Verify      Duration `yaml:"verify" doc:"until it is verified"`
	Respond     Duration `yaml:"respond" doc:"until the first response"`
	Information Duration `yaml:"information" doc:"a request for information"`
	Ordinary    Duration `yaml:"ordinary" doc:"a complaint without supervision"`
	Supervised  Duration `yaml:"supervised" doc:"a complaint with supervision"`
	Autoclose   Duration `yaml:"autoclose" doc:"after a follow-up nobody answered"`
}

// Privacy is what happens to personal data.
type Privacy struct {
	Key       Secret   `yaml:"key" doc:"seals personal data at rest"`
	Retention Duration `yaml:"retention" doc:"from the day a complaint was closed"`
	Redact    []string `yaml:"redact" doc:"removed from free text before it leaves" enum:"nik,kk,phone,email"`
}

// Texts are the words citizens read: those that are shipped in a language, and what the region says otherwise.
type Texts struct {
	Language string `yaml:"language" doc:"of the shipped texts" enum:"id,en"`
	File     Path   `yaml:"file" doc:"texts of the region's own, in place of the shipped ones of the same name"`
}

// Connector is one channel. Name is its identity in metrics, cursors and deduplication. Settings are decoded by the
// connector's kind.
type Connector struct {
	Name     string    `yaml:"name" doc:"identity: lower-case letters, digits and dashes" required:"true"`
	Kind     string    `yaml:"kind" doc:"see satupintu connectors list" required:"true"`
	Every    Duration  `yaml:"every" doc:"how often it is polled; empty: 5m"`
	Rate     Rate      `yaml:"rate" doc:"the most it is told, statuses and answers together, by each gateway; empty: as fast as it answers"`
	Settings yaml.Node `yaml:"settings" doc:"of the connector's kind"`

	Where Place `yaml:"-"` // where the entry stands, for errors found later
}

// Decode reads the connector's settings into what its kind holds as defaults.
func (c *Connector) Decode(into Settings) Problems {
	return Decode(&c.Settings, into, c.Where.At("settings"))
}

// DecodeNode implements NodeDecoder.
func (c *Connector) DecodeNode(d *Decoder, node *yaml.Node, path string) {
	type plain Connector
	d.Decode(node, (*plain)(c), path)
	c.Where = d.Place(node, path)
}
