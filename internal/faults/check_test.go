//go:build e2e

package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/contract"
	"drumroll/internal/event"
)

// view is all that a node says of the event and must say alike everywhere.
type view struct {
	Event contract.Event
	Draws []string // the records of the draws, byte by byte
}

// check compares everybody's word with everybody's, and the log's.
func (r *run) check() {
	before, ok := r.views("after the fault")
	if !ok {
		return
	}
	for _, n := range r.nodes {
		n.Kill()
	}
	for _, n := range r.nodes {
		n.start()
	}
	after, ok := r.views("folded again")
	if !ok {
		return
	}
	if diff := cmp.Diff(before, after); diff != "" {
		r.fail("nodes", "folded again, the event is another (-was +is):\n%s", diff)
	}
	r.checkExport(after)
	shown := r.askPhones()
	for _, n := range r.nodes {
		if err := n.Leave(); err != nil {
			r.fail("exit", "node %d: %v", n.no, err)
		}
	}
	r.checkLogs()
	counted, err := r.count()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Logf("%d records, %d of them repeated; %d entries acknowledged", counted.records, counted.repeated, r.crowd.acked.Load())
	r.checkTallies(counted, after)
	r.checkPhones(counted, shown)
	r.checkWinners(counted, after)
	r.checkCommands(after)
	r.checkLedger(counted)
	if r.lost > 0 {
		r.t.Logf("%d acknowledged entries were taken back", r.lost)
	}
}

// count counts the log itself; no node may hold an embedded one.
func (r *run) count() (*count, error) {
	log, err := r.store.open(r.t)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	defer func() { _ = log.Close() }() // it was read
	counted, err := countLog(r.t, log, r.crowd.code)
	if err != nil {
		return nil, fmt.Errorf("count the log: %w", err)
	}
	return counted, nil
}

func (r *run) checkLogs() {
	for _, n := range r.nodes {
		if text := n.Trouble(); text != "" {
			r.fail("log", "node %d:\n%s", n.no, text)
		}
	}
}

// view asks one node.
func (r *run) view(n *node) (view, error) {
	var v view
	if err := r.crowd.host(n, "GET", "", nil, &v.Event); err != nil {
		return v, err
	}
	v.Event.People.Connected = 0 // of the moment
	for i := range v.Event.Draws {
		var record []byte
		if err := r.crowd.host(n, "GET", fmt.Sprintf("/draws/%d", i+1), nil, &record); err != nil {
			return v, err
		}
		v.Draws = append(v.Draws, string(record))
	}
	return v, nil
}

// views asks all nodes until they agree.
func (r *run) views(when string) (agreed view, ok bool) {
	var diff string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		diff = ""
		for i, n := range r.nodes {
			v, err := r.view(n)
			if err != nil {
				diff = fmt.Sprintf("node %d: %v", n.no, err)
				break
			}
			if i == 0 {
				agreed = v
			} else if d := cmp.Diff(agreed, v); d != "" {
				diff = fmt.Sprintf("node 0 and node %d (-0 +%d):\n%s", n.no, n.no, d)
				break
			}
		}
		if diff == "" {
			return agreed, true
		}
	}
	r.fail("nodes", "%s: %s", when, diff)
	return agreed, false
}

func (r *run) checkExport(v view) {
	var export struct{ Event contract.Event }
	if err := r.crowd.host(r.nodes[0], "GET", "/export.json", nil, &export); err != nil {
		r.fail("export", "%v", err)
		return
	}
	codes := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Code" }, cmp.Ignore()) // an export keeps no claim codes
	if diff := cmp.Diff(v.Event.Activities, export.Event.Activities, codes); diff != "" {
		r.fail("export", "(-API +export):\n%s", diff)
	}
}

// checkTallies compares what the nodes show with the own count.
func (r *run) checkTallies(c *count, v view) {
	if len(c.activities) != len(v.Event.Activities) {
		r.doubled += max(0, len(v.Event.Activities)-len(c.activities))
		r.fail("tallies", "the nodes have %d activities, the log %d", len(v.Event.Activities), len(c.activities))
		return
	}
	for i, a := range v.Event.Activities {
		own := c.activities[i]
		want := contract.Activity{ID: i + 1, Kind: own.kind, Title: own.title, State: own.state, Run: 1, Entries: own.entries, Counts: own.counts}
		if own.kind == event.Raffle {
			want.Counts = nil
		}
		r.doubled += max(0, a.Entries-own.entries)
		got := contract.Activity{ID: a.ID, Kind: a.Kind, Title: a.Title, State: a.State, Run: a.Run, Entries: a.Entries, Counts: a.Counts}
		if diff := cmp.Diff(want, got); diff != "" {
			r.fail("tallies", "activity %d (-own count +nodes):\n%s", i+1, diff)
		}
	}
	if len(c.people) != v.Event.People.Joined {
		r.fail("tallies", "the nodes know %d participants, the log %d", v.Event.People.Joined, len(c.people))
	}
}

