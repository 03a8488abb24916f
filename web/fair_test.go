package web_test

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/fairdraw"
)

// fair is what issue 4 adds to an activity.
type fair struct {
	activity
	Freeze   *fairdraw.Freeze
	Prizes   []string
	CanWin   int  `json:"can_win"`
	Again    bool `json:"winners_may_win_again"`
	Eligible struct {
		TookPart     int    `json:"took_part"`
		JoinedBefore uint64 `json:"joined_before"`
		CheckedIn    bool   `json:"checked_in"`
	}
	ClaimSeconds int `json:"claim_seconds"`
	Beacon       bool
	BeaconChain  string `json:"beacon_chain"`
	Round        uint64
	RoundAtMS    uint64 `json:"round_at_ms"`
	NextPrize    int    `json:"next_prize"`
	Pending      *struct {
		Draw         int
		Round        uint64
		AtMS         uint64 `json:"at_ms"`
		Prize        string
		Redraw       string
		WaitingSince uint64 `json:"waiting_since"`
	}
	Abandoned bool
	Winners   []fairWinner
}

type fairWinner struct {
	Handle, Ticket, Prize, Claim, Code string
	Draw                               int
	ClaimClosesInMS                    *int64 `json:"claim_closes_in_ms"`
}

func (s *show) fair(c *caller, id int) (a fair) {
	c.t.Helper()
	var e struct{ Activities []fair }
	c.api("GET", s.path(""), nil).want(200).into(&e)
	for _, a := range e.Activities {
		if a.ID == id {
			return a
		}
	}
	c.t.Fatalf("no activity %d", id)
	return a
}

// freezes is the public history.
func (s *show) freezes() (lines []struct {
	Activity, Run, Number, Size, Draws int
	Freeze                             *fairdraw.Freeze
	Fingerprint                        string
	At, Round                          uint64
	Abandoned                          bool
}) {
	s.host.t.Helper()
	var out struct{ Freezes json.RawMessage }
	s.stranger.api("GET", s.path("/freezes"), nil).want(200).into(&out)
	if err := json.Unmarshal(out.Freezes, &lines); err != nil {
		s.host.t.Fatal(err)
	}
	return lines
}

// full is a raffle with n phones in it, closed and its list computed.
func (s *show) full(t testing.TB, id, n int) []*phone {
	t.Helper()
	s.must(id, "open", nil)
	phones := make([]*phone, n)
	for i := range phones {
		phones[i] = s.join(t)
		phones[i].counted(id, nil)
	}
	s.must(id, "close", nil)
	eventually(t, "the frozen list", func() bool { return s.fair(s.host, id).Freeze != nil })
	return phones
}

