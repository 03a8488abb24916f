package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestResultsOfAnEventThatIsGone: an export alone shows the results, and each of
// its draws can be checked, when neither the event nor its server is there any more.
func TestResultsOfAnEventThatIsGone(t *testing.T) {
	t.Parallel()
	s := serveProgram(t, program(t, nil, "--addr", "127.0.0.1:0"))
	e := newEvent(t, s.url)
	for i := range 5 {
		var p struct{ Token string }
		e.call(t, "POST", "/participants", "", &p)
		phone := &created{e.At(e.Code, p.Token)}
		phone.call(t, "POST", "/entries", fmt.Sprintf(`{"activity":1,"choice":[%d]}`, min(i, 1)), nil)
		phone.call(t, "POST", "/entries", `{"activity":2}`, nil)
	}
	var raffle struct {
		Winners []struct{ Handle, Ticket string }
	}
	for _, verb := range []string{"1/close", "2/close", "2/draw", "2/draw"} {
		e.call(t, "POST", "/activities/"+verb, "", &raffle)
	}
	e.call(t, "POST", "/activities/2/redraw", fmt.Sprintf(`{"winner":%q,"reason":"went home"}`, raffle.Winners[0].Ticket), nil)
	var exported json.RawMessage
	e.call(t, "GET", "/export.json", "", &exported)
	// A server takes no control characters; who knows where a file comes from.
	exported = []byte(strings.Replace(string(exported), `"Rehearsal"`, `"Text \u001b[31m"`, 1))
	file := filepath.Join(t.TempDir(), "export.json")
	if err := os.WriteFile(file, exported, 0o600); err != nil {
		t.Fatal(err)
	}
	e.call(t, "DELETE", "", "", nil)
	if code, _ := s.end(t, syscall.SIGTERM); code != 0 {
		t.Errorf("the server ended with %d\n%s", code, s.stderr)
	}

	var stdout, stderr strings.Builder
	if err := run(t.Context(), []string{"results", file}, environment(nil), &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`Text \x{FFFD}\[31m \(` + e.Code + `\), 5 joined\n`,
		`1\. Which\? \(poll, closed, run 1, 5 entries\)\n  1 +20 % +a\n  4 +80 % +b\n  0 +0 % +c\n`,
		`2\. Mug \(raffle, drawn, run 1, 5 entries\)\n  draw `,
		regexp.QuoteMeta(raffle.Winners[0].Handle) + ` +` + regexp.QuoteMeta(raffle.Winners[0].Ticket) + ` +voided: went home\n`,
		`Draws\n  1 +Mug +run 1 +5 entrants +.+\n  2 .+\n  3 .+ went home\n`,
		`Frozen lists\n  20\d\d-.+ UTC +Mug +run 1 +5 entrants .+ 3 draws\n`,
	} {
		if !regexp.MustCompile(want).MatchString(stdout.String()) {
			t.Errorf("no %s in\n%s", want, &stdout)
		}
	}
	if stderr.Len() > 0 {
		t.Errorf("stderr: %s", &stderr)
	}

	for draw := 1; draw <= 3; draw++ {
		var report strings.Builder
		err := verify(t.Context(), []string{"--draw", fmt.Sprint(draw), file}, &report, &stderr)
		if err != nil || draw > 1 && !strings.Contains(report.String(), "ok    history") {
			t.Errorf("draw %d: %v\n%s", draw, err, &report)
		}
	}
	forged := filepath.Join(t.TempDir(), "forged.json")
	if err := os.WriteFile(forged, []byte(strings.ReplaceAll(string(exported), `"wanted":1`, `"wanted":2`)), 0o600); err != nil {
		t.Fatal(err)
	}
	var report strings.Builder
	if err := verify(t.Context(), []string{"--draw", "1", forged}, &report, &stderr); !errors.Is(err, errNotVerified) {
		t.Errorf("a forged draw: %v\n%s", err, &report)
	}
	if err := verify(t.Context(), []string{"--draw", "4", file}, &report, &stderr); err == nil || !strings.Contains(err.Error(), "no such draw") {
		t.Errorf("a draw that is not there: %v", err)
	}
}

// The results of a scale, and of an export that lacks what it should have.
func TestResultsByKind(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "export.json")
	text := `{"event":{"code":"ABC234","title":"Talk","activities":[
		{"id":1,"kind":"scale","title":"How was it?","state":"closed","run":1,"entries":4,"counts":[1,0,3],"min":0,"max":2,"labels":["poor","great"],"mean":1.5},
		{"id":2,"kind":"scale","title":"Bare","counts":[1]},
		{"id":3,"kind":"raffle","title":"Bare"},
		{"id":4,"kind":"poll","title":"Bare","counts":[1]},
		{"id":5,"kind":"dance","title":"Unknown"}]}}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout strings.Builder
	if err := results(t.Context(), []string{file}, &stdout, &stdout); err != nil {
		t.Fatal(err)
	}
	want := `1\. How was it\? \(scale, closed, run 1, 4 entries\)\n  1 +25 % +0\n  0 +0 % +1\n  3 +75 % +2\n  mean +1\.50 +poor … great\n`
	if !regexp.MustCompile(want).MatchString(stdout.String()) {
		t.Errorf("no %s in\n%s", want, &stdout)
	}
}

func TestResultsOfSomethingElse(t *testing.T) {
	for _, args := range [][]string{{}, {"a", "b"}, {"--bad"}, {"none.json"}, {drawData + "page.mjs"}, {drawData + "record1.json"}} {
		var stdout, stderr strings.Builder
		if err := results(t.Context(), args, &stdout, &stderr); err == nil || stdout.Len() > 0 {
			t.Errorf("results %q: %v, and it prints\n%s", args, err, &stdout)
		}
	}
}
