package rehearse

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// liar is a server of one event with an open poll (1) and an open raffle (2) that
// breaks one promise. It exists to show that the checks can fail: with no lie it
// is a server that passes them all. Once a phone has had all its answers, it is
// sent its state again.
type liar struct {
	lie string
	*httptest.Server

	mu      sync.Mutex
	joined  int
	choices map[string]int    // phone's cookie: option
	tickets map[string]string // phone's cookie: ticket
}

func newLiar(t *testing.T, lie string) *liar {
	l := &liar{lie: lie, choices: map[string]int{}, tickets: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{code}", func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		l.joined++
		http.SetCookie(w, &http.Cookie{Name: "who", Value: strconv.Itoa(l.joined)})
		l.mu.Unlock()
	})
	mux.HandleFunc("GET /api/v1/events/ABCDEF", func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewEncoder(w).Encode(l.event("api")); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("GET /ABCDEF/ws", func(w http.ResponseWriter, r *http.Request) {
		if l.lie == "lets nobody in" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		who, err := r.Cookie("who")
		if err != nil {
			t.Errorf("a phone without a cookie: %v", err)
			return
		}
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"drumroll.v1"}})
		if err != nil {
			t.Errorf("handshake: %v", err)
			return
		}
		defer conn.CloseNow()
		(&lied{liar: l, conn: conn, who: who.Value}).serve()
	})
	l.Server = httptest.NewServer(mux)
	t.Cleanup(l.Close)
	return l
}

// event is what it tells in a state frame or over the API.
func (l *liar) event(where string) map[string]any {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := []int{0, 0, 0}
	for _, o := range l.choices {
		counts[o]++
	}
	entries, state := len(l.choices), "open"
	var winners []map[string]any
	joined := l.joined - 1 // but the one that looked where the join URL leads
	if len(l.choices) == 0 {
		joined = 0
	}
	switch {
	case l.lie == "counts more choices than entries" && entries > 0:
		counts[0] = entries + 1
	case where != "api":
	case l.lie == "loses entries from the totals":
		entries, counts = 0, []int{0, 0, 0}
	case l.lie == "counts what nobody sent" && entries > 0:
		entries++
	case l.lie == "keeps a close to itself" && entries > 0:
		state = "closed"
	case l.lie == "keeps a win from the winner":
		for _, ticket := range l.tickets {
			winners = append(winners, map[string]any{"ticket": ticket, "draw": 1})
		}
	}
	return map[string]any{
		"code": "ABCDEF", "people": map[string]any{"joined": joined}, "current": 1,
		"activities": []map[string]any{
			{"id": 1, "kind": "poll", "options": []string{"a", "b", "c"}, "max_choices": 1, "state": state, "run": 1, "entries": entries, "counts": counts},
			{"id": 2, "kind": "raffle", "state": "open", "run": 1, "entries": len(l.tickets), "winners": winners},
		},
	}
}

// lied is one connection of the liar's.
type lied struct {
	*liar
	conn *websocket.Conn
	who  string
	seq  int
}

func (c *lied) send(format string, args ...any) bool {
	return c.conn.Write(context.Background(), websocket.MessageText, fmt.Appendf(nil, format, args...)) == nil
}

func (c *lied) next() int {
	if c.lie != "repeats a seq" || c.seq == 0 {
		c.seq++
	}
	return c.seq
}

func (c *lied) state() bool {
	c.mu.Lock()
	entries, tickets := map[int][]int{}, map[int]string{}
	if o, ok := c.choices[c.who]; ok {
		entries[1] = []int{o}
	}
	if ticket, ok := c.tickets[c.who]; ok {
		tickets[2] = ticket
	}
	c.mu.Unlock()
	acked := len(entries) > 0 // or the phone was not told of anything yet
	switch {
	case c.lie == "forgets a choice" && acked:
		delete(entries, 1)
	case c.lie == "tells another choice" && acked:
		entries[1][0] = (entries[1][0] + 1) % 3
	case c.lie == "forgets a ticket" && acked:
		delete(tickets, 2)
	case c.lie == "tells another ticket" && tickets[2] != "":
		tickets[2] += "0"
	case c.lie == "tells a choice that was not made":
		entries[1] = []int{0}
	case c.lie == "tells a ticket that was not asked for":
		tickets[2] = "t0"
	}
	event, err := json.Marshal(c.event("state"))
	if err != nil {
		return false
	}
	you, err := json.Marshal(map[string]any{"handle": "x", "entries": entries, "n": 0, "tickets": tickets, "won": []any{}})
	if err != nil {
		return false
	}
	return c.send(`{"t":"state","seq":%d,"event":%s,"html":"<p>,\"you\":{}</p>","you":%s}`, c.next(), event, you)
}

func (c *lied) tick(entries, count int) bool {
	return c.send(`{"t":"tick","seq":%d,"activity":1,"entries":%d,"counts":[%d,0,0],"connected":1}`, c.next(), entries, count)
}

func (c *lied) serve() {
	switch c.lie {
	case "begins with a tick":
		c.tick(0, 0)
	case "speaks gibberish":
		c.send(`{"t":"state","seq":`)
	case "speaks of the unknown":
		c.send(`{"t":"weather"}`)
	case "ticks more choices than entries":
		c.state()
		c.tick(1, 2)
	}
	c.state()
	if c.lie != "goes silent" {
		c.tick(0, 0)
	}
	for {
		_, data, err := c.conn.Read(context.Background())
		if err != nil {
			return
		}
		var f struct {
			Ref, Activity int
			Choice        []int
		}
		if err := json.Unmarshal(data, &f); err != nil {
			return
		}
		if c.lie == "answers nothing" {
			continue
		}
		if !c.entry(f.Ref, f.Activity, f.Choice) || c.lie != "goes silent" && !c.state() {
			return
		}
	}
}

// entry takes an entry and answers it.
func (c *lied) entry(ref, activity int, choice []int) bool {
	c.mu.Lock()
	status := "counted"
	ticket := ""
	if activity == 1 {
		before, again := c.choices[c.who]
		switch {
		case again && before == choice[0]:
			status = "unchanged"
		case again:
			status = "changed"
		}
		switch {
		case c.lie == "counts a change as new":
			status = "counted"
		case c.lie == "calls the first vote a change":
			status = "changed"
		case c.lie == "calls the first vote unchanged":
			status = "unchanged"
		case c.lie == "invents a status":
			status = "maybe"
		case c.lie == "answers what was not sent":
			ref += 1000
		}
		c.choices[c.who] = choice[0]
		if c.lie == "refuses a vote that it counts" {
			status = "closed"
		}
	} else {
		ticket = "ticket" + c.who
		if c.lie == "gives a ticket twice" {
			ticket = "ticket"
		}
		c.tickets[c.who] = ticket
		if c.lie == "gives an empty ticket" {
			ticket = ""
		}
	}
	c.mu.Unlock()
	if !c.send(`{"t":"ack","ref":%d,"status":%q,"ticket":%q}`, ref, status, ticket) {
		return false
	}
	if c.lie == "tells a loser that it won" && activity == 2 {
		return c.send(`{"t":"won","draw":1,"ticket":"somebody else's"}`)
	}
	return true
}
