/**
 * What the sample provider can do wrong on purpose, so that tests and benches meet it. Named faults only: a server
 * that follows a script line by line is the business of the dialogue tests.
 */

export type ProviderFault =
  /** Accepts the connection and never greets. */
  | { readonly kind: "silent" }
  /** Greets with a line that never ends. */
  | { readonly kind: "endless-line" }
  /** Everything it says comes at this rate. */
  | { readonly kind: "drip"; readonly bytesPerSecond: number }
  /** Refuses every password with these words (without `-ERR`). */
  | { readonly kind: "refuse-login"; readonly words: string }
  /** Refuses RETR of this message. */
  | { readonly kind: "refuse-message"; readonly uid: string; readonly words: string }
  /** Closes the connection after so many bytes of this message, each time. */
  | { readonly kind: "cut-message"; readonly uid: string; readonly afterBytes: number }
  /** Closes the connection when QUIT arrives: nothing is deleted (RFC 1939, section 6). */
  | { readonly kind: "cut-at-quit" };

/** The fault of a kind among those switched on. */
export function findFault<Kind extends ProviderFault["kind"]>(
  faults: readonly ProviderFault[],
  kind: Kind,
): Extract<ProviderFault, { kind: Kind }> | undefined {
  return faults.find((fault): fault is Extract<ProviderFault, { kind: Kind }> => fault.kind === kind);
}
