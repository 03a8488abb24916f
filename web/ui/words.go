package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"drumroll/internal/event"
)

// Numbers and texts as all views write them.

// fit sorts a text into one of five size classes by the room it will take:
// there is no measuring text on the server, and a size that waits for a script
// jumps. Wide scripts and emoji count as two letters.
func fit(text string) string {
	width := 0
	for _, r := range text {
		width++
		if r >= 0x1100 {
			width++
		}
	}
	// A word that cannot be broken asks for as much room as a longer line.
	for word := range strings.FieldsSeq(text) {
		width = max(width, 2*utf8.RuneCountInString(word))
	}
	class, _ := slices.BinarySearch([]int{16, 34, 70, 120}, width)
	return "fit-" + itoa(class+1)
}

// sizeClass is the CSS class of the first size, of rising ones, into which n fits, or else
// of the last.
func sizeClass(prefix string, n int, sizes ...int) string {
	i, _ := slices.BinarySearch(sizes[:len(sizes)-1], n)
	return prefix + itoa(sizes[i])
}

// Letter names option i of a poll: A … Z, AA, AB …
func Letter(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return string(rune('A'+i/26-1)) + string(rune('A'+i%26))
}

// hue is the CSS class of the nth option's colour; six repeat.
func hue(index int) string { return "opt-" + itoa(index%6+1) }

// cell names the numbers of an option for the ticks: "3:0".
func cell(a *event.Activity, index int) string { return itoa(a.ID) + ":" + itoa(index) }

// codeHalves splits a code for reading aloud: "K7Q", "X4M".
func codeHalves(code string) [2]string {
	if len(code) != 6 {
		return [2]string{code, ""}
	}
	return [2]string{code[:3], code[3:]}
}

// plural picks the word that goes with n.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// grouped writes 1284 as "1,284".
func grouped(n int) string { return humanize.Comma(int64(n)) }

// percent is n of total, rounded.
func percent(n, total int) int {
	if total == 0 {
		return 0
	}
	return (100*n + total/2) / total
}

// share is n of total as the length of a bar: "12.50%".
func share(n, total int) string {
	if total == 0 {
		return "0%"
	}
	return strconv.FormatFloat(100*float64(n)/float64(total), 'f', 2, 64) + "%"
}

// decimals writes a number with two decimals, and none as a dash.
func decimals(n *float64) string {
	if n == nil {
		return "–"
	}
	return strconv.FormatFloat(*n, 'f', 2, 64)
}

// clock writes milliseconds left as "0:23", "12:05" or "1:02:03", rounding up:
// zero is shown only when time is up.
func clock(ms int64) string {
	s := max(0, (ms+999)/1000)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func itoa(n int) string { return strconv.Itoa(n) }

func i64(n int64) string { return strconv.FormatInt(n, 10) }

func u64(n uint64) string { return strconv.FormatUint(n, 10) }

func yesno(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// enumerate joins things to a list for reading: "a, b and c".
func enumerate(things []string, last string) string {
	n := len(things) - 1
	if n < 1 {
		return strings.Join(things, "")
	}
	return strings.Join(things[:n], ", ") + " " + last + " " + things[n]
}

// stateWord names a state for the host: "Open".
func stateWord(state string) string {
	if state == "" {
		return ""
	}
	return strings.ToUpper(state[:1]) + state[1:]
}
