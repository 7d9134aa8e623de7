package telegram

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/telegram/botapi"
	"github.com/satupintu/satupintu/sync/retry"
)

func TestAnAnswerHangsOnTheMessageItAnswers(t *testing.T) {
	r := newRig(t)
	id := r.sim.Write(warga(), says("Lampu mati"))
	asked := r.poll("").Messages[0]
	for _, s := range []connectors.Saying{
		{To: asked.Sender, ReplyTo: asked.ID, Text: "Diterima: SP-1KAZ5T8M3Q0X4RD *bukan tebal*"},
		{To: asked.Sender, Text: "Tanpa pertanyaan"},
		{To: asked.Sender, ReplyTo: "812700044:999:abc", Text: "Pesannya sudah dihapus"},
		{To: asked.Sender, ReplyTo: "5:1:abc", Text: "Pesan orang lain"},
		{To: asked.Sender, ReplyTo: "kacau", Text: "Tidak terbaca"},
	} {
		if err := r.Say(t.Context(), s); err != nil {
			t.Errorf("%q: %v", s.Text, err)
		}
	}
	var replies []int64
	for _, sent := range r.sim.Sent() {
		replies = append(replies, sent.ReplyTo)
	}
	if !slices.Equal(replies, []int64{id, 0, 0, 0, 0}) {
		t.Errorf("they hang on %v", replies)
	}
}

func TestAnAnswerInAGroupHangsOnThatPersonsMessage(t *testing.T) {
	r := newRig(t, func(s *Settings) { s.Groups = []string{"-1001234500044"} })
	group := botapi.Fields{"id": int64(-1001234500044), "type": "supergroup"}
	r.sim.WriteIn(group, warga(), says("Lampu mati"))
	id := r.sim.WriteIn(group, botapi.Person{ID: 5, FirstName: "Lain"}, says("Jalan rusak"))
	second := r.poll("").Messages[1]
	if err := r.Say(t.Context(), connectors.Saying{To: second.Sender, ReplyTo: second.ID, Text: "Diterima"}); err != nil {
		t.Fatal(err)
	}
	if sent := r.sim.Sent(); len(sent) != 1 || sent[0].Chat != -1001234500044 || sent[0].ReplyTo != id {
		t.Errorf("said was %+v", sent)
	}
}

// A group that becomes a supergroup has another id, and what was asked in it hangs on the old one.
func TestAnAnswerFollowsItsGroupThatBecameASupergroup(t *testing.T) {
	const old, now = -4001234, -1001234500055
	r := newRig(t, func(s *Settings) { s.Groups = []string{"-4001234"} })
	r.sim.WriteIn(botapi.Fields{"id": int64(old), "type": "group"}, warga(), says("Lampu mati"))
	asked := r.poll("").Messages[0]
	r.sim.Upgrade(old, now)
	r.sim.WriteIn(botapi.Fields{"id": int64(now), "type": "supergroup"}, botapi.Person{ID: 5, FirstName: "Lain"}, says("Selamat pagi")) // its first as well
	text := strings.Repeat("a ", 4000)                                                                                                  // in two parts
	if err := r.Say(t.Context(), connectors.Saying{To: asked.Sender, ReplyTo: asked.ID, Text: text}); err != nil {
		t.Fatal(err)
	}
	sent := r.sim.Sent()
	if len(sent) != 2 || sent[0].Chat != now || sent[0].ReplyTo != 0 || sent[1].Chat != now || r.sim.Calls("sendMessage") != 3 {
		t.Errorf("said in %d calls was %+v", r.sim.Calls("sendMessage"), sent)
	}
	if log := r.log.String(); !strings.Contains(log, "now=-1001234500055") || strings.Contains(log, "812700044") {
		t.Errorf("the log says %q", log)
	}
	r.sim.Upgrade(now, now-1) // and once more: a circle would never end
	if err := r.Say(t.Context(), connectors.Saying{To: asked.Sender, Text: "Selesai"}); retry.Of(err).Verdict != retry.Permanent {
		t.Errorf("said to a group that moved twice: %v", err)
	}
}

