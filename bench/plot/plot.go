package plot

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// Point is one measurement.
type Point struct{ X, Y float64 }

// Line is a series in order of X. Lines of one name look alike in all panels.
type Line struct {
	Name   string
	Points []Point
}

// Axis is one direction. Max 0: as far as the points go.
type Axis struct {
	Label    string
	Log      bool
	Min, Max float64
	Write    func(float64) string // for the figures beside it; nil: as numbers
}

// Panel is one chart.
type Panel struct {
	Title string
	Y     Axis
	Lines []Line
}

// Figure is panels side by side over the same X.
type Figure struct {
	Title  string
	X      Axis
	Panels []Panel
}

// Sizes in px.
const (
	panelWidth  = 400
	panelHeight = 230
	left        = 56
	right       = 16
	top         = 74
	bottom      = 52
	width       = panelWidth - left - right // of the drawing itself, within a panel
)

// style has a colour, a dash and a mark for each line, so that colour is not needed
// to tell them apart.
const style = `
text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:#333}
.title{font-weight:600;font-size:15px;fill:#111}.panel{font-weight:600}.tick{font-size:11px;fill:#666}
.grid{stroke:#8884;stroke-width:1}.line{fill:none;stroke-width:2.5;stroke-linejoin:round}
.s0{stroke:#c2410c}.s1{stroke:#2563eb;stroke-dasharray:7 3}.s2{stroke:#0f766e}
.m0{fill:#c2410c}.m1{fill:#2563eb}.m2{fill:#0f766e}
@media(prefers-color-scheme:dark){text{fill:#d5d5d5}.title{fill:#fff}.tick{fill:#a0a0a0}
.s0{stroke:#fb923c}.s1{stroke:#7db0ff}.s2{stroke:#4fd1b5}.m0{fill:#fb923c}.m1{fill:#7db0ff}.m2{fill:#4fd1b5}}
`

const styles = 3

