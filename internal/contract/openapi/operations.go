package main

import "drumroll/internal/contract"

// caller says whose credential a call asks for.
type caller string

// The callers.
const (
	anyone      caller = ""            // no credential
	viewer      caller = "viewer"      // none needed; with one it shows more, and a wrong one is refused
	host        caller = "host"        // the host key, or a remote's
	participant caller = "participant" // the token that joining gave
)

// operation is one call of the API.
type operation struct {
	Method, Path string // below /api/v1, as a route's pattern
	ID, Tag      string
	Summary      string
	Description  string // Markdown; or ""
	Caller       caller
	Request      any    // nil: takes no body; a map: one of its values' types
	OptionalBody bool   // the request may come without one
	Example      string // of the request, as JSON; or ""
	Answers      []answer
	// Statuses of problems besides those that follow from the rest (see statuses).
	Refusals []int
}

// answer is an answer to a call that was taken.
type answer struct {
	Status      int
	Description string
	Body        any    // nil: none, or text
	Type        string // media type of text
	Header      string // one that comes along; or ""
	HeaderSays  string
}

// entryClosed marks a call whose conflict is an entry's: code closed.
const entryClosed = -409

// statuses are those of the problems that a call can be answered with.
func (o *operation) statuses() []int {
	unsafe, hosts := o.Method != "GET", o.Caller == host
	var all []int
	add := func(when bool, statuses ...int) {
		if when {
			all = append(all, statuses...)
		}
	}
	add(o.Caller != anyone, 401)
	add(unsafe, 403)
	add(o.ID != "createEvent" && o.ID != "describe", 404)
	add(o.Request != nil, 413, 415, 422)
	add(hosts || unsafe, 429)
	add(o.ID != "describe", 503)
	return append(all, o.Refusals...)
}

// frames are what goes over a websocket.
func frames() []any {
	return []any{contract.EntryFrame{}, contract.Ack{}, contract.State{}, contract.Tick{}, contract.WonFrame{}}
}

// tags order the operations.
func tags() []string {
	return []string{"event", "activities", "participants", "draws", "remotes", "people", "rehearsal", "about"}
}

