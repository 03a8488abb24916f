//go:build e2e && screenshots

package e2e

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestScreenshots takes the README's pictures from the storybook, so that
// they show the same evening each time: `make screenshots`. The phones stand side
// by side in one picture.
func TestScreenshots(t *testing.T) {
	book := startStorybook(t)
	stories := storiesOf(t, book)
	folder := filepath.Join("..", "..", "docs", "screenshots")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, shot := range []struct{ file, view, story, theme string }{
		{"screen-join.png", "screen", "join, between activities", "light"},
		{"screen-poll.png", "screen", "poll, live, four options", "light"},
		{"screen-draw.jpg", "screen", "draw, one winner", "dark"},
		{"host.png", "host", "poll, open with a timer", "light"},
		{"rehearsal.png", "host", "rehearsal", "light"},
		{"start.jpg", "start", "front page", "light"},
	} {
		d := newDevice(t, shot.file, size(1280, 720), calm)
		d.tolerate(`.*`)
		picture := photograph(t, d, book+stories[shot.view+" "+shot.story]+"?theme="+shot.theme)
		save(t, filepath.Join(folder, shot.file), picture)
	}
	const gap, margin = 40, 55
	row := image.NewRGBA(image.Rect(0, 0, 1280, 760))
	draw.Draw(row, row.Bounds(), image.NewUniform(color.RGBA{0xec, 0xe6, 0xda, 0xff}), image.Point{}, draw.Src)
	for i, story := range []string{"poll, counted, live results", "raffle, ticket", "raffle, won"} {
		d := newDevice(t, story, size(363, 660), calm, func(o *playwright.BrowserNewContextOptions) {
			o.HasTouch, o.IsMobile = playwright.Bool(true), playwright.Bool(true)
		})
		d.tolerate(`.*`)
		picture := photograph(t, d, book+stories["phone "+story]+"?theme=light")
		at := image.Pt(margin+i*(363+gap), 50)
		draw.Draw(row, picture.Bounds().Add(at), picture, image.Point{}, draw.Src)
	}
	save(t, filepath.Join(folder, "phones.jpg"), row)
}

// storiesOf gives the path of each story by "view name".
func storiesOf(t *testing.T, book string) map[string]string {
	t.Helper()
	res, err := http.Get(book + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	index, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, s := range storyLink.FindAllStringSubmatch(string(index), -1) {
		all[s[2]+" "+s[3]] = s[1]
	}
	return all
}

func photograph(t *testing.T, d *device, url string) image.Image {
	t.Helper()
	d.open(url)
	d.evaluate("document.fonts.ready.then(() => true)")
	// The storybook's pages dial a server that is not there; a reader should see
	// them connected.
	d.evaluate(`() => {
		document.body.dataset.link = "connected";
		const link = document.getElementById("link");
		if (link) {
			link.dataset.status = "connected";
			document.getElementById("link-word").textContent = "connected";
		}
	}`)
	if err := d.WaitForLoadState(playwright.PageWaitForLoadStateOptions{State: playwright.LoadStateNetworkidle}); err != nil {
		t.Fatal(err)
	}
	data, err := d.Screenshot(playwright.PageScreenshotOptions{Animations: playwright.ScreenshotAnimationsDisabled})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// save writes a picture in the form that its name says: PNG for flat areas, JPEG
// where light fades.
func save(t *testing.T, path string, picture image.Image) {
	t.Helper()
	var out bytes.Buffer
	var err error
	if filepath.Ext(path) == ".jpg" {
		err = jpeg.Encode(&out, picture, &jpeg.Options{Quality: 88})
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, picture)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d KB", path, out.Len()/1000)
}
