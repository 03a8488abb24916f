// Package pages serves the pages for people, and takes the forms of phones without a
// script.
package pages
