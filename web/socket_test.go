package web_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"drumroll/web"
)

func socketFlow(t *testing.T, n *node) {
	s := n.create(t, "Sockets")
	s.poll("P", "live", "A", "B", "C")
	s.raffle(1)
	p := s.join(t)
	w := s.dial(t, "phone", p.Token)
	first := w.next("state")
	if first.You == nil || first.You.Handle != p.Handle || first.You.Won == nil || first.You.Entries == nil || first.HTML == "" || first.Event.Code != s.Code {
		t.Errorf("first frame %s", first.raw)
	}
	for _, view := range []string{"screen", "host"} {
		if f := s.dial(t, view, s.HostKey).next("state"); f.You != nil || strings.Contains(f.raw, `"you"`) || f.HTML == "" {
			t.Errorf("first frame of the %s: %s", view, f.raw)
		}
	}
	s.must(1, "open", nil)
	s.must(2, "open", nil)
	ticket := ""
	for i, step := range []struct{ frame, status string }{
		{`{"t":"entry","ref":"r","activity":1,"choice":[0]}`, "counted"},
		{`{"t":"entry","ref":"r","activity":1,"choice":[0]}`, "unchanged"},
		{`{"t":"entry","ref":"r","activity":1,"choice":[2],"run":1,"n":7}`, "changed"},
		{`{"t":"entry","ref":"r","activity":1,"choice":[1],"run":1,"n":6}`, "unchanged"}, // older than what stands
		{`{"t":"entry","ref":"r","activity":1,"choice":[1],"run":2}`, "closed"},
		{`{"t":"entry","ref":"r","activity":1,"choice":[1,2]}`, "invalid"},
		{`{"t":"entry","ref":"r","activity":1,"choice":[3]}`, "invalid"},
		{`{"t":"entry","ref":"r","activity":1}`, "invalid"},
		{`{"t":"entry","ref":"r","activity":9,"choice":[0]}`, "invalid"},
		{`{"t":"entry","ref":"r","activity":2}`, "counted"},
		{`{"t":"entry","ref":"r","activity":2}`, "unchanged"},
		{`{"t":"entry","ref":"r","activity":2,"choice":[0]}`, "invalid"},
	} {
		w.send(step.frame)
		ack := w.ack()
		if ack.Status != step.status || ack.Ref != "r" {
			t.Errorf("step %d: %s is answered %s, want %s", i, step.frame, ack.raw, step.status)
		}
		if raffle := strings.Contains(step.frame, `"activity":2}`); raffle != (ack.Ticket != "") {
			t.Errorf("step %d: ticket %q", i, ack.Ticket)
		} else if raffle {
			if ticket != "" && ack.Ticket != ticket {
				t.Errorf("entered twice: tickets %s and %s", ticket, ack.Ticket)
			}
			ticket = ack.Ticket
		}
	}
	s.must(1, "close", nil)
	w.send(`{"t":"entry","ref":[1,{"a":null}],"activity":1,"choice":[0]}`)
	if ack := w.ack(); ack.Status != "closed" || !strings.Contains(ack.raw, `"ref":[1,{"a":null}]`) {
		t.Errorf("of a closed poll: %s", ack.raw)
	}
	if a := s.seen(s.stranger).Activities[0]; !slices.Equal(a.Counts, []int{0, 0, 1}) {
		t.Errorf("counts %v", a.Counts)
	}
}

// socketReconnect: a phone that comes back gets a whole state with what is its own.
func socketReconnect(t *testing.T, n *node) {
	s := n.create(t, "Back")
	s.poll("P", "live", "A", "B")
	s.raffle(1)
	s.must(1, "open", nil)
	s.must(2, "open", nil)
	p := s.join(t)
	w := s.dial(t, "phone", p.Token)
	w.send(`{"t":"entry","ref":1,"activity":1,"choice":[1],"run":1,"n":4}`)
	w.ack()
	w.send(`{"t":"entry","ref":2,"activity":2,"run":1,"n":5}`)
	ticket := w.ack().Ticket
	w.conn.CloseNow()
	you := s.dial(t, "phone", p.Token).next("state").You
	if !slices.Equal(you.Entries["1"], []int{1}) || you.Tickets["2"] != ticket || you.N != 5 {
		t.Errorf("you = %+v, want choice [1], n 5 and ticket %s", you, ticket)
	}
}

