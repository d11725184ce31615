/**
 * What the envelope of RFC 5321 says beyond addresses: who is told when a delivery fails.
 */

/** RFC 3461 NOTIFY, as far as we use it. `never`: whatever happens, the sender hears nothing (seed 50, 61). */
export type Notify = "failure" | "never";
