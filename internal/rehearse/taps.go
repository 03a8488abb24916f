package rehearse

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/wsclient"
)

// part is what a phone did in one run of an activity.
type part struct {
	of     *contract.Activity // as it was when the phone saw it open
	does   behaviour
	plan   plan
	tapped bool

	acked   bool // its entry counts
	choice  choice
	ticket  string
	ackedAt time.Time
	// maybe holds choices that were sent and may stand, for their answer was lost.
	maybe   []choice
	nonce   string // of a ticket that was asked for; the same each time it is sent
	waiting *tap
}

// isMaybe reports whether a choice was sent and may stand.
func (r *part) isMaybe(c choice) bool { return slices.Contains(r.maybe, c) }

// tap is one entry on its way.
type tap struct {
	choice  choice
	n       uint32
	due     time.Time
	sent    time.Time
	sends   int
	backing bool // it waits before it is sent again
	retries int
}

// onState takes a whole state.
func (p *phone) onState(s *shared, y *contract.You) {
	now := time.Now()
	p.mu.Lock()
	first := !p.ready
	if !p.sequenceLocked(s.Seq, now) {
		p.mu.Unlock()
		return
	}
	if first {
		p.ready, p.attempt = true, 0
		p.c.connected.Add(1)
		if p.ever {
			p.c.reconnects.Add(1)
		} else {
			p.ever = true
			p.c.got.Add(1)
			if s.Event.Names {
				p.introduceLocked()
			}
		}
	} else {
		s.arrived(now)
	}
	p.state = s
	p.n = max(p.n, y.N)
	for i := range s.Event.Activities {
		a := &s.Event.Activities[i]
		if kinds[a.Kind] == nil {
			continue
		}
		r := p.runOfLocked(a)
		if r == nil && a.State != contract.Open {
			continue
		}
		if r == nil {
			r = p.beginLocked(a)
		}
		if !r.acked || now.Sub(r.ackedAt) >= p.c.limit.lag { // else the state may have been made before the entry was folded
			r.does.compare(p, r, a, y, now)
		}
		if r.plan.taps && r.plan.late && !r.tapped && a.State != contract.Open && p.c.cfg.Rate == 0 {
			p.afterLocked(time.Duration(p.random.Float64()*float64(300*time.Millisecond)), r, r.plan.choice)
		}
	}
	for _, w := range y.Won {
		p.toldWonLocked(w.Ticket)
	}
	p.judgeWinsLocked(y)
	var frames [][]byte
	for _, r := range p.runs {
		if t := r.waiting; t != nil && !t.backing && (first || t.sends == 0) {
			frames = append(frames, p.frameLocked(r))
		}
	}
	socket := p.socket
	p.mu.Unlock()
	send(socket, frames...)
}

func (p *phone) onTick(s *shared) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sequenceLocked(s.Seq, time.Now())
	if !p.ready {
		p.c.checks.fail(checkFirst, "phone %d was sent a tick first", p.no)
	}
}

// sequenceLocked notes a frame's seq; false where it does not grow.
func (p *phone) sequenceLocked(seq uint64, now time.Time) bool {
	p.heard = now
	if p.seq != 0 && seq <= p.seq {
		p.c.checks.fail(checkSeq, "phone %d was sent %d after %d", p.no, seq, p.seq)
		return false
	}
	p.seq = seq
	return true
}

// runOfLocked finds what the phone did in an activity's present run; what it did in an
// earlier one is forgotten, as it counts no more.
func (p *phone) runOfLocked(a *contract.Activity) *part {
	for i, r := range p.runs {
		if r.of.ID != a.ID {
			continue
		}
		if r.of.Run == a.Run {
			return r
		}
		if r.of.Run < a.Run {
			if r.waiting != nil {
				p.c.waiting.Add(-1)
				p.c.refuse("entry: run was reset")
			}
			p.runs = slices.Delete(p.runs, i, i+1)
		}
		return nil
	}
	return nil
}

