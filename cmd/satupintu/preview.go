package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/route"
)

// previewed is one complaint or set-aside row as preview shows it.
type previewed struct {
	Complaint *complaint.Complaint `json:"complaint,omitempty"`
	Agency    string               `json:"agency,omitempty"`
	Why       string               `json:"why,omitempty"`
	Where     string               `json:"where,omitempty"`
	Reason    string               `json:"reason,omitempty"`
	Detail    string               `json:"detail,omitempty"`
}

func previewCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "preview CONNECTOR",
		Short: "Show what a polled connector would take in now, from its beginning; nothing is stored",
		Long: "Show what a polled connector would take in now, from its beginning; nothing is stored.\n\n" +
			"A Telegram bot forgets what was read when it is asked for more, so that of one only the first page is shown. While a\n" +
			"preview asks, a gateway that polls the same bot is refused with 409; it tries again.",
		Args: exactly(1),
	}
	file, asJSON := configFlag(c), jsonFlag(c)
	most := c.Flags().IntP("limit", "n", 20, "the most complaints to show")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *most < 1 {
			return usageError{errors.New("preview: --limit must be at least 1")}
		}
		rows, twice, err := preview(c.Context(), *file, args[0], *most)
		if err != nil {
			return err
		}
		if len(twice) > 0 {
			fmt.Fprintf(c.ErrOrStderr(), "%d complaints have the id of an earlier one and say something else, such as %q: the id in map does not tell "+
				"them apart, and they would not be forwarded; see \"Choosing the id\" in docs/operating.md\n", len(twice), twice[0])
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), rows)
		}
		return printPreview(c, rows)
	}
	return c
}

func namesOf(connectors []config.Connector) []string {
	var names []string
	for _, c := range connectors {
		names = append(names, c.Name)
	}
	return names
}

func preview(ctx context.Context, file, name string, most int) (_ []previewed, twice []string, _ error) {
	p, err := loadPlan(file)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(p.Connectors, func(c config.Connector) bool { return c.Name == name })
	if i < 0 {
		return nil, nil, fmt.Errorf("%s has no connector named %q; it has %s", file, name, strings.Join(namesOf(p.Connectors), ", "))
	}
	p.Connectors, p.connectors = p.Connectors[i:i+1], p.connectors[i:i+1]
	var o open
	o.channels, err = openChannels(p, keeping{files: noFiles{}}, &o.wires, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	if o.channels[0].Poll == nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", name, errNotPolled), o.close())
	}
	rows, err := previewPages(ctx, o.channels[0].Connector, p, most)
	twice = sameIDs(rows)
	return rows[:min(len(rows), most)], twice, errors.Join(err, o.close())
}

// mostCompared is how many rows of files are read to see whether an id comes twice.
const mostCompared = 10_000

// sameIDs are the ids under which a complaint came that says something else than an earlier one.
func sameIDs(rows []previewed) []string {
	var twice []string
	hashes := map[string]string{}
	for _, row := range rows {
		if row.Complaint == nil {
			continue
		}
		hash := row.Complaint.ContentHash()
		if before, ok := hashes[row.Complaint.SourceID]; ok && before != hash {
			twice = append(twice, row.Complaint.SourceID)
		}
		hashes[row.Complaint.SourceID] = hash
	}
	return twice
}

// previewPages reads at least the most rows asked for, where there are so many; more of them where ids may begin anew.
func previewPages(ctx context.Context, channel connectors.Connector, p *plan, most int) ([]previewed, error) {
	table, zone := route.New(p.Routing), p.Region.Timezone.Location()
	rows := []previewed{}
	cursor := connectors.Cursor("")
	enough := most
	if channel.SameID != nil {
		enough = max(most, mostCompared)
	}
	for {
		page, err := channel.Poll.Poll(ctx, cursor)
		if err != nil {
			return nil, fmt.Errorf("the connector cannot be polled: %w", err)
		}
		for i := range page.Complaints {
			c := &page.Complaints[i]
			c.Clean()
			if !c.ReportedAt.IsZero() {
				c.ReportedAt = c.ReportedAt.In(zone)
			}
			to := table.Decide(*c)
			rows = append(rows, previewed{Complaint: c, Agency: to.Agency, Why: to.Why})
		}
		for _, m := range page.Messages {
			c := &complaint.Complaint{SourceID: m.ID, Title: complaint.TitleFrom(m.Text), Text: m.Text, Place: m.Place}
			if !m.At.IsZero() {
				c.ReportedAt = m.At.In(zone)
			}
			rows = append(rows, previewed{Complaint: c, Why: "a message: joined with what else its sender says"})
		}
		for _, aside := range page.SetAside {
			rows = append(rows, previewed{Where: aside.Where, Reason: string(aside.Reason), Detail: aside.Detail})
		}
		if len(rows) >= enough || !page.More || channel.Confirms || page.Next == cursor {
			return rows, nil
		}
		cursor = page.Next
	}
}

func printPreview(c *cobra.Command, rows []previewed) error {
	t := newTable(c.OutOrStdout(), "ID", "REPORTED", "CATEGORY", "TO", "WHY", "TITLE", "FILES")
	aside := newTable(c.OutOrStdout(), "SET ASIDE", "REASON", "DETAIL")
	asides := 0
	for _, row := range rows {
		if row.Complaint == nil {
			aside.row(row.Where, row.Reason, row.Detail)
			asides++
			continue
		}
		p := row.Complaint
		t.row(short(p.SourceID, 40), localTime(p.ReportedAt), short(p.Category, 20), row.Agency, row.Why, short(p.Title, 50), strconv.Itoa(len(p.Attachments)))
	}
	if err := t.flush(); err != nil || asides == 0 {
		return err
	}
	fmt.Fprintln(c.OutOrStdout())
	return aside.flush()
}

func localTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format("2006-01-02 15:04")
}
