package rehearse

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Taking is how phones take part in the activities of one kind.
type Taking struct {
	Share float64       // of phones that do
	After time.Duration // median time they think
}

// Script says what a crowd does. Shares are between 0 and 1.
type Script struct {
	JoinOver time.Duration // phones arrive within this time, evenly spread

	Name float64 // share of phones that give a name, where names are on

	Kinds  map[string]Taking // part in activities, by kind
	Change float64           // share of those whose entries can be changed and who change theirs, once

	Claim      float64       // share of winners that claim what they won
	ClaimAfter time.Duration // median time from the draw; at least half of it

	Late      float64       // share that taps only when it sees that it is too late
	Reconnect float64       // share that loses its connection, each minute
	Stay      time.Duration // how long the crowd stays, from its start; 0: until it is ended
}

// DefaultScript is a friendly audience: most take part, some change their mind.
func DefaultScript() Script {
	s := Script{
		JoinOver: 10 * time.Second, Name: 0.3, Kinds: map[string]Taking{}, Change: 0.1,
		Claim: 0.9, ClaimAfter: 10 * time.Second, Late: 0.02, Reconnect: 0.02, Stay: time.Minute,
	}
	for name, kind := range kinds {
		s.Kinds[name] = kind.usual()
	}
	return s
}

// Slower is the script with thinking times this many times as long.
func (s Script) Slower(times float64) Script {
	s.Kinds = maps.Clone(s.Kinds)
	for name, take := range s.Kinds {
		s.Kinds[name] = Taking{Share: take.Share, After: time.Duration(times * float64(take.After))}
	}
	return s
}

// ParseScript reads a script: one statement a line, # begins a comment.
//
//	join over 30s        # arrive within half a minute
//	name 30%             # 30 % give a name, where names are on
//	vote 90% after 4s    # 90 % vote, after 4 s of thinking (the median)
//	rate 80% after 3s    # 80 % tap a point of a scale
//	change 20%           # of these two, 20 % change their vote or point
//	enter 80% after 3s   # 80 % enter raffles
//	claim 90% after 10s  # 90 % of the winners claim what they won
//	late 2%              # tap when it is just over
//	reconnect 5%         # lose their connection, each minute
//	stay 2m              # 0s: until interrupted
//
// Phones do not do what a script leaves out, but for joining, which takes no time, and
// staying, which is for a minute. A share left out is everybody; "after" left out
// is DefaultScript's. Errors name the line.
func ParseScript(r io.Reader) (Script, error) {
	def := DefaultScript()
	s := Script{Kinds: def.Kinds, ClaimAfter: def.ClaimAfter, Stay: def.Stay}
	for name, take := range s.Kinds {
		s.Kinds[name] = Taking{After: take.After}
	}
	lines := bufio.NewScanner(r)
	seen := map[string]bool{}
	for no := 1; lines.Scan(); no++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		if seen[words[0]] {
			return s, fmt.Errorf("line %d: %q stands there twice", no, words[0])
		}
		seen[words[0]] = true
		if err := s.statement(words[0], words[1:]); err != nil {
			return s, fmt.Errorf("line %d: %w", no, err)
		}
	}
	if err := lines.Err(); err != nil {
		return s, fmt.Errorf("read script: %w", err)
	}
	return s, nil
}

func (s *Script) statement(verb string, words []string) error {
	type form struct {
		share *float64
		word  string
		d     *time.Duration
	}
	forms := map[string]form{
		"join": {nil, "over", &s.JoinOver}, "name": {share: &s.Name}, "change": {share: &s.Change}, "claim": {&s.Claim, "after", &s.ClaimAfter},
		"late": {share: &s.Late}, "reconnect": {share: &s.Reconnect}, "stay": {nil, "for", &s.Stay},
	}
	takes := map[string]*Taking{}
	for name, kind := range kinds {
		take := s.Kinds[name]
		takes[name], forms[kind.verb()] = &take, form{&take.Share, "after", &take.After}
	}
	f, known := forms[verb]
	if !known {
		return fmt.Errorf("unknown %q: want one of %s", verb, strings.Join(slices.Sorted(maps.Keys(forms)), ", "))
	}
	if verb == "stay" {
		words = append([]string{"for"}, words...)
	}
	if err := clauses(words, f.share, f.word, f.d); err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	for name, take := range takes {
		s.Kinds[name] = *take
	}
	return nil
}

// clauses reads "[share] [word duration]"; share or duration nil: not allowed.
func clauses(words []string, share *float64, word string, d *time.Duration) error {
	if share != nil {
		*share = 1
		if len(words) > 0 && strings.HasSuffix(words[0], "%") {
			v, err := strconv.ParseFloat(strings.TrimSuffix(words[0], "%"), 64)
			if err != nil || !(v >= 0 && v <= 100) {
				return fmt.Errorf("%q: want a share from 0%% to 100%%", words[0])
			}
			*share, words = v/100, words[1:]
		}
	}
	if d != nil && len(words) > 0 && words[0] == word {
		if len(words) < 2 {
			return fmt.Errorf("a duration such as 30s is missing")
		}
		v, err := time.ParseDuration(words[1])
		if err != nil || v < 0 {
			return fmt.Errorf("%q: want a duration such as 30s", words[1])
		}
		*d, words = v, words[2:]
	}
	if len(words) > 0 {
		return fmt.Errorf("unexpected %q", words[0])
	}
	return nil
}
