package web_test

import (
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// scan draws a QR code's SVG as a browser would and reads it. It checks that the
// code is black on white with a quiet zone of four modules.
func scan(t testing.TB, a answer) string {
	t.Helper()
	if kind := a.header.Get("Content-Type"); kind != "image/svg+xml" {
		t.Errorf("%s: content type %q", a.what, kind)
	}
	var svg struct {
		ViewBox string `xml:"viewBox,attr"`
		Rect    struct {
			Width  int    `xml:"width,attr"`
			Height int    `xml:"height,attr"`
			Fill   string `xml:"fill,attr"`
		} `xml:"rect"`
		Path struct {
			D    string `xml:"d,attr"`
			Fill string `xml:"fill,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal(a.body, &svg); err != nil {
		t.Fatal(err)
	}
	size := svg.Rect.Width
	if svg.ViewBox != fmt.Sprintf("0 0 %d %d", size, size) || svg.Rect.Height != size || svg.Rect.Fill != "#fff" || svg.Path.Fill != "#000" {
		t.Errorf("%s: %.200s", a.what, a.body)
	}
	const scale = 4
	img := image.NewGray(image.Rect(0, 0, size*scale, size*scale))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for _, run := range strings.Split(strings.TrimPrefix(svg.Path.D, "M"), "M") {
		var x, y, width, back int
		if _, err := fmt.Sscanf(run, "%d %dh%dv1h-%dz", &x, &y, &width, &back); err != nil || width != back {
			t.Fatalf("%s: path run %q: %v", a.what, run, err)
		}
		if x < 4 || y < 4 || x+width > size-4 || y > size-5 {
			t.Errorf("%s: the run at %d,%d is in the quiet zone", a.what, x, y)
		}
		for py := y * scale; py < (y+1)*scale; py++ {
			for px := x * scale; px < (x+width)*scale; px++ {
				img.SetGray(px, py, color.Gray{})
			}
		}
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatalf("%s: %v", a.what, err)
	}
	return result.GetText()
}