// eventually waits for what no call can be asked to wait for.
func eventually(t testing.TB, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !true(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func TestRaffleSpec(t *testing.T) {
	t.Parallel()
	s := embedded(t, setup{}).create(t, "Specs")
	s.poll("P", "live", "A")
	var a fair
	s.host.api("POST", s.path("/activities"), `{"kind":"raffle","title":"R","prizes":[" A mug ","A hat"],"claim_seconds":90,
		"eligible":{"took_part":1,"joined_before":"2026-11-23T20:15:00+01:00","checked_in":true},"winners_may_win_again":true,"beacon":true}`).want(201).into(&a)
	if diff := cmp.Diff([]string{"A mug", "A hat"}, a.Prizes); diff != "" || a.NextPrize != 1 || !a.Again || a.ClaimSeconds != 90 || !a.Beacon || a.Eligible.TookPart != 1 ||
		a.Eligible.JoinedBefore != uint64(time.Date(2026, 11, 23, 19, 15, 0, 0, time.UTC).UnixMilli()) || !a.Eligible.CheckedIn {
		t.Errorf("added %+v", a)
	}
	// A patch leaves alone what it does not name.
	var b fair
	s.host.api("PATCH", s.path("/activities/2"), `{"title":"Renamed"}`).want(200).into(&b)
	a.Title = "Renamed"
	if diff := cmp.Diff(a, b, cmp.AllowUnexported(fair{}, voided{})); diff != "" {
		t.Error(diff)
	}
	s.host.api("PATCH", s.path("/activities/2"), `{"prizes":[],"eligible":{"joined_before":1795000000000},"winners_may_win_again":false,"beacon":false,"claim_seconds":0}`).want(200)
	b = s.fair(s.host, a.ID)
	if len(b.Prizes) != 0 || b.Eligible.TookPart != 0 || b.Eligible.JoinedBefore != 1795000000000 || b.Eligible.CheckedIn || b.Again || b.Beacon || b.ClaimSeconds != 0 {
		t.Errorf("patched %+v", b)
	}
	if a := s.raffle(1); s.fair(s.host, a.ID).Again {
		t.Error("by default winners may win again")
	}
	for _, bad := range []string{
		`{"kind":"raffle","title":"R","prizes":[""]}`,
		`{"kind":"raffle","title":"R","prizes":["a\nb"]}`,
		`{"kind":"raffle","title":"R","prizes":[` + strings.Repeat(`"x",`, 50) + `"x"]}`,
		`{"kind":"raffle","title":"R","claim_seconds":-1}`,
		`{"kind":"raffle","title":"R","claim_seconds":86401}`,
		`{"kind":"raffle","title":"R","eligible":{"took_part":99}}`,
		`{"kind":"raffle","title":"R","eligible":{"took_part":-1}}`,
		`{"kind":"raffle","title":"R","eligible":{"joined_before":"yesterday"}}`,
		`{"kind":"raffle","title":"R","eligible":{"joined_before":-5}}`,
		`{"kind":"poll","title":"P","options":["a"],"prizes":["x"]}`,
		`{"kind":"poll","title":"P","options":["a"],"beacon":true}`,
	} {
		s.host.api("POST", s.path("/activities"), bad).problem(422, "invalid")
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	st := redisStore(t)
	n := start(t, st, setup{})
	s := n.create(t, "Claims")
	a := s.add(map[string]any{"kind": "raffle", "title": "R", "winners": 2, "prizes": []string{"A mug"}, "claim_seconds": 60})
	phones := s.full(t, a.ID, 4)
	s.must(a.ID, "draw", nil)
	winners := s.fair(s.host, a.ID).Winners
	find := func(handle string) *phone {
		for _, p := range phones {
			if p.Handle == handle {
				return p
			}
		}
		t.Fatalf("nobody is %s", handle)
		return nil
	}
	first, second := winners[0], winners[1]
	won := find(first.Handle)
	claim := func(p *phone, ticket string) answer {
		return p.api("POST", s.path("/claims"), map[string]any{"ticket": ticket})
	}
	if first.Claim != "" || first.Prize != "A mug" || first.ClaimClosesInMS == nil || *first.ClaimClosesInMS <= 50_000 || first.Code == first.Ticket {
		t.Errorf("drawn: %+v", first)
	}
	claim(find(second.Handle), first.Ticket).problem(409, "conflict")
	claim(won, "no ticket").problem(422, "invalid")
	s.stranger.api("POST", s.path("/claims"), map[string]any{"ticket": first.Ticket}).want(401)
	var got, again struct{ Code string }
	claim(won, first.Ticket).want(200).into(&got)
	// On another node, too.
	other := *won
	node2 := start(t, st, setup{})
	other.caller = node2.caller(t, won.Token)
	claim(&other, first.Ticket).want(200).into(&again)
	if got != again || !regexp.MustCompile(`^\d{4}$`).MatchString(got.Code) {
		t.Errorf("codes %q and %q", got.Code, again.Code)
	}

	// The host sees the code, and nobody else does.
	seen := s.fair(s.host, a.ID).Winners
	if seen[0].Code != got.Code || seen[0].Claim != "claiming" || seen[0].ClaimClosesInMS != nil || seen[1].Claim != "" {
		t.Errorf("the host sees %+v", seen)
	}
	for what, c := range map[string]*caller{"a stranger": s.stranger, "a phone": phones[0].caller, "the winner": won.caller} {
		body := string(c.api("GET", s.path(""), nil).want(200).body)
		if strings.Contains(body, `"code":"`+got.Code) || strings.Contains(body, seen[1].Code) && strings.Count(body, `"code"`) > 1 {
			t.Errorf("%s is told a claim's code: %s", what, body)
		}
	}
	s.verb(a.ID, "confirm", map[string]any{"winner": "x"}).problem(422, "invalid")
	s.must(a.ID, "confirm", map[string]any{"winner": first.Ticket})
	s.verb(a.ID, "confirm", map[string]any{"winner": first.Ticket}).problem(409, "conflict")
	if w := s.fair(s.stranger, a.ID).Winners[0]; w.Claim != "claimed" || w.Code != "" {
		t.Errorf("all see %+v", w)
	}

	s.verb(a.ID, "void", map[string]any{"winner": second.Ticket}).problem(422, "invalid") // no reason
	s.must(a.ID, "void", map[string]any{"winner": second.Ticket, "reason": "went home"})
	claim(find(second.Handle), second.Ticket).problem(409, "conflict")
	if a := s.fair(s.host, a.ID); len(a.Winners) != 1 || len(a.Voided) != 1 || a.Voided[0].Reason != "went home" {
		t.Errorf("after the void: %+v", a)
	}
	for _, verb := range []string{"claim", "arm", "create", "delete"} {
		s.verb(a.ID, verb, nil).problem(404, "unknown")
	}
}

func TestProofOnDemand(t *testing.T) {
	t.Parallel()
	s := embedded(t, setup{}).create(t, "Proofs")
	a := s.raffle(1)
	proof := func(c *caller) answer { return c.api("GET", s.path("/activities/"+itoa(a.ID)+"/proof"), nil) }
	early := s.join(t)
	proof(early.caller).problem(404, "unknown") // a draft
	s.must(a.ID, "open", nil)
	pseudonym := s.dial(t, "phone", early.Token).next("state").You.Pseudonyms[itoa(a.ID)]
	nonce := base64.RawURLEncoding.EncodeToString([]byte("sixteen bytes!!!"))
	early.api("POST", s.path("/entries"), map[string]any{"activity": a.ID, "nonce": nonce}).want(200)
	proof(early.caller).problem(409, "conflict")
	for range 8 {
		s.join(t).counted(a.ID, nil)
	}
	s.must(a.ID, "close", nil)
	var got struct {
		Freeze    fairdraw.Freeze
		Position  int
		Leaf      fairdraw.Leaf
		Nonce     string
		Pseudonym fairdraw.ID
		Proof     []fairdraw.Hash
	}
	proof(early.caller).want(200).into(&got)
	if got.Nonce != nonce || got.Leaf.NonceHash != fairdraw.HashNonce([16]byte([]byte("sixteen bytes!!!"))) || got.Leaf.Handle != early.Handle || got.Freeze.Size != 9 {
		t.Errorf("proof %+v", got)
	}
	if made := fairdraw.MakeTicket(got.Freeze.Event, uint64(a.ID), 1, got.Pseudonym, [16]byte([]byte("sixteen bytes!!!"))); made != got.Leaf.Ticket || got.Pseudonym.String() != pseudonym {
		t.Errorf("the ticket %v is not made of the pseudonym %s, which the phone was told, and its nonce", got.Leaf.Ticket, pseudonym)
	}
	if !fairdraw.CheckProof(got.Proof, got.Freeze.Root, got.Freeze.Size, got.Position, got.Leaf) {
		t.Error("the proof does not hold")
	}
	proof(s.join(t).caller).problem(404, "unknown")
	proof(s.stranger).want(401)
}

func TestCheckIns(t *testing.T) {
	t.Parallel()
	s := embedded(t, setup{}).create(t, "Here")
	plain := s.raffle(1)
	a := s.add(map[string]any{"kind": "raffle", "title": "R", "winners": 3, "eligible": map[string]any{"checked_in": true}})
	here := func(p *phone, id int) answer {
		return p.api("POST", s.path("/checkins"), map[string]any{"activity": id})
	}
	p, absent := s.join(t), s.join(t)
	here(p, a.ID).problem(409, "closed")
	s.must(plain.ID, "open", nil)
	here(p, plain.ID).problem(422, "invalid")
	here(p, 99).problem(422, "invalid")
	poll := s.poll("P", "live", "A", "B")
	s.must(poll.ID, "open", nil)
	p.api("POST", s.path("/checkins"), map[string]any{"activity": poll.ID, "choice": []int{0}}).problem(422, "invalid")
	s.must(a.ID, "open", nil)
	p.counted(a.ID, nil)
	absent.counted(a.ID, nil)
	for _, want := range []string{"counted", "unchanged"} {
		var got entryJSON
		if here(p, a.ID).want(200).into(&got); got.Status != want || got.Run != 1 {
			t.Errorf("check-in: %+v, want %s", got, want)
		}
	}
	s.must(a.ID, "close", nil)
	here(absent, a.ID).problem(409, "closed")
	drawn := s.must(a.ID, "draw", nil)
	if len(drawn.Winners) != 1 || drawn.Winners[0].Handle != p.Handle || drawn.Shortfall != 2 {
		t.Errorf("drawn %+v", drawn)
	}
	var record fairdraw.Record
	s.stranger.api("GET", s.path("/draws/1"), nil).want(200).into(&record)
	if len(record.Skips) != 1 || record.Skips[0].Reason != "not checked in" || record.Skips[0].Handle != absent.Handle {
		t.Errorf("passed over: %+v", record.Skips)
	}
}

func TestFreezeHistory(t *testing.T) {
	t.Parallel()
	s := embedded(t, setup{}).create(t, "Again and again")
	a := s.raffle(1)
	if got := s.freezes(); len(got) != 0 {
		t.Errorf("before any: %+v", got)
	}
	for range 2 {
		s.full(t, a.ID, 2)
		s.must(a.ID, "draw", nil)
		s.must(a.ID, "reset", nil)
	}
	s.full(t, a.ID, 3)
	got := s.freezes()
	if len(got) != 3 || got[0].Run != 1 || got[1].Draws != 1 || got[2].Draws != 0 || got[2].Size != 3 || got[0].Freeze.Hash == got[1].Freeze.Hash || got[2].Freeze == nil || got[0].At > got[2].At {
		t.Errorf("freezes %+v", got)
	}
}

// Where another raffle was drawn since the freeze, one press of draw freezes again, in
// public, and draws from that.
func TestDrawFreezesAgain(t *testing.T) {
	t.Parallel()
	s := embedded(t, setup{}).create(t, "Two raffles")
	first, second := s.raffle(1), s.raffle(1)
	s.must(first.ID, "open", nil)
	s.must(second.ID, "open", nil)
	for range 3 {
		p := s.join(t)
		p.counted(first.ID, nil)
		p.counted(second.ID, nil)
	}
	s.must(first.ID, "close", nil)
	s.must(second.ID, "close", nil)
	one := s.must(first.ID, "draw", nil).Winners[0]
	two := s.must(second.ID, "draw", `{"draw":2}`).Winners[0]
	if one.Handle == two.Handle {
		t.Errorf("%s won in both", one.Handle)
	}
	var record fairdraw.Record
	s.stranger.api("GET", s.path("/draws/2"), nil).want(200).into(&record)
	got := s.freezes()
	if len(got) != 3 || got[1].Draws != 0 || got[2].Draws != 1 || got[2].Number != 2 || got[2].Freeze == nil || got[2].Freeze.Hash != record.Freeze.Hash || got[2].Activity != second.ID {
		t.Errorf("freezes %+v", got)
	}
	s.must(second.ID, "draw", nil)
	var refused struct{ Activity activity }
	answer := s.verb(second.ID, "draw", nil)
	answer.problem(409, "conflict")
	answer.into(&refused)
	if refused.Activity.ID != second.ID {
		t.Errorf("the refusal shows %+v", refused.Activity)
	}
}
