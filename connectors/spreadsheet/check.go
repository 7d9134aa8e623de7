package spreadsheet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Check opens the oldest file and counts its rows. A mapping that does not fit it is an error.
func (c *connector) Check(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	saw, err := c.saw(ctx)
	if err == nil && c.answers != nil {
		var where string
		where, err = c.answers.check(ctx)
		saw += "; " + where
	}
	return saw, err
}

func (c *connector) saw(ctx context.Context) (string, error) {
	if c.door != nil {
		return "takes CSV and XLSX files " + c.door.String(), nil
	}
	seen, err := c.place.look(ctx)
	if err != nil {
		return "", err
	}
	defer seen.Close()
	files := seen.files()
	if len(files) == 0 {
		return fmt.Sprintf("no file matches %s yet", c.settings.where()), nil
	}
	c.lookAt(files)
	p := &poll{connector: c, opener: opener{visit: seen, settings: c.settings, rule: c.rule}, listed: files}
	saw := fmt.Sprintf("%d files match; %s", len(files), files[0].name)
	if len(files) == 1 {
		saw = fmt.Sprintf("1 file matches; %s", files[0].name)
	}
	doc, reason, err := p.ready(ctx, c.sighted[files[0].name])
	switch {
	case err != nil:
		return "", fmt.Errorf("open %s: %w", files[0].name, err)
	case doc == nil:
		return "", fmt.Errorf("%s cannot be read: %s", saw, reason)
	}
	tables, err := c.survey(ctx, doc)
	if err != nil {
		return "", errors.Join(fmt.Errorf("%s: %w", saw, err), doc.close())
	}
	if age := c.age(files[0]); reason == "" && age < c.settings.Quiet.D() {
		reason = fmt.Sprintf("it was written to less than %s ago", c.settings.Quiet.D())
	}
	if reason != "" {
		tables += "; it waits: " + reason
	}
	return saw + ": " + tables, doc.close()
}

// survey says of each table where its header is and how many rows follow. A table that does not fit is an error, unless
// another one does.
func (c *connector) survey(ctx context.Context, doc *document) (string, error) {
	var fit, unfit []string
	for _, name := range doc.absent {
		unfit = append(unfit, "sheet "+name+" is not there")
	}
	for _, t := range doc.tables {
		head, rows, err := c.count(ctx, t)
		name := ""
		if t.name != "" {
			name = "sheet " + t.name + ": "
		}
		var misfit *headerError
		var damage *damageError
		switch {
		case errors.As(err, &misfit), errors.As(err, &damage):
			unfit = append(unfit, name+err.Error())
		case err != nil:
			return "", err
		case head == nil:
			fit = append(fit, name+"no rows")
		default:
			fit = append(fit, fmt.Sprintf("%s%d rows below the header in row %d (%s)", name, rows, head.row, strings.Join(head.names, ", ")))
		}
	}
	words := strings.Join(append(fit, unfit...), "; ")
	if len(fit) == 0 && len(unfit) > 0 || len(doc.absent) > 0 {
		return "", errors.New(words)
	}
	return words, nil
}

func (c *connector) count(ctx context.Context, t table) (*header, int, error) {
	rows, err := t.open()
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	head, err := c.rule.find(rows)
	if err != nil || head == nil {
		return nil, 0, err
	}
	for n := 0; ; {
		next, err := rows.Next()
		switch {
		case errors.Is(err, io.EOF):
			return head, n, nil
		case err != nil:
			return nil, 0, err
		case ctx.Err() != nil:
			return nil, 0, ctx.Err()
		case !next.empty():
			n++
		}
	}
}
