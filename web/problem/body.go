package problem

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"drumroll/internal/contract"
)

// Most bytes of a body.
const (
	MaxJSON  = 64 << 10 // an activity with 50 long options fits
	MaxEntry = 4 << 10
)

const jsonType = "application/json"

// ReadJSON reads a JSON body of at most limit bytes. Errors: a *Problem, or a
// *http.MaxBytesError.
func ReadJSON[T any](w http.ResponseWriter, r *http.Request, limit int64) (v T, err error) {
	err = Decode(w, r, limit, &v)
	return v, err
}

// Decode is ReadJSON into v.
func Decode(w http.ResponseWriter, r *http.Request, limit int64, v any) error {
	if err := CheckType(r); err != nil {
		return err
	}
	return DecodeFrom(http.MaxBytesReader(w, r.Body, limit), v)
}

// DecodeOptional is Decode for calls whose body may be missing.
func DecodeOptional(w http.ResponseWriter, r *http.Request, limit int64, v any) error {
	if r.ContentLength == 0 {
		return nil
	}
	err := Decode(w, r, limit, v)
	if r.ContentLength < 0 && errors.Is(err, EmptyBody) {
		return nil // chunked, with nothing in it
	}
	return err
}

// CheckType refuses a body that says it is something else than JSON.
func CheckType(r *http.Request) error {
	kind := r.Header.Get("Content-Type")
	if kind == "" || kind == jsonType {
		return nil
	}
	if media, _, err := mime.ParseMediaType(kind); err != nil || media != jsonType {
		return New(http.StatusUnsupportedMediaType, "media_type", "Unsupported media type", "Send application/json.")
	}
	return nil
}

// DecodeFrom reads one JSON value into v.
func DecodeFrom(body io.Reader, v any) error {
	dec := json.NewDecoder(body)
	if err := dec.Decode(v); err != nil {
		return Malformed(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) {
			return err
		}
		return Invalid("There is more after the JSON value.")
	}
	return nil
}

// Malformed says what is wrong with a body that could not be read or decoded.
func Malformed(err error) error {
	var kind *json.UnmarshalTypeError
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		return err
	case errors.Is(err, contract.ErrInstant):
		return Invalid("%v.", err)
	case errors.Is(err, io.EOF):
		return EmptyBody
	case errors.As(err, &kind):
		if kind.Field == "" {
			return Invalid("The body must be a JSON object, not a JSON %s.", kind.Value)
		}
		return Invalid("%q cannot be a JSON %s.", kind.Field, kind.Value)
	}
	return Invalid("The body is not JSON: %v.", err)
}
