package selftest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"
)

const (
	// slowAppend is when people notice: they wait for the append under way, then for
	// their own.
	slowAppend = 50 * time.Millisecond
	slowTrip   = 5 * time.Millisecond
	// perPhone is what a connected phone takes of memory: 10 KB here and as much in
	// the kernel, and as much again for the surge when all join at once.
	perPhone = 40 << 10
	// spareFiles are left to requests, the host's among them, to logs and to Redis: a
	// node whose files are all taken by phones answers nobody any more.
	spareFiles = 1024
	fewPhones  = 500
)

// judge puts facts into words.
func judge(f facts) Report {
	r := Report{Checks: []Check{judgeLog(f)}}
	r.Checks = append(r.Checks, judgeAddress(f))
	phones := judgePhones(f, &r)
	r.Checks = append(r.Checks, phones)
	return r
}

func judgeLog(f facts) Check {
	c := Check{Name: "log", Status: OK}
	if f.logErr != nil {
		c.Status = Fail
		c.Says = "The log does not take records: " + cause(f.logErr) + ". Nothing can be counted."
		return c
	}
	m := f.log
	c.Says = fmt.Sprintf("An append is durable after %s (the slowest of %d: %s).", span(m.Median), m.Appends, span(m.Worst))
	if m.RoundTrip > 0 {
		c.Says += fmt.Sprintf(" Redis answers in %s.", span(m.RoundTrip))
	}
	switch {
	case m.Median > slowAppend:
		c.Status = Warn
		c.Says += " That is slow: phones will show “sending…” noticeably long. Use a faster disk, or a store nearby."
	case m.RoundTrip > slowTrip:
		c.Status = Warn
		c.Says += " That is far away: a store in the same data centre answers in less than one."
	default:
		c.Says += " Many entries share one, so the log is not what limits a crowd."
	}
	for _, remark := range m.Remarks {
		c.Status = Warn
		c.Says += " Mind: " + remark + "."
	}
	return c
}

func judgeAddress(f facts) Check {
	c := Check{Name: "address", Status: OK}
	switch {
	case f.local:
		c.Status = Warn
		c.Says = "The QR code leads to this machine alone. Phones need another address: open the console at one, or set --public-url."
	case f.address == "":
		c.Says = "The QR code leads to the address that you have open. Try it with a phone on the guests' network."
	case f.away != nil:
		// A public address may answer everybody but the network that it lies in.
		c.Status = Warn
		c.Says = fmt.Sprintf("%s, where the QR code leads, does not answer from here: %s. Try it with a phone: if that gets through, all is well.", f.address, cause(f.away))
	default:
		c.Says = fmt.Sprintf("%s, where the QR code leads, answers from here in %s. Guest networks can keep devices apart, which only a phone on it shows: try one.", f.address, span(f.answer))
	}
	return c
}

// SocketsFor is how many sockets a process may take that may have so many files
// open.
func SocketsFor(files int) int {
	if files < 2*spareFiles {
		return max(1, files/2)
	}
	return files - spareFiles
}

// judgePhones finds the limit that comes first.
func judgePhones(f facts, r *Report) Check {
	says := map[string]string{}
	consider := func(limit string, phones int, text string) {
		says[limit] = text
		if r.Limit == "" || phones < r.Phones {
			r.Limit, r.Phones = limit, max(phones, 0)
		}
	}
	if l := f.limits; l.files > 0 {
		consider("files", SocketsFor(l.files), fmt.Sprintf("open files: this process may have %s, and each phone takes one (ulimit -n, or LimitNOFILE= of a systemd unit, raises it)", humanize.Comma(int64(l.files))))
	}
	if m := f.limits.memory; m > 0 {
		consider("memory", int(m/perPhone), fmt.Sprintf("memory: %s MB are free", humanize.Comma(int64(m>>20))))
	}
	if f.sockets > 0 {
		consider("sockets", f.sockets, fmt.Sprintf("the %s sockets that a node takes at most", humanize.Comma(int64(f.sockets))))
	}
	if f.proxied && f.limits.ports > 0 {
		consider("ports", f.limits.ports, fmt.Sprintf("ports: a proxy on one address has %s to reach this node from (net.ipv4.ip_local_port_range raises it; so does a second address)", humanize.Comma(int64(f.limits.ports))))
	}
	c := Check{Name: "phones", Status: OK}
	if r.Limit == "" {
		c.Says = "No limit on the number of phones is known here."
		return c
	}
	c.Says = fmt.Sprintf("Room for about %s phones on this node. The first limit is %s.", humanize.Comma(int64(rough(r.Phones))), says[r.Limit])
	if r.Phones < fewPhones {
		c.Status = Warn
	}
	return c
}

// rough rounds down to two digits: these are estimates.
func rough(n int) int {
	step := 1
	for n/step >= 100 {
		step *= 10
	}
	return n / step * step
}

// cause is an error's last part, without the addresses and calls around it.
func cause(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &dns):
		return "nobody knows the name " + dns.Name
	case errors.As(err, &op) && op.Op == "dial":
		return "nothing listens there"
	}
	return err.Error()
}

func span(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 10 {
		return strconv.FormatFloat(max(ms, 0.01), 'g', 2, 64) + " ms"
	}
	return humanize.Comma(int64(ms+0.5)) + " ms"
}
