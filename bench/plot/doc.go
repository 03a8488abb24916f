// Package plot draws small line charts as SVG, readable on light and on dark
// pages: the picture brings both sets of colours and follows the reader's.
package plot
