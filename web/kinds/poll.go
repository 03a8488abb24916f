package kinds

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/web/ui"
)

type poll struct{ voting }

func (poll) spec(body []byte, on event.Spec) (event.Spec, error) {
	old := cmp.Or(on.Poll, &event.PollSpec{})
	in := contract.PollSpec{Title: on.Title, Options: slices.Clone(old.Options), Results: on.Results}
	if err := unmarshal(body, &in); err != nil {
		return on, err
	}
	most := in.MaxChoices
	if most == 0 { // not given
		most = min(old.MaxChoices, len(in.Options))
	}
	on.Title, on.Results, on.Poll = in.Title, in.Results, &event.PollSpec{Options: in.Options, MaxChoices: most}
	return on, nil
}

func (poll) form(fields url.Values, e *event.Entry) error {
	for _, c := range fields["choice"] {
		option, err := number(c)
		if err != nil {
			return err
		}
		e.Choice = append(e.Choice, option)
	}
	return nil
}

func (poll) show(a *event.Activity, _ time.Time, out *contract.Activity) {
	out.Options, out.MaxChoices = a.Poll.Options, a.Poll.MaxChoices
}

func (poll) rows(a *event.Activity) (rows [][]string) {
	for i, option := range a.Poll.Options {
		rows = append(rows, []string{ui.Letter(i), cell(option), strconv.Itoa(a.Counts[i]), "", "", "", ""})
	}
	return rows
}