// beginLocked plans what to do in a run that opened.
func (p *phone) beginLocked(a *contract.Activity) *part {
	r := &part{of: a, does: kinds[a.Kind], plan: makePlan(&p.c.cfg.Script, p.c.cfg.Seed, p.no, a)}
	p.runs = append(p.runs, r)
	if p.c.cfg.Rate == 0 && r.plan.taps {
		wait := r.plan.after
		if r.plan.late {
			wait *= 4 // unless it closes before that
		}
		p.afterLocked(wait, r, r.plan.choice)
	}
	return r
}

// afterLocked lets the phone think, then tap.
func (p *phone) afterLocked(wait time.Duration, r *part, c choice) {
	again := r.acked // it is to change what it chose
	time.AfterFunc(wait, func() {
		p.mu.Lock()
		if r.waiting != nil || r.tapped && !again || p.home || p.c.ending.Load() || !slices.Contains(p.runs, r) {
			p.mu.Unlock()
			return
		}
		// Who is not late sees that it is over, and leaves it.
		if a := p.state.Event.Activity(r.of.ID); !r.plan.late && (a == nil || a.State != contract.Open || a.Run != r.of.Run) {
			p.mu.Unlock()
			return
		}
		p.tapAndUnlock(r, c, time.Now())
	})
}

// tapAny taps where the phone can, for a crowd at a rate; false where it cannot.
func (p *phone) tapAny(due time.Time) bool {
	p.mu.Lock()
	if !p.ready || p.home {
		p.mu.Unlock()
		return false
	}
	for _, r := range p.runs {
		a := p.state.Event.Activity(r.of.ID)
		if r.waiting != nil || a == nil || a.State != contract.Open || a.Run != r.of.Run {
			continue
		}
		c := r.plan.choice
		if r.acked {
			if c = chooseAgain(r.does, p.random, p.c.cfg.Seed, a, r.choice); c == 0 {
				continue
			}
		}
		p.tapAndUnlock(r, c, due)
		return true
	}
	p.mu.Unlock()
	return false
}

// tapAndUnlock takes a tap and sends it, or keeps it until there is a connection.
// It gives mu back.
func (p *phone) tapAndUnlock(r *part, c choice, due time.Time) {
	r.tapped = true
	p.tapLocked(r, c, due)
	p.sendAndUnlock(r)
}

// sendAndUnlock sends a run's waiting tap; without a connection it goes with the next
// state. It gives mu back.
func (p *phone) sendAndUnlock(r *part) {
	if !p.ready {
		p.mu.Unlock()
		return
	}
	frame, socket := p.frameLocked(r), p.socket
	p.mu.Unlock()
	send(socket, frame)
}

// tapLocked takes a tap, which is not sent yet.
func (p *phone) tapLocked(r *part, c choice, due time.Time) {
	p.n++
	r.waiting = &tap{choice: c, n: p.n, due: due}
	p.c.taps.Add(1)
	p.c.waiting.Add(1)
}

// frameLocked is the entry frame of a run's waiting tap, which it marks as sent.
func (p *phone) frameLocked(r *part) []byte {
	t := r.waiting
	if t.sends++; t.sends > 1 {
		p.c.retried.Add(1)
	}
	t.sent = time.Now()
	if !slices.Contains(r.maybe, t.choice) {
		r.maybe = append(r.maybe, t.choice)
	}
	f := contract.EntryFrame{T: contract.FrameEntry, Ref: strconv.AppendUint(nil, uint64(t.n), 10)}
	f.Entry = contract.Entry{Activity: r.of.ID, Run: r.of.Run, N: t.n}
	r.does.fill(&f.Entry, p, r, t.choice)
	frame, _ := json.Marshal(f) // numbers and strings alone
	return frame
}

