package rehearse

import (
	"context"
	"testing"
	"time"

	"drumroll/internal/contract"
)

// lies and the check that finds each.
func lies() map[string]string {
	return map[string]string{
		"lets nobody in":                        checkConnected,
		"begins with a tick":                    checkFirst,
		"repeats a seq":                         checkSeq,
		"goes silent":                           checkSilence,
		"speaks gibberish":                      checkFrame,
		"speaks of the unknown":                 checkFrame,
		"counts more choices than entries":      checkCounts,
		"ticks more choices than entries":       checkCounts,
		"answers nothing":                       checkAnswered,
		"answers what was not sent":             checkAck,
		"invents a status":                      checkAck,
		"counts a change as new":                checkOnce,
		"calls the first vote a change":         checkOnce,
		"calls the first vote unchanged":        checkOnce,
		"forgets a choice":                      checkKept,
		"tells another choice":                  checkKept,
		"forgets a ticket":                      checkKept,
		"tells a choice that was not made":      checkForeign,
		"tells a ticket that was not asked for": checkForeign,
		"refuses a vote that it counts":         checkForeign,
		"tells another ticket":                  checkTicket,
		"gives a ticket twice":                  checkTicket,
		"gives an empty ticket":                 checkTicket,
		"tells a loser that it won":             checkWon,
		"keeps a win from the winner":           checkWinners,
		"loses entries from the totals":         checkTotals,
		"counts what nobody sent":               checkTotalsOnly,
		"keeps a close to itself":               checkUpToDate,
	}
}

// everybody takes part in everything.
func everybody(after time.Duration) map[string]Taking {
	all := map[string]Taking{}
	for kind := range kinds {
		all[kind] = Taking{Share: 1, After: after}
	}
	return all
}

// hasty is a patience for servers on this machine that answer at once. A phone
// compares from the acknowledgement on, since the liar sends all in order.
func hasty() patience {
	return patience{
		look: 20 * time.Millisecond, tell: 2 * time.Millisecond, silence: time.Minute, deaf: time.Minute, ack: time.Minute,
		settle: 20 * time.Second, hurry: 20 * time.Second, agree: 20 * time.Second,
	}
}

func TestEveryCheckCanFail(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for lie, check := range lies() {
		found[check] = true
		t.Run(lie, func(t *testing.T) {
			t.Parallel()
			limit := hasty()
			limit.settle, limit.hurry, limit.agree = 100*time.Millisecond, 100*time.Millisecond, 100*time.Millisecond
			script := Script{Kinds: everybody(time.Millisecond), Change: 1, Stay: time.Second}
			switch lie {
			case "goes silent":
				limit.silence = 200 * time.Millisecond
				script = Script{}
			case "tells a choice that was not made", "tells a ticket that was not asked for":
				script.Kinds = nil
			case "refuses a vote that it counts":
				delete(script.Kinds, contract.KindRaffle)
			}
			r := rehearseLiar(t, lie, script, limit)
			if r.OK || failed(r, check) == 0 {
				t.Errorf("%q did not fail: %+v", check, r.Checks)
			}
		})
	}
	for _, check := range allChecks() {
		if !found[check] {
			t.Errorf("nothing shows that %q can fail", check)
		}
	}
}

func TestAnHonestServerPasses(t *testing.T) {
	t.Parallel()
	script := Script{Kinds: everybody(time.Millisecond), Change: 1}
	r := rehearseLiar(t, "", script, hasty())
	if !r.OK {
		t.Errorf("%+v", r.Checks)
	}
	for _, c := range r.Checks {
		if c.Skipped {
			t.Errorf("%q was not checked", c.Name)
		}
	}
	if r.Entries.Counted != 2*phonesOfLiar || r.Entries.Changed != phonesOfLiar {
		t.Errorf("%+v", r)
	}
}

const phonesOfLiar = 5

// rehearseLiar rehearses until a check failed, all phones voted, changed their
// vote and entered, or the script's time is up.
func rehearseLiar(t *testing.T, lie string, script Script, limit patience) *Report {
	t.Helper()
	l := newLiar(t, lie)
	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	r, err := run(ctx, Config{JoinURL: l.URL + "/abcdef", Phones: phonesOfLiar, Script: script, Seed: 1, Progress: func(p Progress) {
		if p.FailedChecks > 0 || p.Accepted >= 3*phonesOfLiar {
			enough()
		}
	}}, limit)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func failed(r *Report, check string) int {
	for _, c := range r.Checks {
		if c.Name == check {
			return c.Failed
		}
	}
	return -1
}
