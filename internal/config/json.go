package config

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// jsonNode reads JSON into the nodes that YAML is read into, so that both follow
// the same rules and duplicate keys are seen.
func jsonNode(text string) (*yaml.Node, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	node, err := jsonValue(dec)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("config: text after the JSON value")
	}
	return node, nil
}

func jsonValue(dec *json.Decoder) (*yaml.Node, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			return jsonRest(dec, &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"})
		}
		return jsonRest(dec, &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"})
	case string:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: t}, nil
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: t.String()}, nil
	case bool:
		text := "false"
		if t {
			text = "true"
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: text}, nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}, nil
}

// jsonRest reads the members of a list or an object up to its end. An object's
// keys are string tokens, so both are a flat list of nodes.
func jsonRest(dec *json.Decoder, node *yaml.Node) (*yaml.Node, error) {
	for dec.More() {
		member, err := jsonValue(dec)
		if err != nil {
			return nil, err
		}
		node.Content = append(node.Content, member)
	}
	_, err := dec.Token()
	return node, err
}
