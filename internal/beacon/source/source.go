package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"drumroll/internal/beacon"
)

const (
	perHost = 4 * time.Second // how long one host may take
	maxBody = 16 << 10        // a round has some 400 bytes
)

// Source is a chain and the hosts that serve it.
type Source struct {
	beacon.Chain
	Hosts []string `json:"hosts"` // base URLs, tried in turn
}

// Quicknet is drand's quicknet at its public hosts.
func Quicknet() *Source {
	return &Source{beacon.Quicknet(), []string{"https://api.drand.sh", "https://api2.drand.sh", "https://drand.cloudflare.com"}}
}

// Read reads the description of a chain from a JSON file: hash and public_key in
// hex, genesis (Unix time) and period in seconds, hosts as base URLs.
func Read(path string) (*Source, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("beacon: %w", err)
	}
	s := new(Source)
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(s); err != nil {
		return nil, fmt.Errorf("beacon: %s: %w", path, err)
	}
	if len(s.Hosts) == 0 {
		return nil, fmt.Errorf("beacon: %s names no hosts", path)
	}
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Fetch gets a round's signature and verifies it. It asks each host once, in turn; the
// error says for each why that failed.
func (s *Source) Fetch(ctx context.Context, round uint64) (signature beacon.Bytes, err error) {
	var failures []error
	for _, host := range s.Hosts {
		if signature, err = s.askHost(ctx, host, round); err == nil {
			return signature, nil
		}
		failures = append(failures, fmt.Errorf("%s: %w", host, err))
		if ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("beacon round %d: %w", round, errors.Join(failures...))
}

func (s *Source) askHost(ctx context.Context, host string, round uint64) (beacon.Bytes, error) {
	ctx, cancel := context.WithTimeout(ctx, perHost)
	defer cancel()
	url := fmt.Sprintf("%s/%v/public/%d", strings.TrimSuffix(host, "/"), s.Hash, round)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %s", res.Status)
	}
	var answer struct {
		Round     uint64       `json:"round"`
		Signature beacon.Bytes `json:"signature"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxBody)).Decode(&answer); err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	if answer.Round != round {
		return nil, fmt.Errorf("answer is round %d", answer.Round)
	}
	if _, err := s.Verify(round, answer.Signature); err != nil {
		return nil, err
	}
	return answer.Signature, nil
}