// socketTicks: counts come as ticks alone, at most ten a second, and seq grows.
func socketTicks(t *testing.T, n *node) {
	s := n.create(t, "Ticks")
	s.poll("P", "live", "A", "B")
	s.must(1, "open", nil)
	screen := s.dial(t, "screen", "")
	first := screen.next("state")
	phones := make([]*phone, 10)
	for i := range phones {
		phones[i] = s.join(t)
	}
	began := time.Now()
	for round := range 8 {
		for _, p := range phones {
			p.counted(1, []int{round % 2})
		}
	}
	seq, ticks := first.Seq, 0
	var last frame
	for _, p := range phones {
		p.counted(1, []int{0})
	}
	screen.until(func(f frame) bool {
		if f.T != "tick" {
			t.Errorf("counts alone caused %s", f.raw)
		}
		if f.Seq <= seq {
			t.Errorf("seq %d after %d", f.Seq, seq)
		}
		if f.Activity != 1 || len(f.Counts) != 2 || f.Counts[0]+f.Counts[1] != f.Entries {
			t.Errorf("tick %s", f.raw)
		}
		ticks++
		seq, last = f.Seq, f
		return f.Entries == 10 && f.Counts[0] == 10
	})
	// The first may come at once, and joins before it count as moves, too.
	if most := int(last.at.Sub(began)/(100*time.Millisecond)) + 3; ticks > most {
		t.Errorf("%d ticks in %v", ticks, last.at.Sub(began))
	}
	// Structure comes as a state to all, whatever the tick's turn.
	s.must(1, "close", nil)
	f := screen.until(func(f frame) bool { return f.T == "state" })
	if f.Seq <= seq || f.Event.Activities[0].State != "closed" {
		t.Errorf("after the close: %s", f.raw)
	}
}

func socketWinner(t *testing.T, n *node) {
	s := n.create(t, "Winner")
	s.raffle(1)
	s.must(1, "open", nil)
	wires := map[string]*wire{} // by ticket
	for range 3 {
		p := s.join(t)
		wires[p.counted(1, nil).Ticket] = s.dial(t, "phone", p.Token)
	}
	screen := s.dial(t, "screen", "")
	s.must(1, "close", nil)
	drawn := s.must(1, "draw", nil)
	won := drawn.Winners[0].Ticket
	for ticket, w := range wires {
		state := w.until(func(f frame) bool { return f.T == "state" && f.Event.Activities[0].State == "drawn" })
		if mine := len(state.You.Won) == 1 && state.You.Won[0].Ticket == won; mine != (ticket == won) {
			t.Errorf("%s: you.won = %v, the winner is %s", ticket, state.You.Won, won)
		}
		if state.Event.Activities[0].Winners[0].Ticket != won {
			t.Errorf("%s: winners %v", ticket, state.Event.Activities[0].Winners)
		}
		if ticket == won {
			if f := w.until(func(f frame) bool { return f.T == "won" }); f.Draw != 1 || f.Ticket != won {
				t.Errorf("the winner is told %s", f.raw)
			}
		}
	}
	s.rename("After")
	wires["screen"] = screen
	for ticket, w := range wires {
		w.until(titled("After"))
		if strings.Contains(w.all(), `"t":"won"`) != (ticket == won) {
			t.Errorf("%s, where %s won, was told:\n%s", ticket, won, w.all())
		}
	}
}

