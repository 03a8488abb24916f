package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"drumroll/internal/contract"
)

// export is an event's export.json.
type export struct{ contract.Export }

// readExport reads an export.json from a file or a URL.
func readExport(ctx context.Context, source string) (*export, error) {
	data, err := readRecord(ctx, source)
	if err != nil {
		return nil, err
	}
	var e export
	if err := json.Unmarshal(data, &e.Export); err != nil {
		return nil, fmt.Errorf("%s is no export of an event: %w", source, err)
	}
	if e.Event.Code == "" {
		return nil, fmt.Errorf("%s is no export of an event: it names none", source)
	}
	return &e, nil
}

// record is the record of a draw and those of the run's earlier draws.
func (e *export) record(draw int) (record []byte, earlier [][]byte, err error) {
	type place struct {
		Draw   int
		Freeze struct{ Activity, Run int }
	}
	places := make([]place, len(e.Records))
	var of place
	for i, r := range e.Records {
		if err := json.Unmarshal(r.RawMessage, &places[i]); err != nil {
			return nil, nil, fmt.Errorf("record %d of the export: %w", i+1, err)
		}
		if places[i].Draw == draw {
			of, record = places[i], r.RawMessage
		}
	}
	if record == nil {
		return nil, nil, errors.New("the export holds no such draw")
	}
	for i, p := range places {
		if p.Freeze == of.Freeze && p.Draw < draw {
			earlier = append(earlier, e.Records[i].RawMessage)
		}
	}
	return record, earlier, nil
}
