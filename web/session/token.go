package session

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
)

// Names of cookies, each followed by an event's code.
const (
	ParticipantCookie = "drumroll_"
	HostCookie        = "drumroll_host_"

	CookieAge = 180 * 24 * 3600 // seconds
)

// A participant's token is 8 bytes of id and 16 bytes of HMAC-SHA256 over
// (domain, event uid, id) under the signing key, in unpadded base64url: valid in
// its event alone, on every node that shares the key, and not stored anywhere.
const tokenSize = 8 + 16

// Token makes a participant's token.
func (s *Sessions) Token(uid event.UID, p event.Participant) string {
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

func (s *Sessions) tokenMAC(uid event.UID, id []byte) (mac [16]byte) {
	m, _ := s.macs.Get().(*tokenMAC)
	if m == nil {
		m = &tokenMAC{h: hmac.New(sha256.New, s.SigningKey)}
	}
	defer s.macs.Put(m)
	m.h.Reset()
	m.h.Write(append(append(append(m.buf[:0], "drumroll participant token 1\x00"...), uid[:]...), id...))
	copy(mac[:], m.h.Sum(m.buf[:0]))
	return mac
}

// ParseToken returns whose a token is; false where it is not of this event.
func (s *Sessions) ParseToken(uid event.UID, token string) (event.Participant, bool) {
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

// NewParticipant draws an id.
func NewParticipant() event.Participant {
	for {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails (crypto/rand)
		if p := event.Participant(binary.BigEndian.Uint64(b[:])); p != 0 {
			return p
		}
	}
}

// NewHostKey draws a key of 192 random bits.
func NewHostKey() string {
	var b [24]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// HashKey is what the log holds of a host key.
func HashKey(key string) event.Key { return sha256.Sum256([]byte(key)) }

// Bearer is the token of a request's Authorization header; "" where it has none.
func Bearer(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// Cookie is the value of a request's cookie; "" where it has none of the name.
func Cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// SetCookie sets a cookie for so many seconds.
func (s *Sessions) SetCookie(w http.ResponseWriter, r *http.Request, name, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: s.scheme(r) == "https", SameSite: http.SameSiteLaxMode,
	})
}

// DropCookie makes the browser forget a cookie.
func DropCookie(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}
