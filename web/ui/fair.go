package ui

import "strings"

// Words of the fair draw that phone, screen and console share.

// stakes says what there is to win: "One ticket wins", "3 prizes to win".
func stakes(a *Activity) string {
	switch n := len(a.Prizes); n {
	case 0:
		return prizeLine(a.WinnersWanted)
	case 1:
		return "To win: " + a.Prizes[0]
	default:
		return itoa(n) + " prizes to win"
	}
}

// firstPrizes are as many prizes as a phone lists.
func firstPrizes(prizes []string) []string { return prizes[:min(len(prizes), 8)] }

// rulesOf names in public who can win, one rule each; none where everybody can.
func rulesOf(a *Activity) []string {
	var rules []string
	if a.TookPart != "" {
		rules = append(rules, "who took part in “"+a.TookPart+"”")
	}
	if a.JoinedBefore != "" {
		rules = append(rules, "who joined before "+a.JoinedBefore)
	}
	if a.CheckedIn {
		rules = append(rules, "who tapped “I’m here”")
	}
	return rules
}

// prizeOf names a prize and its place: "Prize 2 of 3: The keyboard".
func prizeOf(a *Activity, n int) string {
	if n < 1 || n > len(a.Prizes) {
		return ""
	}
	if len(a.Prizes) == 1 {
		return a.Prizes[0]
	}
	return "Prize " + itoa(n) + " of " + itoa(len(a.Prizes)) + ": " + a.Prizes[n-1]
}

// nextWords says what comes after the freeze, or after a draw.
func nextWords(a *Activity) string {
	switch {
	case a.NextPrize == 0 && a.State == "drawn":
		return ""
	case a.NextPrize > 0 && len(a.Prizes) > 1:
		return "Next is prize " + itoa(a.NextPrize) + " of " + itoa(len(a.Prizes)) + ": " + a.Prizes[a.NextPrize-1] + "."
	default:
		return "The draw is next."
	}
}

// promise is the commitment's fingerprint: "4165 468D C0DE".
func promise(a *Activity) string { return print12(a.Commitment) }

// print12 shows the first 12 hex digits in groups that can be compared by eye.
func print12(hex string) string {
	if len(hex) < 12 {
		return strings.ToUpper(hex)
	}
	return strings.ToUpper(hex[:4] + " " + hex[4:8] + " " + hex[8:12])
}

// codeOf is a claim's code for reading aloud: "48 21".
func codeOf(w Winner) string {
	if len(w.Code) != 4 {
		return w.Code
	}
	return w.Code[:2] + " " + w.Code[2:]
}
