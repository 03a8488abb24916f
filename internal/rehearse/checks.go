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

// Checks is how many promises are watched.
func Checks() int { return len(allChecks()) }

// checks counts what failed, and keeps the first example of each.
type checks struct {
	mu  sync.Mutex
	all []Check // in the order of the report
}

func newChecks() *checks {
	c := &checks{all: make([]Check, Checks())}
	for i, name := range allChecks() {
		c.all[i].Name = name
	}
	return c
}

func (c *checks) fail(name, format string, args ...any) { c.add(name, 1, format, args...) }

// add notes several failures at once.
func (c *checks) add(name string, n int, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	check := &c.all[slices.Index(allChecks(), name)]
	if check.Failed == 0 {
		check.Example = fmt.Sprintf(format, args...)
	}
	check.Failed += n
}

// skip notes checks that are not made.
func (c *checks) skip(names ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.all {
		c.all[i].Skipped = c.all[i].Skipped || slices.Contains(names, c.all[i].Name)
	}
}

// list is all checks as they stand, and how often they failed together.
func (c *checks) list() (all []Check, failures int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, check := range c.all {
		check.Skipped = check.Skipped && check.Failed == 0
		all = append(all, check)
		failures += check.Failed
	}
	return all, failures
}
