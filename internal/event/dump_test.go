package event

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
)

// dump writes all that a State holds as text, one value a line, maps sorted.
// Lists of entrants are computed where they were not, so that it does not matter
// who was first to ask.
func dump(s *State) string {
	var b strings.Builder
	write(&b, "state", reflect.ValueOf(s).Elem(), nil)
	return b.String()
}

// facts is dump without what a refused or dropped record may move as well: the
// position, the producers' high-water marks and the structure number.
func facts(s *State) string {
	var b strings.Builder
	skip := map[string]bool{"state.at": true, "state.producers": true, "state.structure": true}
	write(&b, "state", reflect.ValueOf(s).Elem(), skip)
	return b.String()
}

// write walks v. It reads unexported fields, so it goes by kinds, without Interface.
func write(b *strings.Builder, path string, v reflect.Value, skip map[string]bool) {
	if skip[path] {
		return
	}
	if v.Type() == reflect.TypeFor[freeze]() {
		f := (*freeze)(v.Addr().UnsafePointer())
		f.entrantList()
		fmt.Fprintf(b, "%s = %v of %d, %d draws, %v\n", path, f.facts.Hash, f.facts.Size, f.draws, f.abandoned)
		write(b, path+".entrants", v.FieldByName("entrants"), skip)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			fmt.Fprintf(b, "%s = nil\n", path)
			return
		}
		write(b, path, v.Elem(), skip)
	case reflect.Struct:
		if strings.HasPrefix(v.Type().Name(), "column[") {
			writeColumn(b, path, v, skip)
			return
		}
		for i := range v.NumField() {
			write(b, path+"."+v.Type().Field(i).Name, v.Field(i), skip)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			fmt.Fprintf(b, "%s = %x\n", path, v)
			return
		}
		fmt.Fprintf(b, "%s has %d\n", path, v.Len())
		for i := range v.Len() {
			if !v.Index(i).IsZero() {
				write(b, fmt.Sprintf("%s[%d]", path, i), v.Index(i), skip)
			}
		}
	case reflect.Map:
		keys := v.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return keys[i].Uint() < keys[j].Uint() })
		for _, k := range keys {
			write(b, fmt.Sprintf("%s[%x]", path, k.Uint()), v.MapIndex(k), skip)
		}
	case reflect.Func, reflect.Chan:
	default:
		fmt.Fprintf(b, "%s = %v\n", path, v)
	}
}

func writeColumn(b *strings.Builder, path string, v reflect.Value, skip map[string]bool) {
	n := int(v.FieldByName("len").Int())
	fmt.Fprintf(b, "%s has %d\n", path, n)
	chunks := v.FieldByName("chunks")
	for i := range n {
		at := chunks.Index(i / chunk).Elem().Index(i % chunk)
		if !at.IsZero() {
			write(b, fmt.Sprintf("%s[%d]", path, i), at, skip)
		}
	}
}

// lineDiff lists the lines that only one of two dumps has.
func lineDiff(before, after string) string {
	count := map[string]int{}
	for _, l := range strings.Split(before, "\n") {
		count[l]++
	}
	var out []string
	for _, l := range strings.Split(after, "\n") {
		if count[l]--; count[l] < 0 {
			out = append(out, "+ "+l)
		}
	}
	for _, l := range strings.Split(before, "\n") {
		if count[l] > 0 {
			count[l]--
			out = append(out, "- "+l)
		}
	}
	return strings.Join(out, "\n")
}
