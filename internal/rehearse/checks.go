package rehearse

import (
	"fmt"
	"sync"
)

// The checks. Each is what the contract promises to every phone.
const (
	checkConnected  = "every phone gets in"
	checkFirst      = "a connection begins with a whole state"
	checkSeq        = "seq grows within a connection"
	checkSilence    = "every connection hears something within 20 s"
	checkFrame      = "every frame is well-formed"
	checkCounts     = "counts never exceed entries"
	checkAnswered   = "every tap is answered"
	checkAck        = "acknowledgements are for what was sent"
	checkOnce       = "no phone counts twice in a run"
	checkKept       = "an acknowledged choice stands in later states"
	checkForeign    = "no phone is told a choice or ticket that it did not make"
	checkTicket     = "a ticket is one phone's and does not change"
	checkWon        = "a phone is told only of its own ticket's win"
	checkWinners    = "winners hear of it"
	checkTotals     = "the server's counts hold what was acknowledged"
	checkTotalsOnly = "the server's counts hold nothing else"
	checkUpToDate   = "every phone has the newest state"
)

// allChecks in the order of the report.
func allChecks() []string {
	return []string{
		checkConnected, checkFirst, checkSeq, checkSilence, checkFrame, checkCounts, checkAnswered, checkAck, checkOnce,
		checkKept, checkForeign, checkTicket, checkWon, checkWinners, checkTotals, checkTotalsOnly, checkUpToDate,
	}
}

// inTheEnd are the checks that are made when a rehearsal has settled.
func inTheEnd() map[string]bool {
	all := map[string]bool{}
	for _, name := range []string{checkConnected, checkAnswered, checkTotals, checkTotalsOnly, checkUpToDate, checkWinners} {
		all[name] = true
	}
	return all
}

// Checks is how many promises are watched.
func Checks() int { return len(allChecks()) }

// checks counts what failed, and keeps the first example of each.
type checks struct {
	mu     sync.Mutex
	failed map[string]*Check
}

func (c *checks) fail(name, format string, args ...any) { c.add(name, 1, format, args...) }

// add notes several failures at once.
func (c *checks) add(name string, n int, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.failed[name]
	if f == nil {
		f = &Check{Name: name, Example: fmt.Sprintf(format, args...)}
		c.failed[name] = f
	}
	f.Failed += n
}

func (c *checks) failures() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.failed {
		n += f.Failed
	}
	return n
}

// broken are the checks that have failed so far.
func (c *checks) broken() (failed []Check) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range allChecks() {
		if f := c.failed[name]; f != nil {
			failed = append(failed, *f)
		}
	}
	return failed
}

func (c *checks) list(skipped map[string]bool) (all []Check) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range allChecks() {
		if f := c.failed[name]; f != nil {
			all = append(all, *f)
		} else {
			all = append(all, Check{Name: name, Skipped: skipped[name]})
		}
	}
	return all
}
