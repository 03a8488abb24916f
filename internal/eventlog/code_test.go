package eventlog_test

import (
	"strings"
	"testing"

	"drumroll/internal/eventlog"
)

func TestValidCode(t *testing.T) {
	for code, want := range map[string]bool{
		"K7QX2M":                true,
		"A":                     true,
		strings.Repeat("Z", 32): true,
		strings.Repeat("Z", 33): false,
		"":                      false,
		"k7qx2m":                false,
		"../../":                false,
		"K7QX2M}":               false,
		"K7QX\x00M":             false,
		"ÄÄÄ":                   false,
	} {
		if got := eventlog.ValidCode(code); got != want {
			t.Errorf("ValidCode(%q) = %v, want %v", code, got, want)
		}
	}
}

func TestOffset(t *testing.T) {
	rising := []eventlog.Offset{{}, {Seq: 1}, {Ms: 9, Seq: 10}, {Ms: 10}, {Ms: 10, Seq: 2}, {Ms: 10, Seq: 11}}
	for i, o := range rising {
		for j, p := range rising {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := o.Compare(p); got != want {
				t.Errorf("%v.Compare(%v) = %d, want %d", o, p, got, want)
			}
		}
		if back, err := eventlog.ParseOffset(o.String()); err != nil || back != o {
			t.Errorf("ParseOffset(%q) = %v, %v", o, back, err)
		}
	}
	for _, bad := range []string{"", "-", "1", "1-", "-1", "a-1", "1-b", "1-2-3", " 1-2", "99999999999999999999-0"} {
		if o, err := eventlog.ParseOffset(bad); err == nil {
			t.Errorf("ParseOffset(%q) = %v, want an error", bad, o)
		}
	}
}
