package config

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// checker collects what does not fit together. It is silent about values that are known to be wrong already.
type checker struct {
	root     Place
	known    Problems
	problems Problems
}

func (k *checker) must(ok bool, path, format string, args ...any) {
	k.mustAt(ok, k.root.At(path), format, args...)
}

func (k *checker) mustAt(ok bool, at Place, format string, args ...any) {
	if !ok && !k.known.about(at) {
		k.problems = append(k.problems, at.Problemf(format, args...))
	}
}

// check looks at what no single value shows: ranges, pairs of keys, names, files that are named but cannot be read.
func (c *Config) check(root Place, known Problems) Problems {
	k := &checker{root: root, known: known}
	c.checkFiles(k)
	c.checkServer(k)
	c.checkDelivery(k)
	c.checkTimes(k)
	c.checkRouting(k)
	c.checkConnectors(k)
	return k.problems
}

func (c *Config) checkFiles(k *checker) {
	for _, named := range []struct {
		key  string
		path Path
	}{
		{"region.codes", c.Region.Codes},
		{"region.holidays", c.Region.Holidays},
		{"server.tls.cert", c.Server.TLS.Cert},
		{"server.tls.key", c.Server.TLS.Key},
		{"texts.file", c.Texts.File},
		{"users", c.Users},
	} {
		if named.path != "" {
			err := readable(string(named.path))
			k.must(err == nil, named.key, "%v", err)
		}
	}
	c.Store.check(k)
}

// bucketName is what S3 allows.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func (s Store) check(k *checker) {
	bucket, prefix, isBucket := s.Bucket()
	k.must(s.Files != "", "store.files", "must not be empty")
	k.must(isBucket || !strings.Contains(s.Files, "://"), "store.files", "want a folder or s3://bucket/prefix, not %s", quote(s.Files))
	k.must(!isBucket || bucket != "", "store.files", "want s3://bucket/prefix, not %s", quote(s.Files))
	k.must(!isBucket || bucket == "" || bucketName.MatchString(bucket), "store.files",
		"%s is no bucket's name: 3 to 63 small letters, digits, dots and dashes", quote(bucket))
	k.must(!strings.Contains(prefix, "//") && !strings.ContainsFunc(prefix, unicode.IsControl), "store.files", "the prefix %s has an empty part",
		quote(prefix))
	s3 := s.S3
	given := s3.Endpoint != "" || s3.Region != "" || s3.AccessKey.Set() || s3.SecretKey.Set()
	k.must(isBucket || !given, "store.s3", "is for store.files: s3://bucket/prefix, and store.files is a folder")
	k.must(s3.AccessKey.Set() == s3.SecretKey.Set(), "store.s3", "access_key and secret_key go together: give both or neither")
	k.must(s3.Timeout >= minTimeout, "store.s3.timeout", "must be %s or more, not %s", minTimeout, s3.Timeout)
	if s3.Endpoint != "" {
		reason := badEndpoint(s3.Endpoint)
		k.must(reason == "", "store.s3.endpoint", "%s", reason)
	}
}

// badEndpoint never quotes the address: somebody may have written a password into it.
func badEndpoint(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return "want an address such as https://s3.natuna.example"
	case u.User != nil:
		return "must not carry a name or password: use access_key and secret_key"
	case u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return "want the server's address alone; bucket and prefix belong into store.files"
	}
	return ""
}

func isS3(files string) bool { return strings.HasPrefix(files, "s3://") }

func (c *Config) checkServer(k *checker) {
	s := c.Server
	listen, err := splitAddress(s.Listen)
	k.must(err == nil, "server.listen", "%v", err)
	metrics, err2 := splitAddress(s.Metrics)
	k.must(err2 == nil, "server.metrics", "%v", err2)
	if err == nil && err2 == nil {
		k.must(!listen.meets(metrics), "server.metrics", "%s is the address of server.listen too: want two", s.Metrics)
	}
	k.must((s.TLS.Cert == "") == (s.TLS.Key == ""), "server.tls", "cert and key go together: give both or neither")
	k.must(s.MaxBody > 0, "server.max_body", "must be above zero")
}

// address is what a listener binds.
type address struct {
	host string
	port int
}

func splitAddress(text string) (address, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return address{}, fmt.Errorf("want an address such as 127.0.0.1:8311, not %s", quote(text))
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return address{}, fmt.Errorf("want a port from 0 to 65535, not %s", quote(port))
	}
	return address{host, int(n)}, nil
}

// meets reports whether two listeners would want the same port. Port 0 is any free one.
func (a address) meets(b address) bool {
	return a.port == b.port && a.port != 0 && (a.host == b.host || a.everywhere() || b.everywhere())
}

func (a address) everywhere() bool {
	ip := net.ParseIP(a.host)
	return a.host == "" || ip != nil && ip.IsUnspecified()
}