// onAck takes the answer to an entry.
func (p *phone) onAck(f *contract.Ack) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = now
	ref, err := strconv.ParseUint(string(f.Ref), 10, 32)
	if err != nil || uint32(ref) > p.n || ref == 0 {
		p.c.checks.fail(checkAck, "phone %d was told %q of entry %s, and sent %d", p.no, f.Status, f.Ref, p.n)
		return
	}
	i := slices.IndexFunc(p.runs, func(r *part) bool { return r.waiting != nil && r.waiting.n == uint32(ref) })
	if i < 0 {
		return // sent twice, and answered twice
	}
	r := p.runs[i]
	t := r.waiting
	if t.sends == 0 {
		p.c.checks.fail(checkAck, "phone %d was told %q of entry %s before it was sent", p.no, f.Status, f.Ref)
		return
	}
	switch f.Status {
	case contract.Counted, contract.Changed, contract.Unchanged:
		p.acceptedLocked(r, t, f, now)
	case contract.Retry:
		p.c.refuse("entry: retry")
		if t.backing {
			return // sent twice, and refused twice
		}
		p.againLocked(r, t, time.Duration(max(0, f.AfterMS))*time.Millisecond)
		return
	case contract.Late, contract.Invalid:
		p.c.refuse("entry: %s", f.Status)
		if t.sends == 1 {
			// It counts for certain nowhere; sent twice, the first may have.
			r.maybe = slices.DeleteFunc(r.maybe, func(c choice) bool { return c == t.choice })
		}
	default:
		p.c.checks.fail(checkAck, "phone %d was told %q, which is no status", p.no, f.Status)
	}
	r.waiting = nil
	p.c.waiting.Add(-1)
}

// acceptedLocked is an entry that counts.
func (p *phone) acceptedLocked(r *part, t *tap, f *contract.Ack, now time.Time) {
	p.c.latency.add(now.Sub(t.due))
	// What was sent once, and nothing before it, has nothing to change.
	fresh := !r.acked && t.sends == 1 && len(r.maybe) == 1
	switch f.Status {
	case contract.Counted:
		p.c.counted.Add(1)
		if r.acked {
			p.c.checks.fail(checkOnce, "phone %d counts again in run %d of activity %d", p.no, r.of.Run, r.of.ID)
		}
	case contract.Changed:
		p.c.changed.Add(1)
		if fresh {
			p.c.checks.fail(checkOnce, "phone %d changed what it had not chosen, in activity %d", p.no, r.of.ID)
		}
	default:
		p.c.unchanged.Add(1)
		if fresh {
			p.c.checks.fail(checkOnce, "phone %d chose first in activity %d, and nothing changed", p.no, r.of.ID)
		}
	}
	change := !r.acked && r.plan.change != 0 && p.c.cfg.Rate == 0
	r.acked, r.ackedAt, r.choice, r.maybe = true, now, t.choice, nil
	r.does.accepted(p, r, f)
	if change {
		p.afterLocked(r.plan.changeAfter, r, r.plan.change)
	}
}

// againLocked sends a refused tap once more, after what the server asks for and a
// jitter that grows with each refusal.
func (p *phone) againLocked(r *part, t *tap, least time.Duration) {
	t.retries++
	t.backing = true
	wait := min(least, time.Minute) + wsclient.FullJitter(p.random, t.retries, maxBackoff)
	time.AfterFunc(wait, func() {
		p.mu.Lock()
		t.backing = false
		if r.waiting != t || p.home {
			p.mu.Unlock()
			return
		}
		p.sendAndUnlock(r)
	})
}

// lostLocked is an acknowledged entry that the server no longer knows. As a real phone
// does, it sends it again while it can.
func (p *phone) lostLocked(r *part, a *contract.Activity, now time.Time) {
	p.c.checks.fail(checkKept, "phone %d entered activity %d, which was acknowledged, and is told that it did not", p.no, a.ID)
	r.acked, r.ticket = false, ""
	if a.State == contract.Open && r.waiting == nil {
		p.tapLocked(r, r.choice, now)
	}
}
