package main

import (
	"context"
	"fmt"
	"time"

	"github.com/satupintu/satupintu/sync/relay"
)

// checkTimeout is how long one channel may take to answer a check. One that hangs is said to, and the others are checked.
const checkTimeout = 30 * time.Second

func checkChannel(ctx context.Context, c relay.Channel) (string, error) {
	within, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	saw, err := c.Check.Check(within)
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("no answer within %s: %w", checkTimeout, err)
	}
	return saw, err
}
