package view

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"

	"drumroll/web/ui"
)

// quietZone is the white frame that the standard asks for, in modules
// (ISO/IEC 18004).
const quietZone = 4

// QRCode draws a text as one path, its dark modules merged into runs.
func QRCode(text string) (ui.QR, error) {
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

const maxQRs = 512

// JoinQR is the code of a URL whose path may be in any case: all in upper case it
// takes the alphanumeric mode, and fewer modules.
func (s *Maker) JoinQR(url string) (ui.QR, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if code, ok := s.qrs[url]; ok {
		return code, nil
	}
	code, err := QRCode(strings.ToUpper(url))
	if err != nil {
		return code, err
	}
	if s.qrs == nil || len(s.qrs) >= maxQRs {
		s.qrs = map[string]ui.QR{}
	}
	s.qrs[url] = code
	return code, nil
}
