/**
 * What sentences are made with: names and numbers, ready to print (remote text already escaped).
 */
export type Params = Readonly<Record<string, string | number | undefined>>;

export type Sentence = (params: Params) => string;

/** A failure for people: what happened, what happens now, what they can do. */
export interface FailureWords {
  readonly what: Sentence;
  readonly now: Sentence;
  readonly do: Sentence;
}
