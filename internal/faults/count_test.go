//go:build e2e

package faults

import (
	"fmt"
	"math/bits"
	"testing"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/fairdraw"
)

// count is what the log's records say, counted here and not by the fold: each
// batch by its identity once, entries in the order of the log, each participant's
// by n, and nothing that stands where the run is not open.
type count struct {
	uid        event.UID
	activities []*tally // activity i is at i-1
	people     map[event.Participant]bool
	counted    map[key]int // how often an entry stands in the log, once per batch, where its run is open

	newest            map[event.Producer]uint64
	records, repeated int
}

// tally is one activity.
type tally struct {
	kind, title, state string
	entries            int
	counts             []int
	votes              map[event.Participant]vote
	tickets            map[event.Participant]string
}

type vote struct {
	n      uint32
	choice event.Choice
}

// countLog reads an event's whole log.
func countLog(t *testing.T, l eventlog.Log, code string) (*count, error) {
	c := &count{people: map[event.Participant]bool{}, counted: map[key]int{}, newest: map[event.Producer]uint64{}}
	for at := (eventlog.Offset{}); ; {
		records, err := l.Read(t.Context(), code, at, 1000, 0)
		if err != nil {
			return nil, err
		}
		if len(records) == 0 {
			return c, nil
		}
		for _, r := range records {
			record, err := event.Decode(r.Data)
			if err == nil {
				err = c.add(&record)
			}
			if err != nil {
				return nil, fmt.Errorf("record at %v: %w", r.Offset, err)
			}
			at = r.Offset
		}
	}
}

func (c *count) add(r *event.Record) error {
	c.records++
	if c.records == 1 {
		if r.Command == nil || r.Command.Type != event.CmdCreate {
			return fmt.Errorf("the log begins with %+v", r)
		}
		c.uid = r.UID
		c.newest[r.Producer] = r.Seq
		return nil
	}
	if r.UID != c.uid {
		return fmt.Errorf("uid %v in the log of %v", r.UID, c.uid)
	}
	if r.Seq <= c.newest[r.Producer] {
		c.repeated++
		return nil
	}
	c.newest[r.Producer] = r.Seq
	if r.Command != nil {
		return c.command(r.Command)
	}
	for i := range r.Items {
		c.item(&r.Items[i])
	}
	return nil
}

func (c *count) command(cmd *event.Command) error {
	var a *tally
	if cmd.Activity > 0 && cmd.Activity <= len(c.activities) {
		a = c.activities[cmd.Activity-1]
	}
	switch cmd.Type {
	case event.CmdAdd:
		c.activities = append(c.activities, &tally{
			kind: cmd.Spec.Kind, title: cmd.Spec.Title, state: event.Draft, counts: make([]int, optionsOf(cmd.Spec)),
			votes: map[event.Participant]vote{}, tickets: map[event.Participant]string{},
		})
	case event.CmdOpen:
		if a != nil && (a.state == event.Draft || a.state == event.Closed) && (a.kind == event.Poll || a.state == event.Draft) {
			a.state = event.Open
		}
	case event.CmdClose:
		if a != nil && a.state == event.Open {
			a.state = event.Closed
		}
	case event.CmdDraw:
		if a != nil && (a.state == event.Closed || a.state == event.Drawn) && a.kind == event.Raffle {
			a.state = event.Drawn
		}
	case event.CmdSpent: // of raffles whose freeze was taken back; none here was frozen then
	case event.CmdFreeze: // of who can win in a raffle; its state and tickets stay
	default:
		return fmt.Errorf("no host here gave the command %q", cmd.Type)
	}
	return nil
}

func (c *count) item(it *event.Item) {
	if it.Kind == event.ItemJoin {
		c.people[it.Participant] = true
		return
	}
	if it.Activity < 1 || it.Activity > len(c.activities) {
		return
	}
	a := c.activities[it.Activity-1]
	if a.state != event.Open || it.Run != 1 || (it.Kind == event.ItemVote) != (a.kind == event.Poll) {
		return
	}
	c.people[it.Participant] = true
	c.counted[key{it.Participant, it.Activity, it.N, it.Choice()}]++
	if it.Kind == event.ItemTicket {
		if a.tickets[it.Participant] == "" {
			pseudonym, nonce := it.TicketParts()
			a.tickets[it.Participant] = fairdraw.MakeTicket(c.uid, uint64(it.Activity), 1, pseudonym, nonce).String()
			a.entries++
		}
		return
	}
	had, voted := a.votes[it.Participant]
	if it.N != 0 && it.N < had.n {
		return
	}
	if voted {
		a.counts[bits.TrailingZeros64(uint64(had.choice))]--
	} else {
		a.entries++
	}
	a.counts[bits.TrailingZeros64(uint64(it.Choice()))]++
	a.votes[it.Participant] = vote{max(it.N, had.n), it.Choice()}
}

func optionsOf(spec *event.Spec) int {
	if spec.Poll == nil {
		return 0
	}
	return len(spec.Poll.Options)
}
