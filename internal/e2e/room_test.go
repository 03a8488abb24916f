//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/nodetest"
)

const phones = 20

// TestRoom is an evening: a host at the console, a projector, and a room of phones.
func TestRoom(t *testing.T) {
	everyWay(t, func(t *testing.T, s *server) {
		e := s.createEvent(t, "Gopher Meetup")
		live := e.addPoll("Tabs or spaces?", "live", "Tabs", "Spaces")
		hidden := e.addPoll("Best talk?", "hidden", "Generics", "Iterators", "Fuzzing")
		raffle := e.addRaffle("A mechanical keyboard", 1)

		host := newDevice(t, "host").open(e.HostURL)
		host.shows("#next")
		screen := newDevice(t, "screen", size(1920, 1080), calm).open(e.ScreenURL)
		screen.shows("[data-scene=join]")
		room := fillRoom(t, e, phones)
		screen.holds("n => document.querySelector('[data-connected]').textContent === String(n)", phones)

		votesAreCountedLive(t, e, live.ID, host, screen, room)
		hiddenStaysHidden(t, e, hidden.ID, host, screen, room)
		oneWins(t, e, raffle.ID, host, screen, room)
	})
}

// fillRoom opens so many phones, a few at once.
func fillRoom(t *testing.T, e *event, n int) []*device {
	t.Helper()
	room := make([]*device, n)
	for i := range room {
		room[i] = newDevice(t, fmt.Sprintf("phone %d", i+1), handheld, calm)
	}
	each(room, func(_ int, d *device) { d.open(e.JoinURL) })
	for _, d := range room {
		d.shows("#link[data-status=connected]")
	}
	return room
}

// each runs do for every phone, four at once.
func each(room []*device, do func(i int, d *device)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, 4)
	for i, d := range room {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			do(i, d)
		})
	}
	wg.Wait()
}

func option(activity, index int) string {
	return fmt.Sprintf("[data-activity='%d'] [data-option='%d']", activity, index)
}

// shownCounts waits until a view shows the counts, and says how long it took.
func shownCounts(d *device, activity int, counts ...int) time.Duration {
	d.t.Helper()
	return d.holds(`([activity, counts]) => counts.every((n, i) => {
		const el = document.querySelector('[data-count="' + activity + ':' + i + '"]');
		return el && el.textContent.replace(/[^0-9]/g, "") === String(n);
	})`, []any{activity, counts})
}

// Everybody votes, half change their vote, and a second after the last tap the
// projector's counts are exact.
func votesAreCountedLive(t *testing.T, e *event, id int, host, screen *device, room []*device) {
	t.Helper()
	host.click("#next")
	screen.shows("[data-scene=bars]")
	each(room, func(i int, d *device) {
		d.shows(option(id, 0))
		d.click(option(id, i%2))
	})
	took := shownCounts(screen, id, phones/2, phones/2)
	t.Logf("after everybody voted the projector was right %v after the last tap", took)

	each(room[:phones/2], func(_ int, d *device) { d.click(option(id, 0)) })
	if took := shownCounts(screen, id, phones*3/4, phones/4); took > time.Second {
		t.Errorf("the projector was right only %v after the last tap", took)
	}
	for i, d := range room {
		choice := 0
		if i >= phones/2 {
			choice = i % 2
		}
		d.shows(option(id, choice) + "[data-mark=counted]")
	}
	if got, want := e.activity(id).Counts, []int{phones * 3 / 4, phones / 4}; !slices.Equal(got, want) {
		t.Errorf("the API counts %v, want %v", got, want)
	}
	shownCounts(host, id, phones*3/4, phones/4)
}

// The counts of a hidden poll reach the host alone until they are revealed: they
// stand in no frame and no answer that a phone or the projector got.
func hiddenStaysHidden(t *testing.T, e *event, id int, host, screen *device, room []*device) {
	t.Helper()
	e.verb(id, "open")
	// Scripts vote too, so that the counts are numbers that stand nowhere else: above
	// 99, since handles end in a number of two digits.
	crowd(t, e, id, 0, 163)
	crowd(t, e, id, 1, 147)
	screen.shows("[data-scene=count]")
	each(room, func(i int, d *device) {
		d.shows(option(id, 0))
		d.click(option(id, i%2))
		d.shows(option(id, i%2) + "[data-mark=counted]")
	})
	counts := []int{163 + phones/2, 147 + phones/2, 0}
	if got := e.activity(id).Counts; !slices.Equal(got, counts) {
		t.Errorf("the host's counts are %v, want %v", got, counts)
	}
	e.verb(id, "close")
	screen.holds("n => document.querySelector('[data-entries]').textContent === String(n)", counts[0]+counts[1])

	// A reload and a late phone ask for everything again.
	screen.answered()
	screen.reload()
	screen.shows("[data-scene=count]")
	room[0].answered()
	room[0].reload()
	room[0].shows("#link[data-status=connected]")
	late := newDevice(t, "late phone", handheld, calm).open(e.JoinURL)
	late.shows("#link[data-status=connected]")
	var public contract.Event
	call(t, "GET", e.api(""), "", nil, 200, &public)
	for _, a := range public.Activities {
		if a.ID == id && a.Counts != nil {
			t.Errorf("the public API shows hidden counts %v", a.Counts)
		}
	}
	watched := append([]*device{screen, late}, room...)
	for _, d := range watched {
		for _, text := range everythingOf(d) {
			if leak := findCounts(text, id, counts); leak != "" {
				t.Errorf("%s got hidden counts (%s) in %s", d.name, leak, nodetest.Tail(text, 600))
			}
		}
	}

	e.verb(id, "reveal")
	for _, d := range watched {
		shownCounts(d, id, counts...)
	}
	for _, d := range watched {
		seen := slices.ContainsFunc(d.received(), func(text string) bool { return findCounts(text, id, counts) != "" })
		if !seen {
			t.Errorf("%s shows the revealed counts, and this test finds them in no frame: it would not find a leak either", d.name)
		}
	}
}

