package web

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

const plainBegin = "POST /api/v1/events/ABCDEF/entries HTTP/1.1\r\n"

// FuzzReadPlain: what is taken for a plain call is one to net/http too, with the
// same parts and the same end; and whether a call is plain does not depend on
// what follows it, or on the pieces it comes in.
func FuzzReadPlain(f *testing.F) {
	const fields = "Host: localhost:8080\r\nUser-Agent: k6/1.0\r\nContent-Length: 28\r\nAuthorization: Bearer abc-_\r\nContent-Type: application/json\r\n"
	const body = `{"activity":1,"choice":[10]}`
	for _, s := range []string{
		plainBegin + fields + "\r\n" + body,
		plainBegin + fields + "\r\n" + body + plainBegin,
		plainBegin + strings.ToLower(fields[:5]) + fields[5:] + "connection: Keep-Alive\r\naccept: */*\r\n\r\n" + body,
		plainBegin + fields + "Content-Length: 28\r\n\r\n" + body,
		plainBegin + fields + "content-length: 5\r\n\r\n" + body,
		plainBegin + fields + "Transfer-Encoding: chunked\r\n\r\n" + body,
		plainBegin + fields + "Expect: 100-continue\r\n\r\n" + body,
		plainBegin + fields + " folded\r\n\r\n" + body,
		plainBegin + fields + "Connection: close\r\n\r\n" + body,
		plainBegin + fields + "Host: twice\r\n\r\n" + body,
		plainBegin + strings.ReplaceAll(fields, "\r\n", "\n") + "\n" + body,
		plainBegin + strings.Replace(fields, "28", "+28", 1) + "\r\n" + body,
		plainBegin + strings.Replace(fields, "Host: localhost:8080", "Host: a b", 1) + "\r\n" + body,
		strings.Replace(plainBegin, "1.1", "1.0", 1) + fields + "\r\n" + body,
		strings.Replace(plainBegin, "ABCDEF", "A/../F", 1) + fields + "\r\n" + body,
		strings.Replace(plainBegin, "ABCDEF", "AB%43F", 1) + fields + "\r\n" + body,
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n" + plainBegin, "",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var call plainCall
		size := readPlain(data, &call)
		if size <= 0 {
			return
		}
		r := bufio.NewReader(bytes.NewReader(data))
		req, err := http.ReadRequest(r)
		if err != nil {
			t.Fatalf("net/http does not take %q: %v", data, err)
		}
		got, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		left, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if len(data)-len(left) != size {
			t.Errorf("%q: %d bytes, net/http reads %d", data, size, len(data)-len(left))
		}
		if !bytes.Equal(got, call.body) || req.ContentLength != int64(len(call.body)) {
			t.Errorf("body %q, net/http reads %q", call.body, got)
		}
		if code, ok := normalCode(string(call.code)); ok {
			if theirs, ok := entriesPath(req.URL.Path); !ok || theirs != code {
				t.Errorf("code %q of the path %q", code, req.URL.Path)
			}
		}
		if bearer(req) != strings.TrimSpace(string(call.token)) {
			t.Errorf("token %q, net/http reads %q", call.token, bearer(req))
		}
		if req.Method != http.MethodPost || req.Proto != "HTTP/1.1" || req.Close || req.Host == "" || len(req.TransferEncoding) > 0 ||
			!isJSON(req.Header) || !plainHost(req.Host) {
			t.Errorf("no plain call: %+v", req)
		}
		for i := range size {
			if n := readPlain(data[:i], &call); n != plainMore {
				t.Fatalf("of %q the first %d bytes are %d", data, i, n)
			}
		}
		if n := readPlain(data[:size], &call); n != size {
			t.Errorf("without what follows %q is %d", data[:size], n)
		}
	})
}
