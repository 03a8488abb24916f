package rehearse

import (
	"fmt"
	"slices"
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

// ofTheServer are the checks of what the server has when a rehearsal has settled.
func ofTheServer() []string {
	return []string{checkTotals, checkTotalsOnly, checkUpToDate, checkWinners}
}

// skippedChecks are checks that were not made.
type skippedChecks map[string]bool

func (s skippedChecks) skip(names ...string) {
	for _, name := range names {
		s[name] = true
	}
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
func (c *checks) broken() []Check {
	return slices.DeleteFunc(c.list(nil), func(check Check) bool { return check.Failed == 0 })
}

func (c *checks) list(skipped skippedChecks) (all []Check) {
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