// crowd lets n scripts vote for an option.
func crowd(t *testing.T, e *event, id, choice, n int) {
	t.Helper()
	var wg sync.WaitGroup
	slots := make(chan struct{}, 16)
	for range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			e.enter(e.join(), map[string]any{"activity": id, "choice": []int{choice}})
		})
	}
	wg.Wait()
}

// everythingOf is all text that a device got so far.
func everythingOf(d *device) []string {
	all := d.received()
	for url, body := range d.answered() {
		all = append(all, url+" "+body)
	}
	return all
}

// Numbers that stand for something else than a count: positions, times, shapes,
// and how many people and entries there are, which may pass any number on their way.
var otherNumbers = regexp.MustCompile(`"(offset|seq|closes_in_ms|n|joined|connected|entries)":"?[\d-]+"?| d=\\?"[^"]*"|[?&-][0-9a-f]{8,}\.`)

// findCounts searches a raw frame or answer for an activity's counts, as numbers
// and as the places that would show them; "" where there are none.
func findCounts(text string, id int, counts []int) string {
	text = otherNumbers.ReplaceAllString(text, "")
	for _, n := range counts[:2] {
		if regexp.MustCompile(fmt.Sprintf(`\b%d\b`, n)).MatchString(text) {
			return fmt.Sprintf("the number %d", n)
		}
	}
	for _, place := range []string{"data-count", "data-percent", "data-bar"} {
		if strings.Contains(strings.ReplaceAll(text, `\"`, `"`), fmt.Sprintf(`%s="%d:`, place, id)) {
			return place
		}
	}
	var f struct {
		contract.Tick
		Event *contract.Event `json:"event"`
	}
	if json.Unmarshal([]byte(text), &f) != nil {
		return ""
	}
	if f.T == contract.FrameTick && f.Activity != nil && *f.Activity == id && f.Counts != nil {
		return "a tick's counts"
	}
	if f.Event != nil {
		for _, a := range f.Event.Activities {
			if a.ID == id && a.Counts != nil {
				return "a state's counts"
			}
		}
	}
	return ""
}

// The raffle draws: exactly the winner's phone says so, and every view shows the
// same winner.
func oneWins(t *testing.T, e *event, id int, host, screen *device, room []*device) {
	t.Helper()
	e.verb(id, "open")
	each(room, func(_ int, d *device) {
		d.click("[data-kind=raffle] .im-in")
		d.shows(fmt.Sprintf("[data-activity='%d'][data-in=yes] .ticket", id))
	})
	e.verb(id, "close")
	screen.shows("[data-scene=frozen]")
	e.verb(id, "draw")
	won := e.activity(id).Winners
	if len(won) != 1 {
		t.Fatalf("winners are %+v, want one", won)
	}
	short := strings.ToUpper(won[0].Ticket[:4] + "-" + won[0].Ticket[4:6])

	screen.shows("[data-scene=drawn] .result .name")
	if got := screen.text(".result .name"); got != won[0].Handle {
		t.Errorf("the projector shows %q as the winner, want %q", got, won[0].Handle)
	}
	if got := screen.text(".result .pill b"); got != short {
		t.Errorf("the projector shows ticket %q, want %q", got, short)
	}
	host.shows(".won li")
	if got := host.text(".won li b"); got != won[0].Handle {
		t.Errorf("the console shows %q as the winner, want %q", got, won[0].Handle)
	}
	winners := 0
	for _, d := range room {
		d.shows("[data-draw] .result")
		shown := strings.Contains(d.text("[data-draw] .winners"), won[0].Handle)
		if d.visible(".youwon") {
			winners++
			if got := d.text(".claim [data-own-ticket]"); got != short {
				t.Errorf("%s won with ticket %q, want %q", d.name, got, short)
			}
			if got := d.text(".claim [data-who]"); got != won[0].Handle {
				t.Errorf("%s won as %q, want %q", d.name, got, won[0].Handle)
			}
		} else {
			d.shows(".if-lost")
			if !shown {
				t.Errorf("%s does not show the winner", d.name)
			}
		}
	}
	if winners != 1 {
		t.Errorf("%d phones say that they won, want 1", winners)
	}
}
