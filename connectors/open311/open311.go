// Package open311 is the connector kind open311: Open311 GeoReport v2, as a server that city apps and FixMyStreet post to,
// or as a client that polls another city's server.
//
// What the server promises:
//
//   - The answer to a post comes after the commit, and a post with the same attribute[fixmystreet_id] and key gets the same
//     answer again. So does an update with the same update_id.
//   - Whoever posts has a key whose value is compared in constant time. Nothing is kept, and no file fetched, before that.
//   - Lists and updates need no key and so tell nobody who complained: the Desk gives nothing else.
//   - A walk through a list that follows its Link headers meets each request once that was there when it began, however
//     many arrive meanwhile. So does one by page numbers with an end_date, as long as no filter's answer changes.
//   - update_id is one update's for ever, and updated_datetime is when it became known here: it lies in the window that a
//     client asks for next, whatever the platform's own times are.
//   - 404 is what does not exist, 403 a key that is missing or wrong, 400 all else that whoever asks can mend, each in the
//     format that was asked for. Only 503 is not of the specification: the gateway cannot keep it now, send it again.
//
// What the client promises:
//
//   - The cursor is a time that was asked for, never one that came back. Each poll looks back by Overlap, and what it has
//     handed out is not handed out again unless its words changed.
//   - An answer that may have been capped is asked for again in halves, down to a second; then by pages, until one repeats.
//   - What came back is held against what was asked: what is older than that is left alone, what is newer is taken.
//   - A file that cannot be had holds nothing up. Only the polled server and media_hosts are asked for files.
package open311

import (
	"fmt"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

func open(env connectors.Env, settings config.Settings) (connectors.Connector, error) {
	s, ok := settings.(*Settings)
	if !ok {
		return connectors.Connector{}, fmt.Errorf("open311: opened with settings of %T", settings)
	}
	mapper, err := s.Map.Compile(env.Zone)
	if err != nil {
		return connectors.Connector{}, err
	}
	if s.Serve {
		return openServer(env, s, mapper)
	}
	return openClient(env, s, mapper)
}