// socketTwin: two tabs of one phone show the same vote, and the one that voted is
// not told twice.
func socketTwin(t *testing.T, n *node) {
	s := n.create(t, "Twins")
	s.poll("P", "hidden", "A", "B")
	s.must(1, "open", nil)
	p := s.join(t)
	one, two := s.dial(t, "phone", p.Token), s.dial(t, "phone", p.Token)
	one.next("state")
	two.next("state")
	for i, choice := range []int{0, 1} {
		one.send(fmt.Sprintf(`{"t":"entry","ref":%d,"activity":1,"choice":[%d]}`, i, choice))
		if ack := one.ack(); ack.Status != []string{"counted", "changed"}[i] {
			t.Errorf("ack %s", ack.raw)
		}
		two.until(func(f frame) bool { return f.T == "state" && slices.Equal(f.You.Entries["1"], []int{choice}) })
	}
	s.rename("Fence")
	for _, f := range one.before(titled("Fence")) {
		if f.T == "state" {
			t.Errorf("the socket that voted was sent %s", f.raw)
		}
	}
	two.until(titled("Fence"))
	// A vote over HTTP reaches both.
	p.counted(1, []int{0})
	for _, w := range []*wire{one, two} {
		w.until(func(f frame) bool { return f.T == "state" && slices.Equal(f.You.Entries["1"], []int{0}) })
	}
}

func socketDeletion(t *testing.T, n *node) {
	s := n.create(t, "Gone soon")
	p := s.join(t)
	wires := []*wire{s.dial(t, "phone", p.Token), s.dial(t, "screen", ""), s.dial(t, "host", s.HostKey)}
	s.host.api("DELETE", s.path(""), nil).want(204)
	for _, w := range wires {
		if code := w.closed(); code != 4410 {
			t.Errorf("%s: close code %d (%v), want 4410", w.view, code, w.err)
		}
	}
	s.refusedDial(t, "screen", "", 404)
}

func TestSocketCredentials(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s, other := n.create(t, "Mine"), n.create(t, "Other")
	p, stranger := s.join(t), other.join(t)
	for _, c := range []struct {
		view, token string
		status      int
	}{
		{"phone", "", 401}, {"phone", "nonsense", 401}, {"phone", stranger.Token, 401}, {"phone", s.HostKey, 401},
		{"host", "", 401}, {"host", "nonsense", 401}, {"host", p.Token, 401}, {"host", other.HostKey, 401},
		{"attic", p.Token, 422},
	} {
		s.refusedDial(t, c.view, c.token, c.status)
	}
	cookie := func(name, value string) *websocket.DialOptions {
		return &websocket.DialOptions{HTTPHeader: http.Header{"Cookie": {name + "=" + value}}}
	}
	for query, opts := range map[string]*websocket.DialOptions{
		"":            cookie("drumroll_"+s.Code, p.Token), // a phone by default
		"?view=phone": cookie("drumroll_"+s.Code, p.Token),
		"?view=host":  cookie("drumroll_host_"+s.Code, s.HostKey),
	} {
		w, _, err := s.open(t, query, opts)
		if err != nil {
			t.Errorf("dial %q with a cookie: %v", query, err)
			continue
		}
		w.next("state")
	}
	s.refused(t, "?view=phone", cookie("drumroll_"+s.Code, p.Token[:len(p.Token)-1]+"!"), 401)
	s.refused(t, "?view=host", cookie("drumroll_host_"+s.Code, p.Token), 401)
	// A bearer token beats a cookie.
	both := cookie("drumroll_"+s.Code, p.Token)
	both.HTTPHeader.Set("Authorization", "Bearer nonsense")
	s.refused(t, "?view=phone", both, 401)

	gone := *s
	gone.Code = "ZZZZZZ"
	gone.refusedDial(t, "screen", "", 404)
	lower := *s
	lower.Code = strings.ToLower(s.Code)
	lower.dial(t, "phone", p.Token).next("state")
}

