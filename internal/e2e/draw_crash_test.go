//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"drumroll/internal/beacon/beacontest"
	"drumroll/internal/nodetest"
	"drumroll/internal/redistest"
)

const (
	drawKills   = 6
	drawPhones  = 150
	completeFor = 40 * time.Second // a round is up to 13 s ahead, then a node has to start
)

// pair is two nodes on one Redis with one event.
type pair struct {
	first, second *server
	e, there      *event // the event as each node serves it
	tokens        []string
}

func startPair(t *testing.T, flags ...string) *pair {
	t.Helper()
	redis := redistest.Start(t)
	p := &pair{first: startNode(t, redis, flags...), second: startNode(t, redis, flags...)}
	p.e = p.first.createEvent(t, "Two nodes")
	p.there = &event{Created: p.e.Created, t: t, s: p.second}
	for range drawPhones {
		p.tokens = append(p.tokens, p.e.join())
	}
	return p
}

// full is a raffle that all phones have entered, at the second node.
func (p *pair) full() int {
	p.e.t.Helper()
	raffle := p.there.add(map[string]any{"kind": "raffle", "title": "A mug", "winners_may_win_again": true})
	p.there.verb(raffle.ID, "open")
	for _, token := range p.tokens {
		p.there.enter(token, map[string]any{"activity": raffle.ID})
	}
	return raffle.ID
}

// killDuring has the first node killed at a random moment of a command that it
// was given; what became of that only the log knows.
func (p *pair) killDuring(random *rand.Rand, path string, body map[string]any) {
	url, key := p.e.api(path), p.e.HostKey
	var wg sync.WaitGroup
	wg.Go(func() { _, _, _ = tell(http.DefaultClient, "POST", url, key, body) })
	time.Sleep(time.Duration(random.IntN(6000)) * time.Microsecond) // the random moment
	p.first.kill()
	wg.Wait()
}

func (p *pair) record(e *event, n int) string {
	p.e.t.Helper()
	var out json.RawMessage
	call(p.e.t, "GET", e.api(fmt.Sprintf("/draws/%d", n)), "", nil, 200, &out)
	return string(out)
}

// A node is killed with -9 while it freezes a list, and while it draws from it.
// The host presses again at the other node, as people do: one draw comes of it,
// and it is the same on all nodes, also on one that starts afterwards.
func TestKilledWhileFreezingAndDrawing(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	p := startPair(t)
	got := map[string]int{}
	for n := 1; n <= drawKills; n++ {
		id := p.full()
		p.killDuring(random, fmt.Sprintf("/activities/%d/close", id), nil)
		if p.there.activity(id).State == "open" {
			got["close lost"]++
			p.there.verb(id, "close")
		}
		p.first.start()

		p.killDuring(random, fmt.Sprintf("/activities/%d/draw", id), map[string]any{"draw": n})
		status, body, err := tell(http.DefaultClient, "POST", p.there.api(fmt.Sprintf("/activities/%d/draw", id)), p.e.HostKey, map[string]any{"draw": n})
		if err != nil || status != 200 && status != 409 {
			t.Fatalf("draw %d at the other node: %v, status %d: %s", n, err, status, body)
		}
		got[fmt.Sprint("pressed again: ", status)]++
		p.first.start()
		a := p.there.activity(id)
		if a.State != "drawn" || len(a.Winners) != 1 || a.Winners[0].Draw != n || p.there.look().Draws != n {
			t.Fatalf("after draw %d: %+v", n, a)
		}
		if one, other := p.record(p.e, n), p.record(p.there, n); one != other {
			t.Errorf("draw %d is\n%s\non one node and\n%s\non the other", n, one, other)
		}
	}
	t.Logf("%v", got)
	if one, other := freezes(t, p.e), freezes(t, p.there); one != other || strings.Count(one, `"abandoned"`) != drawKills {
		t.Errorf("the freezes are\n%s\non one node and\n%s\non the other", one, other)
	}
}

func freezes(t *testing.T, e *event) (all string) {
	t.Helper()
	eventually(t, 10*time.Second, "every frozen list has its root", func() bool {
		var out json.RawMessage
		call(t, "GET", e.api("/freezes"), "", nil, 200, &out)
		all = string(out)
		return !strings.Contains(all, `"fingerprint":""`)
	})
	return all
}

// The binary draws with a beacon of its own key and genesis: the node that was
// asked is killed while the draw waits, and the other one completes it. The
// command checks the record.
func TestBeaconDrawOutlivesItsNode(t *testing.T) {
	beacon := beacontest.Start(t, beacontest.NewKey(t.Name(), time.Second, time.Now()))
	beacon.Misbehave(beacontest.Wrong)
	chain := beacon.File(t)
	p := startPair(t, "--beacon", chain)
	id := p.full()
	p.e.verb(id, "close")
	p.e.verb(id, "draw", map[string]any{"draw": 1})
	p.first.kill()
	// It is due, and cannot be had, and says so.
	eventually(t, completeFor, "the draw waits for its round", func() bool {
		var out struct {
			Activities []struct {
				Pending *struct {
					WaitingSince uint64 `json:"waiting_since"`
				}
			}
		}
		call(t, "GET", p.there.api(""), "", nil, 200, &out)
		p := out.Activities[0].Pending
		return p != nil && p.WaitingSince != 0
	})
	beacon.Misbehave(beacontest.None)
	eventually(t, completeFor, "the other node completes the draw", func() bool { return p.there.activity(id).State == "drawn" })
	p.first.start()
	record := p.record(p.there, 1)
	if got := p.record(p.e, 1); got != record || p.e.look().Draws != 1 {
		t.Errorf("the node that started again has %d draws:\n%s\nthe other has\n%s", p.e.look().Draws, got, record)
	}

	file := filepath.Join(t.TempDir(), "draw.json")
	if err := os.WriteFile(file, []byte(record), 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func(args ...string) (string, error) {
		out, err := exec.Command(nodetest.Binary(), append([]string{"verify"}, args...)...).CombinedOutput()
		return string(out), err
	}
	if out, err := verify("--beacon", chain, "--entrants", p.there.api("/draws/1/entrants"), file); err != nil || !strings.Contains(out, "ok    beacon") {
		t.Errorf("drumroll verify: %v\n%s", err, out)
	}
	if out, err := verify(file); err == nil || !strings.Contains(out, "FAIL  beacon") {
		t.Errorf("a beacon that is not vouched for: %v\n%s", err, out)
	}
}
