package hub

import (
	"sync"
	"time"
)

// Budget is the time that a node may spend on telling its crowds of moving
// counts, over all topics. What was spent is made up for at a steady rate, and
// until then the next ticks wait: so their number follows from what they cost,
// measured each time, with however many phones and whatever else the node does.
type Budget struct {
	share float64 // seconds spent a second

	mu   sync.Mutex
	debt time.Duration // of work, as of at
	at   time.Time
}

// maxDebt bounds, in time to wait, what one broadcast can leave to make up for:
// it must not silence the ticks of a crowd that has long gone.
const maxDebt = 2 * time.Second

// NewBudget returns a Budget of so many seconds of work a second; a node of four
// cores that may use a quarter of them has 1.
func NewBudget(share float64) *Budget { return &Budget{share: share} }

// Spend notes time that was spent until now.
func (b *Budget) Spend(took time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	// What became free while it was spent counts.
	b.settleLocked(-b.work(took))
	b.debt = min(b.debt+took, b.work(maxDebt))
}

// Wait is how long it takes until what was spent is made up for; 0 where it is.
func (b *Budget) Wait() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settleLocked(0)
	return time.Duration(float64(b.debt) / b.share)
}

// settleLocked brings the debt up to now, and down to least at most.
func (b *Budget) settleLocked(least time.Duration) {
	now := time.Now()
	b.debt = max(least, b.debt-b.work(now.Sub(b.at)))
	b.at = now
}

// work is what may be spent in a time. What is not owed is not saved up, so a very
// long time is as good as an hour.
func (b *Budget) work(in time.Duration) time.Duration {
	return time.Duration(float64(min(in, time.Hour)) * b.share)
}
