package session

import (
	"encoding/base64"
	"strings"
	"testing"

	"drumroll/internal/event"
)

func TestTokens(t *testing.T) {
	s := &Sessions{Config: Config{SigningKey: []byte(strings.Repeat("k", 32))}}
	other := &Sessions{Config: Config{SigningKey: []byte(strings.Repeat("K", 32))}}
	uid, otherUID := event.UID{1}, event.UID{2}
	p := NewParticipant()
	token := s.Token(uid, p)
	if got, ok := s.ParseToken(uid, token); !ok || got != p {
		t.Errorf("%v, %t, want %v", got, ok, p)
	}
	if _, ok := s.ParseToken(otherUID, token); ok {
		t.Error("the token is good in another event")
	}
	if _, ok := other.ParseToken(uid, token); ok {
		t.Error("the token is good under another key")
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		raw[i] ^= 1
		if _, ok := s.ParseToken(uid, base64.RawURLEncoding.EncodeToString(raw)); ok {
			t.Errorf("the token is good with byte %d changed", i)
		}
		raw[i] ^= 1
	}
}

// FuzzParseToken: nothing panics, and whatever is taken was made here.
func FuzzParseToken(f *testing.F) {
	s := &Sessions{Config: Config{SigningKey: []byte(strings.Repeat("k", 32))}}
	uid := event.UID{1}
	f.Add(s.Token(uid, 7))
	f.Add(s.Token(event.UID{2}, 7))
	f.Add("")
	f.Add("\n" + s.Token(uid, 7)[1:])
	f.Add(strings.Repeat("é", 16))
	f.Fuzz(func(t *testing.T, token string) {
		if p, ok := s.ParseToken(uid, token); ok && s.Token(uid, p) != token {
			t.Errorf("%q is taken for %v, whose token is %q", token, p, s.Token(uid, p))
		}
	})
}
