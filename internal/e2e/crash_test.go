//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/contract"
)

const (
	kills   = 20
	workers = 6 // half over HTTP, half over websockets
)

// TestKilledUnderLoad kills the server with -9, twenty times at random moments,
// while entries arrive as fast as it takes them. Every client sends its entry
// until it is acknowledged, so in the end each must be counted, exactly once, and
// with the choice that was acknowledged last. A phone that was there all along
// comes back by itself.
func TestKilledUnderLoad(t *testing.T) {
	onBothLogs(t, func(t *testing.T, s *server) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		e := s.createEvent(t, "Under fire")
		poll := e.addPoll("Left or right?", "live", "Left", "Right", "Neither")
		raffle := e.addRaffle("A mug", 1)
		e.verb(poll.ID, "open")
		e.verb(raffle.ID, "open")

		phone := newDevice(t, "phone", handheld, calm).open(e.JoinURL)
		phone.tolerate(away...)
		vote(phone, poll.ID, 2)

		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		voters := make([]*voter, workers)
		var wg sync.WaitGroup
		for i := range voters {
			v := &voter{e: e, poll: poll.ID, raffle: raffle.ID, random: rand.New(rand.NewPCG(seed, uint64(i+1)))}
			voters[i] = v
			wg.Go(func() { v.run(ctx, i%2 == 0) })
		}
		for range kills {
			time.Sleep(time.Duration(20+random.IntN(280)) * time.Millisecond) // the random moment
			s.kill()
			if s.redis != nil && random.IntN(4) == 0 {
				s.redis.Restart(t) // with -9, too
			}
			s.start()
		}
		cancel()
		wg.Wait()

		phone.shows(connected) // it came back by itself, each time
		phone.shows(option(poll.ID, 2) + counted)

		counts := [3]int{2: 1} // the phone's
		people, tickets := 1, map[string]bool{}
		for _, v := range voters {
			if v.err != nil {
				t.Error(v.err)
			}
			people += v.people
			for i, n := range v.counts {
				counts[i] += n
			}
			for _, ticket := range v.tickets {
				if tickets[ticket] {
					t.Errorf("two participants hold ticket %s", ticket)
				}
				tickets[ticket] = true
			}
		}
		t.Logf("%d participants were acknowledged", people)
		if people < kills {
			t.Errorf("only %d participants got through: this tested little", people)
		}
		if got := e.activity(poll.ID); got.Entries != people || !slices.Equal(got.Counts, counts[:]) {
			t.Errorf("the poll counts %d entries, %v; acknowledged were %d, %v", got.Entries, got.Counts, people, counts)
		}
		if got := e.activity(raffle.ID); got.Entries != len(tickets) {
			t.Errorf("the raffle has %d tickets; acknowledged were %d", got.Entries, len(tickets))
		}
		before := e.look()
		s.kill()
		s.start()
		if diff := cmp.Diff(before.Activities, e.look().Activities); diff != "" {
			t.Errorf("folded again, the event is another (-was +is):\n%s", diff)
		}
	})
}

// voter is many participants, one after the other: each votes, changes its mind,
// enters the raffle and is acknowledged for all of it.
type voter struct {
	e            *event
	poll, raffle int
	random       *rand.Rand

	people  int
	counts  [3]int // by the choice acknowledged last
	tickets []string
	err     error
}

// run begins new participants until ctx ends; one that was begun is finished.
func (v *voter) run(ctx context.Context, overHTTP bool) {
	client := &http.Client{Transport: &http.Transport{}, Timeout: socketLimit}
	defer client.CloseIdleConnections()
	for ctx.Err() == nil && v.err == nil {
		token := v.join(client)
		if token == "" {
			return
		}
		line := &line{v: v, token: token}
		enter := line.enter
		if overHTTP {
			enter = func(entry map[string]any) (string, string) { return v.post(client, token, entry) }
		}
		choice := v.random.IntN(3)
		if status, _ := enter(map[string]any{"activity": v.poll, "choice": []int{choice}, "run": 1, "n": 1}); status != "counted" && status != "unchanged" {
			v.fail("a first vote was %q", status)
		}
		if v.random.IntN(2) == 0 {
			choice = v.random.IntN(3)
			if status, _ := enter(map[string]any{"activity": v.poll, "choice": []int{choice}, "run": 1, "n": 2}); status != "changed" && status != "unchanged" {
				v.fail("a changed vote was %q", status)
			}
		}
		status, ticket := enter(map[string]any{"activity": v.raffle, "run": 1, "n": 3})
		if status != "counted" && status != "unchanged" || ticket == "" {
			v.fail("a raffle entry was %q with ticket %q", status, ticket)
		}
		// Asked again, the ticket is the same.
		if again, same := enter(map[string]any{"activity": v.raffle, "run": 1, "n": 4}); again != "unchanged" || same != ticket {
			v.fail("a second raffle entry was %q with ticket %q, the first had %q", again, same, ticket)
		}
		v.people++
		v.counts[choice]++
		v.tickets = append(v.tickets, ticket)
		line.drop()
	}
}

func (v *voter) fail(format string, a ...any) {
	if v.err == nil {
		v.err = fmt.Errorf(format, a...)
	}
}

// patience bounds how long a client knocks at a server that is killed again and
// again.
const patience = 60 * time.Second

// persist repeats try until it reports that it is done.
func (v *voter) persist(what string, try func() bool) {
	for deadline := time.Now().Add(patience); v.err == nil && !try(); {
		if time.Now().After(deadline) {
			v.fail("not within %v: %s", patience, what)
		}
		time.Sleep(time.Duration(1+v.random.IntN(20)) * time.Millisecond) // a client's back-off
	}
}

func (v *voter) join(client *http.Client) (token string) {
	v.persist("join", func() bool {
		status, data, err := tell(client, "POST", v.e.api("/participants"), "", nil)
		var out struct{ Token string }
		if err != nil || status >= 500 || status == http.StatusTooManyRequests {
			return false // an unacknowledged join is no participant
		}
		if err := json.Unmarshal(data, &out); err != nil || status != http.StatusCreated {
			v.fail("join: status %d: %s", status, data)
		}
		token = out.Token
		return true
	})
	return token
}

func (v *voter) post(client *http.Client, token string, entry map[string]any) (status, ticket string) {
	v.persist("an entry over HTTP", func() bool {
		code, data, err := tell(client, "POST", v.e.api("/entries"), token, entry)
		if err != nil || code >= 500 || code == http.StatusTooManyRequests {
			return false
		}
		var out contract.Entered
		if err := json.Unmarshal(data, &out); err != nil || code != http.StatusOK {
			v.fail("entry %v: status %d: %s", entry, code, data)
		}
		status, ticket = out.Status, out.Ticket
		return true
	})
	return status, ticket
}

// line is a participant's websocket, dialled again whenever it is lost.
type line struct {
	v      *voter
	token  string
	socket *socket
	sent   int
}

func (l *line) drop() {
	if l.socket != nil {
		l.socket.Close()
		l.socket = nil
	}
}

func (l *line) enter(entry map[string]any) (status, ticket string) {
	l.v.persist("an entry over a websocket", func() bool {
		if l.socket == nil {
			var err error
			if l.socket, err = dial(l.v.e.s, l.v.e.Code, "phone", l.token); err != nil {
				l.socket = nil
				return false
			}
		}
		l.sent++
		ack, err := l.socket.enter(l.sent, entry)
		if err != nil {
			l.drop()
			return false
		}
		status, ticket = ack.Status, ack.Ticket
		return status != contract.Retry
	})
	return status, ticket
}
