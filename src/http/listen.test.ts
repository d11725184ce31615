import { Hono } from "hono";
import { expect, test } from "vitest";
import { listen } from "./listen.ts";

const routes = new Hono().get("/", (context) => context.text("here"));

test("answers at the address it names, until it is closed, open connections or not", async () => {
  const server = await listen(routes, { host: "127.0.0.1", port: 0 });
  expect(server.address).toMatch(/^127\.0\.0\.1:\d+$/);
  // Kept alive by the client.
  expect(await (await fetch(`http://${server.address}/`)).text()).toBe("here");
  await server.close();
  await expect(fetch(`http://${server.address}/`)).rejects.toThrow();
});

test("IPv6 addresses are written with brackets", async () => {
  const server = await listen(routes, { host: "::1", port: 0 });
  expect(server.address).toMatch(/^\[::1\]:\d+$/);
  await server.close();
});

test("a port that is taken is a failure that names it", async () => {
  const first = await listen(routes, { host: "127.0.0.1", port: 0 });
  const port = Number(first.address.split(":")[1]);
  await expect(listen(routes, { host: "127.0.0.1", port })).rejects.toMatchObject({
    failure: {
      code: "listen-failed",
      scope: "local",
      permanent: false,
      params: { address: first.address, detail: "EADDRINUSE" },
    },
  });
  await first.close();
});
