package socket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"drumroll/internal/socket"
)

// TestFrames: whatever its length, a payload arrives as it is, by each way of
// making a frame.
func TestFrames(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{})
	c, e := connect(t, url, ends)
	for _, n := range []int{0, 1, 124, 125, 126, 127, 1000, 65_535, 65_536, 200_000} {
		payload := strings.Repeat("é", n/2) + strings.Repeat("x", n%2)
		frames := [][]byte{
			socket.AppendText(nil, []byte(payload)),
			socket.Text([]byte(payload)),
			socket.Text([]byte(payload[:n/2]), []byte(payload[n/2:])),
		}
		own := []byte(payload) // a frame behind its payload, in the same memory
		frames = append(frames, socket.AppendText(own, own)[len(own):])
		go func() {
			for _, f := range frames {
				for !e.Offer(f) {
					<-e.drained
				}
			}
		}()
		for i := range frames {
			if got := read(t, c); got != payload {
				t.Fatalf("%d bytes, frame %d: %d bytes came", n, i, len(got))
			}
		}
	}
	if c.Subprotocol() != subprotocol {
		t.Errorf("subprotocol %q", c.Subprotocol())
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{})
	c, e := connect(t, url, ends)
	for _, n := range []int{0, 1, 125, 126, 511, 512, 513, 1023, 1024} {
		payload := strings.Repeat("m", n)
		if err := c.Write(t.Context(), websocket.MessageText, []byte(payload)); err != nil {
			t.Fatal(err)
		}
		if got := await(t, "message", e.heard); got != payload {
			t.Errorf("%d bytes came as %d", n, len(got))
		}
	}
}

// TestEarlyFrames: what comes with the handshake's request is not lost, and a
// message may come in pieces with a ping between them.
func TestEarlyFrames(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{})
	early := bytes.Join([][]byte{
		masked(0x81, "first"), masked(0x01, "in "), masked(0x89, "ping"), masked(0x80, "pieces"), masked(0x81, strings.Repeat("x", 900)),
		masked(0x81, "unfin")[:8],
	}, nil)
	c, r := dialRaw(t, url, early)
	e := <-ends
	for _, want := range []string{"first", "in pieces", strings.Repeat("x", 900)} {
		if got := await(t, "message", e.heard); got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
	}
	if _, err := c.Write(masked(0x81, "unfin")[8:]); err != nil {
		t.Fatal(err)
	}
	if got := await(t, "message", e.heard); got != "unfin" {
		t.Errorf("heard %q", got)
	}
	pong := make([]byte, 6)
	if _, err := io.ReadFull(r, pong); err != nil || string(pong) != "\x8a\x04ping" {
		t.Errorf("pong %q: %v", pong, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, "end", e.over)
}

// TestReadLimit: who sends too much, or no text, reads why before the connection
// ends, however much is still on its way.
func TestReadLimit(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{CloseTimeout: 5 * time.Second})
	for _, c := range []struct {
		kind websocket.MessageType
		size int
		code websocket.StatusCode
	}{
		{websocket.MessageText, 1025, websocket.StatusMessageTooBig},
		{websocket.MessageText, 500_000, websocket.StatusMessageTooBig},
		{websocket.MessageBinary, 1, websocket.StatusUnsupportedData},
		{websocket.MessageBinary, 500_000, websocket.StatusUnsupportedData},
	} {
		conn, e := connect(t, url, ends)
		go func() {
			// It fails where the server is done before it.
			_ = conn.Write(t.Context(), c.kind, make([]byte, c.size))
		}()
		if code, err := closed(t, conn); code != c.code {
			t.Errorf("%v of %d bytes: close code %d (%v), want %d", c.kind, c.size, code, err, c.code)
		}
		await(t, "end", e.over)
		if len(e.heard) != 0 {
			t.Errorf("%v of %d bytes: heard", c.kind, c.size)
		}
	}
}

// TestSlowReader: a busy connection takes no Offer, keeps what was Sent in order,
// and tells when it is idle again.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{})
	c, e := connect(t, url, ends)
	big := strings.Repeat("b", 1<<20)
	if !e.Offer(socket.AppendText(nil, []byte(big))) {
		t.Fatal("an idle connection refused a frame")
	}
	if e.Offer(socket.AppendText(nil, []byte("refused"))) {
		t.Fatal("a busy connection took an offer")
	}
	for i := range 100 {
		if !e.Send(socket.AppendText(nil, fmt.Appendf(nil, "ack %d", i))) {
			t.Fatalf("ack %d was not taken", i)
		}
	}
	if got := read(t, c); got != big {
		t.Errorf("the big frame came with %d bytes", len(got))
	}
	for i := range 100 {
		if got := read(t, c); got != fmt.Sprintf("ack %d", i) {
			t.Fatalf("got %q, want ack %d", got, i)
		}
	}
	await(t, "word that it is idle", e.drained)
	if !e.Offer(socket.AppendText(nil, []byte("again"))) {
		t.Error("an idle connection refused a frame")
	}
	if got := read(t, c); got != "again" {
		t.Errorf("got %q", got)
	}
}

