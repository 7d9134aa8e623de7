package privacy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const testSecret = "0123456789abcdef0123456789abcdef"

func newKey(t *testing.T, secret string) Key {
	t.Helper()
	key, err := NewKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestAShortSecretIsRefusedInWords(t *testing.T) {
	for _, secret := range []string{"", "rahasia", testSecret[1:]} {
		key, err := NewKey(secret)
		if err == nil || !key.IsZero() {
			t.Fatalf("a secret of %d bytes is taken", len(secret))
		}
		if want := fmt.Sprintf("has %d bytes and needs at least 32", len(secret)); !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
		if secret != "" && strings.Contains(err.Error(), secret) {
			t.Errorf("%q tells the secret", err)
		}
	}
}

func TestWhatIsSealedOpensInItsPlaceOnly(t *testing.T) {
	key, other := newKey(t, testSecret), newKey(t, testSecret+"x")
	rapid.Check(t, func(rt *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(rt, "plain")
		context := rapid.String().Draw(rt, "context")
		sealed, err := key.Seal(plain, context)
		if err != nil || !strings.HasPrefix(sealed, "s1:") || !Sealed(sealed) {
			rt.Fatalf("Seal = %q, %v", sealed, err)
		}
		if got, err := newKey(t, testSecret).Open(sealed, context); err != nil || !bytes.Equal(got, plain) {
			rt.Fatalf("Open = %q, %v; want %q", got, err, plain)
		}
		if got, err := key.Open(sealed, context+"x"); !errors.Is(err, ErrNotOurs) {
			rt.Fatalf("opened elsewhere: %q, %v", got, err)
		}
		if got, err := other.Open(sealed, context); !errors.Is(err, ErrNotOurs) {
			rt.Fatalf("opened with another key: %q, %v", got, err)
		}
		if again, _ := key.Seal(plain, context); again == sealed {
			rt.Fatalf("sealed twice, %q looks the same", sealed)
		}
	})
}

func TestAChangedSealDoesNotOpen(t *testing.T) {
	key := newKey(t, testSecret)
	sealed, err := key.Seal([]byte("Sedanau"), "row 1")
	if err != nil {
		t.Fatal(err)
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range len(sealed) {
		for _, sign := range []byte(alphabet + " =") {
			changed := sealed[:i] + string(sign) + sealed[i+1:]
			if changed == sealed {
				continue
			}
			if got, err := key.Open(changed, "row 1"); err == nil {
				t.Fatalf("byte %d as %q: opens to %q", i, sign, got)
			}
		}
		if got, err := key.Open(sealed[:i], "row 1"); err == nil {
			t.Fatalf("cut at %d: opens to %q", i, got)
		}
	}
}

func TestAPlainValueIsNotSealed(t *testing.T) {
	if _, err := newKey(t, testSecret).Open("Warga", "row 1"); err == nil || strings.Contains(err.Error(), "Warga") {
		t.Errorf("Open of a plain value: %v", err)
	}
	if Sealed("Warga") || Sealed("") || Sealed("s2:AAAA") {
		t.Error("a value of another make counts as sealed")
	}
}

func TestTheZeroKeySealsNothing(t *testing.T) {
	if _, err := (Key{}).Seal([]byte("x"), ""); !errors.Is(err, ErrNoKey) {
		t.Errorf("Seal: %v", err)
	}
	if _, err := (Key{}).Open("s1:AAAA", ""); !errors.Is(err, ErrNoKey) {
		t.Errorf("Open: %v", err)
	}
	if (Key{}).Hash("phone", "1") == newKey(t, testSecret).Hash("phone", "1") {
		t.Error("the hash does not depend on the key")
	}
}

func TestHashIsStableAndApartByDomainAndKey(t *testing.T) {
	key := newKey(t, testSecret)
	const want = "7e7541812be8b01c609ed9761fe1bfba" // a change here unlinks everything that is stored
	if got := key.Hash("reporter phone", "6281200000123"); got != want {
		t.Errorf("the hash is now %s", got)
	}
	seen := map[string]string{}
	for _, k := range []Key{key, newKey(t, testSecret+"x")} {
		for _, in := range [][2]string{{"a", "bc"}, {"ab", "c"}, {"abc", ""}, {"", "abc"}, {"a", "bd"}} {
			h := k.Hash(in[0], in[1])
			if len(h) != 32 || seen[h] != "" {
				t.Errorf("%q: %s, of %d digits, is also that of %s", in, h, len(h), seen[h])
			}
			seen[h] = fmt.Sprint(in)
		}
	}
}

func TestTheKeyIsNeverPrinted(t *testing.T) {
	key := newKey(t, testSecret)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("start", "key", key)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "key", key)
	marshalled, _ := json.Marshal(key)
	for _, printed := range []string{
		fmt.Sprint(key), fmt.Sprintf("%+v %#v %x %s", key, key, key, key), fmt.Sprintf("%v", struct{ K Key }{key}), log.String(), string(marshalled),
	} {
		for _, secret := range []string{testSecret, fmt.Sprint(key.hash), fmt.Sprintf("%x", key.hash)} {
			if strings.Contains(printed, secret) {
				t.Errorf("%q has the key", printed)
			}
		}
	}
	if got := fmt.Sprintf("%+v", key); got != "[privacy key]" {
		t.Errorf("printed as %q", got)
	}
}

func FuzzOpen(f *testing.F) {
	key, err := NewKey(testSecret)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "s1:", "s1:AAAA", "s1:!", "s2:AAAA", "s1:" + strings.Repeat("A", 38)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sealed string) {
		if plain, err := key.Open(sealed, "row"); err == nil {
			t.Fatalf("a made-up seal opens to %q", plain)
		}
	})
}

func TestWhatEarlierVersionsSealedStillOpens(t *testing.T) {
	const sealed = "s1:-nLctT0A6JkN0ry9Df0OZWqjA29WLlO1nmAtK_YR5kthWp_foXg"
	if got, err := newKey(t, testSecret).Open(sealed, "row 1"); err != nil || string(got) != "Sungai Ulu" {
		t.Errorf("Open = %q, %v", got, err)
	}
}
