package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"drumroll/internal/contract"
)

// results is `drumroll results`: it prints what an export.json holds as text.
func results(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("drumroll results", flag.ContinueOnError)
	source, err := readArgument(flags, "usage: drumroll results FILE|URL\n\nPrints the results that an event's export.json holds.\n", args, stdout, stderr)
	if err != nil {
		return err
	}
	e, err := readExport(ctx, source)
	if err != nil {
		return err
	}
	return e.print(stdout)
}

// print writes tables: one for each activity, then the draws and the frozen lists.
func (e *export) print(w io.Writer) error {
	out := &table{tabs: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	out.line("%s (%s), %d joined", e.Event.Title, e.Event.Code, e.Event.People.Joined)
	for i := range e.Event.Activities {
		out.activity(&e.Event.Activities[i])
	}
	if len(e.Draws) > 0 {
		out.heading("Draws")
	}
	for _, d := range e.Draws {
		out.line("  %d\t%s\trun %d\t%d entrants\t%s\t%s", d.Draw, d.Title, d.Run, d.Entrants, strings.Join(d.Names, ", "), notes(d.Prize, d.Reason))
	}
	if len(e.Freezes) > 0 {
		out.heading("Frozen lists")
	}
	for _, f := range e.Freezes {
		note := fmt.Sprintf("%d draws", f.Draws)
		if f.Abandoned {
			note = "abandoned"
		}
		out.line("  %s\t%s\trun %d\t%d entrants\t%s\t%s", time.UnixMilli(int64(f.At)).UTC().Format("2006-01-02 15:04 UTC"), f.Title, f.Run, f.Size, f.Fingerprint, note)
	}
	if out.err != nil {
		return fmt.Errorf("write results: %w", out.err)
	}
	return out.tabs.Flush()
}

// table writes lines of cells, and keeps the first error.
type table struct {
	tabs *tabwriter.Writer
	err  error
}

func (t *table) line(format string, args ...any) {
	for i, a := range args {
		if text, ok := a.(string); ok {
			args[i] = plain(text)
		}
	}
	if _, err := fmt.Fprintf(t.tabs, format+"\n", args...); err != nil && t.err == nil {
		t.err = err
	}
}

func (t *table) heading(format string, args ...any) {
	t.line("")
	t.line(format, args...)
}

func (t *table) activity(a *contract.Activity) {
	t.heading("%d. %s (%s, %s, run %d, %d entries)", a.ID, a.Title, a.Kind, a.State, a.Run, a.Entries)
	if write := resultsOf[a.Kind]; write != nil {
		write(t, a)
	}
}

func share(n, of int) string {
	if of == 0 {
		return ""
	}
	return fmt.Sprintf("%d %%", (100*n+of/2)/of)
}

func notes(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), "; ")
}

// plain keeps a stranger's text from steering the terminal or the table.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}
