package eventlog

import "strings"

// ValidCode reports whether a Log may keep an event under this code: 1 to 32 upper-case
// letters and digits. No other code has a log. New codes use a smaller alphabet (without
// 0 O 1 I L); this rule only makes a code safe as a file name and as part of a Redis key.
func ValidCode(code string) bool {
	return code != "" && len(code) <= 32 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
