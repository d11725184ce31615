/**
 * The texts of destinations that are reached over a socket (spec 2): `lmtp://`, `lmtp+unix:`, `smtp://`, `smtps://`.
 *
 * Read once, by pure functions; the first thing that is wrong is the answer, as a code with what its sentence needs.
 * A password never stands in the text: it would be stored and shown in clear.
 */
import { isIPv4, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import { destinationScheme } from "./destination.ts";
import { type DestinationMistake, mistaken, type Read, readable } from "./destination-mistake.ts";

/** Where to connect. A host is a name or an address without brackets. */
export type WirePlace =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** Where the password of `user` lies. */
export type PasswordSource =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "env"; readonly name: string };

export interface WireDestination {
  readonly protocol: "lmtp" | "smtp";
  readonly place: WirePlace;
  /**
   * `implicit`: TLS from the first byte. `required`: STARTTLS or nothing. Both check the certificate. `opportunistic`:
   * STARTTLS where it is offered and works, whatever the certificate (RFC 7435).
   */
  readonly tls: "off" | "opportunistic" | "required" | "implicit";
  /** PEM file of the only authorities that are trusted; null: the system's. */
  readonly caFile: string | null;
  /** The name that is asked for and checked; null: the host's. */
  readonly tlsServerName: string | null;
  readonly login: { readonly user: string; readonly password: PasswordSource } | null;
}

const standardPorts: Readonly<Record<string, number>> = { lmtp: 24, smtp: 25, smtps: 465 };

/** Options that each scheme knows; `lmtp+unix` takes the rest of its text as a path. */
const knownOptions: Readonly<Record<string, readonly string[]>> = {
  lmtp: ["tls", "caFile", "tlsServerName"],
  smtp: ["tls", "caFile", "tlsServerName", "passwordFile", "passwordEnv"],
  smtps: ["caFile", "tlsServerName", "passwordFile", "passwordEnv"],
};

const tlsChoices = ["off", "opportunistic", "required"] as const;

/** sun_path of Linux holds 107 bytes and a NUL. */
const SOCKET_PATH_BYTES = 107;

/**
 * Reads `lmtp://HOST[:24]`, `lmtp+unix:/SOCKET`, `smtp://[USER@]HOST[:25]`, `smtps://[USER@]HOST[:465]`, all but the
 * second with options `?name=value&…`. USER and values are percent-encoded where they need it.
 */
