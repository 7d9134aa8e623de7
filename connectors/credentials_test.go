package connectors_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

func TestASecretThatKeepsNobodyOutIsRefused(t *testing.T) {
	for secret, says := range map[string]string{
		"x": "is shorter than 16 characters", "abcd": "is shorter than 16 characters", "  ": "holds blanks", "a sentence with blanks": "holds blanks",
		"0123456789abcde": "is shorter than 16 characters", "0123456789abcdef": "",
	} {
		for field, keys := range map[string]connectors.Credentials{
			"secret": {Secret: config.NewSecret(secret)}, "bearer": {Bearer: config.NewSecret(secret)},
		} {
			keys.Tolerance = time.Minute
			err := errors.Join(keys.Faults("upload.")...)
			if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), "upload."+field+": "+says) {
				t.Errorf("%q as %s: %v", secret, field, err)
			}
		}
	}
}
