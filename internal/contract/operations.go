package contract

// Caller says whose credential a call asks for.
type Caller string

// The callers.
const (
	Anyone      Caller = ""            // nobody's
	Viewer      Caller = "viewer"      // nobody's; with one it shows more, and a wrong one is refused
	Host        Caller = "host"        // the host key, or a remote's
	Participant Caller = "participant" // the token that joining gave
)

// Operation is one call of the API.
type Operation struct {
	Method, Path string // below /api/v1, as a route's pattern
	ID, Tag      string
	Summary      string
	Description  string // Markdown; or ""
	Caller       Caller
	Request      any    // nil: takes no body; a map: one of its values' types
	OptionalBody bool   // the request may come without one
	Example      string // of the request, as JSON; or ""
	Answers      []Answer
	// Statuses of problems beside those that follow from the rest (see Statuses).
	Refusals []int
}

// Answer is an answer to a call that was taken.
type Answer struct {
	Status      int
	Description string
	Body        any    // nil: none, or text
	Type        string // media type of text
	Header      string // one that comes along; or ""
	HeaderSays  string
}

// Closed409 marks a call whose conflict is an entry's: code closed.
const Closed409 = -409

// Statuses are those of the problems that a call can be answered with.
func (o *Operation) Statuses() []int {
	unsafe, host := o.Method != "GET", o.Caller == Host
	var all []int
	add := func(when bool, statuses ...int) {
		if when {
			all = append(all, statuses...)
		}
	}
	add(o.Caller != Anyone, 401)
	add(unsafe, 403)
	add(o.ID != "createEvent" && o.ID != "describe", 404)
	add(o.Request != nil, 413, 415, 422)
	add(host || unsafe, 429)
	add(o.ID != "describe", 503)
	return append(all, o.Refusals...)
}

// Specs are what can be added to an event, by kind.
func Specs() map[string]any {
	return map[string]any{KindPoll: PollSpec{}, KindRaffle: RaffleSpec{}, KindScale: ScaleSpec{}}
}

// Frames are what goes over a websocket.
func Frames() []any {
	return []any{EntryFrame{}, Ack{}, State{}, Tick{}, WonFrame{}}
}

// Tags order the operations.
func Tags() []string {
	return []string{"event", "activities", "participants", "draws", "remotes", "people", "rehearsal", "about"}
}