// operations are all calls of the API.
func operations() []operation {
	theEvent := []answer{{Status: 200, Description: "The event.", Body: contract.Event{}}}
	return []operation{
		{
			Method: "POST", Path: "/events", ID: "createEvent", Tag: "event", Summary: "Make an event",
			Request: contract.CreateEvent{}, Example: `{"title":"Gopher Meetup"}`, Refusals: []int{401},
			Answers: []answer{{
				Status: 201, Description: "The event. Its host key is told here and never again.", Body: contract.Created{},
				Header: "Location", HeaderSays: "/api/v1/events/{code}",
			}},
		},
		{
			Method: "GET", Path: "/events/{code}", ID: "getEvent", Tag: "event", Summary: "Look at an event", Caller: viewer,
			Answers: []answer{{
				Status: 200, Body: contract.Event{},
				Description: "The event, as the caller may see it: without a host's credential no drafts and no hidden counts.",
			}},
		},
		{
			Method: "PATCH", Path: "/events/{code}", ID: "changeEvent", Tag: "event",
			Summary: "Change the title, or whether names are allowed", Caller: host, Request: contract.ChangeEvent{}, Answers: theEvent,
		},
		{
			Method: "DELETE", Path: "/events/{code}", ID: "deleteEvent", Tag: "event", Summary: "Delete the event and its log", Caller: host,
			Answers: []answer{{Status: 204, Description: "Gone, from disk too. Connected phones are told (close code 4410)."}},
		},
		{
			Method: "GET", Path: "/events/{code}/export.json", ID: "exportJSON", Tag: "event", Summary: "All results, as JSON", Caller: host,
			Answers: []answer{{Status: 200, Description: "The event as its host sees it, and every draw.", Body: contract.Export{}}},
		},
		{
			Method: "GET", Path: "/events/{code}/export.csv", ID: "exportCSV", Tag: "event", Summary: "All results, for a spreadsheet", Caller: host,
			Answers: []answer{{
				Status: 200, Type: "text/csv",
				Description: "One line per option of a poll, per point of a scale, and per winner or voided ticket of a raffle.",
			}},
		},
		{
			Method: "POST", Path: "/events/{code}/selftest", ID: "selftest", Tag: "event", Summary: "Measure what this node can bear", Caller: host,
			Description: "Takes about a second. Appends to a place of its own in the log's store, and asks for the address in the QR code; nothing of it remains. Only one runs at once; a second is 429.",
			Answers:     []answer{{Status: 200, Description: "What was measured, in words.", Body: contract.SelfTest{}}},
		},
		{
			Method: "POST", Path: "/events/{code}/activities", ID: "addActivity", Tag: "activities", Summary: "Add an activity, as a draft", Caller: host,
			Request: contract.Specs(), Example: `{"kind":"poll","title":"Tabs or spaces?","options":["Tabs","Spaces"],"max_choices":1,"results":"live"}`,
			Answers: []answer{{Status: 201, Description: "The draft.", Body: contract.Activity{}}}, Refusals: []int{409},
		},
		{
			Method: "PATCH", Path: "/events/{code}/activities/{id}", ID: "editActivity", Tag: "activities", Summary: "Edit a draft", Caller: host,
			Description: "Members that are left out stay as they are. 409 once it was opened.", Request: contract.SpecPatch{},
			Answers: []answer{{Status: 200, Description: "The draft.", Body: contract.Activity{}}}, Refusals: []int{409},
		},
		{
			Method: "DELETE", Path: "/events/{code}/activities/{id}", ID: "removeActivity", Tag: "activities", Summary: "Remove a draft", Caller: host,
			Description: "409 once it was opened.", Answers: []answer{{Status: 204, Description: "Removed."}}, Refusals: []int{409},
		},
		{
			Method: "PUT", Path: "/events/{code}/activities/{id}/results", ID: "setResults", Tag: "activities", Summary: "Show or hide counts", Caller: host,
			Description: "`live` shows counts to all from open on; `hidden` shows everybody but the host only how many entered, until revealed.",
			Request:     contract.Results{}, Answers: []answer{{Status: 200, Description: "The activity.", Body: contract.Activity{}}}, Refusals: []int{409},
		},
		{
			Method: "POST", Path: "/events/{code}/activities/{id}/{verb}", ID: "commandActivity", Tag: "activities",
			Summary: "Open, close, extend, reveal, reset, draw, redraw, void, confirm, abandon", Caller: host,
			Description: "A command is a proposal: the fold of the event's log decides at its position there, and the answer is its verdict. 409 where it is not possible in this state; the problem's `activity` says what that is.",
			Request:     contract.Command{}, OptionalBody: true,
			Answers: []answer{{Status: 200, Description: "The activity, as the command left it.", Body: contract.Activity{}}}, Refusals: []int{409},
		},
		{
			Method: "GET", Path: "/events/{code}/activities/{id}/proof", ID: "getProof", Tag: "participants",
			Summary: "One's own place in a raffle's frozen list", Description: "409 before the close.", Caller: participant,
			Answers: []answer{{Status: 200, Description: "The leaf and its proof.", Body: contract.Proof{}}}, Refusals: []int{409},
		},
		{
			Method: "PUT", Path: "/events/{code}/order", ID: "orderActivities", Tag: "activities", Summary: "Put the activities in another order", Caller: host,
			Request: contract.Order{}, Example: `{"activities":[3,1,2]}`, Answers: theEvent, Refusals: []int{409},
		},
		{
			Method: "POST", Path: "/events/{code}/current", ID: "setCurrent", Tag: "activities", Summary: "Choose what phones and screen show", Caller: host,
			Request: contract.Current{}, Example: `{"id":3}`, Answers: theEvent, Refusals: []int{409},
		},
		{
			Method: "POST", Path: "/events/{code}/remotes", ID: "addRemote", Tag: "remotes", Summary: "Make a key for a second device", Caller: host,
			Request: contract.AddRemote{}, Example: `{"label":"Backup laptop"}`,
			Answers:  []answer{{Status: 201, Description: "The remote. Its key is told here and never again.", Body: contract.NewRemote{}}},
			Refusals: []int{409},
		},
		{
			Method: "DELETE", Path: "/events/{code}/remotes/{id}", ID: "revokeRemote", Tag: "remotes", Summary: "Revoke a second device's key", Caller: host,
			Answers: []answer{{Status: 204, Description: "Its key opens nothing any more."}},
		},
		{
			Method: "PUT", Path: "/events/{code}/people/{person}", ID: "hidePerson", Tag: "people", Summary: "Hide or show a chosen name", Caller: host,
			Description: "A hidden name is replaced by the handle on every view.", Request: contract.ChangePerson{}, Answers: theEvent,
		},
		{
			Method: "POST", Path: "/events/{code}/rehearsal", ID: "rehearse", Tag: "rehearsal", Summary: "Rehearse with a simulated crowd", Caller: host,
			Description: "Copies title, activities and policy of names into an event of its own, marked as a rehearsal, and sends simulated phones to it; its host runs it like any event. The event itself is only read. An earlier rehearsal of it goes. In a rehearsal the call sends more phones. For the host key, not for a remote's; the create key is not asked for. The crowd goes home after a quarter of an hour, and a rehearsal that was not ended is deleted after a day.",
			Request:     contract.Rehearse{}, OptionalBody: true, Example: `{"phones":150,"pace":"people"}`,
			Answers: []answer{
				{
					Status: 201, Description: "The rehearsal. Its host key is told here and never again; a browser gets the cookie.", Body: contract.NewRehearsal{},
					Header: "Location", HeaderSays: "/api/v1/events/{code}",
				},
				{Status: 200, Description: "More phones are on their way to this rehearsal.", Body: contract.Rehearsal{}},
			},
			Refusals: []int{409},
		},
		{
			Method: "GET", Path: "/events/{code}/rehearsal", ID: "getRehearsal", Tag: "rehearsal", Summary: "What the simulated crowd does", Caller: host,
			Answers: []answer{{Status: 200, Description: "Of a rehearsal; 404 of an event that is for real.", Body: contract.Rehearsal{}}},
		},
		{
			Method: "DELETE", Path: "/events/{code}/rehearsal", ID: "endRehearsal", Tag: "rehearsal", Summary: "End the rehearsal", Caller: host,
			Answers: []answer{{
				Status:      204,
				Description: "The rehearsal is deleted like any event, and its phones have gone home. 404 of an event that is for real.",
			}},
		},
		{
			Method: "POST", Path: "/events/{code}/participants", ID: "join", Tag: "participants", Summary: "Join",
			Request: contract.Join{}, OptionalBody: true,
			Answers: []answer{{
				Status: 201, Description: "A fresh participant; the same token is set as a cookie.", Body: contract.Joined{},
				Header: "Set-Cookie", HeaderSays: "drumroll_{code}, HttpOnly",
			}},
		},
		{
			Method: "PUT", Path: "/events/{code}/me", ID: "nameMe", Tag: "participants", Summary: "Give oneself a name", Caller: participant,
			Description: "409 where the event does not allow names.", Request: contract.Rename{},
			Answers: []answer{{Status: 200, Description: "Who one is now.", Body: contract.Me{}}}, Refusals: []int{409},
		},
		{
			Method: "POST", Path: "/events/{code}/entries", ID: "enter", Tag: "participants", Summary: "Vote, or enter a raffle", Caller: participant,
			Description: "Sent again after an unknown outcome it counts once.", Request: contract.Entry{}, Example: `{"activity":1,"choice":[0],"run":1,"n":1}`,
			Answers:  []answer{{Status: 200, Description: "The entry is durable in the log, and counted as `status` says.", Body: contract.Entered{}}},
			Refusals: []int{entryClosed},
		},
		{
			Method: "POST", Path: "/events/{code}/checkins", ID: "checkIn", Tag: "participants", Summary: "Say that one is in the room", Caller: participant,
			Description: "While a raffle is open whose rules ask for it.", Request: contract.CheckIn{}, Example: `{"activity":1}`,
			Answers:  []answer{{Status: 200, Description: "The check-in is durable in the log.", Body: contract.Entered{}}},
			Refusals: []int{entryClosed},
		},
		{
			Method: "POST", Path: "/events/{code}/claims", ID: "claim", Tag: "participants", Summary: "Claim a prize", Caller: participant,
			Description: "By the winner. The host sees the same code and confirms. A second call gets the same.",
			Request:     contract.Claim{}, Example: `{"ticket":"7c19a2f09b4100000000000000000000"}`,
			Answers: []answer{{Status: 200, Description: "What the phone shows to the host.", Body: contract.ClaimCode{}}}, Refusals: []int{409},
		},
		{
			Method: "GET", Path: "/events/{code}/draws", ID: "listDraws", Tag: "draws", Summary: "All draws so far",
			Answers: []answer{{Status: 200, Description: "In order.", Body: contract.Draws{}}},
		},
		{
			Method: "GET", Path: "/events/{code}/draws/{n}", ID: "getDraw", Tag: "draws", Summary: "One draw with all that is needed to check it",
			Answers: []answer{{Status: 200, Description: "The draw record (docs/draw-record.schema.json).", Body: contract.DrawRecord{}}},
		},
		{
			Method: "GET", Path: "/events/{code}/draws/{n}/entrants", ID: "getEntrants", Tag: "draws", Summary: "The frozen list that a draw picked from",
			Answers: []answer{{Status: 200, Description: "One JSON object a line.", Type: "application/x-ndjson"}},
		},
		{
			Method: "GET", Path: "/events/{code}/freezes", ID: "listFreezes", Tag: "draws", Summary: "Every frozen list so far, those of reset runs included",
			Answers: []answer{{Status: 200, Description: "Oldest first.", Body: contract.Freezes{}}},
		},
		{
			Method: "GET", Path: "/openapi.json", ID: "describe", Tag: "about", Summary: "This description",
			Answers: []answer{{Status: 200, Description: "OpenAPI 3.1", Body: map[string]any{}}},
		},
	}
}
