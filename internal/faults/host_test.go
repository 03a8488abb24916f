//go:build e2e

package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// winners is how many a raffle draws.
const winners = 3

// host is the person with the console, in the middle of the fault: opens and
// closes one poll all the time, so that closes stand among racing entries, and
// adds drafts, which a command that is carried out twice would show.
type host struct {
	c      *crowd
	random *rand.Rand
	drafts []string // titles of what was acknowledged
	tried  map[string]bool
}

// busy gives commands at any node until ctx ends.
func (h *host) busy(ctx context.Context) {
	h.tried = map[string]bool{}
	open := true
	for i := 0; ctx.Err() == nil; i++ {
		n := h.c.nodes[h.random.IntN(len(h.c.nodes))]
		if i%3 == 2 && len(h.tried) < 200 {
			title := fmt.Sprintf("Draft %d", i)
			h.tried[title] = true
			if h.c.host(n, "POST", "/activities", map[string]any{"kind": "raffle", "title": title}, nil) == nil {
				h.drafts = append(h.drafts, title)
			}
		} else {
			verb := "close"
			if !open {
				verb = "open"
			}
			err := h.c.host(n, "POST", fmt.Sprintf("/activities/%d/%s", h.c.flicker, verb), nil, nil)
			if err == nil || statusOf(err) == 409 { // 409: it is so already
				open = !open
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(20+h.random.IntN(100)) * time.Millisecond):
		}
	}
}
