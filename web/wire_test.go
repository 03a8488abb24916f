package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// frame is any frame of the server's.
type frame struct {
	T         string
	Seq       int
	Ref       any
	Status    string
	Ticket    string
	AfterMS   int `json:"after_ms"`
	Event     eventJSON
	HTML      string
	You       *you
	Activity  int
	Entries   int
	Counts    []int
	Connected int
	Draw      int

	raw string
	at  time.Time
}

type you struct {
	Handle     string
	Entries    map[string][]int
	N          int
	Tickets    map[string]string
	Pseudonyms map[string]string
	Won        []struct{ Ticket string }
}

// wire is a socket of one view.
type wire struct {
	t      testing.TB
	view   string
	conn   *websocket.Conn
	frames chan frame // closed when the connection is over
	err    error      // why; set before frames is closed

	mu  sync.Mutex
	log []string
}

// open dials with whatever options; it answers the handshake's response on errors.
func (s *show) open(t testing.TB, query string, opts *websocket.DialOptions) (*wire, *http.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	opts.Subprotocols = []string{"drumroll.v1"}
	conn, res, err := websocket.Dial(ctx, strings.Replace(s.URL, "http", "ws", 1)+"/"+s.Code+"/ws"+query, opts)
	if err != nil {
		return nil, res, err
	}
	conn.SetReadLimit(1 << 20)
	w := &wire{t: t, view: query, conn: conn, frames: make(chan frame, 4096)}
	t.Cleanup(func() { conn.CloseNow() })
	go w.read()
	return w, res, nil
}

// dial opens a socket with a bearer token; "" is none.
func (s *show) dial(t testing.TB, view, token string) *wire {
	t.Helper()
	header := http.Header{}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	w, _, err := s.open(t, "?view="+view, &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		t.Fatalf("dial as %s: %v", view, err)
	}
	if got := w.conn.Subprotocol(); got != "drumroll.v1" {
		t.Errorf("subprotocol %q", got)
	}
	w.view = view
	return w
}

// refusedDial expects the handshake to be refused with a problem.
func (s *show) refusedDial(t testing.TB, view, token string, status int) {
	t.Helper()
	header := http.Header{}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	s.refused(t, "?view="+view, &websocket.DialOptions{HTTPHeader: header}, status)
}

func (s *show) refused(t testing.TB, query string, opts *websocket.DialOptions, status int) {
	t.Helper()
	w, res, err := s.open(t, query, opts)
	switch {
	case err == nil:
		w.conn.CloseNow()
		t.Errorf("dial %s: welcome, want %d", query, status)
	case res == nil:
		t.Errorf("dial %s: %v", query, err)
	case res.StatusCode != status:
		t.Errorf("dial %s: status %d, want %d", query, res.StatusCode, status)
	}
}

func (w *wire) read() {
	defer close(w.frames)
	for {
		kind, data, err := w.conn.Read(context.Background())
		if err != nil {
			w.err = err
			return
		}
		f := frame{raw: string(data), at: time.Now()}
		if err := json.Unmarshal(data, &f); err != nil || kind != websocket.MessageText {
			w.err = err
			w.t.Errorf("%s: frame %q: %v", w.view, data, err)
			return
		}
		if d, err := described(); err != nil {
			w.t.Error(err)
		} else {
			d.Frame(w.t, data)
		}
		w.mu.Lock()
		w.log = append(w.log, f.raw)
		w.mu.Unlock()
		w.frames <- f
	}
}

// all is every frame so far, one a line.
func (w *wire) all() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.log, "\n")
}

// frame is the next frame, whatever it is.
func (w *wire) frame() frame {
	w.t.Helper()
	select {
	case f, ok := <-w.frames:
		if !ok {
			w.t.Fatalf("%s: the connection is over: %v", w.view, w.err)
		}
		return f
	case <-time.After(patience):
		w.t.Fatalf("%s: no frame; so far:\n%s", w.view, w.all())
	}
	panic("unreachable")
}

// next is the next frame, which must be of a type.
func (w *wire) next(kind string) frame {
	w.t.Helper()
	f := w.frame()
	if f.T != kind {
		w.t.Fatalf("%s: frame %s, want %s", w.view, f.raw, kind)
	}
	return f
}

// until reads on to the first frame for which ok holds.
func (w *wire) until(ok func(frame) bool) frame {
	w.t.Helper()
	for began := time.Now(); ; {
		if f := w.frame(); ok(f) {
			return f
		}
		if time.Since(began) > patience {
			w.t.Fatalf("%s: what is waited for does not come; so far:\n%s", w.view, w.all())
		}
	}
}

// before collects the frames before the first for which ok holds.
func (w *wire) before(ok func(frame) bool) (seen []frame) {
	w.t.Helper()
	w.until(func(f frame) bool {
		if ok(f) {
			return true
		}
		seen = append(seen, f)
		return false
	})
	return seen
}

func (w *wire) ack() frame {
	w.t.Helper()
	return w.until(func(f frame) bool { return f.T == "ack" })
}

// send writes a text frame.
func (w *wire) send(text string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		w.t.Fatalf("%s: %v", w.view, err)
	}
}

// closed reads to the end and returns the close code.
func (w *wire) closed() websocket.StatusCode {
	w.t.Helper()
	limit := time.After(patience)
	for {
		select {
		case _, ok := <-w.frames:
			if !ok {
				return websocket.CloseStatus(w.err)
			}
		case <-limit:
			w.t.Fatalf("%s: the connection is still open", w.view)
		}
	}
}

// titled tells a state by the event's title.
func titled(title string) func(frame) bool {
	return func(f frame) bool { return f.T == "state" && f.Event.Title == title }
}

// rename makes a state that all get, for a test to read up to.
func (s *show) rename(title string) {
	s.host.t.Helper()
	s.host.api("PATCH", s.path(""), map[string]string{"title": title}).want(200)
}
