package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

type selftestJSON struct {
	Checks []struct{ Name, Status, Says string }
	Phones int
	Limit  string
}

func (r selftestJSON) check(t *testing.T, name string) (status, says string) {
	t.Helper()
	for _, c := range r.Checks {
		if c.Name == name {
			return c.Status, c.Says
		}
	}
	t.Fatalf("no check %s in %+v", name, r)
	return "", ""
}

// TestSelfTest: the host is told what the node measured, others are not, and the
// event and the list of events are as before.
func TestSelfTest(t *testing.T) {
	t.Parallel()
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("ok\n")) }))
	t.Cleanup(node.Close)
	public := "http://localhost.example:1"
	for name, c := range map[string]struct {
		base, status, says string
	}{
		"public URL":        {strings.Replace(node.URL, "127.0.0.1", "0.0.0.0", 1), "ok", "answers from here"},
		"public URL away":   {public, "warn", "does not answer from here"},
		"this machine only": {"", "warn", "this machine alone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var opts setup
			if c.base != "" {
				opts.config = publicURL(c.base)
			}
			n := embedded(t, opts)
			s := n.create(t, "Tested")
			before := s.seen(s.host)
			var got selftestJSON
			s.host.api("POST", s.path("/selftest"), nil).want(http.StatusOK).into(&got)
			if status, says := got.check(t, "address"); status != c.status || !strings.Contains(says, c.says) {
				t.Errorf("address: %s, %s; want %s, %s", status, says, c.status, c.says)
			}
			if status, says := got.check(t, "log"); status == "fail" || !strings.Contains(says, "durable after") {
				t.Errorf("log: %s, %s", status, says)
			}
			if got.Phones < 1 || got.Limit == "" {
				t.Errorf("phones %d, limit %q", got.Phones, got.Limit)
			}
			if after := s.seen(s.host); after.Offset != before.Offset {
				t.Errorf("the event's log went from %s to %s", before.Offset, after.Offset)
			}
			s.stranger.api("POST", s.path("/selftest"), nil).want(http.StatusUnauthorized)
			s.join(t).api("POST", s.path("/selftest"), nil).want(http.StatusUnauthorized)
			s.host.api("POST", "/events/ZZZZZZ/selftest", nil).want(http.StatusNotFound)
		})
	}
}

// TestSelfTestAsksNobodyElse: a request's own Host header is never dialled.
func TestSelfTestAsksNobodyElse(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s := n.create(t, "Tested")
	asked := make(chan struct{}, 1)
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} }))
	defer other.Close()
	req, err := http.NewRequest("POST", n.URL+"/api/v1"+s.path("/selftest"), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = strings.Replace(strings.TrimPrefix(other.URL, "http://"), "127.0.0.1", "0.0.0.0", 1)
	req.Header.Set("Authorization", "Bearer "+s.HostKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("status %d", res.StatusCode)
	}
	select {
	case <-asked:
		t.Error("the address of the Host header was asked")
	default:
	}
}
