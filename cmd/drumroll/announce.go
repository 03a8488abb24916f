package main

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// announce writes the line that scripts wait for, and at a terminal also how
// phones get here.
func announce(stdout io.Writer, addr net.Addr, lan netip.AddrPort, cfg serveConfig) error {
	if _, err := fmt.Fprintf(stdout, "listening on http://%s\n", dialable(addr)); err != nil {
		return err
	}
	if !terminal(stdout) {
		return nil
	}
	url := "http://" + dialable(addr)
	switch {
	case cfg.publicURL != nil:
		url = cfg.publicURL.String()
	case lan.IsValid():
		url = "http://" + lan.String()
	}
	code, err := terminalQR(url)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "\n%s\nOpen %s\n\n", code, url)
	return err
}

// dialable is a listener's address as a client on this machine writes it.
func dialable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return addr.String()
	}
	if tcp.IP.IsUnspecified() {
		return "localhost:" + strconv.Itoa(tcp.Port)
	}
	return tcp.String()
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// terminalQR draws a QR code with half blocks, black on white in any theme, with
// its quiet zone.
func terminalQR(text string) (string, error) {
	code, err := qr.Encode(strings.ToUpper(text), qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("draw QR code: %w", err)
	}
	const quiet = 2
	blocks := map[[2]bool]string{{true, true}: "█", {true, false}: "▀", {false, true}: "▄", {false, false}: " "} // by what is dark: top, bottom
	size := code.Bounds().Dx()
	dark := func(x, y int) bool {
		if x < 0 || y < 0 || x >= size || y >= size {
			return false
		}
		r, _, _, _ := code.At(x, y).RGBA()
		return r < 0x8000
	}
	var b strings.Builder
	for y := -quiet; y < size+quiet; y += 2 {
		b.WriteString("\x1b[30;107m")
		for x := -quiet; x < size+quiet; x++ {
			b.WriteString(blocks[[2]bool{dark(x, y), dark(x, y+1)}])
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String(), nil
}
