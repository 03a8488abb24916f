package arch_test

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// maxLines is how long a file may be that people write and read.
const maxLines = 500

// written are the endings of such files.
var written = []string{".go", ".templ", ".js", ".mjs", ".css", ".md"}

func TestNoFileIsTooLong(t *testing.T) {
	root := filepath.Join("..", "..")
	found := 0
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "dist" || slices.Contains(unread, d.Name())):
			return fs.SkipDir
		case d.IsDir() || !slices.Contains(written, filepath.Ext(p)) || strings.HasSuffix(p, "_templ.go"):
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		found++
		if n := bytes.Count(text, []byte{'\n'}); n > maxLines {
			t.Errorf("%s has %d lines, and may have %d: is it still one idea?", p, n, maxLines)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 400 {
		t.Errorf("only %d files were looked at", found)
	}
}

// ARCHITECTURE.md names every package, and what it names is there.
func TestArchitectureIsUpToDate(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, row := range strings.Split(string(text), "\n") {
		cells := strings.Split(row, "|")
		if len(cells) < 4 || !strings.Contains(cells[1], "`") {
			continue
		}
		folders := foldersIn(cells[1])
		named = append(named, folders...)
		if len(cells) != 5 || len(folders) == 0 {
			continue
		}
		for _, file := range quoted.FindAllStringSubmatch(cells[3], -1) {
			there := slices.ContainsFunc(folders, func(dir string) bool {
				_, err := os.Stat(filepath.Join(root, dir, file[1]))
				return err == nil
			})
			if !there {
				t.Errorf("ARCHITECTURE.md sends readers of %v to %s, which is not there", folders, file[1])
			}
		}
	}
	for dir := range rules {
		if !slices.Contains(named, dir) {
			t.Errorf("ARCHITECTURE.md does not say what %s is for", dir)
		}
	}
	for _, dir := range named {
		if _, err := os.Stat(filepath.Join(root, dir)); err != nil {
			t.Errorf("ARCHITECTURE.md names %s, which is not there", dir)
		}
	}
}

var quoted = regexp.MustCompile("`([^`]+)`")

// foldersIn reads a table's first cell; `…/x` is next to the folder before it.
func foldersIn(cell string) (folders []string) {
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		dir := m[1]
		if rest, short := strings.CutPrefix(dir, "…/"); short && len(folders) > 0 {
			before := folders[len(folders)-1]
			dir = path.Join(before, rest)
			if _, err := os.Stat(filepath.Join("..", "..", dir)); err != nil {
				dir = path.Join(path.Dir(before), rest)
			}
		}
		if strings.Contains(dir, "/") || slices.Contains([]string{"web", "static", "bench", "deploy"}, dir) {
			folders = append(folders, dir)
		}
	}
	return folders
}