func TestSocketOrigin(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{config: publicURL("https://drumroll.example")})
	s := n.create(t, "Origins")
	for origin, welcome := range map[string]bool{
		"": true, n.URL: true, "https://drumroll.example": true,
		"https://evil.example": false, "http://127.0.0.1:1": false, "null": false, "https://drumroll.example.evil.example": false,
	} {
		opts := &websocket.DialOptions{HTTPHeader: http.Header{}}
		if origin != "" {
			opts.HTTPHeader.Set("Origin", origin)
		}
		if !welcome {
			s.refused(t, "?view=screen", opts, 403)
			continue
		}
		w, _, err := s.open(t, "?view=screen", opts)
		if err != nil {
			t.Errorf("origin %q: %v", origin, err)
			continue
		}
		w.next("state")
	}
}

func TestSocketBadFrames(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s := n.create(t, "Bad frames")
	s.poll("P", "live", "A", "B")
	s.must(1, "open", nil)
	p := s.join(t)
	w := s.dial(t, "phone", p.Token)
	for _, c := range []struct{ frame, ref string }{
		{`{`, `null`}, {``, `null`}, {`null`, `null`}, {`[]`, `null`}, {`"entry"`, `null`}, {`{"t":"vote","ref":1}`, `1`},
		{`{"t":"entry","ref":"x","activity":"one"}`, `"x"`},
		{`{"t":"entry","ref":"x","activity":1,"choice":["A"]}`, `"x"`},
		{`{"t":"entry","ref":"x","activity":1,"choice":0}`, `"x"`},
		{`{"t":"entry","ref":"x","activity":1,"choice":[0,0]}`, `"x"`},
		{`{"t":"entry","ref":"x","activity":1,"choice":[-1]}`, `"x"`},
		{`{"t":"entry","ref":"x","activity":1.5,"choice":[0]}`, `"x"`},
		{`{"t":"entry","ref":"x","activity":1e99,"choice":[0]}`, `"x"`},
		{`{"t":"entry","ref":"x","activity":1,"choice":[0],"n":-1}`, `"x"`},
		{`{"t":"entry","ref":"` + strings.Repeat("x", 80) + `","activity":1,"choice":[0]}`, `null`},
		{`{"t":"entry","ref":"x","activity":1,"choice":[0]} trailing`, `null`},
	} {
		w.send(c.frame)
		ack := w.ack()
		if ack.Status != "invalid" || !strings.Contains(ack.raw, `"ref":`+c.ref) {
			t.Errorf("%s is answered %s, want invalid with ref %s", c.frame, ack.raw, c.ref)
		}
	}
	if err := w.conn.Write(t.Context(), websocket.MessageText, []byte("{\"t\":\"entry\",\"ref\":\"\xff\",\"activity\":1,\"choice\":[0]}")); err != nil {
		t.Fatal(err)
	}
	if ack := w.ack(); ack.Status != "invalid" || !strings.Contains(ack.raw, `"ref":null`) {
		t.Errorf("no UTF-8: %s", ack.raw)
	}
	// The connection lives, and nothing of the above was counted.
	w.send(`{"t":"entry","ref":"ok","activity":1,"choice":[0]}`)
	if ack := w.ack(); ack.Status != "counted" {
		t.Errorf("after bad frames: %s", ack.raw)
	}
	// Screens and hosts have no entries.
	host := s.dial(t, "host", s.HostKey)
	host.send(`{"t":"entry","ref":"h","activity":1,"choice":[0]}`)
	if ack := host.ack(); ack.Status != "invalid" || ack.Ref != "h" {
		t.Errorf("a host's entry: %s", ack.raw)
	}

	for name, c := range map[string]struct {
		kind websocket.MessageType
		size int
		code websocket.StatusCode
	}{
		"a little too big": {websocket.MessageText, 1025, 1009},
		"far too big":      {websocket.MessageText, 200_000, 1009},
		"binary":           {websocket.MessageBinary, 10, 1003},
		"big and binary":   {websocket.MessageBinary, 100_000, 1003},
	} {
		w := s.dial(t, "phone", p.Token)
		// The server may close before it has read all.
		_ = w.conn.Write(t.Context(), c.kind, []byte(strings.Repeat(" ", c.size)))
		if code := w.closed(); code != c.code {
			t.Errorf("%s: close code %d (%v), want %d", name, code, w.err, c.code)
		}
	}
	edge := s.dial(t, "phone", p.Token)
	const begin = `{"t":"entry","ref":"e","activity":1,"choice":[1]`
	edge.send(begin + strings.Repeat(" ", 1024-len(begin)-1) + `}`)
	if ack := edge.ack(); ack.Status != "changed" {
		t.Errorf("a frame of 1,024 bytes: %s", ack.raw)
	}
}

