package ui

import "cmp"

// Assets turns the name of a built file ("phone.js") into the URL it is served
// under ("/static/phone.3F2A91C07B44.js").
type Assets func(name string) string

// asset is the URL of a built file; a page without Assets gets the plain name,
// which is served as well, only not cached for long.
func (p Page) asset(name string) string {
	if p.Asset == nil {
		return "/static/" + name
	}
	return p.Asset(name)
}

// heading is the document's title: the page's own, then the product.
func (p Page) heading() string {
	if p.Title == "" {
		return "Drumroll"
	}
	if p.Rehearsal {
		return "Rehearsal: " + p.Title + " · Drumroll"
	}
	return p.Title + " · Drumroll"
}

// showMS is the show's length in milliseconds as an attribute's value.
func (p Page) showMS() string { return itoa(cmp.Or(p.ShowMS, 5000)) }
