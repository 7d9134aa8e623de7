package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/relay"
)

type checkFunc func(context.Context) (string, error)

func (f checkFunc) Check(ctx context.Context) (string, error) { return f(ctx) }

func TestACheckOfAChannelThatHangsEndsAndSaysSo(t *testing.T) {
	hangs := func(ctx context.Context) (string, error) {
		<-ctx.Done()
		return "", errors.New("the channel is away")
	}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := checkChannel(t.Context(), relay.Channel{Connector: connectors.Connector{Check: checkFunc(hangs)}})
		if took := time.Since(began); took != checkTimeout || err == nil || !strings.Contains(err.Error(), "no answer within 30s") {
			t.Errorf("after %s it says %v", took, err)
		}
	})
}

func TestWhatThePlatformHasIsNotSentToItAgain(t *testing.T) {
	r := newRegion(t, "sqlite:natuna.db", `
  - name: ekspor
    kind: spreadsheet
    settings: { path: inbox, preset: lapor-export }
`)
	code, out := r.run("check")
	if code != exitFailed || !strings.Contains(out, "settings.preset: brings what the national platform has already") {
		t.Errorf("exit %d: %s", code, out)
	}
}
