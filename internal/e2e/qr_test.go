//go:build e2e

package e2e

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// readQR finds the QR code in a picture of what a page shows, as a phone's camera
// would.
func readQR(t *testing.T, d *device) string {
	t.Helper()
	shot, err := d.Screenshot()
	if err != nil {
		t.Fatalf("%s: screenshot: %v", d.name, err)
	}
	picture, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	found, err := qrcode.NewQRCodeReader().Decode(bitmap, hints)
	if err != nil {
		t.Fatalf("%s: no QR code in the picture: %v", d.name, err)
	}
	return found.GetText()
}

func TestJoiningByTheQROnTheProjector(t *testing.T) {
	s := startServer(t)
	for _, theme := range []struct {
		name string
		how  []trait
	}{{"light", nil}, {"dark", []trait{dark}}} {
		t.Run(theme.name, func(t *testing.T) {
			e := s.createEvent(t, "Closing night")
			screen := newDevice(t, "screen", append(theme.how, size(1920, 1080))...).open(e.ScreenURL)
			screen.shows("[data-scene=join]")
			join := readQR(t, screen)

			phone := newDevice(t, "phone", handheld).open(join)
			phone.shows("#link[data-status=connected]")
			screen.holds("() => document.querySelector('[data-connected]').textContent === '1'", nil)

			// The code stays readable next to what is on.
			poll := e.addPoll("Tabs or spaces?", "live", "Tabs", "Spaces")
			e.verb(poll.ID, "open")
			screen.shows("[data-scene=bars]")
			if again := readQR(t, screen); again != join {
				t.Errorf("next to a poll the QR code says %q, and %q before", again, join)
			}
			if !strings.EqualFold(join, e.JoinURL) {
				t.Errorf("the QR code says %q, the API %q", join, e.JoinURL)
			}
			phone.shows("[data-kind=poll][data-state=open]")
		})
	}
}
