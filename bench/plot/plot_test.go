package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

func figure() Figure {
	line := func(ys ...float64) (l Line) {
		l.Name = "a < b"
		for i, y := range ys {
			l.Points = append(l.Points, Point{float64(1000 * (i + 1)), y})
		}
		return l
	}
	return Figure{Title: "rising & falling", X: Axis{Label: "load"}, Panels: []Panel{
		{Title: "share", Y: Axis{Write: Percent, Max: 1}, Lines: []Line{line(1, 1, 0.4)}},
		{Title: "late", Y: Axis{Log: true, Min: 1, Max: 1000}, Lines: []Line{line(0.5, 30, 4000), line(), line(2, 2, 2)}},
	}}
}

func TestSVGIsWellFormed(t *testing.T) {
	f := figure()
	d := xml.NewDecoder(bytes.NewReader(f.SVG()))
	paths := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			for _, a := range e.Attr {
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Errorf("%s %s is %q", e.Name.Local, a.Name.Local, a.Value)
				}
			}
			if e.Name.Local == "path" {
				paths++
			}
		}
	}
	if paths == 0 {
		t.Error("nothing is drawn")
	}
}

func TestPlaces(t *testing.T) {
	log := Axis{Log: true, Min: 1, Max: 1000}
	for v, want := range map[float64]float64{0: 0, 1: 0, 10: 1.0 / 3, 1000: 1, 9999: 1} {
		if got := log.place(v); math.Abs(got-want) > 1e-9 {
			t.Errorf("log: %v stands at %v, want %v", v, got, want)
		}
	}
	linear := Axis{Max: 200}
	if got := linear.place(50); got != 0.25 {
		t.Errorf("linear: 50 of 200 stands at %v", got)
	}
}

func TestTicksAreFewAndRound(t *testing.T) {
	for _, most := range []float64{1, 7, 12, 99, 120, 48_000, 61_234} {
		got := ticks(Axis{Max: most})
		if len(got) < 3 || len(got) > 6 {
			t.Errorf("up to %v: %v", most, got)
		}
	}
}
