package main

import "drumroll/web/ui"

// page is the frame of a story: plain names of the built files, so that a reload
// always shows the newest build.
func page(view, title, theme string) ui.Page {
	return ui.Page{View: view, Title: title, Code: "K7QX4M", BaseURL: "https://drumroll.example", ShowMS: 5000, Theme: theme}
}
