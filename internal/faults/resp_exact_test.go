//go:build e2e

package faults

import (
	"bufio"
	"fmt"
	"strings"
	"testing"
)

// encoded is a command as a client sends it.
func encoded(words ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	return b.String()
}

// TestProxyKnowsAppends: the reply that is dropped must be that of an append, in
// whichever way the node makes it, and of nothing else.
func TestProxyKnowsAppends(t *testing.T) {
	for _, c := range []struct {
		commands [][]string
		want     request // of the last
	}{
		{[][]string{{"xadd", "drumroll:{ABC234}:log", "nomkstream", "*", "r", "x"}}, adding},
		{[][]string{{"evalsha", "0123", "1", "drumroll:{ABC234}:log", "0", "*", "x"}}, adding},
		{[][]string{{"EVAL", "return 1", "1", "drumroll:{ABC234}:log", "0"}}, adding},
		{[][]string{{"evalsha", "0123", "2", "drumroll:{ABC234}:here", "drumroll:{ABC234}:log", "node"}}, other},
		{[][]string{{"multi"}, {"xadd", "k", "*", "r", "x"}}, other},
		{[][]string{{"multi"}, {"xadd", "k", "*", "r", "x"}, {"pexpire", "k", "1"}, {"exec"}}, adding},
		{[][]string{{"multi"}, {"xadd", "k", "*", "r", "x"}, {"discard"}}, other},
		{[][]string{{"multi"}, {"xadd", "k", "*", "r", "x"}, {"discard"}, {"multi"}, {"unlink", "k"}, {"exec"}}, other},
		{[][]string{{"xread", "count", "512", "block", "1000", "streams", "k", "0"}}, waiting},
		{[][]string{{"ping"}}, other},
	} {
		var r requests
		got := other
		for _, words := range c.commands {
			got = r.classify([]byte(encoded(words...)))
		}
		if got != c.want {
			t.Errorf("%q: %v, want %v", c.commands, got, c.want)
		}
	}
}

// TestReplyBounds: a reply is taken whole, and nothing of the next.
func TestReplyBounds(t *testing.T) {
	for _, reply := range []string{
		"+OK\r\n", "-ERR no\r\n", ":-7\r\n", "_\r\n", "#t\r\n", ",1.5\r\n", "$-1\r\n", "$0\r\n\r\n", "$4\r\na\r\nb\r\n", "*-1\r\n", "*0\r\n",
		"*2\r\n$1\r\na\r\n*1\r\n:1\r\n", "%1\r\n+a\r\n*1\r\n+b\r\n", ">2\r\n+x\r\n+y\r\n", "|1\r\n+a\r\n+b\r\n:5\r\n",
	} {
		in := bufio.NewReader(strings.NewReader(reply + "+NEXT\r\n"))
		got, err := readValue(in, nil)
		if err != nil || string(got) != reply {
			t.Errorf("%q: read %q, %v", reply, got, err)
		}
		if next, err := readValue(in, nil); err != nil || string(next) != "+NEXT\r\n" {
			t.Errorf("after %q: read %q, %v", reply, next, err)
		}
	}
}
