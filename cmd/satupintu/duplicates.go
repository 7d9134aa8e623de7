package main

import "github.com/spf13/cobra"

func duplicatesCommand() *cobra.Command {
	c := asGroup(&cobra.Command{Use: "duplicates", Short: "Look after duplicates: decide, undo, measure, learn"})
	c.AddCommand(duplicatesList(), duplicatesShow(), duplicatesLink(), duplicatesUnlink(), duplicatesDecide())
	c.AddCommand(duplicatesEval(), duplicatesReplay(), duplicatesSturdiness(), duplicatesFit())
	return c
}
