package rehearse

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"drumroll/internal/contract"
)

// What people do besides entering: they give a name where names are on.

// givenNames are enough for a screen to look like a room.
const givenNames = "Ada Grace Linus Margaret Ken Barbara Rob Radia Dennis Frances Donald Sophie Edsger Adele Niklaus Jean Alan Karen Tim Hedy Bjarne Mary Guido Joan"

// nameAfter is the median time from joining to a name.
const nameAfter = 4 * time.Second

// introduceLocked gives the phone a name, as some people do where they may.
func (p *phone) introduceLocked() {
	s := &p.c.cfg.Script
	if p.random.Float64() >= s.Name {
		return
	}
	names := strings.Fields(givenNames)
	name := names[p.random.IntN(len(names))]
	wait := min(think(p.random, nameAfter), max(s.JoinOver, time.Second))
	time.AfterFunc(wait, func() { p.call("name", http.MethodPut, "/me", contract.Rename{Name: name}) })
}

// call makes an API call as this phone, with a few tries where the server asks for
// patience; it reports whether the call was accepted. It must not be made under mu.
func (p *phone) call(what, method, path string, body any) bool {
	api := *p.c.api
	api.Cookie = p.identity()
	for range 4 {
		err := api.Call(p.c.over, method, path, body, nil)
		if p.c.over.Err() != nil {
			return false
		}
		if err == nil {
			return true
		}
		var wait time.Duration
		if refused, ok := errors.AsType[*contract.Refused](err); !ok {
			wait = p.failed(what, err)
		} else {
			p.c.refuse("%s: %d", what, refused.Status)
			if refused.Status != http.StatusTooManyRequests && refused.Status != http.StatusServiceUnavailable {
				return false
			}
			wait = p.retryAfter(refused.RetryAfter)
		}
		if wait < 0 || !p.c.sleep(wait) {
			return false
		}
	}
	return false
}
