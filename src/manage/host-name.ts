/**
 * Names of hosts and domains in the one form in which they are compared: lower case, A-labels.
 */
import { domainToASCII } from "node:url";

/**
 * @param text as a person writes it, U-labels or A-labels; one final dot is taken off
 * @returns undefined when it is no name. Underscores occur in host names of internal networks.
 */
export function asciiName(text: string): string | undefined {
  // Stricter than the URL parser behind `domainToASCII`, which stops reading at a slash and says nothing.
  if (/[\u0000-\u0020\u007f/?#@:\\%<>^|[\]]/.test(text)) return undefined;
  const ascii = domainToASCII(text.replace(/\.$/, ""));
  return /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(ascii)
    ? ascii
    : undefined;
}
