// Package session knows who calls and from where: participants' tokens, hosts' keys,
// the cookies that hold them, addresses behind proxies, and the event that a path
// names.
//
// Nothing is stored: a token is signed with the node's key, and of host keys the
// log holds hashes.
package session

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/replica"
	"drumroll/web/overload"
	"drumroll/web/problem"
)

// maxHosted bounds the events that EachHosted looks for, and hostedWait the time that
// it takes: a log that does not answer must not keep people from joining.
const (
	maxHosted  = 20
	hostedWait = 2 * time.Second
)

const (
	// SyncTimeout is how long a refusal on state may take to be made sure of.
	SyncTimeout = 5 * time.Second
	// freshWait is how long a read waits to see what other nodes know.
	freshWait = time.Second
)

// Config of Sessions.
type Config struct {
	Replicas       *replica.Set
	SigningKey     []byte // 32 bytes
	PublicURL      *url.URL
	LAN            netip.AddrPort
	TrustedProxies []netip.Prefix
	Limits         *overload.Limits // of wrong keys
}

// Sessions tells who calls.
type Sessions struct {
	Config
	macs sync.Pool // of *tokenMAC
}

// New returns Sessions.
func New(cfg Config) *Sessions { return &Sessions{Config: cfg} }

// Event finds the event that a request's path names, its code in any case.
func (s *Sessions) Event(r *http.Request) (*replica.Replica, error) {
	rep, err := s.Opened(r)
	if err != nil || r.Method != http.MethodGet {
		return rep, err
	}
	// A balancer may send a read elsewhere than the write before it, and a phone
	// whose node left must find here what was acknowledged there. Where the log does
	// not answer, what is known here has to do.
	ctx, cancel := context.WithTimeout(r.Context(), freshWait)
	defer cancel()
	err = rep.Sync(ctx)
	for _, end := range []error{eventlog.ErrNotFound, replica.ErrDeleted, replica.ErrNewer, replica.ErrDamaged} {
		if errors.Is(err, end) {
			return nil, err
		}
	}
	return rep, nil
}

// Opened is the event that a request's path names, as this node knows it.
func (s *Sessions) Opened(r *http.Request) (*replica.Replica, error) {
	code, ok := NormalCode(chi.URLParam(r, "code"))
	if !ok {
		return nil, eventlog.ErrNotFound
	}
	return s.Replicas.Open(r.Context(), code)
}

// EachHosted visits the events whose host cookies the browser holds.
func (s *Sessions) EachHosted(r *http.Request, visit func(*replica.Replica)) {
	ctx, cancel := context.WithTimeout(r.Context(), hostedWait)
	defer cancel()
	tries := 0
	for _, c := range r.Cookies() {
		code, ok := strings.CutPrefix(c.Name, HostCookie)
		if !ok || tries == maxHosted {
			continue
		}
		if code, ok = NormalCode(code); !ok {
			continue
		}
		tries++
		if rep, err := s.Replicas.Open(ctx, code); err == nil && IsHost(rep, c.Value) {
			visit(rep)
		}
	}
}

// LookTwice looks at the state, and where that finds an error other than
// problem.InvalidEntry, once more when this node has folded to the log's head as of
// now: another node may know better.
func LookTwice[T any](ctx context.Context, rep *replica.Replica, look func(*event.State) (T, error)) (found T, err error) {
	rep.View(func(st *event.State) { found, err = look(st) })
	if err == nil || errors.Is(err, problem.InvalidEntry) {
		return found, err
	}
	ctx, cancel := context.WithTimeout(ctx, SyncTimeout)
	defer cancel()
	if err := rep.Sync(ctx); err != nil {
		return found, err
	}
	rep.View(func(st *event.State) { found, err = look(st) })
	return found, err
}

// Participant is who a request speaks for: bearer token, else cookie. Errors:
// problem.NoToken, problem.WrongToken.
func (s *Sessions) Participant(r *http.Request, rep *replica.Replica) (event.Participant, error) {
	token := cmp.Or(Bearer(r), Cookie(r, ParticipantCookie+rep.Code()))
	if token == "" {
		return 0, problem.NoToken
	}
	p, ok := s.ParseToken(UID(rep), token)
	if !ok {
		return 0, problem.WrongToken
	}
	return p, nil
}

// HostKey is the key that a request speaks with: bearer, else cookie.
func HostKey(r *http.Request, code string) string {
	return cmp.Or(Bearer(r), Cookie(r, HostCookie+code))
}

// CheckHost returns the host key that a request speaks with. A key that this
// node does not know may be a remote's that another node has just made.
func (s *Sessions) CheckHost(r *http.Request, rep *replica.Replica) (string, error) {
	key := HostKey(r, rep.Code())
	if key == "" {
		return "", problem.NoHostKey
	}
	if IsHost(rep, key) {
		return key, nil
	}
	if !s.Limits.Allow(overload.WrongKeys, ClientIP(r)) {
		return "", problem.Rate
	}
	ctx, cancel := context.WithTimeout(r.Context(), SyncTimeout)
	defer cancel()
	if rep.Sync(ctx) != nil || !IsHost(rep, key) {
		return "", problem.WrongHostKey // also where the log does not answer
	}
	return key, nil
}

// OfHost reports whether a request carries the host key of the event that its path
// names. It is asked only of requests that would be refused: for most, which carry
// none, that takes no more than a look at their cookies.
func (s *Sessions) OfHost(r *http.Request) bool {
	code, ok := NormalCode(chi.URLParam(r, "code"))
	if !ok {
		return false
	}
	key := HostKey(r, code)
	if key == "" {
		return false
	}
	rep, err := s.Event(r)
	return err == nil && IsHost(rep, key)
}

// IsHost reports whether a key is one of the event's.
func IsHost(rep *replica.Replica, key string) bool {
	return key != "" && amongKeys(HostKeys(rep), key)
}

// HostKeys are an event's, the main one first.
func HostKeys(rep *replica.Replica) (keys []event.Key) {
	rep.View(func(st *event.State) { keys = st.HostKeys() })
	return keys
}

// amongKeys compares in constant time, with all of them always.
func amongKeys(keys []event.Key, key string) bool {
	hash := HashKey(key)
	ok := 0
	for i := range keys {
		ok |= subtle.ConstantTimeCompare(hash[:], keys[i][:])
	}
	return ok == 1
}

// IsMainHost tells the main host key from those of remotes.
func IsMainHost(rep *replica.Replica, key string) bool {
	return amongKeys(HostKeys(rep)[:1], key)
}

// UID is an event's.
func UID(rep *replica.Replica) (uid event.UID) {
	rep.View(func(st *event.State) { uid = st.UID() })
	return uid
}

// CodeAlphabet leaves out what is mistaken for something else: 0 O 1 I L.
const (
	CodeAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
	CodeLength   = 6
)

// NormalCode is a code as typed, in upper case; false where it cannot be one.
func NormalCode(typed string) (string, bool) {
	if len(typed) != CodeLength {
		return "", false
	}
	code := strings.ToUpper(typed)
	return code, strings.Trim(code, CodeAlphabet) == ""
}
