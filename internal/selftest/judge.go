package selftest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"

	"drumroll/internal/contract"
)

const (
	// slowAppend is when people notice: they wait for the append that is under way, and
	// then for their own.
	slowAppend = 50 * time.Millisecond
	slowTrip   = 5 * time.Millisecond
	// perPhone is the memory that a connected phone takes: 10 KB here and as much in the
	// kernel, and as much again for the moment when all join at once.
	perPhone = 40 << 10
	// spareFiles are left for requests, also those of the host, for logs and for Redis: a
	// node whose files are all taken by phones cannot answer anymore.
	spareFiles = 1024
	fewPhones  = 500
)

// judge puts facts into words.
func judge(f facts) contract.SelfTest {
	check, phones, limit := judgePhones(f)
	return contract.SelfTest{Checks: []contract.SelfCheck{judgeLog(f), judgeAddress(f), check}, Phones: phones, Limit: limit}
}

func judgeLog(f facts) contract.SelfCheck {
	c := contract.SelfCheck{Name: "log", Status: OK}
	if f.logErr != nil {
		c.Status = Fail
		c.Says = "The log does not take records: " + shortCause(f.logErr) + ". Nothing can be counted."
		return c
	}
	m := f.log
	c.Says = fmt.Sprintf("An append is durable after %s (the slowest of %d: %s).", milliseconds(m.Median), m.Appends, milliseconds(m.Worst))
	if m.RoundTrip > 0 {
		c.Says += fmt.Sprintf(" Redis answers in %s.", milliseconds(m.RoundTrip))
	}
	switch {
	case m.Median > slowAppend:
		c.Status = Warn
		c.Says += " That is slow: phones will show “sending…” noticeably long. Use a faster disk, or a store nearby."
	case m.RoundTrip > slowTrip:
		c.Status = Warn
		c.Says += " That is far away: a store in the same data centre answers in less than 1 ms."
	default:
		c.Says += " Many entries share one, so the log is not what limits a crowd."
	}
	for _, remark := range m.Remarks {
		c.Status = Warn
		c.Says += " Note: " + remark + "."
	}
	return c
}

func judgeAddress(f facts) contract.SelfCheck {
	c := contract.SelfCheck{Name: "address", Status: OK}
	switch {
	case f.Local:
		c.Status = Warn
		c.Says = "The QR code leads to this machine alone. Phones need another address: open the console at that address, or set --public-url."
	case f.Address == "":
		c.Says = "The QR code leads to the address that you have open. Try it with a phone on the guests' network."
	case f.away != nil:
		// A public address may answer from everywhere but from inside its own network.
		c.Status = Warn
		c.Says = fmt.Sprintf("%s, where the QR code leads, does not answer from here: %s. Try it with a phone: if the phone gets through, all is well.", f.Address, shortCause(f.away))
	default:
		c.Says = fmt.Sprintf("%s, where the QR code leads, answers from here in %s. Guest networks can keep devices apart, and only a phone on that network shows it: try one.", f.Address, milliseconds(f.answer))
	}
	return c
}

// SocketsFor is how many sockets a process may take if it may have that many files open.
func SocketsFor(files int) int {
	if files < 2*spareFiles {
		return max(1, files/2)
	}
	return files - spareFiles
}

// judgePhones finds the limit that a growing crowd meets first, and how many phones that
// allows; "": none is known.
func judgePhones(f facts) (c contract.SelfCheck, phones int, limit string) {
	c = contract.SelfCheck{Name: "phones", Status: OK, Says: "No limit on the number of phones is known here."}
	consider := func(name string, room int, says string) {
		if limit == "" || room < phones {
			phones, limit = max(room, 0), name
			c.Says = fmt.Sprintf("Room for about %s phones on this node. The first limit is %s.", humanize.Comma(int64(roundDown(phones))), says)
		}
	}
	if l := f.limits; l.files > 0 {
		consider("files", SocketsFor(l.files), fmt.Sprintf("open files: this process may have %s, and each phone takes one (ulimit -n, or LimitNOFILE= of a systemd unit, raises it)", humanize.Comma(int64(l.files))))
	}
	if m := f.limits.memory; m > 0 {
		consider("memory", int(m/perPhone), fmt.Sprintf("memory: %s MB are free", humanize.Comma(int64(m>>20))))
	}
	if f.Sockets > 0 {
		consider("sockets", f.Sockets, fmt.Sprintf("the %s sockets that a node takes at most", humanize.Comma(int64(f.Sockets))))
	}
	if f.Proxied && f.limits.ports > 0 {
		consider("ports", f.limits.ports, fmt.Sprintf("ports: a proxy on one address has %s to reach this node from (net.ipv4.ip_local_port_range raises it; so does a second address)", humanize.Comma(int64(f.limits.ports))))
	}
	if limit != "" && phones < fewPhones {
		c.Status = Warn
	}
	return c, phones, limit
}

// roundDown keeps two digits: these are estimates.
func roundDown(n int) int {
	step := 1
	for n/step >= 100 {
		step *= 10
	}
	return n / step * step
}

// shortCause is the last part of an error, without the addresses and calls around it.
func shortCause(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &dns):
		return "there is no address for the name " + dns.Name
	case errors.As(err, &op) && op.Op == "dial":
		return "nothing listens there"
	}
	return err.Error()
}

// milliseconds writes a duration for people.
func milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 10 {
		return strconv.FormatFloat(max(ms, 0.01), 'g', 2, 64) + " ms"
	}
	return humanize.Comma(int64(ms+0.5)) + " ms"
}
