package socket

import (
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// TestGather: answers to a peer that sends several messages at once wait for each
// other, and go out in one piece when their time is up, or one comes that cannot
// wait, or too many do.
func TestGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := net.Pipe()
		pieces := make(chan string, 10)
		go func() {
			defer close(pieces)
			buf := make([]byte, 2*maxQueued)
			for {
				n, err := client.Read(buf)
				if err != nil {
					return
				}
				pieces <- string(buf[:n])
			}
		}()
		c := &Conn{net: server, turns: NewTurns(1), writeTimeout: time.Minute, several: true}
		c.turns.Order(time.Now().Add(time.Hour))
		expect := func(what string, want ...string) {
			t.Helper()
			synctest.Wait()
			for _, w := range want {
				select {
				case got := <-pieces:
					if got != w {
						t.Errorf("%s: got %q, want %q", what, got, w)
					}
				default:
					t.Errorf("%s: %q was not written", what, w)
				}
			}
			select {
			case got := <-pieces:
				t.Errorf("%s: %q was written", what, got)
			default:
			}
		}
		send := func(texts ...string) {
			t.Helper()
			for _, text := range texts {
				if !c.Send([]byte(text)) {
					t.Fatalf("%q was not taken", text)
				}
			}
		}

		send("one ", "two")
		time.Sleep(gatherFor - 1)
		expect("before its time")
		time.Sleep(time.Nanosecond)
		expect("in its time", "one two")

		send("three ", "four")
		c.single()
		expect("one message at a time again", "three four")
		send("five")
		expect("thereafter", "five")

		c.several = true
		time.Sleep(gatherFor)
		send("six")
		c.Offer(nil) // that it does not take: what waits must go first
		expect("with a tick", "six")

		big := make([]byte, maxGathered)
		send("seven", string(big))
		expect("too much to wait", "seven"+string(big))

		send("eight")
		c.cork()
		send(" nine")
		expect("while the peer's messages are handled")
		c.uncork()
		expect("afterwards", "eight nine")

		c.several = true
		send("ten")
		c.cork()
		time.Sleep(gatherFor)
		expect("while a message is handled for long", "ten")
		send("eleven")
		time.Sleep(gatherFor)
		expect("and for longer", "eleven")
		send("twelve")
		c.uncork()
		expect("and after it", "twelve")

		c.several = true
		time.Sleep(2 * time.Hour)
		send("thirteen")
		expect("when nobody takes turns any more", "thirteen")

		c.turns.Order(time.Now())
		send("fourteen")
		c.Close(CloseLeaving, "")
		expect("with a close frame", "fourteen", string(appendClose(nil, CloseLeaving, "")))

		if err := client.Close(); err != nil {
			t.Error(err)
		}
		for range pieces { // until the reader has ended
		}
	})
}
