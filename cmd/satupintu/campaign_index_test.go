package main

import (
	"errors"
	"os"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/store"
)

// judgeIndex looks into the database: whoever has a print is found by each of its keys, whatever died while they were merged. Nothing
// was away for so long that anybody had to go on without being compared.
func (c *campaign) judgeIndex() {
	c.Helper()
	if !c.compares {
		return
	}
	for _, s := range c.stations {
		said, err := os.ReadFile(s.log.Name())
		if err != nil || strings.Contains(string(said), "without a look for duplicates") {
			c.Errorf("SATUPINTU_SEED=%d: complaints went on without a look for duplicates, %v", c.seed, err)
		}
	}
	s, err := store.Open(c.Context(), store.Options{DSN: strings.Replace(c.dsn, "sqlite:", "sqlite:"+c.folder+"/", 1)})
	if err != nil {
		c.Fatal(err)
	}
	defer s.Close()
	prints, err := s.PrintsSince(c.Context(), time.UnixMilli(0))
	if err != nil {
		c.Fatal(err)
	}
	want := 0
	for _, p := range prints {
		want += len(p.Print.Keys())
	}
	keys, err := s.KeyEntries(c.Context())
	if err != nil || keys < want || want == 0 { // what has expired may be there still
		c.Errorf("SATUPINTU_SEED=%d: the index has %d keys of the %d of %d prints, %v", c.seed, keys, want, len(prints), err)
	}
	var blocks, there int
	err = errors.Join(
		s.Handle().Get(&blocks, "SELECT CAST(coalesce(sum(blocks), 0) AS bigint) FROM key_segment WHERE state = 'live'"),
		s.Handle().Get(&there, "SELECT count(*) FROM key_block b JOIN key_segment s ON b.id >= s.id * 1048576 AND b.id < (s.id + 1) * 1048576 WHERE s.state = 'live'"),
	)
	if err != nil || there != blocks {
		c.Errorf("SATUPINTU_SEED=%d: the index has %d blocks of %d, %v", c.seed, there, blocks, err)
	}
	c.Logf("the index has %d keys of %d prints in %d blocks", keys, len(prints), blocks)
}