func TestEveryRefusalHasItsVerdict(t *testing.T) {
	for name, c := range map[string]struct {
		fault   botapi.Fault
		verdict retry.Verdict
		reason  retry.Reason
		after   time.Duration
		words   string
	}{
		"blocked":             {botapi.Fault{Status: 403, Description: "Forbidden: bot was blocked by the user"}, retry.Permanent, retry.Rejected, 0, "has blocked the bot"},
		"no more":             {botapi.Fault{Status: 403, Description: "Forbidden: user is deactivated"}, retry.Permanent, retry.Rejected, 0, "is no more"},
		"never wrote":         {botapi.Fault{Status: 403, Description: "Forbidden: bot can't initiate conversation with a user"}, retry.Permanent, retry.Rejected, 0, "never written"},
		"kicked":              {botapi.Fault{Status: 403, Description: "Forbidden: bot was kicked from the supergroup chat"}, retry.Permanent, retry.Rejected, 0, "removed from the group"},
		"deleted":             {botapi.Fault{Status: 403, Description: "Forbidden: the group chat was deleted"}, retry.Permanent, retry.Rejected, 0, "the group was deleted"},
		"not in it":           {botapi.Fault{Status: 403, Description: "Forbidden: bot is not a member of the supergroup chat"}, retry.Permanent, retry.Rejected, 0, "not in the group"},
		"another 403":         {botapi.Fault{Status: 403}, retry.SignIn, retry.SignInFailed, 0, "403"},
		"no such chat":        {botapi.Fault{Status: 400, Description: "Bad Request: chat not found"}, retry.Permanent, retry.Rejected, 0, "no such chat"},
		"a lost supergroup":   {botapi.Fault{Status: 400, Description: "Bad Request: group chat was upgraded to a supergroup chat"}, retry.Permanent, retry.Rejected, 0, "groups"},
		"another 400":         {botapi.Fault{Status: 400, Description: "Bad Request: can't parse entities: RAHASIA"}, retry.Permanent, retry.Rejected, 0, "400"},
		"revoked token":       {botapi.Fault{Status: 401, Description: "Unauthorized"}, retry.SignIn, retry.SignInFailed, 0, "does not know this bot"},
		"no token at all":     {botapi.Fault{Status: 404, Description: "Not Found"}, retry.SignIn, retry.SignInFailed, 0, "does not know this bot"},
		"too fast":            {botapi.Fault{Status: 429, Description: "Too Many Requests: retry after 37", RetryAfter: 37}, retry.Transient, retry.Throttled, 37 * time.Second, "slow down"},
		"too fast for ever":   {botapi.Fault{Status: 429, RetryAfter: 1 << 40}, retry.Transient, retry.Throttled, 24 * time.Hour, "slow down"},
		"500":                 {botapi.Fault{Status: 500, Description: "Internal Server Error"}, retry.Uncertain, retry.ServerError, 0, "500"},
		"a proxy's 502":       {botapi.Fault{Status: 502, Body: "<html>RAHASIA</html>"}, retry.Uncertain, retry.BadGateway, 0, "502"},
		"a proxy's 404":       {botapi.Fault{Status: 404, Body: "<html>RAHASIA</html>"}, retry.Transient, retry.Unavailable, 0, "404"},
		"a proxy's 403":       {botapi.Fault{Status: 403, Body: "<html>RAHASIA</html>"}, retry.SignIn, retry.SignInFailed, 0, "403"},
		"a proxy's 400":       {botapi.Fault{Status: 400, Body: "<html>RAHASIA</html>"}, retry.Transient, retry.Unavailable, 0, "400"},
		"a provider's page":   {botapi.Fault{Status: 200, Body: "<html>RAHASIA</html>"}, retry.Uncertain, retry.Malformed, 0, "not Telegram's"},
		"a no with 200":       {botapi.Fault{Status: 200, Body: `{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}`}, retry.Permanent, retry.Rejected, 0, "no such chat"},
		"a no of no code":     {botapi.Fault{Status: 200, Body: `{"ok":false,"error_code":200}`}, retry.Uncertain, retry.Malformed, 0, "not Telegram's"},
		"a redirect":          {botapi.Fault{Status: 302, Body: "RAHASIA"}, retry.Uncertain, retry.Malformed, 0, "302"},
		"an answer with none": {botapi.Fault{Status: 200, Body: `{"ok":true}`}, retry.Uncertain, retry.Malformed, 0, "not Telegram's"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.sim.Write(warga(), says("Halo"))
			r.sim.Fail("sendMessage", c.fault)
			err := r.Say(t.Context(), connectors.Saying{To: "812700044", Text: "Diterima"})
			got := retry.Of(err)
			if err == nil || got.Verdict != c.verdict || got.Reason != c.reason || got.After != c.after {
				t.Fatalf("%v is %s (%s) after %s, want %s (%s) after %s", err, got.Verdict, got.Reason, got.After, c.verdict, c.reason, c.after)
			}
			if !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "RAHASIA") || strings.Contains(err.Error(), token[11:]) {
				t.Errorf("it says %v", err)
			}
		})
	}
}

