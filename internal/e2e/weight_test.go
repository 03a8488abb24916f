//go:build e2e

package e2e

import (
	"sync"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// maxFirstLoad is what a phone's first load may weigh over the wire, all told.
const maxFirstLoad = 60_000

// A phone's first load stays light, also in an event where much goes on.
func TestFirstLoadOfAPhoneIsLight(t *testing.T) {
	s := startEmbedded(t)
	e := s.createEvent(t, "Ünïcödé’s evening with a title that needs Latin-1")
	poll := e.addPoll("Which talk was the best?", "live", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight")
	raffle := e.addRaffle("A mechanical keyboard", 3)
	e.verb(raffle.ID, "open")
	e.verb(poll.ID, "open")

	phone := newDevice(t, "phone", handheld)
	var mu sync.Mutex
	total, requests := 0.0, 0
	cdp, err := phone.context.NewCDPSession(phone.Page)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cdp.Send("Network.enable", nil); err != nil {
		t.Fatal(err)
	}
	cdp.On("Network.loadingFinished", func(event map[string]any) {
		mu.Lock()
		defer mu.Unlock()
		total += number(event["encodedDataLength"]) // headers included
		requests++
	})
	cdp.On("Network.webSocketFrameReceived", func(event map[string]any) {
		mu.Lock()
		defer mu.Unlock()
		if response, ok := event["response"].(map[string]any); ok {
			payload, _ := response["payloadData"].(string)
			total += float64(len(payload) + 4)
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
	t.Logf("first load: %.0f bytes in %d requests, the first frames included", total, requests)
	if total > maxFirstLoad || requests < 4 {
		t.Errorf("the first load is %.0f bytes in %d requests, at most %d are allowed", total, requests, maxFirstLoad)
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
