# syntax=docker/dockerfile:1
# One static binary in an image that holds nothing else but certificates.
#   docker build -t drumroll --build-arg VERSION=$(git describe --tags --always) .
#   docker run -p 8080:8080 -v drumroll:/data drumroll
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd ./cmd
COPY internal ./internal
COPY static ./static
COPY web ./web
ARG VERSION=unknown
ARG TARGETOS
ARG TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/drumroll ./cmd/drumroll \
    && mkdir -p /out/data

# static: no shell, no libc; certificates for rediss:// and for `drumroll verify https://…`.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/drumroll /drumroll
# A named volume takes its owner from here, so that the user may write to it.
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
VOLUME /data
# The admin address (metrics, pprof) stays on 127.0.0.1 inside the container unless
# it is opened on purpose: --admin-addr :9090.
EXPOSE 8080
# No HEALTHCHECK: there is no shell to run one in. Orchestrators ask /healthz and
# /readyz on port 8080.
ENTRYPOINT ["/drumroll"]
CMD ["serve", "--data", "/data", "--log-format", "json"]
