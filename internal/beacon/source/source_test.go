package source_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/beacon"
	"drumroll/internal/beacon/beacontest"
	"drumroll/internal/beacon/source"
)

func start(t *testing.T) *beacontest.Beacon {
	return beacontest.Start(t, beacontest.NewKey("a key", time.Second, time.Now()))
}

func TestFetch(t *testing.T) {
	b := start(t)
	signature, err := b.Source().Fetch(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Verify(7, signature); err != nil {
		t.Error(err)
	}
	if _, err := b.Source().Fetch(t.Context(), 1_000_000); err == nil {
		t.Error("a round that is yet to come was had")
	}
}

func TestFetchTriesTheHostsInTurn(t *testing.T) {
	late, wrong, gone, good := start(t), start(t), start(t), start(t)
	late.Misbehave(beacontest.Late)
	wrong.Misbehave(beacontest.Wrong)
	gone.Misbehave(beacontest.Unreachable)
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write([]byte(strings.Repeat(" ", 1<<10))); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	another := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"round":8,"signature":"` + good.Sign(8).String() + `"}`))
	}))
	defer another.Close()

	s := good.Source()
	s.Hosts = []string{
		late.Source().Hosts[0], wrong.Source().Hosts[0], gone.Source().Hosts[0], endless.URL, another.URL, "no:url",
		s.Hosts[0] + "/",
	}
	if _, err := s.Fetch(t.Context(), 7); err != nil {
		t.Errorf("one host of seven is good: %v", err)
	}
	s.Hosts = s.Hosts[:6]
	_, err := s.Fetch(t.Context(), 7)
	if !errors.Is(err, beacon.ErrSignature) {
		t.Errorf("with no good host left: %v", err)
	}
	for _, host := range s.Hosts {
		if !strings.Contains(err.Error(), host) {
			t.Errorf("the error does not say what was wrong with %s: %v", host, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := good.Source().Fetch(ctx, 7); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestRead(t *testing.T) {
	b := start(t)
	got, err := source.Read(b.File(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.Source(), got); diff != "" {
		t.Error(diff)
	}
	for name, text := range map[string]string{
		"empty": "", "no hosts": `{}`, "no chain": `{"hosts":["https://example.org"]}`, "unknown member": `{"host":"https://example.org"}`,
	} {
		path := filepath.Join(t.TempDir(), "beacon.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := source.Read(path); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := source.Read(filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Error("an absent file: taken")
	}
	if q := source.Quicknet(); q.Check() != nil || len(q.Hosts) < 3 {
		t.Errorf("quicknet: %+v", q)
	}
}
