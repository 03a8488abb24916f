package event

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/fairdraw"
)

// refusesRecord applies a record that must not be folded.
func refusesRecord(t *testing.T, s *State, before string, data []byte, want error, what string) {
	t.Helper()
	var res Result
	if err := s.Apply(Position{Ms: 9_000_000}, data, &res); !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
	if got := dump(s); got != before {
		t.Errorf("%s changed the state:\n%s", what, lineDiff(before, got))
	}
}

func TestEveryFlippedBitIsNoticed(t *testing.T) {
	j, id := bring(t, Poll, Open)
	next := Identity{j.uid, j.producer, j.seq + 1}
	records := map[string][]byte{
		"command": AppendCommand(nil, &Command{Identity: next, Type: CmdClose, Activity: id}),
		"batch": packed(next, vote(1, id, 1, 9, 1), ticket(2, id, 1),
			JoinItem(3, "Ada")),
	}
	before := dump(j.s)
	for name, data := range records {
		for bit := range 8 * len(data) {
			bad := bytes.Clone(data)
			bad[bit/8] ^= 1 << (bit % 8)
			refusesRecord(t, j.s, before, bad, ErrDamaged, name)
		}
		for n := range data {
			refusesRecord(t, j.s, before, data[:n], ErrDamaged, "the beginning of a "+name)
		}
	}
}

// Records whose checksum holds but whose form does not: a writer's mistake.
func TestDamagedForms(t *testing.T) {
	j, _ := bring(t, Poll, Open)
	before := dump(j.s)
	whole := packed(Identity{j.uid, j.producer, j.seq + 1}, vote(1, 1, 1, 9, 1), ticket(2, 1, 1),
		JoinItem(3, "Ada"))
	headerOnly := len(AppendBatchHeader(nil, Identity{j.uid, j.producer, j.seq + 1}))
	boundary := map[int]bool{headerOnly: true}
	for n, items := headerOnly, []Item{vote(1, 1, 1, 9, 1), ticket(2, 1, 1)}; len(items) > 0; items = items[1:] {
		n += len(AppendItem(nil, &items[0]))
		boundary[n] = true
	}
	for n := headerSize; n < len(whole); n++ {
		if !boundary[n] {
			refusesRecord(t, j.s, before, seal(bytes.Clone(whole[:n]), 0), ErrDamaged, "a batch that ends early")
		}
	}
	header := AppendBatchHeader(nil, Identity{j.uid, j.producer, j.seq + 1})
	with := func(tail ...byte) []byte { return SealBatch(append(bytes.Clone(header), tail...), 0) }
	who := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	item := func(kind ItemKind, head byte, tail ...byte) []byte {
		return with(append(append([]byte{byte(kind), head}, who...), tail...)...)
	}
	for name, data := range map[string][]byte{
		"name longer than record": item(ItemJoin, hasBody, 200, 1, 'x'),
		"endless number":          item(ItemVote, 0, bytes.Repeat([]byte{0xff}, 11)...),
		"activity out of range":   item(ItemVote, 0, 0x80, 0x80, 0x80, 0x80, 0x08, 1, 1),
		"n out of range":          item(ItemVote, 0, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x10),
		"command that is no JSON": seal([]byte{kindControl, version, 0, 0, 0, 0, '{'}, 0),
		"command of two values":   seal(append([]byte{kindControl, version, 0, 0, 0, 0}, "{}{}"...), 0),
		"create without data":     AppendCommand(nil, &Command{Type: CmdCreate}),
		"version 0":               seal([]byte{kindControl, 0, 0, 0, 0, 0, '{', '}'}, 0),
	} {
		refusesRecord(t, j.s, before, data, ErrDamaged, name)
	}
}

