package ui

// The view models. Package web fills them from a snapshot of the fold; nothing
// here reads a log, a clock or a request. A model holds only what its reader may
// see: hidden tallies and drafts never get into a Phone or a Screen.

// Page is what every full page needs around its fragment.
type Page struct {
	View    string // "start", "phone", "screen", "host", "verify", "error"; also <body data-view>
	Title   string // document title, without the product's name
	Code    string // the event's code, or ""
	BaseURL string // absolute, without trailing slash: "https://drumroll.example"
	// ShowMS is the length of the draw's show on phones and screens; 0 means 5000.
	ShowMS int
	// Rehearsal: the page is of an event that is a rehearsal.
	Rehearsal bool
	Asset     Assets // URLs of the built files; nil for their plain names
	Theme     string // "light" or "dark" forces it (storybook); "" follows the device
}

// Event is one event as one view may see it.
type Event struct {
	Code       string // "K7QX4M"
	Title      string
	JoinURL    string // "https://drumroll.example/K7QX4M"
	JoinHost   string // what people type: "drumroll.example" or "192.168.1.5:8080"
	VerifyURL  string
	QR         QR // of JoinURL
	VerifyQR   QR // of VerifyURL; zero on phones
	Connected  int
	Joined     int
	Names      bool       // participants may give a name
	Rehearsal  bool       // a clone filled with a simulated crowd
	Current    *Activity  // what phones and screen show; nil between activities
	Activities []Activity // host: all, in running order; phone and screen: open and current ones
	Draws      []Draw     // screen, host, verify: every draw so far, oldest first
}

// QR is a QR code as one SVG path over Size×Size modules (quiet zone included).
type QR struct {
	Size int
	Path string
}

// Activity is one poll or raffle.
type Activity struct {
	ID         int
	Kind       string // "poll", "raffle"
	Title      string
	State      string // "draft", "open", "closed", "revealed", "drawn"
	Run        int
	Options    []Option
	MaxChoices int
	Results    string // "live", "hidden"
	// CountsShown: the option counts are filled. Else they are zero and must not be drawn.
	CountsShown bool
	Entries     int
	HasDeadline bool
	ClosesInMS  int64 // at rendering; the client counts on

	// Raffles.
	WinnersWanted int
	Winners       []Winner
	Voided        []Voided
	Shortfall     int      // winners wanted but not had in the newest draw, for want of entrants
	Draw          int      // number of the newest draw of this run, or 0
	Draws         int      // draws of the event so far; the next one is Draws+1
	Eligible      int      // tickets that can still win
	Entrants      []string // up to 40 handles that rush by in the roll, winners included
	Commitment    string   // hex, from open on
	Fingerprint   string   // of the frozen list, in groups to compare by eye; "" until frozen

	Prizes       []string // in the order in which they are drawn; none: all winners get the same
	NextPrize    int      // which of Prizes the next draw is for, from 1; 0: none is left, or none is named
	Again        bool     // who won in another raffle of the event may win here too
	TookPart     string   // title of the activity that one must have taken part in, or ""
	JoinedBefore string   // "20:15": who joined later cannot win; or ""
	CheckedIn    bool     // only who tapped "I'm here" can win
	ClaimSeconds int      // time that a winner has to claim; 0: as long as it takes
	Beacon       bool     // public randomness goes into every draw
	Pending      *Pending // the draw that waits for its public randomness, or nil
	Abandoned    bool     // the frozen list was given up in public; only a reset goes on from here
}

// Pending is a draw that was asked for and waits for public randomness.
type Pending struct {
	Draw   int
	Round  int    // of the public beacon
	DueMS  int64  // until the round is due, at rendering; 0 or less: overdue
	Late   bool   // the round is due and could not be had yet
	Prize  string // that it is for, or ""
	Redraw string // ticket of the winner whose win was given back, or ""
}

// Option is one answer of a poll.
type Option struct {
	Index   int
	Letter  string // "A" … "Z", "AA" …
	Text    string
	Count   int
	Percent int  // of entries, rounded
	Leading bool // most votes (several where tied), only with CountsShown and votes
}