export function parseWireDestination(text: string): Read<WireDestination> {
  const scheme = destinationScheme(text);
  if (/[\0\r\n]/.test(text)) return mistaken("destination-form", { form: formOf(scheme) });
  const rest = text.slice(scheme.length + 1);
  if (scheme === "lmtp+unix") return unixDestination(rest);
  const known = knownOptions[scheme];
  const parts = /^\/\/([^/?#]*)\/?(?:\?(.*))?$/.exec(rest);
  if (known === undefined || !parts) return mistaken("destination-form", { form: formOf(scheme) });
  const [, authority = "", query = ""] = parts;
  const at = authority.lastIndexOf("@");
  const place = placeOf(authority.slice(at + 1), standardPorts[scheme] ?? 25);
  if (!place.ok) return place;
  const userText = at === -1 ? null : authority.slice(0, at);
  if (userText?.includes(":")) return mistaken("destination-password-in-text", {});
  const user = userText === null ? null : (decoded(userText) ?? "");
  const options = optionsOf(query, known);
  if (!options.ok) return options;
  return assembled(scheme, place.value, user, options.value);
}

function unixDestination(path: string): Read<WireDestination> {
  const long = Buffer.byteLength(path) > SOCKET_PATH_BYTES;
  if (!path.startsWith("/") || path.endsWith("/") || long) {
    return mistaken("destination-socket", { max: SOCKET_PATH_BYTES });
  }
  return readable({
    protocol: "lmtp",
    place: { kind: "unix", path },
    tls: "off",
    caFile: null,
    tlsServerName: null,
    login: null,
  });
}

function placeOf(text: string, standardPort: number): Read<WirePlace> {
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(text);
  if (!parts) return mistaken("destination-host", { host: text });
  const [, bracketed, plain, portText] = parts;
  const host = bracketed ?? plain ?? "";
  if (bracketed === undefined ? !isHostName(host) : !isIPv6(host))
    return mistaken("destination-host", { host });
  const port = portText === undefined ? standardPort : Number(portText);
  if (portText !== undefined && (!/^\d{1,5}$/.test(portText) || port < 1 || port > 65_535)) {
    return mistaken("destination-port", { port: portText });
  }
  return readable({ kind: "tcp", host, port });
}

function isHostName(host: string): boolean {
  if (isIPv4(host)) return true;
  // Underscores stand in names of containers.
  return /^(?=.{1,253}\.?$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i.test(
    domainToASCII(host) || host,
  );
}

function optionsOf(query: string, known: readonly string[]): Read<ReadonlyMap<string, string>> {
  const options = new Map<string, string>();
  for (const part of query === "" ? [] : query.split("&")) {
    const equals = part.indexOf("=");
    const name = equals === -1 ? part : part.slice(0, equals);
    const value = equals === -1 ? "" : decoded(part.slice(equals + 1));
    if (name === "password") return mistaken("destination-password-in-text", {});
    if (!known.includes(name))
      return mistaken("destination-option", { option: name, known: known.join(", ") });
    if (options.has(name)) return mistaken("destination-option-twice", { option: name });
    if (!value || /[\0\r\n]/.test(value)) return mistaken("destination-option-empty", { option: name });
    if (name.endsWith("File") && !value.startsWith("/")) {
      return mistaken("destination-option-path", { option: name });
    }
    options.set(name, value);
  }
  return readable(options);
}

function assembled(
  scheme: string,
  place: WirePlace,
  user: string | null,
  options: ReadonlyMap<string, string>,
): Read<WireDestination> {
  if (user !== null && scheme === "lmtp") return mistaken("destination-no-user", {});
  if (user === "" || (user !== null && /[\0\r\n]/.test(user)))
    return mistaken("destination-form", { form: formOf(scheme) });
  const file = options.get("passwordFile");
  const variable = options.get("passwordEnv");
  if (file !== undefined && variable !== undefined) return mistaken("destination-two-passwords", {});
  const password: PasswordSource | null =
    file !== undefined
      ? { kind: "file", path: file }
      : variable !== undefined
        ? { kind: "env", name: variable }
        : null;
  if (user !== null && password === null) return mistaken("destination-needs-password", { user });
  if (user === null && password !== null) return mistaken("destination-needs-user", {});
  const asked = options.get("tls");
  const tls = tlsChoices.find((one) => one === asked);
  if (asked !== undefined && tls === undefined) {
    return mistaken("destination-tls", { choices: tlsChoices.join(", ") });
  }
  // A password goes over a checked connection or not at all.
  if (user !== null && asked !== undefined && tls !== "required") {
    return mistaken("destination-user-tls", { tls: asked });
  }
  const standard = scheme === "lmtp" ? "off" : user === null ? "opportunistic" : "required";
  return readable({
    protocol: scheme === "lmtp" ? "lmtp" : "smtp",
    place,
    tls: scheme === "smtps" ? "implicit" : (tls ?? standard),
    caFile: options.get("caFile") ?? null,
    tlsServerName: options.get("tlsServerName") ?? null,
    login: user !== null && password !== null ? { user, password } : null,
  });
}

/** null: a percent sign without two digits, or bytes that are not UTF-8. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function formOf(scheme: string): string {
  switch (scheme) {
    case "lmtp":
      return "lmtp://HOST:PORT";
    case "lmtp+unix":
      return "lmtp+unix:/PATH";
    case "smtp":
    case "smtps":
      return `${scheme}://[USER@]HOST:PORT`;
    default:
      return "lmtp://HOST:PORT, lmtp+unix:/PATH, smtp://HOST:PORT, smtps://HOST:PORT";
  }
}

/** How the place is named to people: `mx.example:25`, `[::1]:24`, `/run/lmtp`. */
export function placeText(place: WirePlace): string {
  if (place.kind === "unix") return place.path;
  return isIPv6(place.host) ? `[${place.host}]:${place.port}` : `${place.host}:${place.port}`;
}

/** For the checks of a configuration; null: nothing is wrong. */
export function wireMistake(text: string): DestinationMistake | null {
  const read = parseWireDestination(text);
  return read.ok ? null : read.mistake;
}
