package fairdraw

import (
	"bytes"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	ra := newRaffle(10)
	steps := Verify(ra.records[0], Known{})
	var buf bytes.Buffer
	if err := Report(&buf, steps); err != nil {
		t.Fatal(err)
	}
	if !OK(steps) || strings.Count(buf.String(), "\n") != len(steps)+1 || strings.Contains(buf.String(), "FAIL") ||
		!strings.Contains(buf.String(), "not checked: told freeze, because no freeze hash was given that was noted before\n") ||
		!strings.HasSuffix(buf.String(), "12 steps hold, 0 failed, 4 not checked\n") {
		t.Errorf("report of a true record:\n%s", buf.String())
	}
	if OK(nil) {
		t.Error("no step at all is no success")
	}
}
