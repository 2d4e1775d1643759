# Stand-ins for the public images of docker-compose.yml, made of Debian's packages. Each has the
# entry point of the image it stands for, so that the compose file's command lines are put to use.
FROM node:24-bookworm-slim AS node

FROM regno-stand-in/testing AS packages
# A mirror that is a snapshot of some day has a release file that is past its date.
RUN apt-get -o Acquire::Check-Valid-Until=false update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      busybox prometheus prometheus-alertmanager prometheus-blackbox-exporter \
      prometheus-node-exporter prometheus-redis-exporter redis-server \
 && ln -s /bin/busybox /usr/local/bin/wget \
 && mkdir -p /prometheus /alertmanager /var/lib/grafana \
 && chown 65534:65534 /prometheus /alertmanager \
 && chown 472:0 /var/lib/grafana

FROM packages AS redis

FROM packages AS prometheus
ENTRYPOINT ["/usr/bin/prometheus"]

FROM packages AS alertmanager
ENTRYPOINT ["/usr/bin/prometheus-alertmanager"]

FROM packages AS redis-exporter
ENTRYPOINT ["/usr/bin/prometheus-redis-exporter"]

FROM packages AS node-exporter
ENTRYPOINT ["/usr/bin/prometheus-node-exporter"]

FROM packages AS blackbox-exporter
ENTRYPOINT ["/usr/bin/prometheus-blackbox-exporter"]

# Debian has neither Grafana nor cAdvisor: these answer their health check and an almost empty
# /metrics, and take any command line.
FROM packages AS placeholder
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY placeholder.mjs /opt/placeholder.mjs

FROM placeholder AS grafana
ENTRYPOINT ["/usr/local/bin/node", "/opt/placeholder.mjs", "grafana", "3000"]

FROM placeholder AS cadvisor
ENTRYPOINT ["/usr/local/bin/node", "/opt/placeholder.mjs", "cadvisor", "8080"]
