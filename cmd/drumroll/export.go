package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// export is an event's export.json, as far as it is read here.
type export struct {
	Event   exportedEvent     `json:"event"`
	Draws   []exportedDraw    `json:"draws"`
	Records []json.RawMessage `json:"records"` // one a draw, see docs/FAIR-DRAW.md
	Freezes []exportedFreeze  `json:"freezes"`
}

type exportedEvent struct {
	Code   string `json:"code"`
	Title  string `json:"title"`
	People struct {
		Joined int `json:"joined"`
	} `json:"people"`
	Activities []exportedActivity `json:"activities"`
}

type exportedActivity struct {
	ID      int              `json:"id"`
	Kind    string           `json:"kind"`
	Title   string           `json:"title"`
	State   string           `json:"state"`
	Run     int              `json:"run"`
	Entries int              `json:"entries"`
	Options []string         `json:"options"`
	Counts  []int            `json:"counts"`
	Winners []exportedWinner `json:"winners"`
	Voided  []exportedWinner `json:"voided"`
}

type exportedWinner struct {
	Handle string `json:"handle"`
	Name   string `json:"name"` // of their own, "" where they have none
	Ticket string `json:"ticket"`
	Draw   int    `json:"draw"`
	Prize  string `json:"prize"`
	Reason string `json:"reason"` // why it was voided
}

type exportedDraw struct {
	Draw     int      `json:"draw"`
	Title    string   `json:"title"`
	Run      int      `json:"run"`
	Entrants int      `json:"entrants"`
	Names    []string `json:"names"`
	Prize    string   `json:"prize"`
	Reason   string   `json:"reason"`
}

type exportedFreeze struct {
	Title       string `json:"title"`
	Run         int    `json:"run"`
	Fingerprint string `json:"fingerprint"`
	Size        int    `json:"size"`
	At          int64  `json:"at"` // Unix ms
	Draws       int    `json:"draws"`
	Abandoned   bool   `json:"abandoned"`
}

func (f exportedFreeze) time() time.Time { return time.UnixMilli(f.At).UTC() }

// readExport reads an export.json from a file or a URL.
func readExport(ctx context.Context, source string) (*export, error) {
	data, err := readRecord(ctx, source)
	if err != nil {
		return nil, err
	}
	var e export
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, fmt.Errorf("%s is no export of an event: %w", source, err)
	}
	if e.Event.Code == "" {
		return nil, fmt.Errorf("%s is no export of an event: it names none", source)
	}
	return &e, nil
}

// record is the record of a draw and those of the run's earlier draws.
func (e *export) record(draw int) (record []byte, earlier [][]byte, err error) {
	type place struct{ Draw, Activity, Run int }
	places := make([]place, len(e.Records))
	var of place
	for i, r := range e.Records {
		if err := json.Unmarshal(r, &places[i]); err != nil {
			return nil, nil, fmt.Errorf("record %d of the export: %w", i+1, err)
		}
		if places[i].Draw == draw {
			of, record = places[i], r
		}
	}
	if record == nil {
		return nil, nil, errors.New("the export holds no such draw")
	}
	for i, p := range places {
		if p.Activity == of.Activity && p.Run == of.Run && p.Draw < draw {
			earlier = append(earlier, e.Records[i])
		}
	}
	return record, earlier, nil
}
