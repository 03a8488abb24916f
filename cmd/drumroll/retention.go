package main

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// defaultRetention is how long an event is kept after its last activity.
const defaultRetention = 30 * day

const day = 24 * time.Hour

// retention is the value of --retention: days ("30d"), Go's durations ("720h"), or 0 for
// ever.
type retention time.Duration

// String implements flag.Value.
func (r *retention) String() string {
	d := time.Duration(*r)
	if d >= day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	return d.String()
}

// Set implements flag.Value.
func (r *retention) Set(text string) error {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 32)
		if err != nil {
			return errRetention
		}
		text = strconv.FormatUint(24*n, 10) + "h"
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > 0 && d < time.Second {
		return errRetention
	}
	*r = retention(d)
	return nil
}

var errRetention = errors.New("want days such as 30d, hours such as 720h, or 0 for ever")
