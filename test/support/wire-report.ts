/** What a wire destination told the queue, in order; the queue's side of `send` for tests. */
import type { DeliveryItem, SendReport, Sent } from "../../src/deliver/delivery.ts";

export interface WireReport extends SendReport {
  /** `sending KEY KEY`, then for each item `KEY delivered`, `KEY code status` with `doubtful` and `unreachable`. */
  readonly told: string[];
  readonly answers: ReadonlyMap<string, Sent>;
}

/** @param holds what `sending` answers; default true */
export function wireReport(
  holds: (items: readonly DeliveryItem[]) => boolean | Promise<boolean> = () => true,
): WireReport {
  const told: string[] = [];
  const answers = new Map<string, Sent>();
  return {
    told,
    answers,
    async sending(items) {
      told.push(`sending ${items.map(({ key }) => key).join(" ")}`);
      return holds(items);
    },
    async answered(item, sent) {
      if (answers.has(item.key)) throw new Error(`${item.key} was answered twice`);
      answers.set(item.key, sent);
      told.push(`${item.key} ${textOf(sent)}`);
    },
  };
}

function textOf(sent: Sent): string {
  if (sent.kind === "delivered") return "delivered";
  const { code, permanent, status } = sent.failure;
  return [
    code,
    ...(status === null ? [] : [status]),
    ...(permanent ? ["permanent"] : []),
    ...(sent.doubtful ? ["doubtful"] : []),
    ...(sent.unreachable ? ["unreachable"] : []),
  ].join(" ");
}
