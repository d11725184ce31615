/**
 * Which delivery takes a destination: the scheme of its text decides.
 */
import type { Failure } from "../core/failure.ts";
import type { Delivery } from "./delivery.ts";
import { destinationScheme, unsupportedDestination } from "./destination.ts";

/**
 * The choice among the deliveries that this process has.
 *
 * @param schemes lower case, without the colon: `maildir`, `lmtp`, `lmtp+unix`, `smtp`, `smtps` …
 * @returns for a destination's text its delivery; `destination-unsupported`, temporary, for any other.
 */
export function deliveryPicker(
  schemes: Readonly<Record<string, Delivery>>,
): (destination: string) => Delivery | Failure {
  const table = new Map(Object.entries(schemes));
  return (destination) => table.get(destinationScheme(destination)) ?? unsupportedDestination(destination);
}
