package beacontest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/cloudflare/circl/sign/bls"

	"drumroll/internal/beacon"
	"drumroll/internal/beacon/source"
)

// Fault is how a Beacon's server misbehaves.
type Fault int

// The faults.
const (
	None        Fault = iota
	Late              // no round is there yet
	Wrong             // every round has the signature of the next one
	Unreachable       // connections are cut
)

// Key signs the rounds of a chain of its own.
type Key struct {
	beacon.Chain
	private *bls.PrivateKey[bls.KeyG2SigG1]
}

// NewKey makes a chain from a seed; the same seed gives the same chain. Its first round
// was an hour before now.
func NewKey(seed string, period time.Duration, now time.Time) Key {
	ikm := sha256.Sum256([]byte(seed))
	private, err := bls.KeyGen[bls.KeyG2SigG1](ikm[:], nil, nil)
	if err != nil {
		panic(err) // the only error is a short seed
	}
	public, err := private.PublicKey().MarshalBinary()
	if err != nil {
		panic(err) // a fresh key is valid
	}
	name := sha256.Sum256(append([]byte("beacontest"), public...))
	return Key{private: private, Chain: beacon.Chain{
		Hash: name[:], PublicKey: public,
		Genesis: uint64(now.Add(-time.Hour).Unix()), Period: uint64(period / time.Second),
	}}
}

// Sign returns the signature of a round, also of a future one.
func (k Key) Sign(round uint64) beacon.Bytes {
	return bls.Sign(k.private, beacon.Message(round))
}

// Beacon serves a chain as drand does: each round from its time on.
type Beacon struct {
	Key
	server *httptest.Server

	mu    sync.Mutex
	fault Fault
	ahead time.Duration
	asked chan uint64
}

// Start serves key's chain until the test ends.
func Start(t testing.TB, key Key) *Beacon {
	b := &Beacon{Key: key, asked: make(chan uint64, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{hash}/public/{round}", b.serve)
	b.server = httptest.NewServer(mux)
	t.Cleanup(b.server.Close)
	return b
}

// Source is the source of these rounds for a node.
func (b *Beacon) Source() *source.Source {
	return &source.Source{Chain: b.Chain, Hosts: []string{b.server.URL}}
}

// File writes the chain's description for --beacon and returns its path.
func (b *Beacon) File(t testing.TB) string {
	t.Helper()
	data, err := json.Marshal(b.Source())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "beacon.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Misbehave sets the fault from now on.
func (b *Beacon) Misbehave(f Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = f
}

// Ahead puts the beacon's clock forward, so that a test need not wait for rounds.
func (b *Beacon) Ahead(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ahead = d
}

// Asked yields the numbers of rounds that are requested. A request does not wait until
// its number is received.
func (b *Beacon) Asked() <-chan uint64 { return b.asked }

func (b *Beacon) serve(w http.ResponseWriter, r *http.Request) {
	round, err := strconv.ParseUint(r.PathValue("round"), 10, 64)
	if err != nil || r.PathValue("hash") != b.Hash.String() {
		http.NotFound(w, r)
		return
	}
	select {
	case b.asked <- round:
	default:
	}
	b.mu.Lock()
	fault, now := b.fault, uint64(time.Now().Add(b.ahead).UnixMilli())
	b.mu.Unlock()
	signed := round
	switch {
	case fault == Unreachable:
		panic(http.ErrAbortHandler)
	case fault == Late || now < b.TimeOf(round):
		http.Error(w, "too early", http.StatusTooEarly)
		return
	case fault == Wrong:
		signed++
	}
	signature := b.Sign(signed)
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"round":%d,"randomness":"%x","signature":"%v"}`, round, sha256.Sum256(signature), signature)
}