func TestSocketRateLimit(t *testing.T) {
	t.Parallel()
	const rate = 20 // a second, and at once
	n := embedded(t, setup{config: func(c *web.Config) { c.EntryRate = rate }})
	s := n.create(t, "Flood")
	s.poll("P", "live", "A", "B")
	s.must(1, "open", nil)
	w := s.dial(t, "phone", s.join(t).Token)
	// Refused at once, so that only the rate holds them up.
	const flood = 500
	go func() {
		for range flood {
			if w.conn.Write(context.Background(), websocket.MessageText, []byte(`{"t":"entry","ref":1,"activity":1,"choice":[0,0]}`)) != nil {
				return
			}
		}
	}()
	got := map[string]int{}
	for range flood {
		ack := w.ack()
		got[ack.Status]++
		if (ack.Status == "retry") != (ack.AfterMS > 0) {
			t.Fatalf("ack %s", ack.raw)
		}
	}
	if got["invalid"] < rate || got["retry"] == 0 || got["invalid"]+got["retry"] != flood {
		t.Errorf("acks %v", got)
	}
}

// TestFloodOfNoEntries: what is no entry is answered as such, and no faster than entries.
func TestFloodOfNoEntries(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{config: func(c *web.Config) { c.EntryRate = 20 }})
	s := n.create(t, "Noise")
	for _, w := range []*wire{s.dial(t, "phone", s.join(t).Token), s.dial(t, "screen", "")} {
		const flood = 500 // several buffers' worth
		start := time.Now()
		go func() {
			for range flood {
				if w.conn.Write(context.Background(), websocket.MessageText, []byte(`{"t":"noise"}`)) != nil {
					return
				}
			}
		}()
		for range flood {
			if ack := w.ack(); ack.Status != "invalid" {
				t.Fatalf("%s: ack %s", w.view, ack.raw)
			}
		}
		if took := time.Since(start); took < 200*time.Millisecond {
			t.Errorf("%s: %d frames were answered in %v", w.view, flood, took)
		}
	}
}

func TestSocketKeepAlive(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{config: keepAlive(20 * time.Millisecond)})
	s := n.create(t, "Quiet")
	w := s.dial(t, "screen", "")
	w.next("state")
	for range 3 {
		w.next("tick")
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s := n.create(t, "Leaving")
	p := s.join(t)
	wires := []*wire{s.dial(t, "phone", p.Token), s.dial(t, "screen", ""), s.dial(t, "host", s.HostKey)}
	s.stranger.get("/readyz").want(200)
	n.web.Leave()
	s.stranger.get("/readyz").want(503)
	s.stranger.get("/healthz").want(200)
	// A visitor that a balancer sends before it noticed is served, until the drain.
	wires = append(wires, s.dial(t, "screen", ""))
	for _, w := range wires {
		w.next("state") // until then it may not be counted
	}
	gone := make(chan int)
	go func() { gone <- n.web.Drain(t.Context()) }()
	for _, w := range wires {
		if code := w.closed(); code != 1012 {
			t.Errorf("%s: close code %d (%v), want 1012", w.view, code, w.err)
		}
	}
	if sent := <-gone; sent != len(wires) {
		t.Errorf("%d sockets were sent away, want %d", sent, len(wires))
	}
	s.refusedDial(t, "screen", "", 503)
}
