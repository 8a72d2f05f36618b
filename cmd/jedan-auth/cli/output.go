package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// Formats of --output.
const (
	asTable = "table"
	asJSON  = "json"
	asYAML  = "yaml"
)

func (c *cli) checkOutput() error {
	if c.flags.output != "" && !slices.Contains([]string{asTable, asJSON, asYAML}, c.flags.output) {
		return usagef("--output must be table, json or yaml")
	}
	return nil
}

func (c *cli) format(otherwise string) string {
	if c.flags.output != "" {
		return c.flags.output
	}
	return otherwise
}

// show prints one thing, as a table unless --output says otherwise.
func (c *cli) show(v any) error { return c.print(v, c.format(asTable), nil) }

// showJSON prints one thing whose usual form is JSON.
func (c *cli) showJSON(v any) error { return c.print(v, c.format(asJSON), nil) }

// list prints many things; columns name the members that a table shows.
func (c *cli) list(v any, columns ...string) error { return c.print(v, c.format(asTable), columns) }

// print writes v as JSON has it, in any of the three forms: there is one source for all.
func (c *cli) print(v any, format string, columns []string) error {
	var raw bytes.Buffer
	e := json.NewEncoder(&raw)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	if format == asJSON {
		_, err := c.Stdout.Write(raw.Bytes())
		return err
	}
	root, err := parseJSON(raw.Bytes())
	if err != nil {
		return err
	}
	if format == asYAML {
		return writeYAML(c.Stdout, root)
	}
	return writeTable(c.Stdout, root, columns)
}

func writeYAML(w io.Writer, n *yaml.Node) error {
	e := yaml.NewEncoder(w)
	e.SetIndent(2)
	return errors.Join(e.Encode(n), e.Close())
}

// parseJSON keeps the order of members, which a map would lose.
func parseJSON(raw []byte) (*yaml.Node, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return parseValue(d)
}

func parseValue(d *json.Decoder) (*yaml.Node, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch v := t.(type) {
	case json.Delim:
		n := &yaml.Node{Kind: yaml.MappingNode}
		if v == '[' {
			n.Kind = yaml.SequenceNode
		}
		for d.More() {
			child, err := parseValue(d)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, child)
		}
		_, err := d.Token()
		return n, err
	case string:
		return scalar("!!str", v), nil
	case json.Number:
		return numberNode(v), nil
	case bool:
		return scalar("!!bool", fmt.Sprint(v)), nil
	}
	return scalar("!!null", "null"), nil
}

func scalar(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

func numberNode(v json.Number) *yaml.Node {
	if strings.ContainsAny(v.String(), ".eE") {
		return scalar("!!float", v.String())
	}
	return scalar("!!int", v.String())
}

// writeTable prints a list as columns, and one thing as a line for each member.
func writeTable(w io.Writer, root *yaml.Node, columns []string) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	if root.Kind == yaml.SequenceNode {
		writeRows(t, root, columns)
		return t.Flush()
	}
	writeMembers(t, "", root)
	return t.Flush()
}

// writeRows, like writeMembers, writes into a tabwriter, which reports what failed when it is flushed.
func writeRows(w io.Writer, list *yaml.Node, columns []string) {
	_, _ = fmt.Fprintln(w, strings.ToUpper(strings.Join(columns, "\t")))
	for _, row := range list.Content {
		cells := make([]string, len(columns))
		for i, name := range columns {
			cells[i] = cell(member(row, name))
		}
		_, _ = fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
}

func writeMembers(w io.Writer, prefix string, object *yaml.Node) {
	for i := 0; i+1 < len(object.Content); i += 2 {
		name, value := prefix+object.Content[i].Value, object.Content[i+1]
		if value.Kind == yaml.MappingNode {
			writeMembers(w, name+".", value)
			continue
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\n", printableLine(name), cell(value))
	}
}

// member finds a value by its name, in which dots go deeper.
func member(object *yaml.Node, name string) *yaml.Node {
	head, rest, deeper := strings.Cut(name, ".")
	for i := 0; i+1 < len(object.Content); i += 2 {
		if object.Content[i].Value != head {
			continue
		}
		if deeper {
			return member(object.Content[i+1], rest)
		}
		return object.Content[i+1]
	}
	return nil
}

// cell is a value in one line.
func cell(n *yaml.Node) string {
	switch {
	case n == nil || n.Tag == "!!null":
		return "-"
	case n.Kind == yaml.ScalarNode && n.Value == "", n.Kind != yaml.ScalarNode && len(n.Content) == 0:
		return "-"
	case n.Kind == yaml.ScalarNode:
		return printableLine(n.Value)
	}
	parts := make([]string, 0, len(n.Content))
	if n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			parts = append(parts, cell(item))
		}
		return strings.Join(parts, ", ")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		parts = append(parts, printableLine(n.Content[i].Value)+"="+cell(n.Content[i+1]))
	}
	return strings.Join(parts, " ")
}

// printableLine keeps what people stored from steering the terminal.
func printableLine(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
