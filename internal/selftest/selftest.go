// Package selftest measures, before the doors open, what this node can bear, and
// says it in words: how fast the log takes records, how many phones the limits of
// this process and machine allow, and whether the address in the QR code answers. It
// names the limit that a growing crowd meets first.
//
// Run measures, and judge puts the figures into words. judge is pure, so that tests can
// give it the figures of any machine. Guests see nothing of a Run, and it leaves nothing
// behind.
package selftest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/eventlog"
)

// Subject is what to test.
type Subject struct {
	Log  eventlog.Health
	Code string // of the event that is about to begin; "": none in particular
	// Address is where the QR code leads, as http(s)://host[:port]; "" if it is not known
	// to be this node's own, for then it must not be asked from here.
	Address string
	Local   bool // the QR code leads to this machine alone
	Proxied bool // people come through a proxy in front of this node
	Sockets int  // that the node takes at most
}

// The statuses of a contract.SelfCheck.
const (
	OK   = "ok"
	Warn = "warn" // the show can go on, but the host should know
	Fail = "fail" // the show cannot go on
)

// facts are what Run measured of a subject. An error says why the figure next to it is
// missing.
type facts struct {
	Subject
	log    eventlog.Measurement
	logErr error
	limits limits
	answer time.Duration // of the address
	away   error         // why it does not answer
}

// limits are those of the process and the machine; 0: unknown, or no limit.
type limits struct {
	files  int   // that may be open
	memory int64 // bytes available
	ports  int   // from which one address can dial another
}

const (
	addressLimit = 3 * time.Second
	logLimit     = 5 * time.Second
)

// Run measures for about a second, or for some seconds if something does not answer.
func Run(ctx context.Context, s Subject) contract.SelfTest {
	f := facts{Subject: s, limits: measureLimits()}
	logCtx, cancel := context.WithTimeout(ctx, logLimit)
	f.log, f.logErr = s.Log.Measure(logCtx, s.Code)
	cancel()
	if s.Address != "" {
		f.answer, f.away = askAddress(ctx, s.Address)
	}
	return judge(f)
}

// askAddress gets /healthz at an address and returns how long that took.
func askAddress(ctx context.Context, address string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, addressLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/healthz", nil)
	if err != nil {
		return 0, err
	}
	client := &http.Client{
		// A new connection, as a phone makes, and not through this machine's proxy.
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	start := time.Now()
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64))
	if err != nil {
		return 0, err
	}
	if res.StatusCode != http.StatusOK || strings.TrimSpace(string(body)) != "ok" {
		return 0, errors.New("something else answers there: " + res.Status)
	}
	return time.Since(start), nil
}
