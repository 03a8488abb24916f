package fairdraw

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// decodeStrictly reads JSON into a struct, of which each member has to be there
// once, under exactly its name, and nothing else: no null, and of an integer's
// forms only the plain one. Two readers cannot see two things in what passes.
func decodeStrictly(data []byte, into any) error {
	said, err := parseStrictly(data)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return err
	}
	understood, err := json.Marshal(into)
	if err != nil {
		return err
	}
	is, err := parseStrictly(understood)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(said, is) {
		return errors.New("a member is missing, unknown or named otherwise than in the schema")
	}
	return nil
}

func parseStrictly(data []byte) (any, error) {
	if !json.Valid(data) || !utf8.Valid(data) {
		return nil, errors.New("this is no JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return nextValue(dec)
}

func nextValue(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case nil:
		return nil, errors.New("null stands for nothing here")
	case json.Number:
		if strings.Trim(token.String(), "0123456789") != "" {
			return nil, fmt.Errorf("%v is not an integer in plain digits", token)
		}
	case json.Delim:
		if token == '[' {
			return nextArray(dec)
		}
		return nextObject(dec)
	}
	return token, nil
}

func nextArray(dec *json.Decoder) (any, error) {
	list := []any{}
	for dec.More() {
		v, err := nextValue(dec)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := dec.Token()
	return list, err
}

func nextObject(dec *json.Decoder) (any, error) {
	members := map[string]any{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name := token.(string)
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("%q stands twice", name)
		}
		if members[name], err = nextValue(dec); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return members, err
}
