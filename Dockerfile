# The program progress-ledger and nothing else, run by a user who owns only its state.

FROM rust:1.95.0-slim-bookworm AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev make cmake \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN cargo build --release --locked --package cli

FROM debian:12.8-slim
# The roots of certificates are read when a client is made, even where a ledger's own are used instead.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin ledger \
 && install --directory --owner ledger --group ledger --mode 0700 /state
COPY --from=build /build/target/release/progress-ledger /usr/local/bin/progress-ledger
COPY deploy/answers /usr/local/bin/answers
USER ledger
WORKDIR /state
VOLUME /state
# SIGTERM lets what was accepted be answered first.
STOPSIGNAL SIGTERM
ENTRYPOINT ["progress-ledger"]
CMD ["--help"]
