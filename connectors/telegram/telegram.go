// Package telegram is the connector kind telegram: a bot that people write to, read by polling (getUpdates) or by webhook,
// and answered in its chats.
//
// What it promises:
//
//   - Polled, the cursor is the offset: the last update_id and one. Telegram forgets an update when the next poll asks for
//     later ones, which is after the commit. Ids that begin anew, as Telegram's do after a quiet week, lose nothing.
//   - By webhook, nothing of a request is read before its secret fits. What is refused Telegram sends again, for a day.
//   - A message that names no chat or no id of its own is set aside, polled or posted, and holds up no other.
//   - A message's id is chat, message and a hash of its content: an edit is another message, and an update about an edit
//     that changed nothing is the same one.
//   - Heard are people in private chats, and in groups that are configured. Each person in a group is a sender of their own.
//     Left alone are channels, other groups, bots, what holds neither text, file, place nor the sender's own number, and
//     where somebody's shared live position moves to; each is named in the log by its update_id and the reason.
//   - A telephone number is taken from a contact only when it is the sender's own.
//   - /start and /help say nothing, what stands behind them does; the bot's name behind a command is no part of what is said.
//   - Where an answer to a message of ours in a private chat names no complaint and ours does, the text begins with
//     "Menanggapi SP-…". In a group ours may be about somebody else's.
//   - A file's link is made for each fetch, and the file is kept only when all of it came.
//   - What is said is plain text, in as many messages as its length needs. Telegram cannot tell a repeated message from a
//     new one: what is said again after a crash is seen again.
//   - The token, which is part of every address, and people's words are in no error and no log line.
package telegram

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

const (
	callTimeout = 30 * time.Second
	fileTimeout = 5 * time.Minute // 20 MiB on a line of 0.6 Mbit/s
)

type connector struct {
	settings *Settings
	env      connectors.Env
	groups   []int64
	bot      int64
	calls    *api // answered at once
	polls    *api // answered after wait
	files    *api // whole files
}

func open(env connectors.Env, settings config.Settings) (connectors.Connector, error) {
	s, ok := settings.(*Settings)
	if !ok {
		return connectors.Connector{}, fmt.Errorf("telegram: opened with settings of %T", settings)
	}
	c := newConnector(env, s)
	opened := connectors.Connector{Say: c, Fetch: c, Check: c, JoinWithin: s.JoinWithin.D()}
	if s.Secret.Set() {
		opened.Receive = c
	} else {
		opened.Poll, opened.Confirms = c, true
	}
	return opened, nil
}

func newConnector(env connectors.Env, s *Settings) *connector {
	c := &connector{
		settings: s, env: env, bot: s.bot(),
		calls: newAPI(env, s, callTimeout), polls: newAPI(env, s, s.Wait.D()+callTimeout), files: newAPI(env, s, fileTimeout),
	}
	for _, group := range s.Groups {
		if id, err := strconv.ParseInt(group, 10, 64); err == nil { // Validate has seen them
			c.groups = append(c.groups, id)
		}
	}
	return c
}

func (c *connector) listensTo(group int64) bool { return slices.Contains(c.groups, group) }
