package overload

import (
	"cmp"

	"golang.org/x/time/rate"

	"drumroll/internal/hub"
)

const (
	// MaxSockets is how many sockets a node holds where its Config does not say.
	MaxSockets = 200_000

	// MaxUnacked is how many entries of one socket wait for their acknowledgement.
	MaxUnacked = 16

	// PhoneBuffer is how many bytes the kernel holds for a phone that does not read.
	// With the rest of one frame and what is queued behind it, such a phone costs less
	// than 64 KB.
	PhoneBuffer = 32 << 10

	// ScreensASecond is how many screens are let in a second.
	ScreensASecond = 100

	// broadcastShare leaves most of a node to entries, which wait for nobody.
	broadcastShare = 0.3

	// entryRate is how many entries a second one participant may send over HTTP, and
	// each socket besides: beyond it a phone only makes the log longer.
	entryRate = 1000
)

// Config of Valves.
type Config struct {
	Cores          int
	Arrivals       float64 // phones let in a second; 0: as many as the node bears
	BroadcastShare float64 // of the processors, for phones' ticks; 0: 0.3
	EntryRate      int     // entries a second of a participant, and of a socket; 0: 1,000
	MaxSockets     int     // 0: 200,000
}

// Valves are those of one node.
type Valves struct {
	Arrivals   *Gate // of phones
	Screens    *Gate // a lane of their own: no crowd keeps a projector out
	Limits     Limits
	Entries    Limit       // of a participant, and of a socket
	Broadcast  *hub.Budget // of the phones' ticks
	MaxSockets int64       // screens and hosts included; a host's is never one too many
}

// New returns the valves of a node.
func New(cfg Config) *Valves {
	perSecond := cmp.Or(cfg.EntryRate, entryRate)
	return &Valves{
		Arrivals:   newGate(cfg.Arrivals, cfg.Cores),
		Screens:    newGate(ScreensASecond, cfg.Cores),
		Entries:    Limit{"entries", rate.Limit(perSecond), perSecond},
		Broadcast:  hub.NewBudget(cmp.Or(cfg.BroadcastShare, broadcastShare) * float64(cfg.Cores)),
		MaxSockets: int64(cmp.Or(cfg.MaxSockets, MaxSockets)),
	}
}
