package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"net/http"
	"strings"

	"drumroll/internal/event"
	"drumroll/internal/replica"
)

const (
	participantCookie = "drumroll_"      // + code
	hostCookie        = "drumroll_host_" // + code
	cookieAge         = 180 * 24 * 3600  // seconds
)

// A participant's token is 8 bytes of id and 16 bytes of HMAC-SHA256 over
// (domain, event uid, id) under the signing key, in unpadded base64url: valid in
// its event alone, on every node that shares the key, and not stored anywhere.
const tokenSize = 8 + 16

func (s *Server) token(uid event.UID, p event.Participant) string {
	var b [tokenSize]byte
	binary.BigEndian.PutUint64(b[:], uint64(p))
	mac := s.tokenMAC(uid, b[:8])
	copy(b[8:], mac[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// tokenMAC computes what a token ends with. It is kept for the next one, since
// setting up the key takes most of the time.
type tokenMAC struct {
	h   hash.Hash
	buf [64]byte
}

func (s *Server) tokenMAC(uid event.UID, id []byte) (mac [16]byte) {
	m, _ := s.macs.Get().(*tokenMAC)
	if m == nil {
		m = &tokenMAC{h: hmac.New(sha256.New, s.cfg.SigningKey)}
	}
	defer s.macs.Put(m)
	m.h.Reset()
	m.h.Write(append(append(append(m.buf[:0], "drumroll participant token 1\x00"...), uid[:]...), id...))
	copy(mac[:], m.h.Sum(m.buf[:0]))
	return mac
}

// parseToken returns whose a token is; false where it is not of this event.
func (s *Server) parseToken(uid event.UID, token string) (event.Participant, bool) {
	var b [tokenSize]byte
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenSize) {
		return 0, false
	}
	if _, err := base64.RawURLEncoding.Decode(b[:], []byte(token)); err != nil {
		return 0, false
	}
	mac := s.tokenMAC(uid, b[:8])
	if subtle.ConstantTimeCompare(mac[:], b[8:]) != 1 {
		return 0, false
	}
	return event.Participant(binary.BigEndian.Uint64(b[:8])), true
}

func (s *Server) isParticipant(rep *replica.Replica, token string) bool {
	_, ok := s.parseToken(uidOf(rep), token)
	return ok
}

func newParticipant() event.Participant {
	for {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails (crypto/rand)
		if p := event.Participant(binary.BigEndian.Uint64(b[:])); p != 0 {
			return p
		}
	}
}

// newHostKey has 192 random bits.
func newHostKey() string {
	var b [24]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func hashKey(key string) event.Key { return sha256.Sum256([]byte(key)) }

func bearer(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, name, value string) {
	s.setCookieFor(w, r, name, value, cookieAge)
}

func (s *Server) setCookieFor(w http.ResponseWriter, r *http.Request, name, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: s.scheme(r) == "https", SameSite: http.SameSiteLaxMode,
	})
}

func dropCookie(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// who is the participant that a request speaks for: bearer token, else cookie.
// errNoToken or errWrongToken where there is none or a wrong one.
func (s *Server) who(r *http.Request, rep *replica.Replica) (event.Participant, error) {
	token := bearer(r)
	if token == "" {
		token = cookie(r, participantCookie+rep.Code())
	}
	if token == "" {
		return 0, errNoToken
	}
	p, ok := s.parseToken(uidOf(rep), token)
	if !ok {
		return 0, errWrongToken
	}
	return p, nil
}

// hostKey is the key that a request speaks with: bearer, else cookie.
func hostKey(r *http.Request, code string) string {
	if key := bearer(r); key != "" {
		return key
	}
	return cookie(r, hostCookie+code)
}

// isHost reports whether a key is one of the event's.
func isHost(rep *replica.Replica, key string) bool {
	if key == "" {
		return false
	}
	var keys []event.Key
	rep.View(func(st *event.State) { keys = st.HostKeys() })
	return amongKeys(keys, key)
}

// amongKeys compares in constant time, with all of them always.
func amongKeys(keys []event.Key, key string) bool {
	hash := hashKey(key)
	ok := 0
	for i := range keys {
		ok |= subtle.ConstantTimeCompare(hash[:], keys[i][:])
	}
	return ok == 1
}

// isMainHost tells the main host key from those of remotes.
func isMainHost(rep *replica.Replica, key string) bool {
	hash := hashKey(key)
	var main event.Key
	rep.View(func(st *event.State) { main = st.HostKeys()[0] })
	return subtle.ConstantTimeCompare(hash[:], main[:]) == 1
}

func uidOf(rep *replica.Replica) (uid event.UID) {
	rep.View(func(st *event.State) { uid = st.UID() })
	return uid
}
