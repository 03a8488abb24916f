package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/filelog"
)

// errDamaged is repair's answer to a damaged file that it was only to look at.
var errDamaged = errors.New("the file is damaged")

// repair is `drumroll repair`: it says what an event's file holds, and unless asked
// only to look, makes a damaged one whole again up to the first damage. The error is
// errDamaged if it only looked at a damaged file, and another one if nothing could be done.
func repair(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("drumroll repair", flag.ContinueOnError)
	dry := flags.Bool("dry-run", false, "only look, and exit with 1 where the file is damaged")
	path, err := readArgument(flags, "usage: drumroll repair [flags] DATA/events/CODE.log\n\nMakes the file of a damaged event whole again, with all records before the first damage.\nThe damaged file is kept next to it. A running drumroll that found the damage has closed the\nfile, and serves the event again within seconds.\n\n", args, stdout, stderr)
	if err != nil {
		return err
	}
	found, err := filelog.Repair(path, *dry)
	if report := repairReport(path, found, *dry); report != "" {
		if _, err := io.WriteString(stdout, report); err != nil {
			return err
		}
	}
	if err == nil && *dry && found.Damage != nil {
		return errDamaged
	}
	return err
}

// repairReport says what was found in a file, in lines; "" if nothing was looked at.
func repairReport(path string, f filelog.Finding, dry bool) string {
	if f.Damage == nil && f.Records == 0 {
		return ""
	}
	var b strings.Builder
	const form = "2006-01-02 15:04:05"
	span := ""
	if f.Records > 0 {
		span = fmt.Sprintf(", from %s to %s UTC", f.First.UTC().Format(form), f.Last.UTC().Format(form))
	}
	if f.Damage == nil {
		fmt.Fprintf(&b, "%s is whole: %d records%s.\n", path, f.Records, span)
		return b.String()
	}
	damage := strings.TrimPrefix(f.Damage.Error(), eventlog.ErrCorrupt.Error()+": ")
	fmt.Fprintf(&b, "%s is damaged: %s.\n", path, damage)
	fmt.Fprintf(&b, "whole:    %d records%s\n", f.Records, span)
	if f.Stranded > 0 {
		fmt.Fprintf(&b, "stranded: %d later records can be read, but something before them may be missing; they are left out\n", f.Stranded)
	}
	switch {
	case f.Backup != "":
		fmt.Fprintf(&b, "The event goes on from %s UTC. What was acknowledged after that and is not in these records is\nlost here; phones whose choice is missing send it again while its run is open.\nThe damaged file is kept as %s (it holds what people submitted: delete it when it is of no more use;\ndeleting the event does).\n",
			f.Last.Format(form), f.Backup)
	case dry:
		b.WriteString("Nothing was changed.\n")
	}
	return b.String()
}
