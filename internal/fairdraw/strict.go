package fairdraw

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"
)

// decodeStrictly reads JSON into a struct, of which each member has to be there
// once, under exactly its name, and nothing else: no null, and of an integer's
// forms only the plain one. Two readers cannot see two things in what passes.
func decodeStrictly(data []byte, into any) error {
	said, tokens, err := parseStrictly(data)
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
	is, needed, err := parseStrictly(understood)
	if err != nil {
		return err
	}
	if tokens != needed || !reflect.DeepEqual(said, is) {
		return errors.New("a member is missing, unknown, there twice or named otherwise than in the schema")
	}
	return nil
}

// parseStrictly reads JSON, and counts its tokens: of a member that stands twice the
// value holds only the last, so it has fewer than were counted.
func parseStrictly(data []byte) (value any, tokens int, err error) {
	if !json.Valid(data) || !utf8.Valid(data) {
		return nil, 0, errors.New("this is no JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	for ; ; tokens++ {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		number, is := token.(json.Number)
		switch {
		case err != nil:
			return nil, 0, err
		case token == nil:
			return nil, 0, errors.New("null stands for nothing here")
		case is && strings.Trim(number.String(), "0123456789") != "":
			return nil, 0, fmt.Errorf("%v is not an integer in plain digits", number)
		}
	}
	dec = json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	err = dec.Decode(&value)
	return value, tokens, err
}
