package sms

import (
	"net/netip"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// Settings are what the connector is configured with. A preset fills in what is left out (see whole).
type Settings struct {
	Preset string `yaml:"preset" doc:"settings for a known gateway; each may still be given" enum:"kannel,fonnte,playsms"`

	Secret     config.Secret `yaml:"secret" doc:"what a request must know, since gateways of SMS sign nothing" required:"true"`
	SecretIn   string        `yaml:"secret_in" doc:"where it is: the last step of the address (/in/NAME/SECRET), a header, or a parameter of the address or form" enum:"path,header,param"`
	SecretName string        `yaml:"secret_name" doc:"of the header or the parameter"`
	From       []Network     `yaml:"from" doc:"addresses that requests may come from, such as 10.1.0.0/16 or 10.1.0.7; empty: any"`
	Proxies    []Network     `yaml:"proxies" doc:"addresses of our own proxies, whose X-Forwarded-For is believed; empty: nobody's"`
	Rate       config.Rate   `yaml:"rate" doc:"the most requests taken; more are refused with 429"`

	Fields Fields `yaml:"fields" doc:"what the gateway calls the parts of a message; a blank name: it has none"`
	Zone   string `yaml:"zone" doc:"of times that carry none, such as UTC; empty: the region's"`
	Told   Told   `yaml:"told" doc:"the answer to the gateway, once the message is kept; some gateways send its body to the person"`

	JoinWithin config.Duration `yaml:"join_within" doc:"how long a sender must be silent until what they wrote becomes a complaint"`

	Send  Send  `yaml:"send" doc:"how an SMS is sent"`
	Media Media `yaml:"media" doc:"files that a message names"`
}

// Fields are names of parameters.
type Fields struct {
	ID       string `yaml:"id" doc:"the gateway's own id of the message"`
	Sender   string `yaml:"sender" doc:"the sender's number"`
	Text     string `yaml:"text" doc:"the words"`
	Charset  string `yaml:"charset" doc:"how the words are written: UTF-16BE, WINDOWS-1252 or UTF-8; anything else: UTF-8, or Latin 1 where they are none"`
	Time     string `yaml:"time" doc:"when it was sent or received"`
	Name     string `yaml:"name" doc:"the sender's name"`
	Location string `yaml:"location" doc:"a place, as lat,long"`
	URL      string `yaml:"url" doc:"the address of a file"`
	File     string `yaml:"file" doc:"the file's name"`
	Ending   string `yaml:"ending" doc:"the ending of the file's name, such as jpg"`
	Group    string `yaml:"group" doc:"filled in a message of a group, which is left alone"`
}

// Told is an answer.
type Told struct {
	Type string `yaml:"type" doc:"media type"`
	Body string `yaml:"body" doc:"text"`
}

// Send is the gateway's call that sends. In its query, form and json stand {to} {text} {key}, {coding} (0 or 2) and {unicode}
// (0 or 1), and each is escaped as its place needs.
type Send struct {
	URL     string            `yaml:"url" doc:"address that sends"`
	Method  string            `yaml:"method" doc:"of the request" enum:"GET,POST"`
	Query   map[string]string `yaml:"query" doc:"parameters of the address"`
	Form    map[string]string `yaml:"form" doc:"the body, as a form; or json"`
	JSON    string            `yaml:"json" doc:"the body, as JSON whose texts hold the values; or form"`
	Secret  SendSecret        `yaml:"secret" doc:"our password or token there"`
	Answer  string            `yaml:"answer" doc:"how its answer is read; plain: any 2xx is a success" enum:"plain,kannel,fonnte,playsms"`
	Parts   int               `yaml:"parts" doc:"parts of one SMS at most; a longer text is cut at a word. 0: the text is sent whole, since it is no SMS"`
	Timeout config.Duration   `yaml:"timeout" doc:"the longest one request may take"`
}

// SendSecret is a password or token, and its place.
type SendSecret struct {
	Value config.Secret `yaml:"value" doc:"the password or token"`
	Name  string        `yaml:"name" doc:"of the header or the parameter that carries it"`
	In    string        `yaml:"in" doc:"where it is carried" enum:"header,query"`
}

// Media says which files are fetched.
type Media struct {
	Hosts   []string    `yaml:"hosts" doc:"hosts that files are fetched from; .natuna.example stands for every host below it"`
	MaxSize config.Size `yaml:"max_size" doc:"the largest file; a larger one is left out"`
}

// Network is one address or a range of them.
type Network struct{ netip.Prefix }

// TypeName is the type's name in the reference.
func (Network) TypeName() string { return "network" }

// DecodeNode reads 10.1.0.0/16 or 10.1.0.7.
func (n *Network) DecodeNode(d *config.Decoder, node *yaml.Node, path string) {
	text, ok := d.Text(node, path, "an address such as 10.1.0.7 or a network such as 10.1.0.0/16")
	if !ok {
		return
	}
	if one, err := netip.ParseAddr(text); err == nil {
		n.Prefix = netip.PrefixFrom(one, one.BitLen())
		return
	}
	network, err := netip.ParsePrefix(text)
	if err != nil || network != network.Masked() {
		d.Want(node, path, "an address such as 10.1.0.7 or a network such as 10.1.0.0/16")
		return
	}
	n.Prefix = network
}

// Definition declares the kind sms.
func Definition() connectors.Definition {
	return connectors.Definition{
		Kind:     "sms",
		Summary:  "Messages that an SMS gateway posts to us, and answers through it, with presets for Kannel, Fonnte and playSMS",
		Defaults: func() config.Settings { return defaults() },
		Open:     open,
	}
}

func defaults() *Settings {
	return &Settings{
		SecretIn: inPath, Rate: 50, JoinWithin: config.Duration(3 * time.Minute),
		Told:  Told{Type: "text/plain; charset=utf-8"},
		Send:  Send{Timeout: config.Duration(30 * time.Second), Parts: 4},
		Media: Media{MaxSize: 10 << 20},
	}
}

// Places of secrets, and ways to read the answer of a gateway.
const (
	inPath   = "path"
	inHeader = "header"
	inParam  = "param"
	inQuery  = "query"

	plainAnswer = "plain"
	kannel      = "kannel"
	fonnte      = "fonnte"
	playSMS     = "playsms"
)

// places are the values of a send call.
func places() []string { return []string{"to", "text", "key", "coding", "unicode"} }

// keyOfPath is the last step of /in/NAME/SECRET, as the server names it.
const keyOfPath = "key"
