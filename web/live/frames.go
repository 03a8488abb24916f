package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/a-h/templ"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/hub"
	"drumroll/internal/socket"
	"drumroll/web/kinds"
	"drumroll/web/ui"
	"drumroll/web/view"
)

// seqStep leaves room for the several tick frames of one snapshot: an event has
// at most 500 activities.
const seqStep = 512

// encode makes an audience's frames of the present snapshot. The whole state is
// made only if somebody needs it: ticks, ten a second, mostly do alone.
func (r *room) encode(a hub.Audience, seq uint64) *hub.Frames {
	look := r.rep.OnAir
	if a.View == view.Host {
		look = r.rep.Snapshot
	}
	snap, epoch := look()
	now := r.rep.Now()
	connected := r.connected()
	structure := epoch<<40 + snap.Structure
	if a.View == view.Host {
		structure += snap.Backstage + r.s.Crowds.Version(snap.UID)
		if snap.Rehearsal {
			// The console also says whether its crowd is at another node.
			structure <<= 1
			if r.elsewhere.Load() > 0 {
				structure |= 1
			}
		}
	}
	seq *= seqStep
	f := &hub.Frames{Structure: structure}
	f.Tick, f.Essence = ticks(snap, connected, seq)
	shared := sync.OnceValue(func() []byte { return r.state(a, snap, connected, now, seq) })
	if a.View == view.Phone {
		f.Personal = func(key uint64) []byte { return r.personal(shared(), event.Participant(key)) }
	} else {
		f.State = sync.OnceValue(func() []byte { return whole(shared()) })
	}
	return f
}

// state is a state frame's payload without what is personal and the closing
// brace; nil where it cannot be made, which is logged: one view that cannot be
// rendered must not end the node.
func (r *room) state(a hub.Audience, snap event.Snapshot, connected int, now time.Time, seq uint64) (shared []byte) {
	defer func() {
		if p := recover(); p != nil {
			r.s.Answers.Logger.Error("a view cannot be made", "event", r.rep.Code(), "view", a.View, "panic", p, "stack", string(debug.Stack()))
			shared = nil
		}
	}()
	frame := contract.State{T: contract.FrameState, Seq: seq}
	if a.View == view.Host {
		snap = r.s.Kinds.WithCodes(snap)
		frame.Event = r.s.Kinds.HostEvent(snap, connected, now)
	} else {
		frame.Event = kinds.Event(snap, connected, now)
	}
	var err error
	frame.HTML, err = r.html(a, snap, connected, now)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err = errors.Join(err, enc.Encode(frame)); err != nil {
		r.s.Answers.Logger.Error("a view cannot be made", "event", r.rep.Code(), "view", a.View, "err", err)
		return nil
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("}\n"))
}

// whole is the frame of a state that is the same for all.
func whole(shared []byte) []byte {
	if shared == nil {
		return nil
	}
	return socket.Text(shared, []byte("}"))
}

// personal splices what one phone is told of itself into the shared frame.
func (r *room) personal(shared []byte, p event.Participant) []byte {
	if shared == nil {
		return nil
	}
	var you event.You
	var uid event.UID
	r.rep.View(func(st *event.State) { you, uid = st.You(p), st.UID() })
	tail, err := json.Marshal(r.s.Kinds.You(uid, you))
	if err != nil {
		r.s.Answers.Logger.Error("encode you", "event", r.rep.Code(), "err", err)
		tail = []byte("null")
	}
	return socket.Text(shared, []byte(`,"you":`), tail, []byte("}"))
}

func (r *room) html(a hub.Audience, snap event.Snapshot, connected int, now time.Time) (string, error) {
	var page templ.Component
	switch a.View {
	case view.Host:
		m, err := r.s.Views.Host(snap, a.Base, connected, now)
		if err != nil {
			return "", err
		}
		m.Crowd = r.s.CrowdModel(r.rep, &snap)
		page = ui.HostLive(m)
	case view.Screen:
		m, err := r.s.Views.Screen(snap, a.Base, connected, now)
		if err != nil {
			return "", err
		}
		page = ui.ScreenLive(m)
	default:
		page = ui.PhoneLive(r.s.Views.Phone(snap, connected, now))
	}
	var b bytes.Buffer
	err := page.Render(context.Background(), &b)
	return b.String(), err
}

// ticks are the tick frames of a snapshot, one for each activity that is open or
// current, and one without where there is none; essence is the same without
// sequence numbers.
func ticks(snap event.Snapshot, connected int, seq uint64) (frames, essence []byte) {
	var payload []byte
	add := func(a *event.Activity) {
		seq++
		payload = append(payload[:0], `{"t":"tick","seq":`...)
		payload = strconv.AppendUint(payload, seq, 10)
		mark := len(payload)
		payload = append(payload, `,"activity":`...)
		if a == nil {
			payload = append(payload, "null"...)
		} else {
			payload = strconv.AppendInt(payload, int64(a.ID), 10)
			payload = a.AppendNumbers(append(payload, ','))
		}
		payload = append(payload, `,"connected":`...)
		payload = strconv.AppendInt(payload, int64(connected), 10)
		payload = append(payload, `,"joined":`...)
		payload = strconv.AppendInt(payload, int64(snap.Joined), 10)
		payload = append(payload, '}')
		essence = append(essence, payload[mark:]...)
		frames = socket.AppendText(frames, payload)
	}
	for i := range snap.Activities {
		if a := &snap.Activities[i]; a.State == event.Open || a.ID == snap.Current {
			add(a)
		}
	}
	if frames == nil {
		add(nil)
	}
	return frames, essence
}
