# regno, the service.
#
#   docker build -t regno .                      with the shipped model
#   docker build -t regno:slim --target slim .   without weights: mount a model and name it by MODEL
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
COPY app ./app
RUN npm run build

# Production dependencies, cut down to what dist/app imports on this architecture.
FROM ${NODE_IMAGE} AS modules
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,id=regno-npm,target=/root/.npm \
    npm ci --omit=dev --ignore-scripts
COPY --from=build /src/dist/app ./dist/app
COPY deploy/image/keep-dependencies.mjs /opt/keep-dependencies.mjs
RUN node /opt/keep-dependencies.mjs /app /app/dist/app

FROM scratch AS weights
COPY models/pick-regno /models/pick-regno

# The service without weights.
FROM ${NODE_IMAGE} AS slim
# Package managers have no business where the service runs.
RUN rm -rf /usr/local/lib/node_modules /usr/local/include /usr/local/share/doc /opt/yarn* \
      /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn /usr/local/bin/yarnpkg /usr/local/bin/nodejs
WORKDIR /app
ENV NODE_ENV=production \
    ORT_DISABLE_TELEMETRY=1 \
    HOST=0.0.0.0 \
    PORT=5000
COPY --from=modules /app/node_modules ./node_modules
COPY deploy/image/health-check.mjs /opt/health-check.mjs
COPY package.json ./
COPY --from=build /src/dist/app ./dist/app
# Root owns all files and the service runs as `node`: it can change nothing of itself.
USER 1000:1000
EXPOSE 5000
# node is process 1: its handlers take SIGTERM, drain and stop the workers.
ENTRYPOINT ["/usr/local/bin/node"]
CMD ["dist/app/main.js"]
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s --retries=3 \
  CMD ["/usr/local/bin/node", "/opt/health-check.mjs"]
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="regno" \
      org.opencontainers.image.description="Decides which reading of a number plate to pick" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"

# The default: the service with the shipped model.
FROM slim AS full
COPY --from=weights /models ./models
