package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/a-h/templ"
	"github.com/coder/websocket"

	"drumroll/internal/event"
	"drumroll/internal/fairdraw"
	"drumroll/web/ui"
)

// The stories of phones that check a draw. What such a phone says it has found out
// by itself, so these get real frames over their socket, and real proofs and
// records from the API. A cookie tells the socket which story its page is.

// checked is one of them. A phone keeps what it was told by its handle: those that
// are told different things have different ones.
type checked struct {
	name   string
	handle string
	holds  bool                              // a ticket: that of the list's first entrant
	frames func(d smallDraw) []checkedRaffle // one after the other
}

// checkedRaffle is an activity as the API gives it to a phone.
type checkedRaffle map[string]any

func checkedCases() []checked {
	return []checked{
		{"ticket in the list", entrantName(0), true, func(d smallDraw) []checkedRaffle { return []checkedRaffle{d.frozen()} }},
		{"ticket not in the list", "Mint Gecko 33", true, func(d smallDraw) []checkedRaffle { return []checkedRaffle{d.frozen()} }},
		{"draw checked", "Plum Ibis 3", false, func(d smallDraw) []checkedRaffle {
			return []checkedRaffle{d.frozen(), d.drawn(d.record.Winners[0].Ticket)}
		}},
		{"came after the freeze", "Jade Lynx 3", false, func(d smallDraw) []checkedRaffle { return []checkedRaffle{d.drawn(d.record.Winners[0].Ticket)} }},
		{"forged winner", "Coral Wren 12", false, func(d smallDraw) []checkedRaffle {
			return []checkedRaffle{d.frozen(), d.drawn(fairdraw.Ticket{0xf0, 0x0d})}
		}},
		{"told it won, but did not", entrantName(0), true, func(d smallDraw) []checkedRaffle { return []checkedRaffle{d.frozen(), d.drawn(d.loser())} }},
		{"another list than before", "Grey Seal 90", false, func(d smallDraw) []checkedRaffle {
			other := d.frozen()
			forged := d.record.Freeze
			forged.Hash[0]++
			other["freeze"] = forged
			return []checkedRaffle{d.frozen(), other}
		}},
	}
}

func checkedStories() []Story {
	var stories []Story
	for _, c := range checkedCases() {
		stories = append(stories, Story{c.name, func(theme string) templ.Component {
			p := page("phone", "Gopher Night Brno", theme)
			p.ShowMS = 1 // the story is what comes after the roll
			return ui.PhonePage(ui.Phone{Page: p, Event: phoneEvent(), You: event.You{Handle: c.handle}})
		}})
	}
	return stories
}

// smallDraw is a whole draw from nine tickets.
type smallDraw struct {
	list   *fairdraw.List
	record *fairdraw.Record
}

const (
	smallRaffle = 5
	smallNumber = 9 // of the draw: those before it are the test data's
)

func entrantName(i int) string { return handle(i + 1) }

func entrantNonce(i int) [16]byte { return [16]byte{0: 0x5a, 15: byte(i)} }

func makeSmallDraw() smallDraw {
	uid := [16]byte{0xd7}
	list := fairdraw.NewList(9, func(i int) fairdraw.Leaf {
		return fairdraw.Leaf{
			Ticket: fairdraw.MakeTicket(uid, smallRaffle, 1, [16]byte{byte(i)}, entrantNonce(i)),
			Handle: entrantName(i), NonceHash: fairdraw.HashNonce(entrantNonce(i)),
		}
	})
	chain := fairdraw.NewChain([]byte("storybook"), uid, smallRaffle, 1)
	freeze := &fairdraw.Freeze{
		Event: uid, Activity: smallRaffle, Run: 1, Number: 1, At: nowMs, Commitment: chain.Element(0),
		Rules: fairdraw.Rules{Wanted: 1, Prizes: []string{}},
	}
	freeze.Seal(list)
	meta := fairdraw.Record{
		Code: "K7QX4M", Title: "The mechanical keyboard", Draw: smallNumber, Element: 1, Freeze: *freeze,
		Previous: chain.Element(0), Seed: chain.Element(1),
	}
	picks := fairdraw.Select(meta.Seed, freeze.Hash, list.Size(), meta.Element, nil, 1, func(int) string { return "" })
	return smallDraw{list, fairdraw.NewRecord(meta, list, picks, "", nil)}
}

