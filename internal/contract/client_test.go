package contract_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"drumroll/internal/contract"
)

// A refusal tells status, time to wait and reason; what is no problem, its status.
func TestClientTellsRefusals(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v1/events/ABC234/entries":
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"type":"urn:drumroll:problem:overloaded","title":"Busy","status":503,"code":"overloaded","detail":"Later."}`))
		case "/api/v1/events/ABC234":
			if r.Header.Get("Authorization") != "Bearer key" {
				t.Errorf("the request has no credential: %v", r.Header)
			}
			_, _ = w.Write([]byte(`{"code":"ABC234","activities":[{"id":1,"kind":"scale","min":0,"max":5},{"id":2,"kind":"poll"}]}`))
		default:
			http.Error(w, "<h1>Not found</h1>", http.StatusNotFound)
		}
	}))
	defer server.Close()
	ctx := context.Background()
	c := (&contract.Client{Server: server.URL}).At("ABC234", "key")

	err := c.Call(ctx, http.MethodPost, "/entries", contract.Entry{Activity: 1, Choice: []int{0}}, nil)
	refused, ok := err.(*contract.Refused)
	if !ok || refused.Status != 503 || refused.RetryAfter != 3*time.Second || refused.Problem.Code != "overloaded" {
		t.Errorf("an entry refused for load: %v", err)
	}
	e, err := c.Get(ctx)
	if err != nil || e.Activity(1).Scale == nil || e.Activity(2).Scale != nil || e.Activity(2).Raffle != nil || e.Activity(3) != nil {
		t.Errorf("an event with a scale and a poll: %+v, %v", e, err)
	}
	if err := c.Call(ctx, http.MethodPost, "/participants", contract.Join{}, nil); contract.StatusOf(err) != 404 {
		t.Errorf("an unknown path: %v", err)
	}
}
