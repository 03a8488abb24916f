package web

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/replica"
)

const entriesRoute = "/api/v1/events/{code}/entries"

// entryCall is the way of the one call that a full room makes at once: POST
// …/entries by a participant whom this node knows, in the form that our clients
// send. It does what the router's chain and postEntry do, without what they need
// for the other calls. Everything else, whatever is wrong with a request
// included, goes on to the router.
type entryCall struct {
	s      *Server
	guard  *http.CrossOriginProtection
	router http.Handler
}

func (c *entryCall) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	code, ok := entriesPath(r.URL.Path)
	if !ok || r.Method != http.MethodPost || r.ContentLength < 1 || r.ContentLength > maxPlain ||
		!isJSON(r.Header) || c.guard.Check(r) != nil {
		c.router.ServeHTTP(w, r)
		return
	}
	rep, err := c.s.cfg.Replicas.Open(r.Context(), code)
	if err != nil {
		c.router.ServeHTTP(w, r)
		return
	}
	p, err := c.s.who(r, rep)
	if err != nil || rep.Full() || !knows(rep, p) {
		c.router.ServeHTTP(w, r)
		return
	}
	body := bodies.Get().(*plainBody)
	defer bodies.Put(body)
	var e entry
	if !body.read(r, &e) {
		c.router.ServeHTTP(w, r)
		return
	}
	if l, early := c.s.openLane(w, r); l != nil {
		l.answer(rep, p, &e, start)
		go l.run(early)
		return
	}
	status := http.StatusOK
	defer func() {
		if v := recover(); v != nil {
			c.s.panicked(w, r, entriesRoute, v)
			status = http.StatusInternalServerError
		}
		c.s.cfg.Metrics.Request(entriesRoute, status, time.Since(start))
	}()
	w.Header()["X-Content-Type-Options"] = noSniff
	settled, err := c.s.enter(r, rep, p, &e)
	if err != nil {
		status = c.s.refuse(w, r, err)
		return
	}
	c.s.answerEntry(w, &settled, body.room[:0])
}

// entriesPath is the code in a path of entriesRoute.
func entriesPath(path string) (code string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/api/v1/events/")
	if !ok || len(rest) < codeLength || rest[codeLength:] != "/entries" {
		return "", false
	}
	return normalCode(rest[:codeLength])
}

func isJSON(h http.Header) bool {
	kind := h["Content-Type"]
	return len(kind) == 1 && kind[0] == "application/json"
}

// maxPlain is how long a body may be that is read the short way; an entry with all
// 50 choices fits.
const maxPlain = 512

// plainBody is room for a request's body and for its answer.
type plainBody struct {
	room    [maxPlain]byte
	choices [event.MaxOptions]int
}

var bodies = sync.Pool{New: func() any { return new(plainBody) }}

// read reads an entry of the form that our clients send. Where it is of another,
// or does not come as announced, r.Body is as it was, for whoever reads on while b
// is held.
func (b *plainBody) read(r *http.Request, e *entry) bool {
	data := b.room[:r.ContentLength]
	n, err := io.ReadFull(r.Body, data)
	if err == nil {
		if plainEntry(data, e, b.choices[:]) {
			return true
		}
	}
	rest := io.Reader(r.Body)
	if err != nil {
		rest = failing{err}
	}
	r.Body = restored{io.MultiReader(bytes.NewReader(data[:n]), rest), r.Body}
	return false
}

// plainEntry reads an entry of the form that our clients send; choice is room for
// the options.
func plainEntry(data []byte, e *entry, choice []int) bool {
	p := frameParser{rest: data}
	var f phoneFrame
	if !p.frame(&f, choice) || f.T != "" || f.Ref != nil {
		return false
	}
	*e = f.entry
	return true
}

// restored is a body of which the first part was read before.
type restored struct {
	io.Reader
	io.Closer
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Header values that are shared by all answers, and never changed.
var (
	noSniff  = []string{"nosniff"}
	noStore  = []string{"no-store"}
	jsonKind = []string{"application/json"}
)

// answerEntry answers with what became of an entry; room is scratch space.
func (s *Server) answerEntry(w http.ResponseWriter, settled *replica.Settled, room []byte) {
	b := appendEntryAnswer(room, settled)
	h := w.Header()
	h["Content-Type"], h["Cache-Control"] = jsonKind, noStore
	if _, err := w.Write(b); err != nil {
		s.cfg.Logger.Debug("answer not taken", "err", err)
	}
}

// appendEntryAnswer writes {"status","run","offset","ticket"}; no member needs
// escapes.
func appendEntryAnswer(b []byte, settled *replica.Settled) []byte {
	o := &settled.Outcome
	b = append(b, `{"status":"`...)
	b = append(b, statusWord(o.Status)...)
	b = append(b, `","run":`...)
	b = strconv.AppendInt(b, int64(o.Run), 10)
	b = append(b, `,"offset":"`...)
	b = settled.At.Append(b)
	if o.HasTicket {
		b = append(b, `","ticket":"`...)
		b = append(b, o.Ticket.String()...)
	}
	return append(b, "\"}\n"...)
}
