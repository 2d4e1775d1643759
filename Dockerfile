# regno, the service, and its load generator.
#
#   docker build -t regno .                                   with the shipped model
#   docker build -t regno:slim --target slim .                without weights: mount a model and name it by MODEL
#   docker build -t regno-generator --target generator .      the load generator
#
# Debian and not Alpine: ONNX Runtime's binary needs glibc.
ARG NODE_IMAGE=node:24-bookworm-slim

# TypeScript to JavaScript; nothing of this stage but dist/ goes on.
FROM ${NODE_IMAGE} AS build
WORKDIR /src
# The runtime's post-install would fetch a CUDA provider of several hundred MB.
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,id=regno-npm,target=/root/.npm \
    npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/finish-build.mjs ./scripts/
COPY app ./app
COPY generator ./generator
RUN npm run build && find dist \( -name '*.d.ts' -o -name '*.map' \) -delete

# Production dependencies; each image keeps of them what its program imports on this architecture.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,id=regno-npm,target=/root/.npm \
    npm ci --omit=dev --ignore-scripts
COPY deploy/image/keep-dependencies.mjs /opt/

FROM dependencies AS service
COPY --from=build /src/dist/app ./dist/app
RUN node /opt/keep-dependencies.mjs /app /app/dist

FROM dependencies AS load
COPY --from=build /src/dist/generator ./dist/generator
# How files of rows are read is all that the two programs share.
COPY --from=build /src/dist/app/rows ./dist/app/rows
RUN node /opt/keep-dependencies.mjs /app /app/dist

FROM scratch AS weights
COPY models/pick-regno /models/pick-regno

# What both run on.
FROM ${NODE_IMAGE} AS runtime
# Package managers have no business where a program runs.
RUN rm -rf /usr/local/lib/node_modules /usr/local/include /usr/local/share/doc /opt/yarn* \
      /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn /usr/local/bin/yarnpkg /usr/local/bin/nodejs
WORKDIR /app
ENV NODE_ENV=production
COPY deploy/image/health-check.mjs /opt/
COPY package.json ./
# Root owns all files and the program runs as `node`: it can change nothing of itself.
USER 1000:1000
ENTRYPOINT ["/usr/local/bin/node"]
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG SOURCE=unknown
LABEL org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"

FROM runtime AS generator
COPY deploy/image/generator-entry.mjs /opt/
# A layer of its own, which stays where only our code changes.
COPY --from=load /app/node_modules ./node_modules
COPY --from=load /app/dist ./dist
EXPOSE 9464
ENTRYPOINT ["/usr/local/bin/node", "/opt/generator-entry.mjs"]
CMD ["drive"]
# `drive` serves /health beside its metrics; the others end by themselves and serve nothing.
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s --retries=3 \
  CMD ["/usr/local/bin/node", "/opt/health-check.mjs", "/health", "9464"]
LABEL org.opencontainers.image.title="regno-generator" \
      org.opencontainers.image.description="Open-loop load generator for regno"

# The service without weights.
FROM runtime AS slim
ENV ORT_DISABLE_TELEMETRY=1 \
    HOST=0.0.0.0 \
    PORT=5000
# A layer of its own, which stays where only our code changes.
COPY --from=service /app/node_modules ./node_modules
COPY --from=service /app/dist ./dist
EXPOSE 5000
# node is process 1: its handlers take SIGTERM, drain and stop the workers.
CMD ["dist/app/main.js"]
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s --retries=3 \
  CMD ["/usr/local/bin/node", "/opt/health-check.mjs"]
LABEL org.opencontainers.image.title="regno" \
      org.opencontainers.image.description="Decides which reading of a number plate to pick"

# The default: the service with the shipped model.
FROM slim AS full
COPY --from=weights /models ./models
