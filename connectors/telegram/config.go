package telegram

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

// Settings configure one bot.
type Settings struct {
	Token      config.Secret   `yaml:"token" doc:"the bot's token, as @BotFather gave it" required:"true"`
	Secret     config.Secret   `yaml:"secret" doc:"the webhook's secret_token: Telegram posts updates to us and shows it; without one, updates are polled"`
	JoinWithin config.Duration `yaml:"join_within" doc:"how long a person must be silent until what they said becomes a complaint"`
	Wait       config.Duration `yaml:"wait" doc:"how long a poll that found nothing waits for something new; 0: not at all"`
	Page       int             `yaml:"page" doc:"updates taken in at a time"`
	MaxFile    config.Size     `yaml:"max_file" doc:"the largest file that is kept; Telegram hands out none above 20MiB"`
	Groups     []string        `yaml:"groups" doc:"ids of groups that are listened to beside private chats; everybody there sees the answers"`
	BaseURL    string          `yaml:"base_url" doc:"address of the Bot API, where it is not Telegram's own"`
}

const (
	mostPage = 100 // what getUpdates gives at a time
	mostJoin = 24 * time.Hour
	mostWait = 50 * time.Second // what getUpdates waits
	mostFile = 20 << 20         // what getFile hands out
)

// Definition declares the kind telegram.
func Definition() connectors.Definition {
	return connectors.Definition{
		Kind:     "telegram",
		Summary:  "Messages to a Telegram bot, polled or posted to us by webhook; people are answered in their chat.",
		Defaults: func() config.Settings { return defaults() },
		Open:     open,
	}
}

func defaults() *Settings {
	return &Settings{
		JoinWithin: config.Duration(10 * time.Minute), Wait: config.Duration(25 * time.Second), Page: mostPage, MaxFile: mostFile,
		BaseURL: "https://api.telegram.org",
	}
}

var (
	tokenForm  = regexp.MustCompile(`^[0-9]{1,20}:[A-Za-z0-9_-]{1,100}$`)
	secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
)

// Validate reports impossible values. It never quotes a secret.
func (s *Settings) Validate() error {
	var errs []error
	wrong := func(bad bool, field, reason string) {
		if bad {
			errs = append(errs, &config.FieldError{Field: field, Reason: reason})
		}
	}
	wrong(!tokenForm.MatchString(s.Token.Reveal()), "token", "is not a bot's token: digits, a colon, and letters, as @BotFather gives it")
	wrong(s.Secret.Set() && !secretForm.MatchString(s.Secret.Reveal()), "secret", "may hold 1 to 256 of A-Z, a-z, 0-9, _ and -")
	wrong(s.JoinWithin <= 0 || s.JoinWithin.D() > mostJoin, "join_within", "is not between 1s and 24h")
	wrong(s.Wait < 0 || s.Wait.D() > mostWait, "wait", "is not between 0 and "+config.Duration(mostWait).String())
	wrong(s.Page < 1 || s.Page > mostPage, "page", fmt.Sprintf("is not between 1 and %d", mostPage))
	wrong(s.MaxFile < 1 || s.MaxFile > mostFile, "max_file", "is not between 1 byte and "+config.Size(mostFile).String())
	for i, group := range s.Groups {
		id, err := strconv.ParseInt(group, 10, 64)
		wrong(err != nil || id >= 0, fmt.Sprintf("groups[%d]", i), `is not the id of a group, such as "-1001234567890"`)
	}
	base, err := url.Parse(s.BaseURL)
	wrong(err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" || base.User != nil || base.RawQuery != "",
		"base_url", "is not an address such as https://api.telegram.org")
	return errors.Join(errs...)
}

// bot is the bot's own account, which its token begins with.
func (s *Settings) bot() int64 {
	id, _, _ := strings.Cut(s.Token.Reveal(), ":")
	number, _ := strconv.ParseInt(id, 10, 64) // a number that is none matches nobody
	return number
}
