package fairdraw

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// doubled gives the text of JSON once for each object in it, with the first member of
// that object standing twice.
func doubled(t *testing.T, text string) (all []string) {
	t.Helper()
	for i := range text {
		if text[i] != '{' || text[i+1] != '"' {
			continue
		}
		dec := json.NewDecoder(strings.NewReader(text[i:]))
		var value json.RawMessage
		for range 2 {
			if _, err := dec.Token(); err != nil {
				t.Fatal(err)
			}
		}
		if err := dec.Decode(&value); err != nil {
			t.Fatal(err)
		}
		end := i + int(dec.InputOffset())
		all = append(all, text[:end]+","+text[i+1:])
	}
	return all
}

// Two readers see one thing in what passes: each of these forms of a true record is
// refused, by the command and by the page.
func TestStrictJSON(t *testing.T) {
	ra := newRaffle(10)
	record, list := ra.json(t, 2), ra.entrants(t, 2)
	lines := strings.SplitAfter(strings.TrimSuffix(list, "\n"), "\n")
	var names, want []string
	var questions []recordQuestion
	add := func(name, step string, q recordQuestion) {
		names, questions, want = append(names, name), append(questions, q), append(want, step)
	}
	for i, twice := range doubled(t, record) {
		add(fmt.Sprintf("the first member of object %d twice", i), StepRecord, recordQuestion{Record: twice})
	}
	digits := regexp.MustCompile(`:(\d+)`)
	for name, form := range map[string]string{"a fraction": ":$1.0", "an exponent": ":${1}e0", "a minus": ":-$1", "a zero in front": ":0$1", "a string": `:"$1"`} {
		for i, at := range digits.FindAllStringSubmatchIndex(record, -1) {
			text := record[:at[0]] + string(digits.ExpandString(nil, form, record, at)) + record[at[1]:]
			add(fmt.Sprintf("number %d with %s", i, name), StepRecord, recordQuestion{Record: text})
		}
	}
	for name, text := range map[string]string{
		"null for an empty list": strings.Replace(ra.json(t, 0), `"returned":[]`, `"returned":null`, 1),
		"null for a beacon":      strings.Replace(newPlainRaffle(10).json(t, 0), `"previous"`, `"beacon":null,"previous"`, 1),
		"a byte order mark":      "\ufeff" + record,
		"two records":            record + record,
		"text after it":          record + "x",
		"no JSON":                "roll the drums",
		"nothing":                "",
		"a list":                 "[" + record + "]",
		"deep":                   strings.Repeat("[", 20_000),
		"version 1":              strings.Replace(record, `"version":2`, `"version":1`, 1),
		"version 2 in words":     strings.Replace(record, `"version":2`, `"version":"2"`, 1),
	} {
		add(name, StepRecord, recordQuestion{Record: text})
	}
	for _, twice := range doubled(t, lines[0]) {
		add("a member of the list's head twice", StepEntrants, recordQuestion{Record: record, List: twice + strings.Join(lines[1:], "")})
	}
	for name, text := range map[string]string{
		"a member of an entrant twice": lines[0] + doubled(t, lines[1])[0] + strings.Join(lines[2:], ""),
		"no newline at the end":        strings.TrimSuffix(list, "\n"),
		"an empty line":                list + "\n",
		"carriage returns":             strings.ReplaceAll(list, "\n", "\r\n"),
		"null for a reason":            strings.Replace(list, `"unfit":""`, `"unfit":null`, 1),
		"a member of another name":     strings.Replace(list, `"unfit":`, `"Unfit":`, 1),
		"nothing but the head":         lines[0],
		"no head":                      strings.Join(lines[1:], ""),
	} {
		add("list: "+name, StepEntrants, recordQuestion{Record: record, List: text})
	}
	checkBoth(t, names, questions, want)

	if step := firstFailure(Check([]byte(strings.Replace(record, "Große", "Gro\xc3e", 1)), Known{})); step != StepRecord {
		t.Errorf("half a character: fails at %q", step)
	}

	// In any order and with any white space a record is the same.
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(record), &members); err != nil {
		t.Fatal(err)
	}
	var out []string
	for name, value := range members {
		out = append(out, fmt.Sprintf("\t%q :\r\n %s", name, value))
	}
	slices.Sort(out)
	q := recordQuestion{Record: "{" + strings.Join(out, " ,") + "}\n"}
	checkBoth(t, []string{"another order"}, []recordQuestion{q}, []string{""})
}
