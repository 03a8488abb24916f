package kinds

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/event"
)

// FuzzSpec: whatever specs the API lets through, as a new draft and as a change of it,
// the fold can read: a record that it cannot read would stop the event for ever.
func FuzzSpec(f *testing.F) {
	for _, body := range []string{
		`{"kind":"poll","title":" t ","options":["a","b"],"max_choices":2,"results":"hidden"}`, `{"kind":"poll","title":"t","options":["` + strings.Repeat(`a","`, event.MaxOptions-1) + `a"],"max_choices":50}`,
		`{"kind":"poll","title":"t","options":[]}`, `{"kind":"poll","title":"t"}`, `{"options":null}`, `{"max_choices":0}`, `{"max_choices":-1}`, `{"options":["\u2028<&>\ufffd"]}`,
		`{"kind":"raffle","title":"t","winners":1000,"prizes":["p"],"winners_may_win_again":true,"claim_seconds":86400,"beacon":true}`,
		`{"kind":"raffle","title":"t","eligible":{"took_part":1,"joined_before":"2026-01-02T03:04:05Z","checked_in":true}}`,
		`{"eligible":{"joined_before":"9999-12-31T23:59:59Z"}}`, `{"eligible":{"joined_before":"1969-12-31T23:59:59Z"}}`, `{"eligible":{"took_part":-1}}`, `{"prizes":[]}`,
		`{"kind":"scale","title":"t"}`, `{"kind":"scale","title":"t","min":-1000000,"max":-999990,"labels":["never","always"]}`,
		`{"kind":"scale","title":"t","min":9223372036854775807,"max":-9223372036854775808}`, `{"min":2,"max":2}`, `{"labels":[]}`, `{"labels":null}`, `{"kind":"quiz"}`,
	} {
		f.Add([]byte(body), []byte(`{"title":"u"}`))
		f.Add([]byte(`{"kind":"scale","title":"t"}`), []byte(body))
		f.Add([]byte(`{"kind":"poll","title":"t","options":["a","b"],"max_choices":2}`), []byte(body))
		f.Add([]byte(`{"kind":"raffle","title":"t"}`), []byte(body))
	}
	f.Fuzz(func(t *testing.T, body, change []byte) {
		log := newFoldedLog(t)
		spec, err := Spec(body, event.Spec{})
		if err != nil {
			return
		}
		log.fold(&event.Command{Type: event.CmdAdd, Spec: &spec})
		a, ok := log.state.Activity(2)
		if !ok {
			return // it names an activity that is not there
		}
		if s := a.Scale; s != nil && (s.Min >= s.Max || s.Max-s.Min > event.MaxSteps) {
			t.Fatalf("%s became a scale from %d to %d", body, s.Min, s.Max)
		}
		if again, err := Spec([]byte(`{}`), a.Spec); err != nil {
			t.Fatalf("%s: the same again: %v", body, err)
		} else if diff := cmp.Diff(a.Spec, again); diff != "" {
			t.Fatalf("%s: a change of nothing changed (-was +is):\n%s", body, diff)
		}
		if spec, err = Spec(change, a.Spec); err == nil {
			log.fold(&event.Command{Type: event.CmdEdit, Activity: a.ID, Spec: &spec})
		}
	})
}

// foldedLog is an event with a poll, and what is appended to its log.
type foldedLog struct {
	t     *testing.T
	state *event.State
	seq   uint64
}

func newFoldedLog(t *testing.T) *foldedLog {
	l := &foldedLog{t: t, state: event.New()}
	l.fold(&event.Command{Type: event.CmdCreate, Create: &event.Creation{Code: "K7QX2M", Title: "t"}})
	l.fold(&event.Command{Type: event.CmdAdd, Spec: &event.Spec{
		Kind: event.Poll, Title: "t", Results: event.Live, Poll: &event.PollSpec{Options: []string{"a"}, MaxChoices: 1},
	}})
	return l
}

func (l *foldedLog) fold(c *event.Command) {
	l.t.Helper()
	l.seq++
	c.Identity = event.Identity{UID: event.UID{1}, Producer: 1, Seq: l.seq}
	record := event.AppendCommand(nil, c)
	if err := l.state.Apply(event.Position{Ms: l.seq}, record, new(event.Result)); err != nil {
		l.t.Fatalf("%s: %v", record[6:], err)
	}
}
