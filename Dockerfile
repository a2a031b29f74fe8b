# The controller's image: no shell, no root, nothing written but /tmp and plugin-bin, for which deploy/ has
# volumes (operations.md §19).
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
# Manifests of the reference set `command: [/bin/rollouts-controller]`.
RUN node scripts/build.ts \
 && printf '#!/nodejs/bin/node --optimize-for-size\nimport("/opt/slipway/slipway-controller.js");\n' > rollouts-controller \
 && chmod 755 rollouts-controller

FROM gcr.io/distroless/nodejs24-debian12
COPY --from=build /src/dist /opt/slipway
COPY --from=build /src/rollouts-controller /bin/rollouts-controller
COPY --from=build /src/LICENSE /opt/slipway/LICENSE
ENV NODE_OPTIONS=--disable-proto=delete NODE_DISABLE_COMPILE_CACHE=1
USER 999
WORKDIR /home/argo-rollouts
ENTRYPOINT ["/nodejs/bin/node", "--optimize-for-size", "/opt/slipway/slipway-controller.js"]
