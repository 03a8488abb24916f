//go:build e2e

package faults

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/wsclient"
)

// phone is one participant. Its goroutine alone uses it, until the crowd is over.
type phone struct {
	c      *crowd
	random *rand.Rand
	token  string
	who    event.Participant

	overHTTP bool
	numbered bool          // sends n, as our own clients do
	patient  bool          // asks until it is answered; others leave it unknown
	waits    time.Duration // for an acknowledgement, before it dials again

	entries []*entry
	n       uint32
	nonce   string
	at      *node // of the socket
	socket  *wsclient.Socket
	ref     int
	sure    map[int]event.Choice // what stands in an activity, where that is certain; 0: nothing
	ticket  string
}

// answer is what came back for an entry; status "" is nothing.
type answer struct {
	status, ticket string
	after          time.Duration // to wait
	sent           bool          // it may have reached the node
}

func (a answer) acknowledges() bool {
	return a.status == "counted" || a.status == "changed" || a.status == "unchanged"
}

// live submits entries, one after the other, while the crowd is at it.
func (p *phone) live() {
	defer p.hangUp()
	for p.c.begin() {
		p.persist(p.next())
		p.c.finish()
	}
}

// next makes up an entry.
func (p *phone) next() *entry {
	e := &entry{key: key{who: p.who}}
	switch one := p.random.IntN(10); {
	case one == 0 && p.ticket == "":
		e.activity = p.c.raffle
	case one < 4:
		e.activity = p.c.flicker
		e.choice = 1 << p.random.IntN(options)
	default:
		e.activity = p.c.poll
		e.choice = 1 << p.random.IntN(options)
	}
	if p.numbered {
		p.n++
		e.n = p.n
	}
	p.entries = append(p.entries, e)
	return e
}

// persist submits an entry until it is answered, as real phones do.
func (p *phone) persist(e *entry) {
	for attempt := 1; ; attempt++ {
		n := p.at
		if p.socket == nil || p.overHTTP {
			n = p.c.nodes[p.random.IntN(len(p.c.nodes))]
		}
		if e.first.IsZero() {
			e.first = time.Now()
		}
		a := p.submit(n, e)
		if p.judge(e, a) || e.sends > 0 && !p.patient {
			return
		}
		if !p.c.sleep(a.after + fullJitter(p.random, attempt)) {
			return
		}
	}
}

// maxBackoff is the longest time between two tries. Real phones wait up to ten seconds; a run
// is over by then.
const maxBackoff = 2 * time.Second

func fullJitter(r *rand.Rand, attempt int) time.Duration {
	return wsclient.FullJitter(r, min(attempt, 5), maxBackoff)
}

// judge books an answer; true where the entry is done with.
func (p *phone) judge(e *entry, a answer) bool {
	if a.sent {
		e.sends++
	}
	switch {
	case a.acknowledges():
		p.told(e, a)
		e.acked, e.ticket = a.status, a.ticket
		p.c.acked.Add(1)
		return true
	case a.status == "closed":
		e.refusals++
		if e.activity != p.c.flicker && !p.c.closing.Load() {
			p.c.fail("told", "participant %v was told that activity %d is closed while it was open", p.who, e.activity)
		}
		return true
	case a.status == "invalid":
		p.c.fail("told", "participant %v was told that an entry is invalid", p.who)
		return true
	}
	if a.sent {
		delete(p.sure, e.activity)
	}
	return false
}

// told checks an acknowledgement against what the phone knows.
func (p *phone) told(e *entry, a answer) {
	if e.activity == p.c.raffle {
		if a.ticket == "" || p.ticket != "" && p.ticket != a.ticket && !p.c.lossy {
			p.c.fail("told", "participant %v has ticket %q and was told %q", p.who, p.ticket, a.ticket)
		}
		p.ticket = a.ticket
		return
	}
	stood, sure := p.sure[e.activity]
	want := "changed"
	switch stood {
	case 0:
		want = "counted"
	case e.choice:
		want = "unchanged"
	}
	if sure && e.sends == 1 && a.status != want && !p.c.lossy {
		p.c.fail("told", "participant %v chose %v after %v and was told %q\n%s", p.who, slices.Collect(e.choice.All()), slices.Collect(stood.All()), a.status, p.recall(e.activity))
	}
	// Without numbers an earlier try may still come in.
	if p.numbered || sure && e.sends == 1 {
		p.sure[e.activity] = e.choice
	}
}

// recall is the phone's last entries in an activity.
func (p *phone) recall(activity int) string {
	var lines []string
	for _, e := range p.entries {
		if e.activity == activity {
			lines = append(lines, fmt.Sprintf("n %d, choice %v, sent %d times, %d refused, acknowledged as %q", e.n, slices.Collect(e.choice.All()), e.sends, e.refusals, e.acked))
		}
	}
	return strings.Join(lines[max(0, len(lines)-6):], "\n")
}

