package rehearse

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// What people do beside voting and entering: they give a name where names are on,
// tap "I'm here" where it is asked for, and claim what they won.

// givenNames are enough for a screen to look like a room.
const givenNames = "Ada Grace Linus Margaret Ken Barbara Rob Radia Dennis Frances Donald Sophie Edsger Adele Niklaus Jean Alan Karen Tim Hedy Bjarne Mary Guido Joan"

// nameAfter is the median time from joining to a name.
const nameAfter = 4 * time.Second

// introduce gives the phone a name, as some people do where they may. mu is held.
func (p *phone) introduce() {
	s := &p.c.cfg.Script
	if p.random.Float64() >= s.Name {
		return
	}
	names := strings.Fields(givenNames)
	name := names[p.random.IntN(len(names))]
	wait := min(think(p.random, nameAfter), max(s.JoinOver, time.Second))
	time.AfterFunc(wait, func() { p.call("name", http.MethodPut, "/me", map[string]string{"name": name}) })
}

// hereAfter is the median time from a ticket to "I'm here".
const hereAfter = 1500 * time.Millisecond

// checkIn says that the phone is here, where the raffle that it has just entered
// asks for it. mu is held.
func (p *phone) checkIn(r *part) {
	a := p.state.Event.find(r.activity)
	if a == nil || !a.Eligible.CheckedIn {
		return
	}
	wait := min(think(p.random, hereAfter), p.c.cfg.Script.EnterAfter)
	time.AfterFunc(wait, func() {
		if p.call("check-in", http.MethodPost, "/checkins", map[string]int{"activity": r.activity, "run": r.run}) {
			p.c.checkIns.Add(1)
		}
	})
}

// claim claims a ticket that won, as most winners do: once the drum roll is over
// and they believe it. mu is held.
func (p *phone) claim(ticket string) {
	s := &p.c.cfg.Script
	if p.random.Float64() >= s.Claim {
		return
	}
	time.AfterFunc(s.ClaimAfter/2+think(p.random, s.ClaimAfter/2), func() {
		if p.call("claim", http.MethodPost, "/claims", map[string]string{"ticket": ticket}) {
			p.c.claims.Add(1)
		}
	})
}

// call makes an API call as this phone, with a few tries where the server asks for
// patience; it reports whether the call was accepted. It must not be made under mu.
func (p *phone) call(what, method, path string, body any) bool {
	data, err := json.Marshal(body)
	if err != nil {
		return false
	}
	for range 4 {
		req, err := http.NewRequestWithContext(p.c.over, method, p.c.base+"/api/v1/events/"+p.c.code+path, strings.NewReader(string(data)))
		if err != nil {
			return false
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Cookie", p.identity())
		var wait time.Duration
		res, err := p.c.pages.Do(req)
		switch {
		case context.Cause(p.c.over) != nil:
			if err == nil {
				res.Body.Close()
			}
			return false
		case err != nil:
			wait = p.failed(what, err)
		default:
			_, _ = io.Copy(io.Discard, res.Body) // so that the connection can be used again
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return true
			}
			p.c.refuse("%s: %d", what, res.StatusCode)
			if res.StatusCode != http.StatusTooManyRequests && res.StatusCode != http.StatusServiceUnavailable {
				return false
			}
			wait = p.retryAfter(res.Header)
		}
		if wait < 0 || !p.c.sleep(wait) {
			return false
		}
	}
	return false
}
