package rehearse

import (
	"time"

	"drumroll/internal/contract"
)

// poll: a phone chooses options. Place i of its counts is option i.
type poll struct{}

func (poll) verb() string { return "vote" }

func (poll) usual() Taking { return Taking{Share: 0.9, After: 4 * time.Second} }

func (poll) places(a *contract.Activity) (first, places int) { return 0, len(a.Options) }

func (poll) fill(e *contract.Entry, _ *phone, _ *part, c choice) { e.Choice = c.places() }

func (poll) counts(a *contract.Activity) int { return a.MaxChoices }

func (poll) accepted(*phone, *part, *contract.Ack) {}

func (poll) compare(p *phone, r *part, a *contract.Activity, y *contract.You, now time.Time) {
	p.compareChoiceLocked(r, a, y.Entries[a.ID], now)
}
