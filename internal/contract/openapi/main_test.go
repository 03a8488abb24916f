package main

import (
	"bytes"
	"testing"

	"drumroll/internal/contract"
)

func TestDescriptionIsUpToDate(t *testing.T) {
	text, err := describe("../../..")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, contract.Description()) {
		t.Error("openapi.json is not what the types say: run make generate")
	}
}