// Winner is a drawn ticket that stands.
type Winner struct {
	Name   string // the name to show: the participant's own where names are on and not hidden, else the handle
	Handle string // "Teal Otter 42"
	Ticket string // 32 hex digits
	Short  string // "7C19-A2", next to a handle, since handles repeat in a crowd
	Draw   int
	Own    bool   // Name is of the participant's own choosing, so a host may hide it
	Person string // host only, with Own: the participant's id, 16 hex digits
	Prize  string // what was won, or ""
	Claim  string // "" (not yet), "claiming" (the phone shows its code), "claimed" (the host confirmed)
	// Code is what the winner's phone shows, "4821": on the host's console, and in
	// the winner's own page once they claim.
	Code string
	// ClaimDueMS is the time left to claim at rendering, where the raffle sets one
	// and Claim is ""; 0 or less: it is over. HasClaimDue: such a time is running.
	HasClaimDue bool
	ClaimDueMS  int64
}

// Voided is a drawn ticket that was given back, with the reason.
type Voided struct {
	Winner
	Reason string
}

// Draw is one line of the draw history.
type Draw struct {
	Number   int
	Activity int
	Title    string
	Run      int
	Entrants int
	Names    []string
	Reason   string // of a redraw
	Prize    string // or ""
	Returned []bool // beside Names: whether that win was given back
}

// Freeze is one line of the public history of frozen lists.
type Freeze struct {
	Activity    int
	Title       string
	Run         int
	Fingerprint string
	Size        int
	At          string // "2026-11-23 20:15 UTC"
	Draws       int
	Abandoned   bool
}

// You is what one phone knows of itself. The zero value is a stranger.
type You struct {
	Handle  string
	Name    string           // own name, where names are on
	Choices map[int][]int    // by activity: counted choice of the present run
	Tickets map[int]string   // by activity: ticket of the present run
	Won     map[int][]string // by activity: own tickets among the present run's winners
	Here    []int            // raffles in which the phone has checked in
}

// Phone is the audience's view. In frames You is zero: what is personal is put
// in by the client from the frame's "you".
type Phone struct {
	Page  Page
	Event Event
	You   You
	// Notice is a sentence about the form just posted without JavaScript
	// ("Counted.", "Not counted: voting closed."), or "".
	Notice string
}

// Screen is the projector's view.
type Screen struct {
	Page  Page
	Event Event
}

// Host is the presenter's console.
type Host struct {
	Page    Page
	Event   Event
	HostURL string // with #key; only on the full page of the main host, never in a frame
	Remotes []Remote
	// Crowd is what a rehearsal's simulated crowd does; nil of an event for real.
	Crowd *Crowd
	// Rehearse offers a rehearsal, or of one more phones; only on the full page of
	// the main host.
	Rehearse *RehearseForm
	People   []Person // participants with a name of their own, newest first, up to 50; only where names are on
	Kept     Kept
}

// Kept says how long an event is kept; the zero value means until it is deleted.
type Kept struct {
	Until string // a date in words
	After string // how long that is after the last activity, in words
}

// Crowd is the simulated crowd of a rehearsal.
type Crowd struct {
	Of        string // code of the event that it rehearses
	State     string // "here", "left", "elsewhere" (at another node), "none"
	Phones    int    // asked for
	Connected int
	Accepted  int // entries so far
	PerSecond int // entries a second, of late
	P99MS     int // within which 99 % of the taps were acknowledged; 0: none yet
	Checks    int // how many promises are watched
	Failed    []string
	LeavesMS  int64  // until it goes home by itself, at rendering
	Error     string // why it could not come, or ""
}

// RehearseForm asks for a crowd.
type RehearseForm struct {
	Phones  int    // to begin with
	Most    int    // that this node simulates
	Present string // code of a rehearsal of the event that this browser hosts, or ""
}

// Remote is a host key of a second device.
type Remote struct {
	ID    int
	Label string
}

// Person is a participant with a name of their own.
type Person struct {
	ID     string // 16 hex digits
	Name   string
	Handle string
	Hidden bool
}

// Start is the front page.
type Start struct {
	Page       Page
	Hosted     []Hosted // events that this browser hosts
	NeedKey    bool     // creating asks for the create key
	JoinError  string
	HostError  string
	JoinCode   string // as typed, to be kept beside its error
	EventTitle string // likewise
}

// Hosted is one event that this browser hosts.
type Hosted struct {
	Code, Title string
	Joined      int
	Activities  int
	Rehearsal   bool
}

// Unlock asks for the host key of an event.
type Unlock struct {
	Page  Page
	Title string
	Error string
}

// Problem is an error page.
type Problem struct {
	Page   Page
	Status int
	Title  string // "No event K7QX4M"
	Detail string // what happened and what to do next
}
