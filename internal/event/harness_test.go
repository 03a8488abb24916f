package event

import (
	"encoding/binary"
	"testing"

	"drumroll/internal/fairdraw"
)

// journal builds a log record by record, folds it as it grows and keeps it.
type journal struct {
	t        testing.TB
	s        *State
	uid      UID
	producer Producer
	seq      uint64
	ms       uint64
	log      []placed
}

// placed is a record with its place.
type placed struct {
	at   Position
	data []byte
}

var (
	testUID = UID{0: 0xd0, 15: 0x01}
	testKey = []byte("0123456789abcdef0123456789abcdef")
)

const testProducer = Producer(0xfeed_0000_0000_0001)

// newJournal begins a log with a create record.
func newJournal(t testing.TB, names bool) *journal {
	t.Helper()
	j := &journal{t: t, s: New(), uid: testUID, producer: testProducer, ms: 1_000_000}
	j.apply(AppendCommand(nil, &Command{
		Identity: Identity{UID: j.uid, Producer: j.producer},
		Type:     CmdCreate,
		Create:   &Creation{Code: "K7QX2M", Title: "Autumn meetup", Names: names, HostKey: Key{1}, Ms: 999_000},
	}))
	return j
}

// apply folds raw bytes at the next position, a millisecond later.
func (j *journal) apply(data []byte) *Result {
	j.t.Helper()
	j.ms++
	return j.applyAt(Position{Ms: j.ms}, data)
}

func (j *journal) applyAt(at Position, data []byte) *Result {
	j.t.Helper()
	res := new(Result)
	if err := j.s.Apply(at, data, res); err != nil {
		j.t.Fatalf("Apply at %v: %v", at, err)
	}
	j.log = append(j.log, placed{at, data})
	return res
}

// propose folds a command and returns what came of it.
func (j *journal) propose(c Command) *Result {
	j.t.Helper()
	j.seq++
	c.Identity = Identity{UID: j.uid, Producer: j.producer, Seq: j.seq}
	return j.apply(AppendCommand(nil, &c))
}

// do folds a command that has to be accepted.
func (j *journal) do(c Command) *Result {
	j.t.Helper()
	res := j.propose(c)
	if res.Refusal != nil {
		j.t.Fatalf("%s of %d refused: %v", c.Type, c.Activity, res.Refusal)
	}
	return res
}

// refuse folds a command that has to be refused with this code and to change nothing.
func (j *journal) refuse(code RefusalCode, c Command) {
	j.t.Helper()
	before := facts(j.s)
	res := j.propose(c)
	switch {
	case res.Refusal == nil:
		j.t.Errorf("%s of %d was accepted", c.Type, c.Activity)
	case res.Refusal.Code != code:
		j.t.Errorf("%s of %d: code %d (%v), want %d", c.Type, c.Activity, res.Refusal.Code, res.Refusal, code)
	case res.Refusal.Error() == "":
		j.t.Errorf("%s of %d: refused without a sentence", c.Type, c.Activity)
	}
	if after := facts(j.s); after != before {
		j.t.Errorf("refused %s of %d changed the state:\n%s", c.Type, c.Activity, lineDiff(before, after))
	}
}

// batch folds items in one record.
func (j *journal) batch(items ...Item) *Result {
	j.t.Helper()
	j.seq++
	return j.apply(packed(Identity{UID: j.uid, Producer: j.producer, Seq: j.seq}, items...))
}

// one folds a batch of one item.
func (j *journal) one(it Item) Outcome {
	j.t.Helper()
	return j.batch(it).Outcomes[0]
}

func packed(id Identity, items ...Item) []byte {
	data := AppendBatchHeader(nil, id)
	for i := range items {
		data = AppendItem(data, &items[i])
	}
	return SealBatch(data, 0)
}

func (j *journal) addPoll(results string, maxChoices int, options ...string) int {
	j.t.Helper()
	return j.do(Command{Type: CmdAdd, Spec: &Spec{
		Kind: Poll, Title: "Tabs or spaces?", Results: results, Poll: &PollSpec{Options: options, MaxChoices: maxChoices},
	}}).ID
}

func (j *journal) addRaffle(winners int) int {
	j.t.Helper()
	return j.do(Command{Type: CmdAdd, Spec: &Spec{Kind: Raffle, Title: "A keyboard", Raffle: &RaffleSpec{Winners: winners}}}).ID
}

func scaleSpec(min, max int, results string) *Spec {
	return &Spec{Kind: Scale, Title: "Too fast?", Results: results, Scale: &ScaleSpec{Min: min, Max: max, Labels: []string{"slow", "fast"}}}
}

// opening is the open command of an activity, with the commitment that a raffle needs.
func (j *journal) opening(id int) Command {
	c := Command{Type: CmdOpen, Activity: id}
	if a := j.s.findActivity(id); a != nil && a.Raffle != nil {
		end := fairdraw.NewChain(testKey, j.uid, uint64(id), uint64(a.run)).Element(0)
		c.Run, c.Commitment = a.run, &end
		if a.Raffle.Beacon {
			c.Chain = &oracle.Chain
		}
	}
	return c
}

func (j *journal) open(id int) { j.t.Helper(); j.do(j.opening(id)) }

func (j *journal) verb(verb string, id int) { j.t.Helper(); j.do(Command{Type: verb, Activity: id}) }

// drawing is the draw command of a raffle, with the right seed and number.
func (j *journal) drawing(id int) Command {
	run, element, number := j.s.NextSeed(id)
	seed := fairdraw.NewChain(testKey, j.uid, uint64(id), uint64(run)).Element(min(element, fairdraw.ChainLength))
	return Command{Type: CmdDraw, Activity: id, Draw: number, Run: run, Seed: &seed}
}

// redrawing is the redraw command for one ticket.
func (j *journal) redrawing(id int, ticket string) Command {
	c := j.drawing(id)
	c.Type, c.Void, c.Reason = CmdRedraw, ticket, "not in the room"
	return c
}

// activity is the present view of an activity, as the host has it.
func (j *journal) activity(id int) Activity {
	j.t.Helper()
	a := j.s.findActivity(id)
	if a == nil {
		j.t.Fatalf("no activity %d", id)
	}
	return j.s.activityView(a)
}

// winners are a raffle's standing winners, none for another kind.
func (j *journal) winners(id int) []WinnerView {
	if r := j.activity(id).Raffle; r != nil {
		return r.Winners
	}
	return nil
}

func vote(p Participant, activity, run int, n uint32, options ...int) Item {
	var choice Choice
	for _, o := range options {
		choice.Add(o)
	}
	it := VoteItem(choice)
	it.Participant, it.Activity, it.Run, it.N = p, activity, run, n
	return it
}

// ticket is a raffle entry with a pseudonym and nonce of the participant's own.
func ticket(p Participant, activity, run int) Item {
	var pseudonym, nonce [16]byte
	binary.BigEndian.PutUint64(pseudonym[:], uint64(p))
	binary.BigEndian.PutUint64(nonce[8:], ^uint64(p))
	it := TicketItem(pseudonym, nonce, false)
	it.Participant, it.Activity, it.Run = p, activity, run
	return it
}

// enterAll lets participants 1 to n into a raffle's present run.
func (j *journal) enterAll(id, n int) {
	j.t.Helper()
	items := make([]Item, n)
	for i := range items {
		items[i] = ticket(Participant(i+1), id, j.s.findActivity(id).run)
	}
	j.batch(items...)
}