// Operations are all calls of the API.
func Operations() []Operation {
	theEvent := []Answer{{Status: 200, Description: "The event.", Body: Event{}}}
	return []Operation{
		{
			Method: "POST", Path: "/events", ID: "createEvent", Tag: "event", Summary: "Make an event",
			Request: CreateEvent{}, Example: `{"title":"Gopher Meetup"}`, Refusals: []int{401},
			Answers: []Answer{{
				Status: 201, Description: "The event. Its host key is told here and never again.", Body: Created{},
				Header: "Location", HeaderSays: "/api/v1/events/{code}",
			}},
		},
		{
			Method: "GET", Path: "/events/{code}", ID: "getEvent", Tag: "event", Summary: "Look at an event", Caller: Viewer,
			Answers: []Answer{{
				Status: 200, Body: Event{},
				Description: "The event, as the caller may see it: without a host's credential no drafts and no hidden counts.",
			}},
		},
		{
			Method: "PATCH", Path: "/events/{code}", ID: "changeEvent", Tag: "event",
			Summary: "Change the title, or whether names are allowed", Caller: Host, Request: ChangeEvent{}, Answers: theEvent,
		},
		{
			Method: "DELETE", Path: "/events/{code}", ID: "deleteEvent", Tag: "event", Summary: "Delete the event and its log", Caller: Host,
			Answers: []Answer{{Status: 204, Description: "Gone, from disk too. Connected phones are told (close code 4410)."}},
		},
		{
			Method: "GET", Path: "/events/{code}/export.json", ID: "exportJSON", Tag: "event", Summary: "All results, as JSON", Caller: Host,
			Answers: []Answer{{Status: 200, Description: "The event as its host sees it, and every draw.", Body: Export{}}},
		},
		{
			Method: "GET", Path: "/events/{code}/export.csv", ID: "exportCSV", Tag: "event", Summary: "All results, for a spreadsheet", Caller: Host,
			Answers: []Answer{{
				Status: 200, Type: "text/csv",
				Description: "One line per option of a poll, per point of a scale, and per winner or voided ticket of a raffle.",
			}},
		},
		{
			Method: "POST", Path: "/events/{code}/selftest", ID: "selftest", Tag: "event", Summary: "Measure what this node can bear", Caller: Host,
			Description: "Takes about a second. Appends to a place of its own in the log's store, and asks for the address in the QR code; nothing of it remains. One runs at a time: 429.",
			Answers:     []Answer{{Status: 200, Description: "What was measured, in words.", Body: SelfTest{}}},
		},
		{
			Method: "POST", Path: "/events/{code}/activities", ID: "addActivity", Tag: "activities", Summary: "Add an activity, as a draft", Caller: Host,
			Request: Specs(), Example: `{"kind":"poll","title":"Tabs or spaces?","options":["Tabs","Spaces"],"max_choices":1,"results":"live"}`,
			Answers: []Answer{{Status: 201, Description: "The draft.", Body: Activity{}}}, Refusals: []int{409},
		},
		{
			Method: "PATCH", Path: "/events/{code}/activities/{id}", ID: "editActivity", Tag: "activities", Summary: "Edit a draft", Caller: Host,
			Description: "Members that are left out stay as they are. 409 once it was opened.", Request: SpecPatch{},
			Answers: []Answer{{Status: 200, Description: "The draft.", Body: Activity{}}}, Refusals: []int{409},
		},
		{
			Method: "DELETE", Path: "/events/{code}/activities/{id}", ID: "removeActivity", Tag: "activities", Summary: "Remove a draft", Caller: Host,
			Description: "409 once it was opened.", Answers: []Answer{{Status: 204, Description: "Removed."}}, Refusals: []int{409},
		},
		{
			Method: "PUT", Path: "/events/{code}/activities/{id}/results", ID: "setResults", Tag: "activities", Summary: "Show or hide counts", Caller: Host,
			Description: "`live` shows counts to all from open on; `hidden` shows everybody but the host only how many entered, until revealed.",
			Request:     Results{}, Answers: []Answer{{Status: 200, Description: "The activity.", Body: Activity{}}}, Refusals: []int{409},
		},
		{
			Method: "POST", Path: "/events/{code}/activities/{id}/{verb}", ID: "commandActivity", Tag: "activities",
			Summary: "Open, close, extend, reveal, reset, draw, redraw, void, confirm, abandon", Caller: Host,
			Description: "A command is a proposal: the fold of the event's log decides at its position there, and the answer is its verdict. 409 where it is not possible in this state; the problem's `activity` says what that is.",
			Request:     Command{}, OptionalBody: true,
			Answers: []Answer{{Status: 200, Description: "The activity, as the command left it.", Body: Activity{}}}, Refusals: []int{409},
		},
		{
			Method: "GET", Path: "/events/{code}/activities/{id}/proof", ID: "getProof", Tag: "participants",
			Summary: "One's own place in a raffle's frozen list", Description: "409 before the close.", Caller: Participant,
			Answers: []Answer{{Status: 200, Description: "The leaf and its proof.", Body: Proof{}}}, Refusals: []int{409},
		},
		{
			Method: "PUT", Path: "/events/{code}/order", ID: "orderActivities", Tag: "activities", Summary: "Put the activities in another order", Caller: Host,
			Request: Order{}, Example: `{"activities":[3,1,2]}`, Answers: theEvent, Refusals: []int{409},
		},
		{
			Method: "POST", Path: "/events/{code}/current", ID: "setCurrent", Tag: "activities", Summary: "Choose what phones and screen show", Caller: Host,
			Request: Current{}, Example: `{"id":3}`, Answers: theEvent, Refusals: []int{409},
		},
		{
			Method: "POST", Path: "/events/{code}/remotes", ID: "addRemote", Tag: "remotes", Summary: "Make a key for a second device", Caller: Host,
			Request: AddRemote{}, Example: `{"label":"Backup laptop"}`,
			Answers:  []Answer{{Status: 201, Description: "The remote. Its key is told here and never again.", Body: NewRemote{}}},
			Refusals: []int{409},
		},
		{
			Method: "DELETE", Path: "/events/{code}/remotes/{id}", ID: "revokeRemote", Tag: "remotes", Summary: "Revoke a second device's key", Caller: Host,
			Answers: []Answer{{Status: 204, Description: "Its key opens nothing any more."}},
		},
		{
			Method: "PUT", Path: "/events/{code}/people/{person}", ID: "hidePerson", Tag: "people", Summary: "Hide or show a chosen name", Caller: Host,
			Description: "A hidden name is replaced by the handle wherever it is shown.", Request: ChangePerson{}, Answers: theEvent,
		},
		{
			Method: "POST", Path: "/events/{code}/rehearsal", ID: "rehearse", Tag: "rehearsal", Summary: "Rehearse with a simulated crowd", Caller: Host,
			Description: "Copies title, activities and policy of names into an event of its own, marked as a rehearsal, and sends simulated phones to it; its host runs it like any event. The event itself is only read. An earlier rehearsal of it goes. In a rehearsal the call sends more phones. For the host key, not for a remote's; the create key is not asked for. The crowd goes home after a quarter of an hour, and a rehearsal that nobody ended is deleted after a day.",
			Request:     Rehearse{}, OptionalBody: true, Example: `{"phones":150,"pace":"people"}`,
			Answers: []Answer{
				{
					Status: 201, Description: "The rehearsal. Its host key is told here and never again; a browser gets the cookie.", Body: NewRehearsal{},
					Header: "Location", HeaderSays: "/api/v1/events/{code}",
				},
				{Status: 200, Description: "More phones are on their way to this rehearsal.", Body: Rehearsal{}},
			},
			Refusals: []int{409},
		},
		{
			Method: "GET", Path: "/events/{code}/rehearsal", ID: "getRehearsal", Tag: "rehearsal", Summary: "What the simulated crowd does", Caller: Host,
			Answers: []Answer{{Status: 200, Description: "Of a rehearsal; 404 of an event that is for real.", Body: Rehearsal{}}},
		},
		{
			Method: "DELETE", Path: "/events/{code}/rehearsal", ID: "endRehearsal", Tag: "rehearsal", Summary: "End the rehearsal", Caller: Host,
			Answers: []Answer{{
				Status:      204,
				Description: "The rehearsal is deleted like any event, and its phones have gone home. 404 of an event that is for real.",
			}},
		},
		{
			Method: "POST", Path: "/events/{code}/participants", ID: "join", Tag: "participants", Summary: "Join",
			Request: Join{}, OptionalBody: true,
			Answers: []Answer{{
				Status: 201, Description: "A fresh participant; the same token is set as a cookie.", Body: Joined{},
				Header: "Set-Cookie", HeaderSays: "drumroll_{code}, HttpOnly",
			}},
		},
		{
			Method: "PUT", Path: "/events/{code}/me", ID: "nameMe", Tag: "participants", Summary: "Give oneself a name", Caller: Participant,
			Description: "409 where the event does not allow names.", Request: Rename{},
			Answers: []Answer{{Status: 200, Description: "Who one is now.", Body: Me{}}}, Refusals: []int{409},
		},
		{
			Method: "POST", Path: "/events/{code}/entries", ID: "enter", Tag: "participants", Summary: "Vote, or enter a raffle", Caller: Participant,
			Description: "Sent again after an unknown outcome it counts once.", Request: Entry{}, Example: `{"activity":1,"choice":[0],"run":1,"n":1}`,
			Answers:  []Answer{{Status: 200, Description: "The entry is durable in the log, and counted as `status` says.", Body: Entered{}}},
			Refusals: []int{Closed409},
		},
		{
			Method: "POST", Path: "/events/{code}/checkins", ID: "checkIn", Tag: "participants", Summary: "Say that one is in the room", Caller: Participant,
			Description: "While a raffle is open whose rules ask for it.", Request: CheckIn{}, Example: `{"activity":1}`,
			Answers:  []Answer{{Status: 200, Description: "The check-in is durable in the log.", Body: Entered{}}},
			Refusals: []int{Closed409},
		},
		{
			Method: "POST", Path: "/events/{code}/claims", ID: "claim", Tag: "participants", Summary: "Claim a prize", Caller: Participant,
			Description: "By the winner. The host sees the same code and confirms. A second call gets the same.",
			Request:     Claim{}, Example: `{"ticket":"7c19a2f09b4100000000000000000000"}`,
			Answers: []Answer{{Status: 200, Description: "What the phone shows to the host.", Body: ClaimCode{}}}, Refusals: []int{409},
		},
		{
			Method: "GET", Path: "/events/{code}/draws", ID: "listDraws", Tag: "draws", Summary: "All draws so far",
			Answers: []Answer{{Status: 200, Description: "In order.", Body: Draws{}}},
		},
		{
			Method: "GET", Path: "/events/{code}/draws/{n}", ID: "getDraw", Tag: "draws", Summary: "One draw with all that is needed to check it",
			Answers: []Answer{{Status: 200, Description: "The draw record (docs/draw-record.schema.json).", Body: DrawRecord{}}},
		},
		{
			Method: "GET", Path: "/events/{code}/draws/{n}/entrants", ID: "getEntrants", Tag: "draws", Summary: "The frozen list that a draw picked from",
			Answers: []Answer{{Status: 200, Description: "One JSON object a line.", Type: "application/x-ndjson"}},
		},
		{
			Method: "GET", Path: "/events/{code}/freezes", ID: "listFreezes", Tag: "draws", Summary: "Every frozen list so far, those of reset runs included",
			Answers: []Answer{{Status: 200, Description: "Oldest first.", Body: Freezes{}}},
		},
		{
			Method: "GET", Path: "/openapi.json", ID: "describe", Tag: "about", Summary: "This description",
			Answers: []Answer{{Status: 200, Description: "OpenAPI 3.1", Body: map[string]any{}}},
		},
	}
}

