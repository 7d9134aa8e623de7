package sql

import (
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// Settings are what the connector is configured with. A preset fills in what is left out (see whole).
type Settings struct {
	Preset string `yaml:"preset" doc:"settings for a known application; each may still be given" enum:"opensid,gammu"`

	Driver   string          `yaml:"driver" doc:"mysql is MariaDB too; sqlserver is not tested against a real SQL Server by us" enum:"mysql,postgres,sqlserver"`
	DSN      config.Secret   `yaml:"dsn" doc:"in place of host, port, database, user and password: mysql://user:password@host:3306/database, postgres://… or sqlserver://…; its sslmode or tls goes before the setting tls"`
	Host     string          `yaml:"host" doc:"name or address; a path is a socket: of mysql the file, of postgres its folder; of sqlserver never"`
	Port     int             `yaml:"port" doc:"0: the driver's own, 3306, 5432 or 1433"`
	Database string          `yaml:"database" doc:"the database's name; required without dsn"`
	User     string          `yaml:"user" doc:"an account that may do no more than the connector needs; check --online says what it may; required without dsn"`
	Password config.Secret   `yaml:"password" doc:"of the account"`
	TLS      string          `yaml:"tls" doc:"verify the server's certificate, only encrypt, or off for a database on this machine" enum:"verify,encrypt,off"`
	CA       config.Path     `yaml:"ca" doc:"certificate, in PEM, of who signed the server's"`
	Zone     string          `yaml:"zone" doc:"of times that carry none, such as Asia/Jakarta; empty: the region's"`
	Timeout  config.Duration `yaml:"timeout" doc:"the longest a poll, a check or a write-back may take; no statement runs longer"`

	Table   string   `yaml:"table" doc:"table or view that holds complaints, with its schema where it has one"`
	Time    string   `yaml:"time" doc:"column that says when a row was written or last changed: a time, or Unix seconds or milliseconds"`
	ID      string   `yaml:"id" doc:"column with a row's number, which no two rows share"`
	Columns []string `yaml:"columns" doc:"columns to read beside those that the map names: what its expressions use; [\"*\"] reads all"`
	Where   string   `yaml:"where" doc:"which rows are complaints, in SQL; empty: all"`
	Query   string   `yaml:"query" doc:"in place of table, columns and where: a SELECT of rows after {after} and {id}, ordered by time and id, at most {limit}"`
	FirstID string   `yaml:"first_id" doc:"with query: an id below every other"`

	Since   connectors.Reach `yaml:"since" doc:"how far back the first poll looks, by the column that time names: 7d, a date or all; a row without a time is taken whatever its age"`
	Overlap config.Duration  `yaml:"overlap" doc:"how far back rows are looked at again, for those that were committed late; longer than the longest transaction and any difference of clocks"`
	Page    int              `yaml:"page" doc:"rows read at a time"`

	Map    connectors.Mapping `yaml:"map" doc:"from a row to a complaint"`
	Photos Photos             `yaml:"photos" doc:"files that a column names"`
	Parts  Parts              `yaml:"parts" doc:"long SMS that arrive as several rows"`

	Acknowledge string            `yaml:"acknowledge" doc:"statement for each row that was taken in, with {id}, the row's own"`
	WriteBack   map[string]Script `yaml:"write_back" doc:"for each status, or any for the others: one statement or a list, run as one transaction, with {id} {ref} {status} {note} {agency} {tracking_id} {at} {message}; must be harmless when repeated"`
	Message     string            `yaml:"message" doc:"what {message} and an SMS say, with {ref} {time} {status} {note} {agency} {tracking_id}; without it, the text short of the configuration's texts"`
	Outbox      Outbox            `yaml:"outbox" doc:"answers by SMS through Gammu SMSD"`
}

// Photos says where the files are that a column names.
type Photos struct {
	Column    string      `yaml:"column" doc:"column with a file's name, or several"`
	Folder    config.Path `yaml:"folder" doc:"folder the names are below; nothing outside it is read"`
	URL       string      `yaml:"url" doc:"in place of folder: the address that a name is put behind"`
	Separator string      `yaml:"separator" doc:"between several names; empty: there is one"`
	MaxSize   config.Size `yaml:"max_size" doc:"the largest file; a larger one is left out"`
	Most      int         `yaml:"most" doc:"files of one complaint; more are left out"`
}

// Parts says how the rows of one long SMS are known.
type Parts struct {
	UDH    string          `yaml:"udh" doc:"column with the user data header, in hex; empty: nothing is joined"`
	Sender string          `yaml:"sender" doc:"column with the sender's number"`
	Text   string          `yaml:"text" doc:"column with the words"`
	Time   string          `yaml:"time" doc:"column with the time the SMS was sent or received"`
	Wait   config.Duration `yaml:"wait" doc:"how long a part is waited for before the complaint is taken without it, and says so"`
	Within config.Duration `yaml:"within" doc:"the longest between two parts of one SMS; further apart they are two"`
}

// Outbox says how answers are put into Gammu SMSD's tables.
type Outbox struct {
	Creator string `yaml:"creator" doc:"beginning of CreatorID, which keeps an answer from being sent twice; empty: no SMS"`
	Most    int    `yaml:"most" doc:"parts of one answer; a longer one is cut"`
}

// Script is one statement or a list of them.
type Script []string

// TypeName is the type's name in the reference.
func (Script) TypeName() string { return "statements" }

// DecodeNode reads one text or a list of them.
func (s *Script) DecodeNode(d *config.Decoder, node *yaml.Node, path string) {
	if node.Kind == yaml.SequenceNode {
		d.Decode(node, (*[]string)(s), path)
		return
	}
	if text, ok := d.Text(node, path, "one statement or a list"); ok {
		*s = Script{text}
	}
}

// Definition declares the kind sql.
func Definition() connectors.Definition {
	return connectors.Definition{
		Kind: "sql",
		Summary: "Rows of an agency's MySQL, MariaDB, PostgreSQL or SQL Server database (SQL Server: not tested against a real SQL Server by us), " +
			"with presets for OpenSID and Gammu SMSD",
		Defaults: func() config.Settings { return defaults() },
		Open:     open,
	}
}

func defaults() *Settings {
	return &Settings{
		Driver:  mysqlDriver,
		Host:    "127.0.0.1",
		TLS:     tlsVerify,
		Timeout: config.Duration(30 * time.Second),
		FirstID: "0",
		Since:   connectors.UsualReach(),
		Overlap: config.Duration(15 * time.Minute),
		Page:    200,
		Photos:  Photos{MaxSize: 10 << 20, Most: 5},
		Parts:   Parts{Wait: config.Duration(30 * time.Minute), Within: config.Duration(time.Hour)},
		Outbox:  Outbox{Most: 6},
	}
}

// zone is that of times without one.
func (s *Settings) zone(region *time.Location) (*time.Location, error) {
	if s.Zone == "" {
		return region, nil
	}
	return time.LoadLocation(s.Zone)
}

const anyStatus = "any" // in write_back

// parameters of the statements an operator writes.
func queryParameters() []string { return []string{"after", "id", "limit"} }
func ackParameters() []string   { return []string{"id"} }
func writeParameters() []string {
	return []string{"id", "ref", "status", "note", "agency", "tracking_id", "at", "message"}
}