func TestABlockedBotAndAStrangerAreRefusedForGood(t *testing.T) {
	r := newRig(t)
	r.sim.Write(warga(), says("Halo"))
	r.sim.Block(warga().ID)
	for _, to := range []string{"812700044", "5", "bukan nomor", ""} {
		if err := r.Say(t.Context(), connectors.Saying{To: to, Text: "Diterima"}); retry.Of(err).Verdict != retry.Permanent {
			t.Errorf("to %q: %v", to, err)
		}
	}
	if err := r.Say(t.Context(), connectors.Saying{To: "812700044", Text: " "}); retry.Of(err).Verdict != retry.Permanent {
		t.Errorf("nothing is said with %v", err)
	}
}

func TestALostAnswerIsUncertain(t *testing.T) {
	sim, server := startSimulator(t)
	sim.Write(warga(), says("Halo"))
	c := newConnector(realEnv(t), polled(server))
	sim.Fail("sendMessage", botapi.Fault{Lost: true})
	err := c.Say(t.Context(), connectors.Saying{To: "812700044", Text: "Diterima"})
	if retry.Of(err).Verdict != retry.Uncertain || len(sim.Sent()) != 1 {
		t.Errorf("%v; said %d times", err, len(sim.Sent()))
	}
}

func TestALongSayingIsSeveralMessages(t *testing.T) {
	r := newRig(t)
	id := r.sim.Write(warga(), says("Halo"))
	word := "tindak lanjut 😀 "
	text := strings.TrimSpace(strings.Repeat(word, 700))
	if err := r.Say(t.Context(), connectors.Saying{To: "812700044", ReplyTo: "812700044:1:abc", Text: text}); err != nil {
		t.Fatal(err)
	}
	sent := r.sim.Sent()
	if len(sent) != 3 || sent[0].ReplyTo != id || sent[1].ReplyTo != 0 {
		t.Fatalf("%d messages; they hang on %d and %d", len(sent), sent[0].ReplyTo, sent[1].ReplyTo)
	}
	var parts []string
	for _, one := range sent {
		parts = append(parts, one.Text)
	}
	if got := strings.Join(parts, " "); got != text {
		t.Errorf("what was said differs from what was to be said: %d and %d bytes", len(got), len(text))
	}
}

func TestAFailureAfterTheFirstPartIsNotSaidToBeNone(t *testing.T) {
	r := newRig(t)
	r.sim.Write(warga(), says("Halo"))
	r.sim.Fail("sendMessage", botapi.Fault{}, botapi.Fault{Status: 429, RetryAfter: 5})
	err := r.Say(t.Context(), connectors.Saying{To: "812700044", Text: strings.Repeat("a ", 4000)})
	if got := retry.Of(err); got.Verdict != retry.Uncertain || got.After != 5*time.Second {
		t.Errorf("%v is %s after %s", err, got.Verdict, got.After)
	}
}

func TestFoldedTextIsWholeAndFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{
			"kata", " ", "\n", "😀", "é", strings.Repeat("panjang", 400), strings.Repeat("baris\n", 300), strings.Repeat("😀", 2047),
		}), 0, 12).Draw(t, "text"), "")
		parts := fold(text)
		for i, part := range parts {
			if units := len(utf16.Encode([]rune(part))); units > mostText || part != strings.TrimSpace(part) || part == "" && len(parts) > 1 {
				t.Fatalf("part %d of %d has %d units: %.20q", i, len(parts), units, part)
			}
		}
		plain := func(s string) string { return strings.Join(strings.Fields(s), "") }
		got, want := plain(strings.Join(parts, "")), plain(text)
		if len(parts) < mostParts && got != want || !strings.HasPrefix(want, strings.TrimSuffix(got, "…")) || len(parts) > mostParts {
			t.Fatalf("of %d bytes %d are said in %d parts", len(want), len(got), len(parts))
		}
	})
	long := fold(strings.Repeat("😀", mostText*mostParts))
	if last := long[len(long)-1]; len(long) != mostParts || !strings.HasSuffix(last, "…") || len(utf16.Encode([]rune(last))) > mostText {
		t.Errorf("far too long a text is %d parts", len(long))
	}
}
