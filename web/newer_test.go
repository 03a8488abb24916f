package web_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
)

// newerRecords are what a later version may write: each makes a record that this
// version can read in part at most.
var newerRecords = map[string]func(event.Identity) []byte{
	"kind": func(id event.Identity) []byte {
		return commandRecord(id, `"t":"add","spec":{"kind":"wordcloud","title":"One word?","wordcloud":{"words":3}}`)
	},
	"command": func(id event.Identity) []byte { return commandRecord(id, `"t":"applaud","activity":1`) },
	"member":  func(id event.Identity) []byte { return commandRecord(id, `"t":"close","activity":1,"softly":true`) },
	"value": func(id event.Identity) []byte {
		return commandRecord(id, `"t":"results","activity":1,"results":"later"`)
	},
	"item": func(id event.Identity) []byte {
		voter := event.VoteItem(1)
		voter.Participant, voter.Activity, voter.Run, voter.N = 7, 1, 1, 1
		clap := event.Item{Kind: 100, Participant: 8, Activity: 1, Run: 1, N: 1}
		record := event.AppendBatchHeader(nil, id)
		record = event.AppendItem(record, &voter)
		return event.SealBatch(event.AppendItem(record, &clap), 0)
	},
}

// commandRecord is a control record with members that event.Command may lack.
func commandRecord(id event.Identity, members string) []byte {
	own := event.AppendCommand(nil, &event.Command{Identity: id})
	record := bytes.Replace(own, []byte(`"t":""`), []byte(members), 1)
	castagnoli := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Update(crc32.Checksum(record[:2], castagnoli), castagnoli, record[6:])
	binary.BigEndian.PutUint32(record[2:], sum)
	return record
}

// A record of a later version stops its event on this node, in words, before
// anything of it is counted; other events go on. So it is for those who watch as it
// comes, and for those who ask a node that has yet to load the event.
func TestOnlyTheEventOfANewerVersionStops(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) store{"embedded": fileStore, "redis": redisStore} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := open(t)
			var log eventlog.Store
			keep := setup{wrap: func(l eventlog.Store) eventlog.Store { log = l; return l }}
			n := start(t, st, keep)
			other := n.create(t, "Goes on")
			other.poll("P", "live", "A", "B")
			other.must(1, "open", nil)
			elsewhere := other.dial(t, "screen", "")
			var stopped []*phone
			for part, record := range newerRecords {
				p := stoppedWhileWatched(t, n, log, part, record)
				stopped = append(stopped, p)
				other.join(t).counted(1, []int{0})
				elsewhere.until(func(f frame) bool { return f.Entries == len(stopped) })
			}
			n.stop()

			n = start(t, st, keep)
			for _, p := range stopped {
				again := *p.s
				again.node, again.host, again.stranger = n, n.caller(t, p.s.HostKey), n.caller(t, "")
				wantStopped(t, "cold", &phone{caller: n.caller(t, p.Token), s: &again, Token: p.Token})
			}
			other.node = n
			other.stranger = n.caller(t, "")
			other.join(t).counted(1, []int{1})
			if a := other.seen(other.stranger).Activities[0]; a.Entries != len(stopped)+1 {
				t.Errorf("the other event counts %d entries, want %d", a.Entries, len(stopped)+1)
			}
		})
	}
}

// stoppedWhileWatched has a record come while all views watch.
func stoppedWhileWatched(t *testing.T, n *node, log eventlog.Log, part string, record func(event.Identity) []byte) *phone {
	t.Helper()
	s := n.create(t, "Stops for a "+part)
	s.poll("P", "live", "A", "B")
	s.must(1, "open", nil)
	p := s.join(t)
	p.counted(1, []int{0})
	wires := []*wire{s.dial(t, "phone", p.Token), s.dial(t, "screen", ""), s.dial(t, "host", s.HostKey)}
	for _, w := range wires {
		w.next("state")
	}
	if _, err := log.Append(t.Context(), s.Code, [][]byte{record(s.identity(t, log))}); err != nil {
		t.Fatal(err)
	}
	// A tap that comes now is not called closed or invalid: the newer node may count it.
	_ = wires[0].conn.Write(t.Context(), websocket.MessageText, []byte(`{"t":"entry","ref":1,"activity":1,"choice":[1]}`))
	// A read looks at the log's head first, so this is true at once.
	s.stranger.api("GET", s.path(""), nil).problem(http.StatusServiceUnavailable, "newer")
	for _, w := range wires {
		if code := w.closed(); code != 1013 {
			t.Errorf("%s: the %s is closed with %d (%v), want 1013", part, w.view, code, w.err)
		}
		if news := w.all(); strings.Contains(news, `"wordcloud"`) || strings.Contains(news, `"entries":2`) || strings.Contains(news, `"closed"`) || strings.Contains(news, `"invalid"`) {
			t.Errorf("%s: the %s was told something of it:\n%s", part, w.view, news)
		}
	}
	wantStopped(t, part, p)
	return p
}

// identity is one for the next record of a producer that no node is.
func (s *show) identity(t *testing.T, log eventlog.Log) event.Identity {
	t.Helper()
	first, err := log.Read(t.Context(), s.Code, eventlog.Offset{}, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	created, err := event.Decode(first[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	return event.Identity{UID: created.UID, Producer: 99, Seq: 1}
}

// wantStopped checks that all that leads to an event says why it stands still.
func wantStopped(t *testing.T, what string, p *phone) {
	t.Helper()
	s := p.s
	const words = "have the server updated"
	for _, a := range []answer{
		s.stranger.api("GET", s.path(""), nil),
		p.api("GET", s.path(""), nil),
		p.enter(1, []int{1}),
		s.stranger.api("POST", s.path("/participants"), nil),
		s.host.api("GET", s.path(""), nil),
		s.verb(1, "close", nil),
		s.host.api("GET", s.path("/export.json"), nil),
	} {
		if told := a.problem(http.StatusServiceUnavailable, "newer"); !strings.Contains(told.Detail, words) {
			t.Errorf("%s: %s: told %q, want words on what to do", what, a.what, told.Detail)
		}
		if after, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || time.Duration(after)*time.Second < 10*time.Second {
			t.Errorf("%s: %s: Retry-After %q: no crowd can mend it", what, a.what, a.header.Get("Retry-After"))
		}
	}
	cookies := s.stranger.with("Cookie", "drumroll_"+s.Code+"="+p.Token+"; drumroll_host_"+s.Code+"="+s.HostKey)
	for _, path := range []string{"", "/screen", "/host", "/verify"} {
		page := cookies.get("/" + s.Code + path).want(http.StatusServiceUnavailable)
		strictPage(t, page)
		if text := textOf(t, page); !strings.Contains(text, words) || page.header.Get("Refresh") == "" {
			t.Errorf("%s: %s has Refresh %q and says\n%s", what, page.what, page.header.Get("Refresh"), text)
		}
	}
	for view, token := range map[string]string{"phone": p.Token, "screen": "", "host": s.HostKey} {
		s.refusedDial(t, view, token, http.StatusServiceUnavailable)
	}
}
