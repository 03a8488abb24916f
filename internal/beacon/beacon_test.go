package beacon_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/beacon"
	"drumroll/internal/beacon/beacontest"
)

// Rounds of quicknet, each checked with two other libraries.
var quicknet = map[uint64]string{
	1000: "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39",
	1001: "b33bf3667cbd5a82de3a24b4e0e9fe5513cc1a0e840368c6e31f5fcfa79bea03f73896b25883abf2853d10337fb8fa41",
	1002: "ab066f9c12dd6de1336fca0f925192fb0c72a771c3e4c82ede1fd362c1a770f9eb05843c6308ce2530b53a99c0281a6e",
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVectorsOfQuicknet(t *testing.T) {
	c := beacon.Quicknet()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	for round, s := range quicknet {
		signature := unhex(t, s)
		randomness, err := c.Verify(round, signature)
		if err != nil || randomness != sha256.Sum256(signature) {
			t.Errorf("round %d: %x, %v", round, randomness, err)
		}
		for _, wrong := range []uint64{0, round - 1, round + 1, round << 32} {
			if _, err := c.Verify(wrong, signature); !errors.Is(err, beacon.ErrSignature) {
				t.Errorf("the signature of round %d passes for %d: %v", round, wrong, err)
			}
		}
		for i := range signature {
			bad := append([]byte(nil), signature...)
			bad[i] ^= 1
			if _, err := c.Verify(round, bad); !errors.Is(err, beacon.ErrSignature) {
				t.Fatalf("round %d: a signature with byte %d changed passes: %v", round, i, err)
			}
		}
		for _, bad := range [][]byte{nil, signature[:47], append(append([]byte(nil), signature...), 0), make([]byte, 48)} {
			if _, err := c.Verify(round, bad); !errors.Is(err, beacon.ErrSignature) {
				t.Errorf("round %d: %x passes: %v", round, bad, err)
			}
		}
		other := beacontest.NewKey("another", 3*time.Second, time.Unix(0, 0).Add(time.Hour)).Chain
		if _, err := other.Verify(round, signature); !errors.Is(err, beacon.ErrSignature) {
			t.Errorf("another key's chain takes quicknet's signature: %v", err)
		}
	}
}

func TestRoundsAndTimes(t *testing.T) {
	c := beacon.Quicknet()
	genesis := 1000 * c.Genesis
	for _, v := range []struct{ ms, round uint64 }{
		{0, 1}, {genesis, 1}, {genesis + 1, 2}, {genesis + 3000, 2}, {genesis + 3001, 3}, {genesis + 2_997_000, 1000},
	} {
		if got := c.RoundAt(v.ms); got != v.round {
			t.Errorf("RoundAt(genesis %+d ms) = %d, want %d", int64(v.ms-genesis), got, v.round)
		}
	}
	for round := uint64(1); round < 50; round++ {
		at := c.TimeOf(round)
		if c.RoundAt(at) != round || c.RoundAt(at+1) != round+1 {
			t.Errorf("round %d comes at %d, but then comes %d, and %d after it", round, at, c.RoundAt(at), c.RoundAt(at+1))
		}
	}
}

func TestChainsThatCannotBe(t *testing.T) {
	for name, spoil := range map[string]func(*beacon.Chain){
		"short hash":        func(c *beacon.Chain) { c.Hash = c.Hash[:31] },
		"no period":         func(c *beacon.Chain) { c.Period = 0 },
		"a genesis in ms":   func(c *beacon.Chain) { c.Genesis = 1 << 41 },
		"short key":         func(c *beacon.Chain) { c.PublicKey = c.PublicKey[:95] },
		"key off the curve": func(c *beacon.Chain) { c.PublicKey[95] ^= 1 },
	} {
		c := beacon.Quicknet()
		if spoil(&c); c.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestChainAsJSON(t *testing.T) {
	data, err := json.Marshal(beacon.Quicknet())
	if err != nil {
		t.Fatal(err)
	}
	var back beacon.Chain
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(beacon.Quicknet(), back); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{`"AB"`, `"abc"`, `"xy"`, `7`} {
		if err := json.Unmarshal([]byte(bad), new(beacon.Bytes)); err == nil {
			t.Errorf("%s: taken for hex digits", bad)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	c, signature := beacon.Quicknet(), unhex(b, quicknet[1000])
	for b.Loop() {
		if _, err := c.Verify(1000, signature); err != nil {
			b.Fatal(err)
		}
	}
}
