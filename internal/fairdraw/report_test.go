package fairdraw

import (
	"bytes"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	ra := newRaffle(9)
	steps := Verify(ra.records[0], Known{})
	var buf bytes.Buffer
	if err := Report(&buf, steps); err != nil {
		t.Fatal(err)
	}
	if !OK(steps) || strings.Count(buf.String(), "\n") != len(steps) || strings.Contains(buf.String(), "FAIL") {
		t.Errorf("report of a true record:\n%s", buf.String())
	}
	if OK(nil) {
		t.Error("no step at all is no success")
	}
}