// own is the first entrant's position in the list.
func (d smallDraw) own() int {
	for pos := range d.list.Size() {
		if d.list.Source(pos) == 0 {
			return pos
		}
	}
	panic("the list lacks its first entrant")
}

// loser is the first entrant's ticket, which did not win.
func (d smallDraw) loser() fairdraw.Ticket { return d.list.Leaf(d.own()).Ticket }

func (d smallDraw) frozen() checkedRaffle {
	return checkedRaffle{
		"id": smallRaffle, "kind": "raffle", "state": "closed", "run": 1, "entries": d.list.Size(), "commitment": d.record.Freeze.Commitment,
		"freeze": d.record.Freeze, "winners": []any{}, "voided": []any{},
	}
}

func (d smallDraw) drawn(winner fairdraw.Ticket) checkedRaffle {
	a := d.frozen()
	a["state"], a["last_draw"] = "drawn", smallNumber
	a["winners"] = []map[string]any{{"ticket": winner, "draw": smallNumber, "claim": ""}}
	return a
}

// view is what the page shows of the activity.
func (d smallDraw) view(a checkedRaffle) event.Activity {
	v := prize(fmt.Sprint(a["state"]))
	v.Entries, v.Raffle.Commitment = d.list.Size(), d.record.Freeze.Commitment.String()
	v.Raffle.Freeze, v.Raffle.Fingerprint = &d.record.Freeze, fairdraw.Fingerprint(d.record.Freeze.Hash)
	won, _ := a["winners"].([]map[string]any)
	for _, w := range won {
		ticket, _ := w["ticket"].(fairdraw.Ticket)
		name := "Nobody Knows 1"
		if pos, ok := d.list.Find(ticket); ok {
			name = d.list.Leaf(pos).Handle
		}
		v.Raffle.Winners = append(v.Raffle.Winners, event.WinnerView{Name: name, Handle: name, Ticket: ticket, Draw: smallNumber})
		v.Raffle.LastDraw = smallNumber
	}
	return v
}

// send plays a story's frames.
func (c checked) send(ctx context.Context, conn *websocket.Conn) error {
	d := makeSmallDraw()
	tickets := map[int]any{}
	if c.holds {
		tickets[smallRaffle] = d.loser()
	}
	for i, a := range c.frames(d) {
		e := phoneEvent()
		put(&e, d.view(a))
		var html bytes.Buffer
		if err := ui.PhoneLive(ui.Phone{Page: page("phone", "", ""), Event: e}).Render(ctx, &html); err != nil {
			return err
		}
		made := smallNumber - 1
		if a["state"] == event.Drawn {
			made = smallNumber
		}
		frame, err := json.Marshal(map[string]any{
			"t": "state", "seq": i + 1, "html": html.String(),
			"event": map[string]any{"code": "K7QX4M", "draws": made, "people": map[string]int{"connected": 9}, "activities": []any{a}},
			"you":   map[string]any{"handle": c.handle, "entries": map[string]any{}, "tickets": tickets, "won": []any{}, "here": []any{}, "n": 1},
		})
		if err != nil {
			return err
		}
		if err := conn.Write(ctx, websocket.MessageText, frame); err != nil {
			return err
		}
	}
	return nil
}

// serveSmallDraw answers for the API with the draw's record and the first
// entrant's proof.
func serveSmallDraw(mux *http.ServeMux) {
	answer := func(w http.ResponseWriter, body any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(body); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
	mux.HandleFunc(fmt.Sprintf("GET /api/v1/events/K7QX4M/draws/%d", smallNumber), func(w http.ResponseWriter, r *http.Request) {
		answer(w, makeSmallDraw().record)
	})
	mux.HandleFunc(fmt.Sprintf("GET /api/v1/events/K7QX4M/activities/%d/proof", smallRaffle), func(w http.ResponseWriter, r *http.Request) {
		d := makeSmallDraw()
		proof, err := d.list.Proof(d.own())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		nonce := entrantNonce(0)
		answer(w, map[string]any{
			"freeze": d.record.Freeze, "position": d.own(), "proof": proof, "leaf": d.list.Leaf(d.own()),
			"pseudonym": fairdraw.ID{}, "nonce": base64.RawURLEncoding.EncodeToString(nonce[:]),
		})
	})
}
