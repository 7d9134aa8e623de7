package dedup

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/satupintu/satupintu/sync/complaint"
)

// openHash is a Hasher whose domains are apart, without a key.
type openHash struct{}

func (openHash) Hash(domain, value string) string {
	sum := sha256.Sum256([]byte(domain + "\x01" + value))
	return hex.EncodeToString(sum[:16])
}

func told(r complaint.Reporter, text string) complaint.Complaint {
	return complaint.Complaint{Text: text, Reporter: r}
}

func TestPhonesAsPeopleTypeThem(t *testing.T) {
	const want = "6281200000123"
	for _, typed := range []string{
		"081200000123", "0812-0000-0123", "0812 0000 0123", "0812.0000.0123", "(0812) 0000 0123", " 081200000123\n",
		"6281200000123", "+6281200000123", "+62 812-0000-0123", "(+62) 812 0000 0123", "+62 (0)812 0000 0123", "006281200000123",
		"81200000123", "6281200000123@s.whatsapp.net", "6281200000123@c.us", "6281200000123:3@s.whatsapp.net",
		"+081200000123", "\u202a+62\u00a0812\u20110000\u20110123\u202c", "０８１２００００0123",
	} {
		if got := phone(typed); got != want {
			t.Errorf("phone(%q) = %q, want %q", typed, got, want)
		}
	}
	for typed, want := range map[string]string{
		"0773 31234": "6277331234", "(021) 555 1234": "62215551234", "+60 12-345 6789": "60123456789", "+81 90 1234 5678": "819012345678",
	} {
		if got := phone(typed); got != want {
			t.Errorf("phone(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestWhatIdentifiesNobodyHasNoKey(t *testing.T) {
	for _, phone := range []string{"", "-", "0", "112", "08", "0000000000", "080000000000", "62", "120363041234567890@g.us", "812345@lid", "0812000001230813000001", "tidak ada"} {
		if keys := ReporterKeys(openHash{}, told(complaint.Reporter{Phone: phone}, "x")); keys != nil {
			t.Errorf("phone %q: %v", phone, keys)
		}
	}
	for _, email := range []string{"", "-", "a", "@", "a@", "@b.id", "a@b", "a b@c.id", "a@."} {
		if keys := ReporterKeys(openHash{}, told(complaint.Reporter{Email: email}, "x")); keys != nil {
			t.Errorf("e-mail %q: %v", email, keys)
		}
	}
	for _, nik := range []string{"", "-", "0000000000000000", "210301450590000", "21030145059000011"} {
		if keys := ReporterKeys(openHash{}, told(complaint.Reporter{Identity: nik}, "x")); keys != nil {
			t.Errorf("identity %q: %v", nik, keys)
		}
	}
	if keys := ReporterKeys(openHash{}, told(complaint.Reporter{Name: "Warga"}, "x")); keys != nil {
		t.Errorf("a name alone: %v", keys)
	}
}

func TestOneReporterSharesAKey(t *testing.T) {
	all := complaint.Reporter{Phone: "0812 0000 0123", Email: "Warga@Desa.example", Identity: "2103.0145.0590.0001"}
	keys := ReporterKeys(openHash{}, told(all, "x"))
	if len(keys) != 3 {
		t.Fatalf("three identities have keys %v", keys)
	}
	for i, one := range []complaint.Reporter{{Phone: "+6281200000123"}, {Email: " warga@desa.example"}, {Identity: "2103014505900001"}} {
		if got := ReporterKeys(openHash{}, told(one, "y")); len(got) != 1 || got[0] != keys[i] {
			t.Errorf("%d: %v shares nothing with %v", i, got, keys)
		}
	}
	for _, key := range keys {
		for _, personal := range []string{"812", "warga", "2103"} {
			if kind, _, _ := strings.Cut(key, ":"); strings.Contains(kind, personal) {
				t.Errorf("key %s tells who it is", key)
			}
		}
	}
}

func TestEveryFormOfAPhoneIsOneNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		national := rapid.StringMatching(`8[1-35-9][0-9]{7,10}`).Filter(func(s string) bool { return !placeholder(s[2:]) }).Draw(t, "number")
		want := phone("0" + national)
		if want == "" {
			t.Fatalf("0%s is no number", national)
		}
		cut := rapid.IntRange(1, len(national)-1).Draw(t, "cut")
		sep := rapid.SampledFrom([]string{"", " ", "-", ".", "\u00a0", " - "}).Draw(t, "separator")
		typed := national[:cut] + sep + national[cut:]
		for _, form := range []string{"0" + typed, "62" + typed, "+62" + typed, "+62 " + typed, typed, "62" + national + "@s.whatsapp.net"} {
			if got := phone(form); got != want {
				t.Fatalf("phone(%q) = %q, want %q", form, got, want)
			}
		}
		if other := phone("0" + national + "1"); other == want {
			t.Fatalf("0%s and 0%s1 are one number", national, national)
		}
	})
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "less than a minute", 59 * time.Second: "less than a minute", -time.Minute: "1 minute", 2 * time.Hour: "2 hours",
		47 * time.Hour: "47 hours", 48 * time.Hour: "2 days", 90 * 24 * time.Hour: "90 days",
	} {
		if got := span(d.Abs()); got != want {
			t.Errorf("span(%s) = %q, want %q", d, got, want)
		}
	}
}
