# Builds the self-contained binary and puts it, and nothing else of this tree, on a small base.
#
#   docker build -t sozu .
#   docker run --network host -v ./config/examples/minimal.toml:/etc/sozu/config.toml sozu

FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY . .
RUN npx -y deno@2.9.6 task compile

FROM debian:bookworm-slim
RUN useradd --system --home-dir /run/sozu --create-home sozu
COPY --from=build /build/sozu /usr/local/bin/sozu
COPY --from=build /build/LICENSE /usr/share/doc/sozu/LICENSE
# A relative command socket lies beside the configuration file.
RUN install -d -o sozu /etc/sozu
USER sozu
WORKDIR /run/sozu
# SIGTERM lets requests in progress finish.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/sozu"]
CMD ["start", "-c", "/etc/sozu/config.toml"]
