package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"drumroll/internal/beacon/source"
	"drumroll/internal/fairdraw"
)

// maxRecord bounds what is read of a draw record: one of 1,000 winners among a
// million entrants has about 1.5 MB.
const maxRecord = 64 << 20

// errNotVerified is verify's answer to a record with a step that fails.
var errNotVerified = errors.New("this draw does not check out")

// verify is `drumroll verify`: it checks a draw record from a file or a URL and
// writes one line per step to stdout. It returns errNotVerified if a step fails,
// and another error if there was nothing to check.
func verify(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var known fairdraw.Known
	var entrants string
	var earlier []string
	var draw int
	flags := flag.NewFlagSet("drumroll verify", flag.ContinueOnError)
	flags.StringVar(&entrants, "entrants", "", "`file or URL` of the whole entrant list, to check that nobody was added or left out")
	flags.Func("earlier", "`file or URL` of an earlier draw of the same run, to check who was passed over; give all of them", func(s string) error {
		earlier = append(earlier, s)
		return nil
	})
	flags.IntVar(&draw, "draw", 0, "`number` of the draw to check, where FILE is an event's export.json; its earlier draws are found there too")
	flags.Func("freeze", "`hash` of the freeze as it was shown before the draw: 32 digits or all 64", into(&known.Freeze, notedHash))
	flags.Func("round", "`number` of the beacon's round as it was shown before its time", into(&known.Round, notedRound))
	flags.Func("commitment", "`hash` of the commitment as it was shown before the first entry: 32 digits or all 64", into(&known.Commitment, notedHash))
	flags.Func("beacon", "`file` that describes a chain of public randomness to be trusted beside drand's quicknet", func(path string) error {
		s, err := source.Read(path)
		if err == nil {
			known.Chains = append(known.Chains, s.Chain)
		}
		return err
	})
	drawn, err := readArgument(flags, "usage: drumroll verify [flags] FILE|URL\n\nChecks a draw record (/api/v1/events/CODE/draws/N) and exits with 0 if it is true, and with 1 if not.\n\n", args, stdout, stderr)
	if err != nil {
		return err
	}

	var record []byte
	if draw != 0 {
		e, err := readExport(ctx, drawn)
		if err != nil {
			return err
		}
		if record, known.Earlier, err = e.record(draw); err != nil {
			return fmt.Errorf("%s, draw %d: %w", drawn, draw, err)
		}
	} else if record, err = readRecord(ctx, drawn); err != nil {
		return err
	}
	for _, source := range earlier {
		data, err := readRecord(ctx, source)
		if err != nil {
			return err
		}
		known.Earlier = append(known.Earlier, data)
	}
	if entrants != "" {
		body, err := open(ctx, entrants)
		if err != nil {
			return err
		}
		defer body.Close()
		known.Entrants = body
	}
	steps := fairdraw.Check(record, known)
	if err := fairdraw.Report(stdout, steps); err != nil {
		return err
	}
	if !fairdraw.OK(steps) {
		return errNotVerified
	}
	return nil
}

// notedHash and notedRound refuse what cannot have been noted: verify would take it for
// not given.
func notedHash(text string) (string, error) {
	if text == "" {
		return "", errors.New("it is empty")
	}
	return text, nil
}

func notedRound(text string) (int, error) {
	round, err := strconv.Atoi(text)
	if err != nil || round < 1 {
		return 0, errors.New("rounds are numbers from 1")
	}
	return round, nil
}

func readRecord(ctx context.Context, source string) ([]byte, error) {
	body, err := open(ctx, source)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, maxRecord+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", source, err)
	}
	if len(data) > maxRecord {
		return nil, fmt.Errorf("read %s: more than %d MiB, so no draw record", source, maxRecord>>20)
	}
	return data, nil
}

// open reads a file or a URL.
func open(ctx context.Context, source string) (io.ReadCloser, error) {
	if !strings.HasPrefix(source, "http://") && !strings.HasPrefix(source, "https://") {
		return os.Open(source)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, source, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, fmt.Errorf("get %s: %s", source, res.Status)
	}
	return res.Body, nil
}