// TestDeadlinePasses: the deadline of a frame that took long ends with it; a peer
// that has read all is not cut when it is over.
func TestDeadlinePasses(t *testing.T) {
	t.Parallel()
	const timeout = 300 * time.Millisecond
	url, ends := server(t, socket.Config{WriteTimeout: timeout})
	c, e := connect(t, url, ends)
	big := strings.Repeat("b", 1<<20)
	if !e.Offer(socket.AppendText(nil, []byte(big))) {
		t.Fatal("an idle connection refused a frame")
	}
	if got := read(t, c); got != big {
		t.Errorf("the big frame came with %d bytes", len(got))
	}
	await(t, "word that it is idle", e.drained)
	select {
	case <-time.After(2 * timeout): // the very time that is under test
	case <-e.over:
		t.Fatal("cut")
	}
	if !e.Offer(socket.AppendText(nil, []byte("later"))) {
		t.Error("an idle connection refused a frame")
	}
	if got := read(t, c); got != "later" {
		t.Errorf("got %q", got)
	}
}

// TestCut: a peer that reads nothing is cut after the time-out, or as soon as more
// waits for it than the queue holds.
func TestCut(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{WriteTimeout: 50 * time.Millisecond})
	_, e := connect(t, url, ends)
	e.Offer(socket.AppendText(nil, make([]byte, 8<<20)))
	await(t, "end after the time-out", e.over)
	if e.Send([]byte("late")) {
		t.Error("a cut connection took a frame")
	}
	if !e.Offer([]byte("late")) {
		t.Error("an offer to a cut connection should be taken as done")
	}

	url, ends = server(t, socket.Config{WriteTimeout: time.Hour})
	_, e = connect(t, url, ends)
	e.Offer(socket.AppendText(nil, make([]byte, 8<<20)))
	ack := socket.AppendText(nil, make([]byte, 1000))
	sent := 0
	for e.Send(ack) {
		if sent++; sent > 1000 {
			t.Fatal("the queue has no end")
		}
	}
	await(t, "end with a full queue", e.over)
}

// TestPongBesideBigFrames: the library's control frames never stand within ours.
func TestPongBesideBigFrames(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{})
	c, e := connect(t, url, ends)
	const rounds = 20
	big := strings.Repeat("b", 300_000)
	frame := socket.AppendText(nil, []byte(big))
	stop := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		for range rounds {
			for !e.Offer(frame) {
				select {
				case <-e.drained:
				case <-stop:
					return
				}
			}
		}
	})
	work.Go(func() {
		for i := range rounds {
			e.Send(socket.AppendText(nil, fmt.Appendf(nil, "ack %d", i)))
		}
	})
	pings := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		var err error
		for range rounds {
			err = errors.Join(err, c.Ping(ctx))
		}
		pings <- err
	}()
	acks, bigs := 0, 0
	for acks < rounds || bigs < rounds {
		switch got := read(t, c); got {
		case big:
			bigs++
		case fmt.Sprintf("ack %d", acks):
			acks++
		default:
			close(stop)
			t.Fatalf("got %.40q … of %d bytes, want a big frame or ack %d", got, len(got), acks)
		}
	}
	go func() { // the last pongs need a reader
		_, _, _ = c.Read(context.Background())
	}()
	if err := await(t, "pongs", pings); err != nil {
		t.Error(err)
	}
	close(stop)
	work.Wait()
}

// TestClose: a close frame comes after what is queued, and is the last.
func TestClose(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{})
	c, e := connect(t, url, ends)
	big := strings.Repeat("b", 1<<20)
	e.Offer(socket.AppendText(nil, []byte(big)))
	e.Send(socket.AppendText(nil, []byte("ack")))
	e.Close(socket.CloseDeleted, strings.Repeat("long ", 100))
	if e.Send(socket.AppendText(nil, []byte("late"))) {
		t.Error("a closing connection took a frame")
	}
	if !e.Offer(socket.AppendText(nil, []byte("late"))) {
		t.Error("an offer to a closing connection should be taken as done")
	}
	e.Close(socket.CloseLeaving, "the first counts")
	if got := read(t, c); got != big {
		t.Errorf("the big frame came with %d bytes", len(got))
	}
	if got := read(t, c); got != "ack" {
		t.Errorf("got %.40q", got)
	}
	code, err := closed(t, c)
	var closeError websocket.CloseError
	if code != socket.CloseDeleted || !errors.As(err, &closeError) || !strings.HasPrefix(closeError.Reason, "long long") {
		t.Errorf("closed with %v", err)
	}
	await(t, "end", e.over)
}

