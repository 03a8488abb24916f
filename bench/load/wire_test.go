package load

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"
)

func unmask(t *testing.T, frame []byte) []byte {
	t.Helper()
	if frame[0] != 0x81 || frame[1]&0x80 == 0 {
		t.Fatalf("head %x", frame[:2])
	}
	size := int(frame[1] & 0x7f)
	key, payload := frame[2:6], bytes.Clone(frame[6:])
	if len(payload) != size {
		t.Fatalf("%d bytes of payload, head says %d", len(payload), size)
	}
	for i := range payload {
		payload[i] ^= key[i%4]
	}
	return payload
}

func TestSocketEntriesAreNewEachTime(t *testing.T) {
	s := NewSocket(3, 2)
	var last uint32
	for i := range 25 {
		var e struct {
			T, Ref        string
			Activity, Run int
			N             uint32
			Choice        []int
		}
		if err := json.Unmarshal(unmask(t, s.Next()), &e); err != nil {
			t.Fatal(err)
		}
		if e.T != "entry" || e.Activity != 3 || e.Run != 2 || len(e.Choice) != 1 {
			t.Fatalf("entry %+v", e)
		}
		if e.N <= last || i > 0 && e.N != last+1 {
			t.Fatalf("n is %d after %d", e.N, last)
		}
		last = e.N
	}
}

func TestHTTPEntriesTakeTurns(t *testing.T) {
	h := NewEntries("host", "ABCDEF", 1, 1, []string{"one", "two"})
	for i, want := range []string{"one", "two", "one", "two", "one"} {
		r := string(h.Next())
		head, body, ok := strings.Cut(r, "\r\n\r\n")
		if !ok || !strings.Contains(head, "\r\nCookie: drumroll_ABCDEF="+want+"\r\n") {
			t.Fatalf("request %d: %q", i, r)
		}
		var e struct {
			N      uint32
			Choice []int
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			t.Fatal(err)
		}
		if e.N != firstN+uint32(i)+1 || e.Choice[0] != i/2%2 {
			t.Errorf("request %d: %+v", i, e)
		}
	}
}

// serverFrame is a frame without a mask.
func serverFrame(payload string) []byte {
	head := []byte{0x81, byte(len(payload))}
	if len(payload) > 125 {
		head = binary.BigEndian.AppendUint16([]byte{0x81, 126}, uint16(len(payload)))
	}
	return append(head, payload...)
}

func TestSocketSplitsFrames(t *testing.T) {
	s := NewSocket(1, 1)
	for payload, want := range map[string]Kind{
		`{"t":"ack","ref":"x","status":"counted"}`:                        Accepted,
		`{"t":"ack","ref":"x","status":"changed"}`:                        Accepted,
		`{"t":"ack","ref":"x","status":"retry","after_ms":300}`:           Refused,
		`{"t":"ack","ref":"x","status":"closed"}`:                         Failed,
		`{"t":"tick","seq":5,"activity":1,"entries":3}`:                   Broadcast,
		`{"t":"state","seq":5,"html":"` + strings.Repeat("x", 500) + `"}`: Other,
	} {
		f := serverFrame(payload)
		for cut := range f {
			if n, _ := s.Split(f[:cut]); n != 0 {
				t.Fatalf("%d of %d bytes of %s are a frame of %d", cut, len(f), payload, n)
			}
		}
		if n, kind := s.Split(append(f, 0x81)); n != len(f) || kind != want {
			t.Errorf("%s: %d of %d bytes, kind %d, want %d", payload, n, len(f), kind, want)
		}
	}
}
