package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"drumroll/internal/beacon/source"
	"drumroll/internal/event"
	"drumroll/internal/fairdraw"
	"drumroll/internal/replica"
)

// raffleIn is what a host may say of a raffle beside its title and winners.
type raffleIn struct {
	Winners      *int           `json:"winners"`
	Prizes       []string       `json:"prizes"`
	Again        *bool          `json:"winners_may_win_again"`
	Eligible     *eligibilityIn `json:"eligible"`
	ClaimSeconds *int           `json:"claim_seconds"`
	Beacon       *bool          `json:"beacon"`
}

type eligibilityIn struct {
	TookPart     int     `json:"took_part"`
	JoinedBefore instant `json:"joined_before"`
	CheckedIn    bool    `json:"checked_in"`
}

// instant is a time in JSON: milliseconds since the Unix epoch, or RFC 3339.
type instant uint64

func (i *instant) UnmarshalJSON(data []byte) error {
	if text := strings.Trim(string(data), `"`); len(text) == len(data)-2 {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil || at.UnixMilli() < 0 {
			return invalidInput("joined_before must be a time, in milliseconds or as RFC 3339: 2026-11-23T20:15:00Z.")
		}
		*i = instant(at.UnixMilli())
		return nil
	}
	return json.Unmarshal(data, (*uint64)(i))
}

// onto lays what was given over a spec.
func (in raffleIn) onto(spec event.Spec) event.Spec {
	if in.Winners == nil && in.Prizes == nil && in.Again == nil && in.Eligible == nil && in.ClaimSeconds == nil && in.Beacon == nil {
		return spec
	}
	raffle := event.RaffleSpec{}
	if spec.Raffle != nil {
		raffle = *spec.Raffle
	}
	spec.Raffle = &raffle
	if in.Winners != nil {
		raffle.Winners = *in.Winners
	}
	if in.Prizes != nil {
		raffle.Prizes = in.Prizes
	}
	if in.Again != nil {
		raffle.Again = *in.Again
	}
	if e := in.Eligible; e != nil {
		raffle.Eligible = event.Eligibility{TookPart: e.TookPart, JoinedBefore: uint64(e.JoinedBefore), CheckedIn: e.CheckedIn}
	}
	if in.ClaimSeconds != nil {
		raffle.ClaimSeconds = *in.ClaimSeconds
	}
	if in.Beacon != nil {
		raffle.Beacon = *in.Beacon
	}
	return spec
}

// claimCode is what a winner's phone shows to the host, who sees it as well: 4
// digits that nobody else can know. It is in no record and no public frame.
func (s *Server) claimCode(uid event.UID, ticket fairdraw.Ticket) string {
	h := hmac.New(sha256.New, s.cfg.SigningKey)
	h.Write([]byte("drumroll claim code 1\x00"))
	h.Write(uid[:])
	h.Write(ticket[:])
	return fmt.Sprintf("%04d", binary.BigEndian.Uint64(h.Sum(nil))%10_000)
}

// withCode is an activity with the claim codes of its winners, for the host alone.
func (s *Server) withCode(uid event.UID, a event.Activity) event.Activity {
	if a.Raffle == nil || len(a.Raffle.Winners) == 0 {
		return a
	}
	raffle := *a.Raffle // all who look share the one in a snapshot
	raffle.Winners = slices.Clone(raffle.Winners)
	for i := range raffle.Winners {
		w := &raffle.Winners[i]
		w.Code = s.claimCode(uid, w.Ticket)
	}
	a.Raffle = &raffle
	return a
}

// withCodes is a snapshot with the claim codes of all winners, for the host alone.
func (s *Server) withCodes(snap event.Snapshot) event.Snapshot {
	snap.Activities = slices.Clone(snap.Activities)
	for i, a := range snap.Activities {
		snap.Activities[i] = s.withCode(snap.UID, a)
	}
	return snap
}

// hostSnapshot is the snapshot for the host's eyes, claim codes included.
func (s *Server) hostSnapshot(rep *replica.Replica) event.Snapshot {
	snap, _ := rep.Snapshot()
	return s.withCodes(snap)
}

// postClaim notes that a winner is there, and answers with the code that the
// host compares. A second tap, on whatever node, gets the same.
func (s *Server) postClaim(w http.ResponseWriter, r *http.Request, rep *replica.Replica, p event.Participant) error {
	var in struct {
		Ticket string `json:"ticket"`
	}
	if err := decode(w, r, maxEntry, &in); err != nil {
		return err
	}
	ticket, err := fairdraw.ParseTicket(in.Ticket)
	if err != nil {
		return invalidInput("ticket must be your winning ticket.")
	}
	if !s.limits.allowParticipant(s.entryLimit(), rep.Code(), p) {
		return errRate
	}
	won, err := lookTwice(r.Context(), rep, func(st *event.State) (event.Won, error) { return wonWith(st.You(p), in.Ticket) })
	if err != nil {
		return err
	}
	if won.Claim == "" {
		// A host's way in, past the bound on entries: only winners come this far, each as
		// often as the limit of participants lets them, and their time runs out.
		c := &event.Command{Type: event.CmdClaim, Activity: won.Activity, Ticket: in.Ticket, Person: p}
		if _, err := rep.Propose(r.Context(), c); err != nil {
			return err
		}
	}
	return s.answer(w, http.StatusOK, map[string]string{"code": s.claimCode(uidOf(rep), ticket)})
}

