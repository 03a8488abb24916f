//go:build e2e

package e2e

import (
	"encoding/csv"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"drumroll/internal/contract"
)

// A countdown that runs out while the server is down has closed the poll, and one
// that runs on over a restart still closes it.
func TestTimedCloseHoldsAcrossARestart(t *testing.T) {
	onBothLogs(t, func(t *testing.T, s *server) {
		e := s.createEvent(t, "Deadlines")
		down := e.addPoll("Ends while the server is down", "live", "Yes", "No")
		after := e.addPoll("Ends after the restart", "live", "Yes", "No")
		token := e.join()
		opened := e.verb(down.ID, "open", map[string]any{"seconds": 1})
		deadline := time.Now().Add(time.Duration(*opened.ClosesInMS) * time.Millisecond)
		e.verb(after.ID, "open", map[string]any{"seconds": 5})
		e.enter(token, map[string]any{"activity": down.ID, "choice": []int{0}})
		e.enter(token, map[string]any{"activity": after.ID, "choice": []int{1}})
		s.kill()
		time.Sleep(time.Until(deadline)) // the passing of time is what is tested
		s.start()

		got := e.activity(down.ID)
		if got.State != "closed" || got.Entries != 1 {
			t.Errorf("the overdue poll is %q with %d entries, want closed with 1", got.State, got.Entries)
		}
		call(t, "POST", e.api("/entries"), e.join(), map[string]any{"activity": down.ID, "choice": []int{1}}, http.StatusConflict, nil)
		eventually(t, 20*time.Second, "the other poll closes by itself", func() bool { return e.activity(after.ID).State == "closed" })
		if got := e.activity(after.ID); got.Entries != 1 || got.Counts[1] != 1 {
			t.Errorf("it closed with %+v, want the one vote", got)
		}
	})
}

func TestExportEqualsTheTallies(t *testing.T) {
	onBothLogs(t, func(t *testing.T, s *server) {
		e := s.createEvent(t, "Numbers")
		poll := e.addPoll("=1+1, or not?", "hidden", "Tea", "Coffee", "Water")
		raffle := e.addRaffle("A mug", 2)
		e.verb(poll.ID, "open")
		e.verb(raffle.ID, "open")
		for i := range 30 {
			token := e.join()
			e.enter(token, map[string]any{"activity": poll.ID, "choice": []int{i % 3 % 2}})
			e.enter(token, map[string]any{"activity": raffle.ID})
		}
		e.verb(raffle.ID, "close")
		drawn := e.verb(raffle.ID, "draw")
		want := e.activity(poll.ID)

		var all struct {
			Event   contract.Event   `json:"event"`
			Draws   []map[string]any `json:"draws"`
			Records []map[string]any `json:"records"`
		}
		call(t, "GET", e.api("/export.json"), e.HostKey, nil, 200, &all)
		if got := all.Event.Activities[0]; !slices.Equal(got.Counts, want.Counts) || got.Entries != 30 {
			t.Errorf("export.json counts %+v, the tally is %+v", got, want)
		}
		if len(all.Draws) != 1 || len(all.Records) != 1 {
			t.Errorf("export.json has %d draws and %d records, want one each", len(all.Draws), len(all.Records))
		}
		status, data, err := tell(http.DefaultClient, "GET", e.api("/export.csv"), e.HostKey, nil)
		if err != nil || status != 200 {
			t.Fatalf("export.csv: status %d, %v", status, err)
		}
		rows, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		column := func(name string) int { return slices.Index(rows[0], name) }
		var counts []int
		var tickets []string
		for _, row := range rows[1:] {
			if strings.HasPrefix(row[column("title")], "=") {
				t.Errorf("export.csv has a cell that a spreadsheet would compute: %q", row[column("title")])
			}
			if n := row[column("count")]; n != "" {
				count, err := strconv.Atoi(n)
				if err != nil {
					t.Fatal(err)
				}
				counts = append(counts, count)
			}
			if ticket := row[column("ticket")]; ticket != "" {
				tickets = append(tickets, ticket)
			}
		}
		if !slices.Equal(counts, want.Counts) {
			t.Errorf("export.csv counts %v, the tally is %v", counts, want.Counts)
		}
		var winners []string
		for _, w := range drawn.Winners {
			winners = append(winners, w.Ticket)
		}
		if !slices.Equal(tickets, winners) {
			t.Errorf("export.csv names tickets %v, drawn were %v", tickets, winners)
		}
		call(t, "GET", e.api("/export.csv"), "", nil, http.StatusUnauthorized, nil)
	})
}

// Deleting an event tells everybody who is connected, and leaves nothing of it.
func TestDeletion(t *testing.T) {
	onBothLogs(t, func(t *testing.T, s *server) {
		kept := s.createEvent(t, "Kept")
		e := s.createEvent(t, "Deleted")
		poll := e.addPoll("Tea or coffee?", "live", "Tea", "Coffee")
		e.verb(poll.ID, "open")
		phone := newDevice(t, "phone", handheld).open(e.JoinURL)
		vote(phone, poll.ID, 0)
		screen := newDevice(t, "screen").open(e.ScreenURL)
		screen.shows("[data-scene=bars]")
		host := newDevice(t, "host").open(e.HostURL)
		host.shows("body[data-link=connected]")

		call(t, "DELETE", e.api(""), e.HostKey, nil, http.StatusNoContent, nil)
		phone.shows("h1:has-text('This event is over')")
		screen.shows("#gone")
		host.shows("#gone")
		call(t, "GET", e.api(""), "", nil, http.StatusNotFound, nil)
		call(t, "GET", s.url()+"/"+e.Code, "", nil, http.StatusNotFound, nil)
		s.stop()
		if found := traces(t, s, e.Code); len(found) > 0 {
			t.Errorf("left of the deleted event: %v", found)
		}
		if found := traces(t, s, kept.Code); len(found) == 0 {
			t.Errorf("nothing is found of the event that was kept: this test would not see what a deletion leaves either")
		}
		s.start()
		call(t, "GET", e.api(""), "", nil, http.StatusNotFound, nil)
		call(t, "GET", kept.api(""), "", nil, http.StatusOK, nil)
	})
}

// traces names what the store holds under a code: files, or Redis keys.
func traces(t *testing.T, s *server, code string) []string {
	t.Helper()
	var found []string
	if s.redis != nil {
		for _, key := range redisKeys(t, s.redis.Addr()) {
			if strings.Contains(key, code) {
				found = append(found, key)
			}
		}
		return found
	}
	err := filepath.WalkDir(s.data, func(path string, _ fs.DirEntry, err error) error {
		if strings.Contains(filepath.Base(path), code) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