// TestPeerCloses: the close handshake is answered, and nothing follows the answer.
func TestPeerCloses(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{})
	c, e := connect(t, url, ends)
	if err := c.Close(websocket.StatusNormalClosure, "bye"); err != nil {
		t.Errorf("the peer's close: %v", err)
	}
	await(t, "end", e.over)
	if e.Send(socket.AppendText(nil, []byte("late"))) {
		t.Error("an ended connection took a frame")
	}

	raw, r := dialRaw(t, url, nil)
	e = <-ends
	stop := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() { // news all the time
		for frame := socket.AppendText(nil, []byte("news")); ; {
			select {
			case <-stop:
				return
			default:
				e.Offer(frame)
			}
		}
	})
	if _, err := raw.Write(masked(0x88, "\x03\xe8")); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(r)
	close(stop)
	work.Wait()
	if err != nil {
		t.Fatal(err)
	}
	news := "\x81\x04news"
	for strings.HasPrefix(string(all), news) {
		all = all[len(news):]
	}
	if string(all) != "\x88\x02\x03\xe8" {
		t.Errorf("after the news come %q, want a close frame and nothing else", all)
	}
	await(t, "end", e.over)
}

// TestPeerClosesBehindBigFrame: the answer to a close that comes while a frame is
// being written follows that frame, and nothing follows the answer.
func TestPeerClosesBehindBigFrame(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{})
	raw, r := dialRaw(t, url, nil)
	e := <-ends
	big := socket.AppendText(nil, bytes.Repeat([]byte("b"), 8<<20))
	e.Offer(big)
	if _, err := raw.Write(masked(0x88, "\x03\xe8")); err != nil {
		t.Fatal(err)
	}
	// While the frame is being written an offer is refused; once the close was
	// heard it is taken as done.
	late := socket.AppendText(nil, []byte("late"))
	for began := time.Now(); !e.Offer(late); runtime.Gosched() {
		if time.Since(began) > patience {
			t.Fatal("the peer's close is not heard")
		}
	}
	if e.Send(late) {
		t.Error("a closing connection took a frame")
	}
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if want := slices.Concat(big, []byte("\x88\x02\x03\xe8")); !bytes.Equal(all, want) {
		t.Errorf("%d bytes came, want the big frame and a close frame: %d bytes; the end is %q", len(all), len(want), all[max(0, len(all)-20):])
	}
	await(t, "end", e.over)
}

// TestLinger: after a close frame of ours the connection is kept until the peer
// has gone, for what it still sends would make TCP take the frame back.
func TestLinger(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{CloseTimeout: patience})
	for name, c := range map[string]struct {
		first byte
		size  int
		code  string
	}{
		"too big": {0x81, 60_000, "\x03\xf1"},
		"binary":  {0x82, 60_000, "\x03\xeb"},
	} {
		raw, r := dialRaw(t, url, nil)
		e := <-ends
		frame := masked(c.first, strings.Repeat("x", c.size))
		if _, err := raw.Write(frame[:30_000]); err != nil {
			t.Fatal(err)
		}
		head := make([]byte, 4)
		if _, err := io.ReadFull(r, head); err != nil || head[0] != 0x88 || string(head[2:]) != c.code {
			t.Errorf("%s: read %q: %v", name, head, err)
		}
		if _, err := io.CopyN(io.Discard, r, int64(head[1])-2); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := raw.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := r.ReadByte(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: after the close frame: %v, want the connection to stay", name, err)
		}
		if _, err := raw.Write(frame[30_000:]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := raw.Close(); err != nil {
			t.Fatal(err)
		}
		await(t, "end", e.over)
	}
}

// TestNoAnswerToClose: a peer that does not answer a close frame is not waited for.
func TestNoAnswerToClose(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{CloseTimeout: 30 * time.Millisecond})
	_, r := dialRaw(t, url, nil)
	e := <-ends
	e.Close(socket.CloseLeaving, "bye")
	await(t, "end", e.over)
	all, err := io.ReadAll(r)
	if err != nil || string(all) != "\x88\x05\x03\xf4bye" {
		t.Errorf("read %q: %v", all, err)
	}
}

func TestAcceptRefuses(t *testing.T) {
	t.Parallel()
	url, _ := server(t, socket.Config{OriginPatterns: []string{"friend.example"}})
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("no websocket request: %s, %v", res.Status, err)
	}
	for origin, ok := range map[string]bool{"https://friend.example": true, "https://foe.example": false, url: true, "": true} {
		opts := &websocket.DialOptions{HTTPHeader: http.Header{}}
		if origin != "" {
			opts.HTTPHeader.Set("Origin", origin)
		}
		c, res, err := websocket.Dial(t.Context(), url, opts)
		if err == nil {
			c.CloseNow()
		}
		if (err == nil) != ok || !ok && res.StatusCode != http.StatusForbidden {
			t.Errorf("origin %q: %v", origin, err)
		}
	}
}
