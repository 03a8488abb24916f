package rehearse

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"drumroll/internal/contract"
)

// errGone: the server knows no such event.
var errGone = errors.New("there is no such event")

// ask gets the event as everybody may see it.
func (c *crowd) ask(ctx context.Context) (*contract.Event, error) {
	e, err := c.api.Get(ctx)
	if contract.StatusOf(err) == http.StatusNotFound {
		return nil, errGone
	}
	return &e, err
}

// finalChecks compares what the phones know with what the server says. Checks
// that cannot be made are skipped.
func (c *crowd) finalChecks(ctx context.Context, settled bool) {
	interrupted := ctx.Err() != nil
	if !settled && interrupted {
		c.checks.skip(checkConnected, checkAnswered)
	} else if !settled {
		if n := c.started.Load() - c.got.Load(); n > 0 {
			c.checks.add(checkConnected, int(n), "%d of %d phones were never sent a state", n, c.started.Load())
		}
		if n := c.waiting.Load(); n > 0 {
			c.checks.add(checkAnswered, int(n), "%d taps were not answered, %v after the last", n, c.limit.settle)
		}
	}
	if c.gone.Err() != nil {
		c.checks.skip(checkAnswered)
		c.checks.skip(ofTheServer()...)
		return
	}
	over, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	e, err := c.agreed(over)
	if err != nil {
		if !interrupted && !errors.Is(err, errGone) {
			c.checks.fail(checkTotals, "the event could not be read in the end: %v", err)
		}
		c.checks.skip(ofTheServer()...)
		return
	}
	c.checkEvent("the API", e)
	c.checkWinners(e)
	alone := c.before.People.Joined == 0 && int64(e.People.Joined) == c.identities.Load()
	if !alone {
		c.checks.skip(checkTotalsOnly)
	}
	for i := range e.Activities {
		c.checkTotals(&e.Activities[i], alone)
	}
}

// agreed waits until every connected phone has the newest state, and returns it;
// those that have not fail a check.
func (c *crowd) agreed(ctx context.Context) (*contract.Event, error) {
	deadline := time.Now().Add(c.limit.agree)
	for {
		e, err := c.ask(ctx)
		if err != nil {
			return nil, err
		}
		behind, example := 0, ""
		for _, p := range c.phones {
			if what := p.differs(e); what != "" {
				behind++
				example = what
			}
		}
		late := behind > 0 && time.Now().After(deadline)
		if late {
			c.checks.add(checkUpToDate, behind, "%s", example)
		}
		if behind == 0 || late || !c.sleep(100*time.Millisecond) {
			return e, nil
		}
	}
}

// differs says in what a connected phone's state is not the server's; "" where it
// is. Phones list open and current activities alone.
func (p *phone) differs(e *contract.Event) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ready {
		return ""
	}
	mine := p.state.Event
	for i := range e.Activities {
		a := &e.Activities[i]
		if b := mine.Activity(a.ID); b == nil {
			if a.State == contract.Open {
				return fmt.Sprintf("phone %d does not know that activity %d is open", p.no, a.ID)
			}
		} else if a.State != b.State || a.Run != b.Run {
			return fmt.Sprintf("for phone %d activity %d is %s in run %d, and in truth %s in run %d", p.no, a.ID, b.State, b.Run, a.State, a.Run)
		}
	}
	if (mine.Current == nil) != (e.Current == nil) || mine.Current != nil && *mine.Current != *e.Current {
		return fmt.Sprintf("phone %d shows another activity than the current one", p.no)
	}
	return ""
}

// checkTotals compares an activity's counts with what its phones know to count.
// Entries whose answer was lost may count or not.
func (c *crowd) checkTotals(a *contract.Activity, alone bool) {
	entries, unsure := 0, 0
	counts := make([]int, len(a.Counts))
	for _, p := range c.phones {
		p.mu.Lock()
		for _, r := range p.runs {
			if r.of.ID != a.ID || r.of.Run != a.Run {
				continue
			}
			if len(r.maybe) > 0 {
				unsure++
			}
			if !r.acked {
				continue
			}
			entries++
			for _, o := range r.choice.places() {
				if o < len(counts) {
					counts[o]++
				}
			}
		}
		p.mu.Unlock()
	}
	if a.Entries < entries {
		c.checks.add(checkTotals, entries-a.Entries, "activity %d: %d entries were acknowledged, the server has %d", a.ID, entries, a.Entries)
	}
	if alone && a.Entries > entries+unsure {
		c.checks.add(checkTotalsOnly, a.Entries-entries-unsure, "activity %d: at most %d entries were made, the server has %d", a.ID, entries+unsure, a.Entries)
	}
	for o := range counts {
		if a.Counts[o] < counts[o]-unsure {
			c.checks.fail(checkTotals, "activity %d, option %d: %d choices were acknowledged, the server has %d", a.ID, o, counts[o], a.Counts[o])
		}
		if alone && a.Counts[o] > counts[o]+unsure {
			c.checks.fail(checkTotalsOnly, "activity %d, option %d: %d choices were acknowledged, the server has %d", a.ID, o, counts[o], a.Counts[o])
		}
	}
}
