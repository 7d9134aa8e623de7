package email

import (
	"sync"
	"testing"

	"github.com/satupintu/satupintu/connectors/email/postoffice"
	"github.com/satupintu/satupintu/sync/store/storetest"
)

// theServer is the package's server: started when it is first asked for, stopped by TestMain.
var theServer struct {
	once sync.Once
	*postoffice.Dovecot
	failure error
}

func startDovecot(t testing.TB) *postoffice.Dovecot {
	t.Helper()
	storetest.Needs(t, "Dovecot")
	theServer.once.Do(func() { theServer.Dovecot, theServer.failure = postoffice.Open() })
	must(t, theServer.failure)
	return theServer.Dovecot
}

func stopDovecot() error {
	if theServer.Dovecot == nil {
		return nil
	}
	return theServer.Close()
}

// headerOf is the header of a mail that was sent.
func headerOf(m postoffice.Mail) header {
	head, _ := cutHeader(m.Raw)
	return readHeader(head)
}

// told lists the letters by Message-ID, each once.
func told(out *postoffice.Sink) []string {
	var ids []string
	seen := map[string]bool{}
	for _, one := range out.Sent() {
		if id := headerOf(one).raw("Message-ID"); !seen[id] {
			seen[id], ids = true, append(ids, id)
		}
	}
	return ids
}
