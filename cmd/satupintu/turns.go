package main

import (
	"os"
	"runtime"
)

// fewProcessors is up to where a goroutine's wait for its turn is as long as an answer of the database.
const fewProcessors = 4

// turns is on how many threads goroutines run at once, beside a database of a kind; 0: as the runtime says. The runtime says one for
// each processor. There a goroutine that the database server has answered waits behind all those that the platform and the senders
// have answered; meanwhile the server has nothing to do, and once they have had their turns, neither have we. With twice as many,
// the kernel shares the processors out between them and the server. SQLite works in our own threads, and is only interrupted by more.
func turns(kind string, processors int) int {
	if kind != "postgres" || processors > fewProcessors {
		return 0
	}
	return 2 * processors
}

// takeTurns sets that, unless whoever started the gateway has set it (GOMAXPROCS).
func takeTurns(kind string) {
	if os.Getenv("GOMAXPROCS") != "" {
		return
	}
	runtime.SetDefaultGOMAXPROCS() // what it was set to before is not doubled
	if n := turns(kind, runtime.GOMAXPROCS(0)); n > 0 {
		runtime.GOMAXPROCS(n)
	}
}
