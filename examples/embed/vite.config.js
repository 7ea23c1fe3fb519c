/** For a try on one machine: the page and the gateway under one origin. */
export default {
  server: {
    proxy: {
      "/api": "http://localhost:3000",
      "/.well-known": "http://localhost:3000",
      "/ws": { target: "ws://localhost:3000", ws: true },
    },
  },
};
