package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/boombuler/barcode/qr"

	"drumroll/web/ui"
)

// quietZone is the white frame that the standard asks for, in modules
// (ISO/IEC 18004).
const quietZone = 4

// qrCode draws a text as one path, its dark modules merged into runs.
func qrCode(text string) (ui.QR, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return ui.QR{}, fmt.Errorf("draw QR code: %w", err)
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; {
			start := x
			for x < size && dark(code.At(x, y).RGBA()) {
				x++
			}
			if x > start {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", start+quietZone, y+quietZone, x-start, x-start)
			} else {
				x++
			}
		}
	}
	return ui.QR{Size: size + 2*quietZone, Path: path.String()}, nil
}

func dark(r, _, _, _ uint32) bool { return r < 0x8000 }

// joinQR is the code of a URL whose path is in any case: all in upper case it
// takes the alphanumeric mode, and fewer modules.
func joinQR(url string) (ui.QR, error) { return qrCode(strings.ToUpper(url)) }

// qrCache keeps the codes of the few addresses that pages show: drawing one takes
// as long as a hundred frames.
type qrCache struct {
	mu    sync.Mutex
	codes map[string]ui.QR
}

const maxQRs = 512

func (c *qrCache) join(url string) (ui.QR, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if code, ok := c.codes[url]; ok {
		return code, nil
	}
	code, err := joinQR(url)
	if err != nil {
		return code, err
	}
	if c.codes == nil || len(c.codes) >= maxQRs {
		c.codes = map[string]ui.QR{}
	}
	c.codes[url] = code
	return code, nil
}

func (s *Server) qrSVG(w http.ResponseWriter, r *http.Request) {
	rep, err := s.event(r)
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	code, err := s.qrs.join(s.baseURL(r) + "/" + rep.Code())
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	n := strconv.Itoa(code.Size)
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" shape-rendering="crispEdges">`+
		`<rect width="%s" height="%s" fill="#fff"/><path d="%s" fill="#000"/></svg>`, n, n, n, n, code.Path)
}
