package main

import "testing"

func TestSocketsLeaveFilesToOthers(t *testing.T) {
	for _, c := range []struct {
		files   int
		sockets int
	}{
		{0, 200_000}, {1 << 40, 200_000}, {201_024, 200_000}, {201_023, 199_999}, {20_000, 18_976}, {2048, 1024}, {1024, 512}, {256, 128}, {1, 1},
	} {
		if got := socketsFor(c.files); got != c.sockets {
			t.Errorf("%d files: %d sockets, want %d", c.files, got, c.sockets)
		}
	}
}