// submit sends an entry once and waits for its answer.
func (p *phone) submit(n *node, e *entry) answer {
	if p.overHTTP {
		return p.post(n, e)
	}
	if p.socket == nil {
		socket, err := p.dial(n, p.waits)
		if err != nil {
			refused, answered := errors.AsType[*contract.Refused](err)
			if !answered {
				return answer{}
			}
			if refused.Status != 503 && refused.Status != 429 {
				p.c.fail("settled", "participant %v may not connect: %v", p.who, err)
			}
			return answer{after: min(refused.RetryAfter, 2*time.Second)}
		}
		p.socket, p.at = socket, n
	}
	p.ref++
	frame := []byte(`{"t":"entry","ref":` + strconv.Itoa(p.ref) + "," + p.body(e) + "}")
	n.inFlight.Add(1)
	defer n.inFlight.Add(-1)
	a, err := p.exchange(frame)
	if err != nil {
		p.hangUp()
		if end, ok := errors.AsType[*wsclient.Closed](err); ok && end.Code == wsclient.CodeLeaving {
			a.after = 200*time.Millisecond + time.Duration(p.random.Int64N(int64(time.Second)))
		}
	}
	return a
}

func (p *phone) exchange(frame []byte) (answer, error) {
	a := answer{sent: true}
	ctx, cancel := context.WithTimeout(context.Background(), p.waits)
	defer cancel()
	if err := p.socket.Send(ctx, frame); err != nil {
		return a, err
	}
	for {
		ack, err := nextAck(ctx, p.socket)
		if err != nil {
			return a, err
		}
		if string(ack.Ref) == strconv.Itoa(p.ref) {
			a.status, a.ticket, a.after = ack.Status, ack.Ticket, time.Duration(ack.AfterMS)*time.Millisecond
			return a, nil
		}
	}
}

// dial opens the phone's socket at a node.
func (p *phone) dial(n *node, limit time.Duration) (*wsclient.Socket, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return wsclient.Dial(ctx, p.c.http, n.URL(), p.c.code, "phone", http.Header{"Authorization": {"Bearer " + p.token}})
}

// nextAck is the next acknowledgement; all other frames are passed over.
func nextAck(ctx context.Context, socket *wsclient.Socket) (ack contract.Ack, err error) {
	frame, err := nextFrame(ctx, socket, contract.FrameAck)
	if err != nil {
		return ack, err
	}
	return ack, json.Unmarshal(frame, &ack)
}

// nextFrame is the next frame of a type.
func nextFrame(ctx context.Context, socket *wsclient.Socket, kind string) (found []byte, err error) {
	start := []byte(`{"t":"` + kind + `"`)
	for found == nil && err == nil {
		err = socket.Next(ctx, func(frame []byte) {
			if bytes.HasPrefix(frame, start) {
				found = bytes.Clone(frame)
			}
		})
	}
	return found, err
}

// body is an entry's members as JSON.
func (p *phone) body(e *entry) string {
	text := fmt.Sprintf(`"activity":%d,"run":1`, e.activity)
	if e.n > 0 {
		text += fmt.Sprintf(`,"n":%d`, e.n)
	}
	if e.activity == p.c.raffle {
		return text + fmt.Sprintf(`,"nonce":%q`, p.nonce)
	}
	return text + fmt.Sprintf(`,"choice":[%d]`, bits.TrailingZeros64(uint64(e.choice)))
}

func (p *phone) post(n *node, e *entry) answer {
	n.inFlight.Add(1)
	defer n.inFlight.Add(-1)
	var out contract.Entered
	err := p.c.call(p.waits, n, p.token, "POST", "/entries", json.RawMessage("{"+p.body(e)+"}"), &out)
	a := answer{status: out.Status, ticket: out.Ticket, sent: !neverSent(err)}
	if refused, ok := errors.AsType[*contract.Refused](err); ok {
		a.after = min(refused.RetryAfter, 2*time.Second)
		switch refused.Status {
		case 409:
			a.status = "closed"
		case 422:
			a.status = "invalid"
		case 429, 503:
			a.status = "retry"
		default:
			p.c.fail("told", "participant %v was answered %v", p.who, err)
		}
	}
	return a
}

func (p *phone) hangUp() {
	if p.socket != nil {
		p.socket.Close()
		p.socket = nil
	}
}

// whose reads the participant out of a token, which is its first 8 bytes.
func whose(token string) (event.Participant, error) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < 8 {
		return 0, fmt.Errorf("token %q", token)
	}
	return event.ParseParticipant(fmt.Sprintf("%x", b[:8]))
}

// newNonce is 16 bytes in base64url, from the seed.
func newNonce(r *rand.Rand) string {
	var b [16]byte
	for i := range b {
		b[i] = byte(r.IntN(256))
	}
	return base64.RawURLEncoding.EncodeToString(b[:])
}