// SVG draws the figure.
func (f *Figure) SVG() []byte {
	var b bytes.Buffer
	w, h := panelWidth*len(f.Panels), top+panelHeight+bottom
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`,
		w, h, w, h, html.EscapeString(f.describe()))
	fmt.Fprintf(&b, "<style>%s</style>\n", style)
	fmt.Fprintf(&b, `<text class="title" x="%d" y="20">%s</text>`+"\n", left, html.EscapeString(f.Title))
	f.legend(&b)
	for i := range f.Panels {
		f.panel(&b, i)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// describe is the figure for who does not see it.
func (f *Figure) describe() string {
	var s strings.Builder
	s.WriteString(f.Title)
	for _, p := range f.Panels {
		for _, l := range p.Lines {
			if n := len(l.Points); n > 0 {
				a, z := l.Points[0], l.Points[n-1]
				fmt.Fprintf(&s, ". %s, %s: from %s at %s to %s at %s", p.Title, l.Name, tick(p.Y, a.Y), tick(f.X, a.X), tick(p.Y, z.Y), tick(f.X, z.X))
			}
		}
	}
	return s.String()
}

func (f *Figure) legend(b *bytes.Buffer) {
	if len(f.Panels) == 0 {
		return
	}
	x := left
	for i, l := range f.Panels[0].Lines {
		fmt.Fprintf(b, `<path class="line s%d" d="M%d 38h28"/>`, i%styles, x)
		mark(b, i, float64(x+14), 38)
		fmt.Fprintf(b, `<text x="%d" y="42">%s</text>`+"\n", x+36, html.EscapeString(l.Name))
		x += 60 + 8*len([]rune(l.Name))
	}
}

// mark is a line's own sign for a point: circle, square or diamond.
func mark(b *bytes.Buffer, i int, x, y float64) {
	switch i % styles {
	case 0:
		fmt.Fprintf(b, `<circle class="m0" cx="%.1f" cy="%.1f" r="4"/>`, x, y)
	case 1:
		fmt.Fprintf(b, `<path class="m1" d="M%.1f %.1fh7v7h-7z"/>`, x-3.5, y-3.5)
	default:
		fmt.Fprintf(b, `<path class="m2" d="M%.1f %.1fl5 5-5 5-5-5z"/>`, x, y-5)
	}
}

func (f *Figure) panel(b *bytes.Buffer, i int) {
	p := &f.Panels[i]
	x, y := f.X, p.Y
	for j := range f.Panels { // the panels share X
		for _, l := range f.Panels[j].Lines {
			for _, point := range l.Points {
				x.Max = math.Max(x.Max, point.X)
			}
		}
	}
	if p.Y.Max == 0 {
		for _, l := range p.Lines {
			for _, point := range l.Points {
				y.Max = math.Max(y.Max, point.Y)
			}
		}
	}
	fmt.Fprintf(b, `<g transform="translate(%d %d)">`+"\n", i*panelWidth+left, top)
	fmt.Fprintf(b, `<text class="panel" x="0" y="-10">%s</text>`+"\n", html.EscapeString(p.Title))
	for _, v := range ticks(y) {
		at := panelHeight - y.place(v)*panelHeight
		fmt.Fprintf(b, `<path class="grid" d="M0 %.1fh%d"/><text class="tick" x="-8" y="%.1f" text-anchor="end">%s</text>`+"\n", at, width, at+4, tick(y, v))
	}
	for _, v := range ticks(x) {
		fmt.Fprintf(b, `<text class="tick" x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", x.place(v)*width, panelHeight+18, tick(x, v))
	}
	fmt.Fprintf(b, `<text class="tick" x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", width/2, panelHeight+38, html.EscapeString(x.Label))
	for k, l := range p.Lines {
		var d strings.Builder
		for j, point := range l.Points {
			c := 'L'
			if j == 0 {
				c = 'M'
			}
			fmt.Fprintf(&d, "%c%.1f %.1f", c, x.place(point.X)*width, panelHeight-y.place(point.Y)*panelHeight)
		}
		fmt.Fprintf(b, `<path class="line s%d" d="%s"/>`, k%styles, d.String())
		for _, point := range l.Points {
			mark(b, k, x.place(point.X)*width, panelHeight-y.place(point.Y)*panelHeight)
		}
		b.WriteByte('\n')
	}
	b.WriteString("</g>\n")
}

// place is where a value lies between the axis's ends, 0 to 1; beyond them, at the end.
func (a Axis) place(v float64) float64 {
	lo, hi := a.Min, a.Max
	if a.Log {
		lo, hi, v = math.Log(lo), math.Log(hi), math.Log(math.Max(v, a.Min))
	}
	if hi <= lo {
		return 0
	}
	return math.Min(math.Max((v-lo)/(hi-lo), 0), 1)
}

// ticks are round values from end to end.
func ticks(a Axis) (values []float64) {
	if a.Log {
		for v := a.Min; v <= a.Max*1.0001; v *= 10 {
			values = append(values, v)
		}
		return values
	}
	step := math.Pow(10, math.Floor(math.Log10(a.Max-a.Min)))
	for _, part := range []float64{0.2, 0.25, 0.5, 1, 2} {
		if s := step * part; (a.Max-a.Min)/s <= 5.0001 {
			step = s
			break
		}
	}
	for k := math.Ceil(a.Min / step); k*step <= a.Max*1.0001; k++ {
		values = append(values, k*step)
	}
	return values
}

func tick(a Axis, v float64) string {
	if a.Write != nil {
		return a.Write(v)
	}
	return Number(v)
}

// Number writes thousands as k.
func Number(v float64) string {
	switch {
	case v >= 10_000:
		return strconv.FormatFloat(v/1000, 'f', 0, 64) + " k"
	case v >= 1000:
		return strconv.FormatFloat(v/1000, 'g', 2, 64) + " k"
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}

// Percent writes a share.
func Percent(v float64) string { return strconv.FormatFloat(v*100, 'f', 0, 64) + " %" }

// Milliseconds writes them, or seconds.
func Milliseconds(v float64) string {
	if v >= 1000 {
		return Number(v/1000) + " s"
	}
	return Number(v) + " ms"
}
