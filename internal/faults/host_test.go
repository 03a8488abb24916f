//go:build e2e

package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"drumroll/internal/contract"
)

// winners is how many a raffle draws.
const winners = 3

// maxDrafts bounds what one host adds: an event takes 500 activities.
const maxDrafts = 200

// host is the person with the console, in the middle of the fault: opens and
// closes one poll all the time, so that closes stand among racing entries, and
// adds drafts, which a command that is carried out twice would show.
type host struct {
	c      *crowd
	random *rand.Rand
	tried  int      // drafts
	drafts []string // titles of those that were acknowledged
}

// add adds a draft at any node.
func (h *host) add(who string) {
	h.tried++
	title := fmt.Sprintf("%s %d", who, h.tried)
	if h.c.host(h.anyNode(), "POST", "/activities", contract.RaffleSpec{Kind: contract.KindRaffle, Title: title}, nil) == nil {
		h.drafts = append(h.drafts, title)
	}
}

func (h *host) anyNode() *node { return h.c.nodes[h.random.IntN(len(h.c.nodes))] }

// hurry adds drafts as fast as they are taken, until ctx ends.
func (h *host) hurry(ctx context.Context) {
	for ctx.Err() == nil && h.tried < maxDrafts {
		h.add("Hurried")
	}
}

// busy gives commands until ctx ends.
func (h *host) busy(ctx context.Context) {
	open := true
	for i := 0; ctx.Err() == nil; i++ {
		if i%3 == 2 && h.tried < maxDrafts {
			h.add("Draft")
		} else {
			verb := "close"
			if !open {
				verb = "open"
			}
			err := h.c.host(h.anyNode(), "POST", fmt.Sprintf("/activities/%d/%s", h.c.flicker, verb), nil, nil)
			if err == nil || contract.StatusOf(err) == 409 { // 409: it is so already
				open = !open
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(20+h.random.IntN(100)) * time.Millisecond):
		}
	}
}
