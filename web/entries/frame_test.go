package entries

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/event"
)

// FuzzDecodeFrame: the fast way reads what encoding/json reads, or leaves it to it.
func FuzzDecodeFrame(f *testing.F) {
	for _, seed := range []string{
		`{"t":"entry","ref":"any","activity":1,"choice":[0]}`,
		`{"t":"entry","ref":7,"activity":12,"choice":[0,49],"run":3,"n":4294967}`,
		`{"t":"entry","ref":"a","activity":2,"run":1,"n":999999999,"nonce":"AAAAAAAAAAAAAAAAAAAAAA"}`,
		`{"t":"entry","ref":"a","activity":2,"n":1,"value":10}`, `{"value":-3}`, `{"value":null}`,
		`{"t":"entry","ref":null,"activity":1,"choice":null}`,
		`{"t":"x","t":"entry","activity":1,"activity":2,"choice":[1],"choice":[2,3]}`,
		`{"T":"entry","ACTIVITY":1,"Choice":[0]}`, `{"t":"entry","ref":"\u0041","activity":01}`,
		`{"t":"entry","activity":1234567890,"choice":[]}`, `{"n":4294967296}`, `{"n":-1}`, `{"choice":[1,]}`, `{}`, `{ }`, `[]`, `null`, ``,
		`{"t":"entry","ref":{"a":[1, 2]},"activity":1}x`, "{\"ref\":\"\xff\"}", `{"ref":1.5}`, `{"ref":-0}`, `{"choice":[00]}`, `{"t":"entry",}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var room [4]int
		kept := bytes.Clone(data)
		got := Frame{T: "left from the last one", Entry: event.Entry{Choice: []int{9}}}
		err := DecodeFrame(data, &got, room[:])
		if !bytes.Equal(kept, data) {
			t.Fatalf("the frame was changed from %q to %q", kept, data)
		}
		var want Frame
		wantErr := json.Unmarshal(data, &want)
		if err != nil && wantErr == nil && err != errNotText {
			t.Fatalf("%q: error %v, encoding/json has none", data, err)
		}
		if err == nil && wantErr != nil {
			t.Fatalf("%q: no error, encoding/json: %v", data, wantErr)
		}
		if err != nil {
			return
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Frame{}, event.Entry{})); diff != "" {
			t.Errorf("%q (-encoding/json +DecodeFrame):\n%s", data, diff)
		}
		if len(got.Ref) > 0 && !json.Valid(got.Ref) {
			t.Errorf("%q: ref %q is not JSON", data, got.Ref)
		}
	})
}

// A frame as our own clients send it costs no garbage.
func TestDecodeFrameAllocates(t *testing.T) {
	data := []byte(`{"t":"entry","ref":"17","activity":3,"run":2,"n":9,"choice":[0,2]}`)
	var f struct {
		Frame
		room [event.MaxOptions]int
	}
	if n := testing.AllocsPerRun(100, func() {
		if err := DecodeFrame(data, &f.Frame, f.room[:]); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
