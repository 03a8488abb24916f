package main

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"

	"drumroll/web/ui"
)

// fixtureQR is a real code, so that a phone held to a story reads it.
func fixtureQR(text string) ui.QR {
	const quiet = 4
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return ui.QR{}
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := range size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return ui.QR{Size: size + 2*quiet, Path: path.String()}
}