// askPhones has some phones dial again, and returns which choices each is shown as
// its own, by activity.
func (r *run) askPhones() map[event.Participant]map[int]event.Choice {
	shown := map[event.Participant]map[int]event.Choice{}
	for i := 0; i < len(r.crowd.phones); i += 1 + len(r.crowd.phones)/20 {
		p := r.crowd.phones[i]
		state, err := p.firstState(r.anyNode())
		if err != nil {
			r.fail("choice", "participant %v dials again: %v", p.who, err)
			continue
		}
		shown[p.who] = map[int]event.Choice{}
		for activity, options := range state.You.Entries {
			for _, o := range options {
				shown[p.who][activity] |= 1 << o
			}
		}
	}
	return shown
}

// firstState dials a node as the phone and reads what it is told first.
func (p *phone) firstState(n *node) (state contract.State, err error) {
	socket, err := p.dial(n, callLimit)
	if err != nil {
		return state, err
	}
	defer socket.Close()
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	frame, err := nextFrame(ctx, socket, contract.FrameState)
	if err != nil {
		return state, err
	}
	return state, json.Unmarshal(frame, &state)
}

// checkPhones: what a phone is shown as its own is what counts for it.
func (r *run) checkPhones(c *count, shown map[event.Participant]map[int]event.Choice) {
	for who, choices := range shown {
		for _, activity := range []int{r.crowd.poll, r.crowd.flicker} {
			if got, want := choices[activity], c.activities[activity-1].votes[who].choice; got != want {
				r.fail("choice", "participant %v is shown %v in activity %d, and %v counts", who, slices.Collect(got.All()), activity, slices.Collect(want.All()))
			}
		}
	}
}

func (r *run) checkWinners(c *count, v view) {
	raffle := v.Event.Activities[r.crowd.raffle-1]
	tickets := c.activities[r.crowd.raffle-1].tickets
	if want := min(winners, len(tickets)); len(raffle.Winners) != want {
		r.fail("winners", "%d of %d entrants won, want %d", len(raffle.Winners), len(tickets), want)
	}
	entrants := map[string]bool{}
	for _, ticket := range tickets {
		entrants[ticket] = true
	}
	for _, w := range raffle.Winners {
		if !entrants[w.Ticket] {
			r.fail("winners", "ticket %s won and is no entrant's, or won twice", w.Ticket)
		}
		delete(entrants, w.Ticket)
	}
	for _, p := range r.crowd.phones {
		if p.ticket != "" && p.ticket != tickets[p.who] && !r.fault.lossy {
			r.fail("winners", "participant %v was given ticket %q and has %q", p.who, p.ticket, tickets[p.who])
		}
	}
}

// checkCommands: an acknowledged command was carried out once, others at most once.
func (r *run) checkCommands(v view) {
	times := map[string]int{}
	for _, a := range v.Event.Activities {
		times[a.Title]++
	}
	for title, n := range times {
		if n > 1 {
			r.doubled += n - 1
			r.fail("activities", "%q was added %d times", title, n)
		}
	}
	drafts := r.host.drafts
	if r.second != nil {
		drafts = append(drafts, r.second.drafts...)
	}
	for _, title := range drafts {
		if times[title] == 0 && !r.fault.lossy {
			r.fail("activities", "%q was acknowledged and is not there", title)
		}
	}
}

// checkLedger compares what phones sent and were told with what counts.
func (r *run) checkLedger(c *count) {
	known := accounts(r.crowd.phones)
	r.acked = 0
	for k, a := range known {
		r.acked += a.acked
		counted := c.counted[k]
		if counted < a.acked {
			r.lost += a.acked - counted
			if !r.fault.lossy {
				r.fail("acknowledged", "%+v was acknowledged %d times and counts %d times", k, a.acked, counted)
			}
		}
		if counted > a.most {
			r.doubled += counted - a.most
			r.fail("counted", "%+v counts %d times; at most %d times it could", k, counted, a.most)
		}
	}
	for k, n := range c.counted {
		if _, sent := known[k]; !sent {
			r.doubled += n
			r.fail("counted", "%+v counts and was never sent", k)
		}
	}
	for _, p := range r.crowd.phones {
		for _, activity := range []int{r.crowd.poll, r.crowd.flicker} {
			got, counts := c.activities[activity-1].votes[p.who]
			want := p.stands(activity)
			switch {
			case !p.numbered || r.fault.lossy:
			case !counts && want.must, counts && !slices.Contains(want.choices, got.choice):
				r.fail("choice", "participant %v has %v in activity %d (%+v), want %v", p.who, slices.Collect(got.choice.All()), activity, got, want)
			}
		}
	}
}
