package contracttest

import (
	"fmt"
	"testing"
)

// failures counts what a test would have been failed for.
type failures struct {
	testing.TB
	all []string
}

func (f *failures) Helper() {}

func (f *failures) Errorf(format string, a ...any) { f.all = append(f.all, fmt.Sprintf(format, a...)) }

func TestWhatIsNotDescribedFails(t *testing.T) {
	t.Parallel()
	d, err := New()
	if err != nil {
		t.Fatal(err)
	}
	const poll = `"id":1,"kind":"poll","title":"Tea?","state":"open","run":1,"entries":0,"closes_in_ms":null`
	for _, c := range []struct {
		method, path string
		status       int
		kind, body   string
		fine         bool
	}{
		{"POST", "/events/ABC234/activities/1/open", 200, "application/json", `{` + poll + `}`, true},
		{"POST", "/events/ABC234/activities/1/open", 200, "application/json", `{` + poll + `,"colour":"red"}`, false},
		{"POST", "/events/ABC234/activities/1/open", 200, "application/json", `{"id":1}`, false},
		{"POST", "/events/ABC234/activities/1/open", 200, "application/json", `{"id":2,"kind":"raffle","title":"Mug","state":"draft","run":1,"entries":0,"closes_in_ms":null}`, false},
		{"PUT", "/events/ABC234/activities/1/results", 200, "application/json", `{` + poll + `}`, true},
		{"POST", "/events/ABC234/activities/1/open", 418, "application/json", `{}`, false},
		{"POST", "/events", 401, "application/problem+json; charset=utf-8", `{"type":"urn:x","title":"No","status":401,"code":"unauthorized"}`, true},
		{"POST", "/events", 401, "application/problem+json", `{"title":"No","status":401,"code":"unauthorized"}`, false},
		{"GET", "/events/ABC234/export.csv", 200, "text/csv; charset=utf-8", "a,b", true},
		{"GET", "/nothing", 404, "application/problem+json", `{}`, true},
	} {
		f := &failures{TB: t}
		d.Answer(f, c.method, c.path, c.status, c.kind, []byte(c.body))
		if (len(f.all) == 0) != c.fine {
			t.Errorf("%s %s %d %s: %v", c.method, c.path, c.status, c.body, f.all)
		}
	}
	for frame, fine := range map[string]bool{
		`{"t":"ack","ref":1,"status":"retry","after_ms":700}`:           true,
		`{"t":"ack","ref":1,"status":"perhaps"}`:                        false,
		`{"t":"tick","seq":1,"activity":null,"connected":1,"joined":2}`: true,
		`{"t":"tick","seq":1,"activity":null}`:                          false,
		`{"t":"dance"}`:                                                 false,
	} {
		f := &failures{TB: t}
		d.Frame(f, []byte(frame))
		if (len(f.all) == 0) != fine {
			t.Errorf("%s: %v", frame, f.all)
		}
	}
}
