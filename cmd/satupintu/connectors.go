package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
)

func connectorsCommand() *cobra.Command {
	c := asGroup(&cobra.Command{Use: "connectors", Short: "What kinds of channels this build connects, and their settings"})
	c.AddCommand(connectorsList(), connectorsDescribe(), connectorsNew(), connectorsReference())
	return c
}

func connectorsList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List the kinds", Args: exactly(0)}
	asJSON := jsonFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		type kind struct {
			Kind    string `json:"kind"`
			Summary string `json:"summary"`
		}
		kinds := []kind{}
		t := newTable(c.OutOrStdout(), "KIND", "WHAT IT CONNECTS")
		for _, d := range connectorKinds() {
			kinds = append(kinds, kind{d.Kind, d.Summary})
			t.row(d.Kind, d.Summary)
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), kinds)
		}
		return t.flush()
	}
	return c
}

func connectorsDescribe() *cobra.Command {
	c := &cobra.Command{Use: "describe KIND", Short: "Describe the settings of a kind", Args: exactly(1)}
	asJSON := jsonFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		d, err := connectorKind(args[0])
		if err != nil {
			return err
		}
		keys := config.Describe(d.Defaults())
		if *asJSON {
			return printJSON(c.OutOrStdout(), keys)
		}
		fmt.Fprintf(c.OutOrStdout(), "%s: %s\n\n", d.Kind, d.Summary)
		t := newTable(c.OutOrStdout(), "SETTING", "TYPE", "DEFAULT", "MEANING")
		for _, key := range keys {
			standing := key.Default
			if key.Required {
				standing = "required"
			}
			t.row(key.Path, key.Type, standing, key.Doc)
		}
		return t.flush()
	}
	return c
}

func connectorsReference() *cobra.Command {
	return &cobra.Command{
		Use: "reference", Short: "Print docs/connectors.md, the reference of every kind", Args: exactly(0), Hidden: true,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(c.OutOrStdout(), connectors.Reference(connectorKinds()))
			return err
		},
	}
}