func wonWith(you event.You, ticket string) (event.Won, error) {
	for _, w := range you.Won {
		if w.Ticket == ticket {
			return w, nil
		}
	}
	return event.Won{}, newProblem(http.StatusConflict, "conflict", "Not a winner", "This ticket of yours is not among the winners.")
}

// postCheckIn notes that a participant is in the room while a raffle that asks
// for it is open.
func (s *Server) postCheckIn(w http.ResponseWriter, r *http.Request, rep *replica.Replica, p event.Participant) error {
	var e event.Entry
	if err := decode(w, r, maxEntry, &e); err != nil {
		return err
	}
	e.CheckIn = true
	settled, err := s.enter(r, rep, p, &e)
	if err != nil {
		return err
	}
	s.answerEntry(w, &settled, nil)
	return nil
}

// getProof answers with a participant's own place in the frozen list.
func (s *Server) getProof(w http.ResponseWriter, r *http.Request, rep *replica.Replica, p event.Participant) error {
	id, err := number(r, "id")
	if err != nil {
		return err
	}
	var receipt event.Receipt
	var no *event.Refusal
	rep.View(func(st *event.State) { receipt, no = st.Receipt(p, id) })
	if no != nil {
		return no
	}
	list := receipt.List()
	pos, ok := list.Find(receipt.Ticket)
	if !ok {
		return fmt.Errorf("ticket %v is not in the frozen list of raffle %d", receipt.Ticket, id)
	}
	proof, err := list.Proof(pos)
	if err != nil {
		return err
	}
	return s.answer(w, http.StatusOK, struct {
		Root     fairdraw.Hash   `json:"root"`
		Size     int             `json:"size"`
		Position int             `json:"position"`
		Leaf     fairdraw.Leaf   `json:"leaf"`
		Nonce    string          `json:"nonce"` // base64url
		Proof    []fairdraw.Hash `json:"proof"`
	}{list.Root(), list.Size(), pos, list.Leaf(pos), base64.RawURLEncoding.EncodeToString(receipt.Nonce[:]), proof})
}

type apiFreeze struct {
	Activity    int    `json:"activity"`
	Title       string `json:"title"`
	Run         int    `json:"run"`
	Root        string `json:"root"` // "" for the moment that it takes to compute
	Fingerprint string `json:"fingerprint"`
	Size        int    `json:"size"`
	At          uint64 `json:"at"`              // Unix ms, the log's clock
	Round       uint64 `json:"round,omitempty"` // of the beacon, that it names
	Draws       int    `json:"draws"`
	Abandoned   bool   `json:"abandoned"`
}

func (s *Server) listFreezes(w http.ResponseWriter, r *http.Request) error {
	rep, err := s.event(r)
	if err != nil {
		return err
	}
	snap, _ := rep.Snapshot()
	return s.answer(w, http.StatusOK, map[string]any{"freezes": freezesJSON(snap.Freezes)})
}

func freezesJSON(lines []event.FreezeLine) []apiFreeze {
	out := make([]apiFreeze, len(lines))
	for i, f := range lines {
		out[i] = apiFreeze{f.Activity, f.Title, f.Run, f.Root, f.Fingerprint, f.Size, f.Ms, f.Round, f.Draws, f.Abandoned}
	}
	return out
}

// Completer makes the commands that complete draws which waited for a round of
// the beacon: the round's signature from src, the seed from the signing key.
func Completer(signingKey []byte, src *source.Source) func(context.Context, event.UID, event.PendingDraw) (*event.Command, error) {
	return func(ctx context.Context, uid event.UID, d event.PendingDraw) (*event.Command, error) {
		from := src
		if from == nil || from.Hash.String() != d.Chain {
			from = source.Quicknet()
		}
		if from.Hash.String() != d.Chain {
			return nil, fmt.Errorf("this node knows no hosts of the beacon %s", d.Chain)
		}
		signature, err := from.Fetch(ctx, d.Round)
		if err != nil {
			return nil, err
		}
		signed := fairdraw.Signature(signature)
		seed := fairdraw.NewChain(signingKey, uid, uint64(d.Activity), uint64(d.Run)).Element(d.Element)
		return &event.Command{
			Type: event.CmdDraw, Activity: d.Activity, Run: d.Run, Seed: &seed, Round: d.Round, Signature: &signed,
		}, nil
	}
}
