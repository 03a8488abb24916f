//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// maxFirstLoad is what a phone's first load may weigh over the wire, all told.
const maxFirstLoad = 60_000.0

// A phone's first load stays light. Letters beyond ASCII come in a further cut of
// the typeface, which only who meets them pays for.
func TestFirstLoadOfAPhoneIsLight(t *testing.T) {
	t.Run("english", func(t *testing.T) {
		firstLoad(t, "Gopher Meetup’s closing night", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight")
	})
	t.Run("accents", func(t *testing.T) {
		firstLoad(t, "Ünïcödé à la carte", "Thé", "Café", "Eau")
	})
}

func firstLoad(t *testing.T, title string, options ...string) {
	t.Helper()
	s := startServer(t)
	e := s.createEvent(t, title)
	poll := e.addPoll("Which talk was the best?", "live", options...)
	raffle := e.addRaffle("A mechanical keyboard", 3)
	e.verb(raffle.ID, "open")
	e.verb(poll.ID, "open")

	phone := newDevice(t, "phone", handheld)
	var mu sync.Mutex
	total, requests := 0.0, 0
	var parts []string
	cdp, err := phone.context.NewCDPSession(phone.Page)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cdp.Send("Network.enable", nil); err != nil {
		t.Fatal(err)
	}
	names := map[any]string{}
	cdp.On("Network.requestWillBeSent", func(event map[string]any) {
		mu.Lock()
		defer mu.Unlock()
		if request, ok := event["request"].(map[string]any); ok {
			names[event["requestId"]] = fmt.Sprint(request["url"])
		}
	})
	cdp.On("Network.loadingFinished", func(event map[string]any) {
		mu.Lock()
		defer mu.Unlock()
		size := number(event["encodedDataLength"]) // headers included
		total += size
		requests++
		parts = append(parts, fmt.Sprintf("%s %.0f", names[event["requestId"]], size))
	})
	cdp.On("Network.webSocketFrameReceived", func(event map[string]any) {
		mu.Lock()
		defer mu.Unlock()
		if response, ok := event["response"].(map[string]any); ok {
			payload, _ := response["payloadData"].(string)
			total += float64(len(payload) + 4)
			parts = append(parts, fmt.Sprintf("a frame %d", len(payload)+4))
		}
	})
	phone.open(e.JoinURL)
	phone.shows(connected)
	if err := phone.WaitForLoadState(playwright.PageWaitForLoadStateOptions{State: playwright.LoadStateNetworkidle}); err != nil {
		t.Fatal(err)
	}
	phone.evaluate("document.fonts.ready.then(() => true)")
	mu.Lock()
	defer mu.Unlock()
	t.Logf("first load: %.0f bytes in %d requests, the first frames included:\n%s", total, requests, strings.Join(parts, "\n"))
	if total > maxFirstLoad || requests < 4 {
		t.Errorf("the first load is %.0f bytes in %d requests, at most %.0f are allowed", total, requests, maxFirstLoad)
	}
}

func number(v any) float64 {
	switch n := v.(type) {
	case float64:
		return n
	case int:
		return float64(n)
	}
	return 0
}