// Parameter is a part of a call's path.
type Parameter struct {
	Name, Description string
	Pattern           string   // of a text; "" of any
	Number            bool     // a whole number from 1
	Values            []string // of a closed set
}

// Parameters are those of all paths.
func Parameters() []Parameter {
	return []Parameter{
		{Name: "code", Description: "Six characters without 0 O 1 I L, in any case.", Pattern: "^[2-9A-HJKMNP-Za-hjkmnp-z]{6}$"},
		{Name: "id", Number: true},
		{Name: "n", Number: true, Description: "Draws are numbered 1, 2, … through the event."},
		{Name: "person", Description: "`person` of a winner or `id` of `named`, as the host sees them."},
		{
			Name: "verb", Values: []string{"open", "close", "extend", "reveal", "reset", "draw", "redraw", "void", "confirm", "abandon"},
			Description: `- ` + "`open`" + `: from draft or (unless frozen) closed; ` + "`seconds`" + ` starts a countdown.
- ` + "`close`" + `: from open; a raffle's entrant list is frozen.
- ` + "`extend`" + `: an open activity's countdown runs ` + "`seconds`" + ` longer.
- ` + "`reveal`" + `: from closed; counts are shown to all.
- ` + "`reset`" + `: from anything but draft; back to draft with run + 1. Draws are kept.
- ` + "`draw`" + `: from closed or drawn: the (next) winners.
- ` + "`redraw`" + `: from drawn: the ticket ` + "`winner`" + ` is given back and another is drawn, for a ` + "`reason`" + `.
- ` + "`void`" + `: from drawn: the ticket ` + "`winner`" + ` is given back, for a ` + "`reason`" + `, and nobody is drawn instead.
- ` + "`confirm`" + `: the prize of the ticket ` + "`winner`" + ` was given away.
- ` + "`abandon`" + `: a raffle whose public beacon is not available: its frozen list is given up in public.

With a beacon, ` + "`draw` and `redraw`" + ` answer at once with the activity as it was and ` + "`pending`" + `; the draw follows when its round is there.`,
		},
	}
}