// local reports whether only this machine reaches the address.
func (a address) local() bool {
	ip := net.ParseIP(a.host)
	return a.host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c *Config) checkDelivery(k *checker) {
	d := c.Delivery
	k.must(d.Backoff.First > 0, "delivery.backoff.first", "must be above zero")
	k.must(d.Backoff.First <= d.Backoff.Max, "delivery.backoff.max", "%s is less than delivery.backoff.first, %s",
		d.Backoff.Max, d.Backoff.First)
	k.must(d.Backoff.Factor >= 1, "delivery.backoff.factor", "must be 1 or more, not %v", d.Backoff.Factor)
	k.must(0 <= d.Backoff.Jitter && d.Backoff.Jitter <= 1, "delivery.backoff.jitter", "must be from 0 to 1, not %v",
		d.Backoff.Jitter)
	k.must(d.GiveUpAfter > 0, "delivery.give_up_after", "must be above zero")
	k.must(d.Breaker.Failures >= 1, "delivery.breaker.failures", "must be 1 or more, not %d", d.Breaker.Failures)
	k.must(d.Breaker.OpenFor > 0, "delivery.breaker.open_for", "must be above zero")
	k.must(d.Lease >= minLease, "delivery.lease", "must be %s or more, not %s", minLease, d.Lease)
	k.must(d.MaxAttempts >= 0, "delivery.max_attempts", "must be 0 (age alone decides) or more, not %d", d.MaxAttempts)
	n := c.National
	k.must(n.Concurrency >= 1, "national.concurrency", "must be 1 or more, not %d", n.Concurrency)
	k.must(n.Timeout >= minTimeout, "national.timeout", "must be %s or more, not %s", minTimeout, n.Timeout)
	k.must(d.Settle >= 2*n.Timeout, "delivery.settle", "%s is less than twice national.timeout, %s: a request may still be "+
		"carried out when a lookup finds nothing, and would be sent twice", d.Settle, n.Timeout)
	k.must(n.Sync.Fresh > 0, "national.sync.fresh", "must be above zero")
	k.must(n.Sync.Fresh <= n.Sync.Old, "national.sync.old", "%s is less than national.sync.fresh, %s", n.Sync.Old,
		n.Sync.Fresh)
}

const (
	minLease   = Duration(5e9)   // renewals need room
	minTimeout = Duration(100e6) // nobody answers sooner over a satellite
)

func (c *Config) checkTimes(k *checker) {
	for _, clock := range []struct {
		key  string
		span Duration
	}{
		{"sla.verify", c.SLA.Verify},
		{"sla.respond", c.SLA.Respond},
		{"sla.information", c.SLA.Information},
		{"sla.ordinary", c.SLA.Ordinary},
		{"sla.supervised", c.SLA.Supervised},
		{"sla.autoclose", c.SLA.Autoclose},
	} {
		k.must(clock.span >= Duration(day) && clock.span%Duration(day) == 0, clock.key,
			"is counted in whole working days, such as 3d, not %s", clock.span)
	}
	k.must(c.Privacy.Retention >= Duration(day), "privacy.retention", "must be 1d or more, not %s", c.Privacy.Retention)
	k.must(c.Dedup.Window > 0, "dedup.window", "must be above zero; to look for no duplicates, write mode: off")
	k.must(c.Dedup.ReviewWait > 0, "dedup.review_wait", "must be above zero")
	k.must(0 <= c.Dedup.ReviewAbove && c.Dedup.ReviewAbove <= 1, "dedup.review_above", "must be from 0 to 1, not %v",
		c.Dedup.ReviewAbove)
}

func (c *Config) checkRouting(k *checker) {
	names := make([]string, len(c.Connectors))
	for i, connector := range c.Connectors {
		names[i] = connector.Name
	}
	k.must(!c.Routing.Fallback.toItself(), "routing.fallback.hand_over", "is the agency itself: leave it out")
	for i, rule := range c.Routing.Rules {
		k.must(!rule.To.toItself(), index("routing.rules", i)+".to.hand_over", "is the agency itself: leave it out")
		path := index("routing.rules", i) + ".when"
		words := 0
		for _, list := range rule.When.lists() {
			words += len(list.words)
			for j, word := range list.words {
				k.must(strings.TrimSpace(word) != "", index(path+"."+list.key, j), "an empty word matches everything")
			}
		}
		k.must(words > 0 || !k.root.has(path), path, "an empty condition matches everything: that is what routing.fallback is for")
		for j, name := range rule.When.Source {
			err := knownName(name, names)
			k.must(err == nil, index(path+".source", j), "%v", err)
		}
	}
}

func (t Target) toItself() bool { return t.HandOver != "" && t.HandOver == t.Agency }

type wordList struct {
	key   string
	words []string
}

func (w When) lists() []wordList {
	return []wordList{
		{"category", w.Category}, {"text", w.Text}, {"source", w.Source}, {"region", w.Region}, {"class", w.Class},
	}
}

func knownName(name string, names []string) error {
	for _, known := range names {
		if known == name {
			return nil
		}
	}
	if meant := nearestWord(name, names); meant != "" {
		return fmt.Errorf("no connector is called %s; did you mean %q?", quote(name), meant)
	}
	return fmt.Errorf("no connector is called %s", quote(name))
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (c *Config) checkConnectors(k *checker) {
	k.must(len(c.Connectors) > 0 || k.known.about(k.root.At("connectors")), "connectors",
		"no connectors: list at least one here or in connectors.d/*.yaml")
	first := map[string]Place{}
	for _, connector := range c.Connectors {
		at := connector.Where.At("name")
		if connector.Name == "" {
			continue // reported as missing
		}
		k.mustAt(nameForm.MatchString(connector.Name), at,
			"want at most 40 lower-case letters, digits and dashes, the first no dash, not %s", quote(connector.Name))
		earlier, taken := first[connector.Name]
		k.mustAt(!taken, at, "%s is the name of another connector already: %s:%d", quote(connector.Name), earlier.File,
			earlier.Line)
		if !taken {
			first[connector.Name] = at
		}
		every := connector.Every
		k.mustAt(every == 0 || every >= Duration(1e9), connector.Where.At("every"), "must be 1s or more, not %s", every)
	}
}
