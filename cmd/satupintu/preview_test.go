package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/connectors/telegram/botapi"
)

func TestAPreviewLeavesAtTelegramWhatWaitsThere(t *testing.T) {
	b, connector := newBot(t, "bot", ", page: 2, wait: 0s")
	r := newRegion(t, "sqlite:natuna.db", connector)
	r.write("bot-token", botToken)
	for n := range 5 {
		b.sim.Write(b.person(n), botapi.Fields{"text": fmt.Sprintf("Lampu nomor %d mati", n)})
	}
	for range 2 {
		code, out := r.run("preview", "bot")
		if code != exitOK || !strings.Contains(out, "Lampu nomor 1") || strings.Contains(out, "Lampu nomor 2") || b.sim.Waiting() != 5 {
			t.Errorf("exit %d, %d messages wait: %s", code, b.sim.Waiting(), out)
		}
	}
}
