package selftest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/redis/go-redis/v9"

	"drumroll/internal/contract"
	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/filelog"
	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/redistest"
	"drumroll/internal/selftest"
)

const code = "ABC234"

func closing(t *testing.T, l eventlog.Store) eventlog.Store {
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	if _, err := l.Create(t.Context(), code, []byte("first")); err != nil {
		t.Fatal(err)
	}
	return l
}

func status(t *testing.T, r contract.SelfTest, name string) (status, says string) {
	t.Helper()
	for _, c := range r.Checks {
		if c.Name == name {
			return c.Status, c.Says
		}
	}
	t.Fatalf("no check %s in %+v", name, r)
	return "", ""
}

func health(answer string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			_, _ = w.Write([]byte(answer))
		}
	}))
}

// TestEmbedded: a real folder and a real address; nothing remains in the folder.
func TestEmbedded(t *testing.T) {
	dir := t.TempDir()
	l, err := filelog.Open(dir, filelog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	s := health("ok\n")
	defer s.Close()
	r := selftest.Run(t.Context(), selftest.Subject{Log: closing(t, l), Code: code, Address: s.URL, Sockets: 100})
	// How fast the disk is, is not ours to demand.
	if got, says := status(t, r, "log"); got == selftest.Fail {
		t.Errorf("log: %s, %s", got, says)
	}
	if got, says := status(t, r, "address"); got != selftest.OK {
		t.Errorf("address: %s, %s", got, says)
	}
	if r.Limit != "sockets" || r.Phones != 100 {
		t.Errorf("first limit: %s at %d", r.Limit, r.Phones)
	}
	left, err := os.ReadDir(filepath.Join(dir, "events"))
	if err != nil || len(left) != 1 {
		t.Errorf("left in the folder: %v (%v), want the event alone", left, err)
	}
}

// TestRedis: a real Redis with weak settings, which are said; no key remains.
func TestRedis(t *testing.T) {
	server := redistest.Start(t, "appendfsync", "everysec")
	l, err := redislog.Open(t.Context(), server.URL(), redislog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	log := closing(t, l)
	for _, c := range []string{code, ""} {
		r := selftest.Run(t.Context(), selftest.Subject{Log: log, Code: c})
		if got, says := status(t, r, "log"); got != selftest.Warn {
			t.Errorf("log: %s, %s; want a warning of everysec", got, says)
		}
	}
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer client.Close()
	if keys, err := client.Keys(t.Context(), "*").Result(); err != nil || len(keys) != 1 {
		t.Errorf("keys %q (%v), want the event's log alone", keys, err)
	}
	server.Kill()
	r := selftest.Run(t.Context(), selftest.Subject{Log: log, Code: code})
	if got, says := status(t, r, "log"); got != selftest.Fail {
		t.Errorf("without Redis: %s, %s", got, says)
	}
}

// TestAddress: what answers, but is no node, does not pass, nor does nothing.
func TestAddress(t *testing.T) {
	l, err := filelog.Open(t.TempDir(), filelog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	log := closing(t, l)
	portal := health("<html>Welcome to the hotel</html>")
	defer portal.Close()
	gone := health("ok")
	gone.Close()
	for _, address := range []string{portal.URL, gone.URL, "http://no.such.host.invalid", "http://%"} {
		r := selftest.Run(t.Context(), selftest.Subject{Log: log, Address: address})
		if got, says := status(t, r, "address"); got != selftest.Warn {
			t.Errorf("%s: %s, %s", address, got, says)
		}
	}
}