// What a later version may write is never folded as something else: a record, an
// item, a command, a kind, a member or a value that is not known here.
func TestNewerVersions(t *testing.T) {
	j, id := bring(t, Poll, Open)
	before := dump(j.s)
	newer := func(kind, version byte) []byte {
		return seal([]byte{kind, version, 0, 0, 0, 0, 'w', 'h', 'o', ' ', 'k', 'n', 'o', 'w', 's'}, 0)
	}
	next := Identity{j.uid, j.producer, j.seq + 1}
	item := func(kind ItemKind, small uint8, body []byte) []byte {
		return packed(next, vote(1, id, 1, 9, 1), Item{Kind: kind, Small: small, Participant: 7, Activity: id, Run: 1, Body: body})
	}
	command := func(members string) []byte {
		head := fmt.Sprintf(`{"uid":"%v","p":"%016x","s":%d,`, next.UID, uint64(next.Producer), next.Seq)
		return seal(append([]byte{kindControl, version, 0, 0, 0, 0}, head+members+"}"...), 0)
	}
	for name, data := range map[string][]byte{
		"a command of the next version":     newer(kindControl, version+1),
		"a batch of the next version":       newer(kindBatch, version+1),
		"an unknown kind of record":         newer('z', version),
		"an unknown kind of item":           item(ItemKind(len(itemForms)), 0, nil),
		"an option beyond those there are":  item(ItemVote, MaxOptions, nil),
		"an option beyond those in a list":  item(ItemVote, 0, []byte{1, MaxOptions}),
		"options in another form":           item(ItemVote, 0, []byte{2, 1}),
		"one option as a list":              item(ItemVote, 0, []byte{1}),
		"a join with a value":               item(ItemJoin, 1, nil),
		"a ticket with more in it":          item(ItemTicket, 0, make([]byte, ticketBody+1)),
		"a ticket with an unknown flag":     item(ItemTicket, 2, make([]byte, ticketBody)),
		"a check-in with a body":            item(ItemHere, 0, []byte{1}),
		"an unknown command":                command(`"t":"applaud","activity":1`),
		"an unknown member of a command":    command(`"t":"close","activity":1,"softly":true`),
		"a member in another form":          command(`"t":"close","activity":{"first":1,"last":2}`),
		"an unknown kind of activity":       command(`"t":"add","spec":{"kind":"wordcloud","title":"t"}`),
		"an unknown member of a poll":       command(`"t":"add","spec":{"kind":"poll","title":"t","results":"live","poll":{"options":["a"],"max_choices":1,"weights":[2]}}`),
		"an unknown member of a rule":       command(`"t":"add","spec":{"kind":"raffle","title":"t","raffle":{"winners":1,"eligible":{"tall":true}}}`),
		"an unknown value of results":       command(`"t":"results","activity":1,"results":"later"`),
		"results of a poll that none knows": command(`"t":"edit","activity":1,"spec":{"kind":"poll","title":"t","results":"later","poll":{"options":["a"],"max_choices":1}}`),
		"more options than there can be":    command(`"t":"add","spec":{"kind":"poll","title":"t","results":"live","poll":{"options":[` + strings.Repeat(`"a",`, MaxOptions) + `"a"],"max_choices":1}}`),
	} {
		refusesRecord(t, j.s, before, data, ErrNewer, name)
	}
	// The same in the form that this version knows is folded: the test would see nothing else.
	for name, data := range map[string][]byte{
		"an item":   item(ItemVote, MaxOptions-1, nil),
		"a command": command(`"t":"add","spec":{"kind":"poll","title":"t","results":"live","poll":{"options":["a"],"max_choices":1}}`),
	} {
		if err := foldAll(t, j.log).Apply(Position{Ms: 9_000_000}, data, new(Result)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLogMustBeginWithCreate(t *testing.T) {
	before := dump(New())
	refusesRecord(t, New(), before, packed(Identity{testUID, 1, 1}), ErrDamaged, "a batch first")
	refusesRecord(t, New(), before, AppendCommand(nil, &Command{Identity: Identity{testUID, 1, 1}, Type: CmdDelete}), ErrDamaged, "a command first")
}

func TestCommandRoundTrip(t *testing.T) {
	title, names, hash, key := "é <&> \u2028", true, fairdraw.Hash{1, 2}, Key{3}
	want := Command{
		Identity: Identity{UID{1}, 1<<64 - 1, 1<<64 - 1}, Type: CmdOpen,
		Create: &Creation{Code: "K7QX2M", Title: title, Names: true, Rehearsal: true, Of: "K7QX2N", HostKey: key, Ms: 1 << 60},
		Title:  &title, Names: &names, Hidden: true,
		Spec:     &Spec{Kind: Poll, Title: title, Results: Hidden, Poll: &PollSpec{Options: []string{"a", "🎉"}, MaxChoices: 2}},
		Activity: 500, Order: []int{3, 1, 2}, Seconds: 86_400, Commitment: &hash, Deadline: &Position{1<<64 - 1, 7},
		Results: Live, Draw: 1, Run: 2, Seed: &hash, Void: "v", Reason: title, Remote: 3, Label: "l", Hash: &key,
		Person: 1<<64 - 1,
	}
	prefix := []byte("before")
	data := AppendCommand(bytes.Clone(prefix), &want)
	if !bytes.HasPrefix(data, prefix) {
		t.Error("AppendCommand did not append")
	}
	kind, body, err := unseal(data[len(prefix):])
	if err != nil || kind != kindControl {
		t.Fatalf("kind %q, %v", kind, err)
	}
	got, err := decodeCommand(body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSizeOfAVote(t *testing.T) {
	items := make([]Item, 100)
	for i := range items {
		items[i] = vote(Participant(1<<63+uint64(i)*0x9e3779b97f4a7c15), 12, 3, uint32(90+i%30), i%4)
	}
	size := len(packed(Identity{testUID, testProducer, 100_000}, items...))
	per := float64(size) / float64(len(items))
	t.Logf("a vote in a batch of %d costs %.2f bytes", len(items), per)
	if per > 13.5 {
		t.Errorf("%.2f bytes a vote, want 13 and a share of the head", per)
	}
}

func TestTextForms(t *testing.T) {
	for _, c := range []struct {
		text  string
		parse func(string) error
		good  bool
	}{
		{Participant(7).String(), func(s string) error { _, err := ParseParticipant(s); return err }, true},
		{"0000000000000000", func(s string) error { _, err := ParseParticipant(s); return err }, false},
		{"7", func(s string) error { _, err := ParseParticipant(s); return err }, false},
		{"zz00000000000007", func(s string) error { _, err := ParseParticipant(s); return err }, false},
		{Position{5, 6}.String(), func(s string) error { return new(Position).UnmarshalText([]byte(s)) }, true},
		{"5", func(s string) error { return new(Position).UnmarshalText([]byte(s)) }, false},
		{"5-", func(s string) error { return new(Position).UnmarshalText([]byte(s)) }, false},
		{"x-6", func(s string) error { return new(Position).UnmarshalText([]byte(s)) }, false},
		{UID{1}.String(), func(s string) error { return new(UID).UnmarshalText([]byte(s)) }, true},
		{"01", func(s string) error { return new(UID).UnmarshalText([]byte(s)) }, false},
		{"01", func(s string) error { return new(Producer).UnmarshalText([]byte(s)) }, false},
	} {
		if err := c.parse(c.text); (err == nil) != c.good {
			t.Errorf("%q: %v", c.text, err)
		}
	}
}

func TestHandle(t *testing.T) {
	// Frozen lists hold handles: these must never change.
	for p, want := range map[Participant]string{1: "Amber Alpaca 11", 0xfeed_0000_1234_5678: "Brave Camel 12", 1<<64 - 1: "Calm Fox 25"} {
		if got := p.Handle(); got != want {
			t.Errorf("%v is %q, want %q", p, got, want)
		}
	}
}

// Decode reads what was written, and refuses what Apply refuses.
func TestDecode(t *testing.T) {
	id := Identity{testUID, 1, 300}
	items := []Item{vote(1, 2, 3, 4, 0, 49), ticket(5, 6, 7), JoinItem(8, "Ada")}
	batch := packed(id, items...)
	got, err := Decode(batch)
	if diff := cmp.Diff(Record{Identity: id, Items: items}, got); err != nil || diff != "" {
		t.Errorf("batch: %v\n%s", err, diff)
	}
	command := &Command{Identity: id, Type: CmdClose, Activity: 3}
	got, err = Decode(AppendCommand(nil, command))
	if diff := cmp.Diff(Record{Identity: id, Command: command}, got); err != nil || diff != "" {
		t.Errorf("command: %v\n%s", err, diff)
	}
	for n := range batch {
		if _, err := Decode(batch[:n]); !errors.Is(err, ErrDamaged) {
			t.Errorf("the first %d bytes: %v, want ErrDamaged", n, err)
		}
	}
	batch[1]++
	if _, err := Decode(seal(batch, 0)); !errors.Is(err, ErrNewer) {
		t.Errorf("a later version: %v, want ErrNewer", err)
	}
}
