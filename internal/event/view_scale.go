package event

import "strconv"

// ScaleView is what a Snapshot shows of a scale alone.
type ScaleView struct {
	Min, Max int
	Labels   []string // none, or one for each end
}

// Mean is the mean of the points of a scale in hundredths, rounded half away from
// zero; false where the viewer may not see it, or there is no entry.
func (a *Activity) Mean() (hundredths int, ok bool) {
	sum, n := 0, 0
	for i, count := range a.Counts {
		sum += (a.Scale.Min + i) * count
		n += count
	}
	switch {
	case n == 0:
		return 0, false
	case sum < 0:
		return -((-200*sum + n) / (2 * n)), true
	}
	return (200*sum + n) / (2 * n), true
}

func (scale) view(_ *State, a *activity, v *Activity) {
	v.Scale = &ScaleView{Min: a.Scale.Min, Max: a.Scale.Max, Labels: a.Scale.Labels}
}

func (scale) appendNumbers(dst []byte, v *Activity) []byte {
	dst = voting{}.appendNumbers(dst, v)
	if mean, ok := v.Mean(); ok {
		dst = append(dst, `,"mean":`...)
		dst = strconv.AppendFloat(dst, float64(mean)/100, 'f', -1, 64)
	}
	return dst
}
