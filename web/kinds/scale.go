package kinds

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/event"
)

type scale struct{ voting }

func (scale) spec(body []byte, on event.Spec) (event.Spec, error) {
	old := cmp.Or(on.Scale, &event.ScaleSpec{Min: 1, Max: 5})
	in := contract.ScaleSpec{Title: on.Title, Min: old.Min, Max: old.Max, Labels: slices.Clone(old.Labels), Results: on.Results}
	if err := unmarshal(body, &in); err != nil {
		return on, err
	}
	on.Title, on.Results, on.Scale = in.Title, in.Results, &event.ScaleSpec{Min: in.Min, Max: in.Max, Labels: in.Labels}
	return on, nil
}

func (scale) form(fields url.Values, e *event.Entry) error {
	value, err := number(fields.Get("value"))
	e.Value = &value
	return err
}

func (scale) show(a *event.Activity, _ time.Time, out *contract.Activity) {
	out.Scale = &contract.Scale{Min: a.Scale.Min, Max: a.Scale.Max, Labels: append([]string{}, a.Scale.Labels...), Mean: a.Mean()}
}

func (scale) rows(a *event.Activity) (rows [][]string) {
	for i, count := range a.Counts {
		rows = append(rows, []string{strconv.Itoa(a.Scale.Min + i), "", strconv.Itoa(count), "", "", "", ""})
	}
	return rows
}
