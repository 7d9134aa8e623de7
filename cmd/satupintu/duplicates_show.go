package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/store"
)

// shown is what duplicates show prints as JSON.
type shown struct {
	Ref   complaint.Ref          `json:"ref"`
	State store.State            `json:"state"`
	Texts map[complaint.Ref]side `json:"texts"`
	Bonds store.Bonds            `json:"bonds"`
	about []complaint.Ref        // whom it is shown beside
	told  map[complaint.Ref]complaint.Complaint
}

// side is one complaint as it was told.
type side struct {
	Source string `json:"source"`
	At     string `json:"at"`
	Place  string `json:"place,omitempty"`
	Title  string `json:"title,omitempty"`
	Text   string `json:"text"`
}

func duplicatesShow() *cobra.Command {
	c := &cobra.Command{
		Use: "show REF", Args: exactly(1),
		Short: "Show a complaint beside the one it is related to, what speaks for and against it, and its history",
		Long: "show prints what both reporters told, side by side, the probability that it is one matter, the evidence in English and in\n" +
			"Indonesian, and every link and review there was. It shows the words of citizens: for those who may read complaints.\n\n" + exitHelp,
	}
	asJSON := jsonFlag(c)
	return onStore(c, func(ctx context.Context, c *cobra.Command, b *base, _ *plan, args []string) error {
		ref, err := refArg(args)
		if err != nil {
			return err
		}
		s, err := showOf(ctx, b.store, ref)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), s)
		}
		return s.print(c.OutOrStdout())
	})
}

func showOf(ctx context.Context, from *store.Store, ref complaint.Ref) (shown, error) {
	story, err := from.Story(ctx, ref)
	if err != nil {
		return shown{}, err
	}
	s := shown{Ref: ref, State: story.State, Texts: map[complaint.Ref]side{}}
	if s.Bonds, err = from.Bonds(ctx, ref); err != nil {
		return s, err
	}
	s.about = s.others()
	if s.told, err = from.Told(ctx, append([]complaint.Ref{ref}, s.about...)...); err != nil {
		return s, err
	}
	for r, c := range s.told {
		s.Texts[r] = side{c.Source, localTime(c.OccurredAt()), c.Place.Address, c.Title, c.Text}
	}
	return s, nil
}

// others are the complaints it is related to now, or else was last: whose words were compared, and who stands for it.
func (s shown) others() []complaint.Ref {
	var refs []complaint.Ref
	add := func(ties ...complaint.Ref) {
		for _, ref := range ties {
			if ref != "" && !slices.Contains(refs, ref) {
				refs = append(refs, ref)
			}
		}
	}
	if l := s.Bonds.Link; l != nil {
		add(l.Earlier, l.Primary)
	}
	for _, r := range s.Bonds.Reviews {
		add(r.Earlier)
	}
	if r := s.Bonds.Recurrence; r != nil {
		add(r.Earlier)
	}
	for _, u := range s.Bonds.Undone {
		add(u.Earlier, u.Primary)
	}
	return refs
}

func (s shown) print(w io.Writer) error {
	if len(s.about) == 0 {
		fmt.Fprintf(w, "%s (%s) is related to no earlier complaint\n", s.Ref, s.State)
	}
	for _, other := range s.about {
		s.beside(w, other)
	}
	t := newTable(w, "WHAT", "VALUE")
	t.row("state", string(s.State))
	if l := s.Bonds.Link; l != nil {
		t.row("linked to", string(l.Primary)+" as "+string(l.Kind)+", "+localTime(l.Made)+" by "+byWhom(l.By))
		sentences(t, *l)
	}
	for _, r := range s.Bonds.Reviews {
		t.row("review", reviewWords(r))
		sentences(t, r.Tie)
	}
	if r := s.Bonds.Recurrence; r != nil {
		t.row("came back", "the trouble of "+string(r.Earlier)+"; it is forwarded by itself")
		sentences(t, *r)
	}
	for _, u := range s.Bonds.Undone {
		t.row("undone", fmt.Sprintf("the link to %s of %s, %s by %s: %s", u.Primary, localTime(u.Made), localTime(u.UndoneAt), byWhom(u.UndoneBy), u.UndoneWhy))
	}
	for _, ref := range s.Bonds.StandsFor {
		t.row("stands for", string(ref))
	}
	return t.flush()
}

func reviewWords(r store.Reviewed) string {
	asked := "asked " + localTime(r.Made) + " about " + string(r.Earlier) + ": "
	switch r.Decision {
	case "":
		return asked + "waits until " + localTime(r.Until) + ", then goes on as new"
	case store.Undecided:
		return asked + "nobody decided; it went on as new " + localTime(r.DecidedAt)
	}
	return asked + r.Decision + ", " + localTime(r.DecidedAt) + " by " + byWhom(r.DecidedBy)
}

func sentences(t *table, tie store.Tie) {
	t.row("one matter", share(tie.Score))
	t.row("why", tie.Why)
	t.row("sebab", tie.WhyID)
	t.row("for", evidence(tie.For))
	t.row("against", evidence(tie.Against))
}

// halfWidth is how many characters wide each of two texts is printed.
const halfWidth = 56

// beside prints two complaints side by side.
func (s shown) beside(w io.Writer, other complaint.Ref) {
	left, right := s.column(s.Ref), s.column(other)
	for len(left) < len(right) {
		left = append(left, "")
	}
	for i, line := range left {
		if i < len(right) && right[i] != "" {
			line += strings.Repeat(" ", halfWidth-utf8.RuneCountInString(line)) + " | " + right[i]
		}
		fmt.Fprintln(w, line)
	}
	fmt.Fprintln(w)
}

func (s shown) column(ref complaint.Ref) []string {
	told := s.Texts[ref]
	lines := []string{string(ref), told.Source + ", " + told.At}
	for _, part := range []string{told.Place, told.Title, told.Text} {
		if part != "" {
			lines = append(lines, wrapped(part, halfWidth)...)
		}
	}
	return lines
}

// wrapped breaks a text into lines between words; a longer word is cut.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for utf8.RuneCountInString(word) > width {
			runes := []rune(word)
			if line != "" {
				lines, line = append(lines, line), ""
			}
			lines, word = append(lines, string(runes[:width])), string(runes[width:])
		}
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
