package rehearse

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// taking is what a script says of each kind; times that it leaves out are the usual ones.
func taking(polls, scales, raffles Taking) map[string]Taking {
	all := map[string]Taking{"poll": polls, "scale": scales, "raffle": raffles}
	for name, take := range all {
		if take.After == 0 {
			take.After = kinds[name].usual().After
			all[name] = take
		}
	}
	return all
}

func TestParseScript(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want Script
	}{
		"nothing": {"", Script{Kinds: taking(Taking{}, Taking{}, Taking{}), ClaimAfter: 10 * time.Second, Stay: time.Minute}},
		"everything": {`
# a talk
join over 30s
name 10%
vote 90% after 4s   # most
change 20%
rate 70% after 2s
enter 12.5% after 1m
claim 80% after 20s
late 2%
reconnect 5%
stay 2m
`, Script{
			JoinOver: 30 * time.Second, Name: 0.1, Change: 0.2,
			Kinds: taking(Taking{0.9, 4 * time.Second}, Taking{0.7, 2 * time.Second}, Taking{0.125, time.Minute}),
			Claim: 0.8, ClaimAfter: 20 * time.Second, Late: 0.02, Reconnect: 0.05, Stay: 2 * time.Minute,
		}},
		"everybody": {"vote\nenter after 1s\nstay 0s", Script{
			Kinds: taking(Taking{Share: 1}, Taking{}, Taking{1, time.Second}), ClaimAfter: 10 * time.Second,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseScript(strings.NewReader(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseScriptRefuses(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"dance":              `line 1: unknown "dance"`,
		"\nvote 101%":        "line 2: vote",
		"vote x%":            "0% to 100%",
		"vote NaN%":          "0% to 100%",
		"vote after":         "missing",
		"vote after soon":    `"soon"`,
		"vote after -1s":     `"-1s"`,
		"join 30s":           `unexpected "30s"`,
		"join over 3s 4s":    `unexpected "4s"`,
		"change 3% after 1s": `unexpected "after"`,
		"late 1%\nlate 2%":   "line 2: \"late\" stands there twice",
		"stay":               "missing",
	} {
		if _, err := ParseScript(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q in it", text, err, says)
		}
	}
}

// The script that the documentation shows can be parsed.
func TestScriptOfTheDocumentation(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/REHEARSAL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "join over")
	script, _, end := strings.Cut(rest, "```")
	if !ok || !end {
		t.Fatal("the documentation shows no script")
	}
	if _, err := ParseScript(strings.NewReader("join over" + script)); err != nil {
		t.Error(err)
	}
}
